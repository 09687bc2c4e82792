"""What today's parser reads in bodies that lie in evidence."""

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC
from urllib.parse import urlsplit

from flows.inputs import BadInput
from flows.parse_pool import ParsePool
from flows.parse_worker import ran_out
from flows.staging import is_listing
from parsers.engine import parser_version
from parsers.model import Capture, Outcome, Reading, Source
from warehouse.captures import Location, WarcLook
from warehouse.duck import Place
from warehouse.errors import WarcError
from warehouse.evidence import evidence_of
from warehouse.model import KeptBody, StagedLook, reading_id, text_of
from warehouse.store import Store
from warehouse.warc_reader import RecordReader

CHUNK_BODIES = 400
"""Read at once: at 100 KB a page some 40 MB."""

_CONTAINERS_KEPT = 200_000
"""At some 350 bytes each 70 MB; a page in which nothing moved then costs 20 to 40 % less."""

_Read = tuple[KeptBody, Capture]
_Known = tuple[str | None, str | None]
_Under_way = tuple[list[_Read], list[_Known], list[Future[list[Reading]]]]


class EvidenceReader:
    """Bodies of evidence and what today's parser reads in them."""

    def __init__(
        self, store: Store, place: Place, source: Source, pool: ParsePool, *, brief: bool = False
    ) -> None:
        """`brief`: a page whose container is what it was when this one last read it, is not read
        past it; its look then names that reading (`same_as`)."""
        self._store = store
        self._evidence = evidence_of(place)
        self._source = source
        self._pool = pool
        self._version = parser_version(source)
        self.bad: dict[str, BadInput] = {}
        """What could not be read, by the body's key."""
        self._brief = brief
        self._containers: OrderedDict[str, _Known] = OrderedDict()
        """By address, the container last read there and the id of that reading."""

    def read(
        self, batches: Iterator[list[KeptBody]]
    ) -> Iterator[tuple[list[KeptBody], list[StagedLook]]]:
        """For each batch what was read in it; while the parsers work, the next one is fetched."""
        before: tuple[list[KeptBody], _Under_way] | None = None
        for batch in batches:
            taken = list(self._captures(batch))
            known = [self._containers.get(capture.url, (None, None)) for _, capture in taken]
            futures = self._pool.submit(
                self._source,
                [(capture, one[0]) for (_, capture), one in zip(taken, known, strict=True)],
            )
            if before is not None:
                yield before[0], self._finish(before[1])
            before = batch, (taken, known, futures)
        if before is not None:
            yield before[0], self._finish(before[1])

    def _finish(self, under_way: _Under_way) -> list[StagedLook]:
        taken, known, futures = under_way
        readings = (reading for future in futures for reading in future.result())
        looks = []
        for (body, capture), (_, same_as), reading in zip(taken, known, readings, strict=True):
            if ran_out(reading) and body.is_text:
                self._refuse(body, str(reading.reason))
                continue
            look = self._look(body, capture, reading)
            if reading.outcome is Outcome.SAME:
                look = replace(look, same_as=same_as)
            elif self._brief and look.text is not None:
                self._remember(look)
            looks.append(look)
        return looks

    def _remember(self, look: StagedLook) -> None:
        assert look.reading is not None
        if look.reading.container_digest is None:
            return
        self._containers[look.url] = (look.reading.container_digest, look.reading_id)
        self._containers.move_to_end(look.url)
        if len(self._containers) > _CONTAINERS_KEPT:
            self._containers.popitem(last=False)

    def _look(self, body: KeptBody, capture: Capture, reading: Reading) -> StagedLook:
        if is_listing(capture, self._source, reading):
            reading = Reading(Outcome.LISTING, reason="The source has no releases at this address.")
        sighting = reading.sighting
        return StagedLook(
            capture_id=body.capture_id,
            source_id=self._source.id,
            url=body.url,
            captured_at=body.captured_at.astimezone(UTC),
            digest=body.digest,
            length_bytes=len(capture.body),
            warc_file=body.warc_file,
            warc_offset=body.warc_offset,
            parser_version=self._version,
            reading_id=body.reading_id
            or reading_id(self._source.id, body.url, body.digest, capture.link_text),
            reading=reading,
            text=text_of(self._source.id, sighting, body.digest) if sighting else None,
            http_status=body.http_status,
            final_url=body.final_url,
            address=body.address,
        )

    def _captures(self, batch: Sequence[KeptBody]) -> Iterator[_Read]:
        with ExitStack() as stack:
            readers: dict[str, RecordReader] = {}
            for body in batch:
                if body.reading_id is None and not self._may_be_release(body.url):
                    continue
                try:
                    found = self._record(stack, readers, body)
                except WarcError as error:
                    self._refuse(body, str(error))
                    continue
                yield body, Capture(
                    self._source.id, body.url, body.captured_at, found.body or b"", body.digest,
                    body.http_status, None if body.url.startswith("file:") else found.content_type,
                    body.final_url, body.pdf_headline,
                )  # fmt: skip

    def _may_be_release(self, url: str) -> bool:
        """Whether a page once judged a listing stands where the source has releases now."""
        article = self._source.discover.article
        return article is not None and re.search(article, urlsplit(url).path or "/") is not None

    def _record(
        self, stack: ExitStack, readers: dict[str, RecordReader], body: KeptBody
    ) -> WarcLook:
        def at(location: Location) -> WarcLook:
            name = location.warc_file
            if name not in readers:
                readers[name] = stack.enter_context(self._evidence.reader(name))
            return readers[name].read(location)

        first = Location(body.warc_file, body.warc_offset)
        found = at(first)
        if found.body is None:  # a revisit: two runs at once may commit in the other order
            places = self._store.records_of(self._source.id, body.digest)
            looks = (at(place) for place in places if place != first)
            found = next((look for look in looks if look.body is not None), found)
        if found.body is None or found.digest != body.digest:
            where = f"{body.warc_file}: at offset {body.warc_offset}"
            raise WarcError(f"{where} there are other bytes than recorded")
        return found

    def _refuse(self, body: KeptBody, reason: str) -> None:
        self.bad[body.key] = BadInput(body.url, reason)
