"""Captures out of the files a run is given: text dumps, pages, and the records of WARC files."""

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urljoin

from flows.inputs import BadInput, InputFile, read_file
from flows.staging import Taken
from parsers.model import Capture, Source, digest_bytes
from warehouse.captures import WarcFault, WarcLook
from warehouse.errors import WarehouseError
from warehouse.warc_reader import read_warc


def taken_from(
    source: Source, files: Sequence[InputFile], refuse: Callable[[BadInput], None]
) -> Iterator[Taken]:
    """The captures in files, in order; what cannot be read goes to `refuse`."""
    for file in files:
        if file.is_warc:
            yield from _from_warc(source, file, refuse)
            continue
        body = read_file(file.path)
        if isinstance(body, BadInput):
            refuse(body)
            continue
        digest = digest_bytes(body)
        yield Taken(Capture(source.id, file.url, file.captured_at, body, digest), file.told)


def _from_warc(
    source: Source, file: InputFile, refuse: Callable[[BadInput], None]
) -> Iterator[Taken]:
    try:
        for look in read_warc(file.path):
            if isinstance(look, WarcFault):
                reason = f"record {look.number}: {look.reason}"
                refuse(BadInput(str(file.path), reason))
            else:
                capture = Capture(
                    source.id, look.url, look.captured_at, look.body or b"", look.digest,
                    look.http_status, look.content_type, final_url=_moved_to(look),
                )  # fmt: skip
                yield Taken(capture, told=True, repeat=look.body is None)
    except WarehouseError as error:
        refuse(BadInput(str(file.path), str(error)))


def _moved_to(look: WarcLook) -> str | None:
    """Where a permanent redirect leads, absolute; None: the look is none."""
    if look.http_status not in (301, 308) or not look.location:
        return None
    try:
        return urljoin(look.url, look.location)
    except ValueError:  # a Location that is no URL at all
        return None
