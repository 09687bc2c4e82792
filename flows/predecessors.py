"""Both sides of a comparison read by one parser, in ordinary runs.

When a source's parser has changed, a new look would differ from the release's last one by what the
parser does, and the publisher would seem to have edited. So before a run decides, the looks of each
release that its new texts stand beside, and differ from, are read again with today's parser.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from flows.evidence import CHUNK_BODIES, EvidenceReader
from flows.parse_pool import ParsePool
from parsers.engine import parser_version
from parsers.model import Source
from warehouse.duck import Place
from warehouse.model import KeptBody, PlacedLook, StagedLook
from warehouse.staging import StagedLooks
from warehouse.store import Store

_BATCH_LOOKS = 4000


class _Point(NamedTuple):
    """What of a look tells whether it can be compared with its neighbour."""

    captured_at: datetime
    digest: str
    text_digest: str
    parser_version: str


def read_predecessors_again(
    store: Store,
    place: Place,
    sources: Mapping[str, Source],
    staged: StagedLooks,
    again: StagedLooks,
    pool: ParsePool,
) -> None:
    """Add to `again` what today's parser reads in the known looks that new ones are compared with.

    Nothing happens, at the price of one question, while a source's parser is the one it was.
    """
    stale = {
        name
        for name, source in sources.items()
        if store.has_other_parser(name, parser_version(source))
    }
    if not stale:
        return
    for source_id, looks in staged.batches(_BATCH_LOOKS):
        if source_id in stale:
            source = sources[source_id]
            with store.reading():
                bodies = _bodies(store, source, looks)
            reader = EvidenceReader(store, place, source, pool)
            for _, read in reader.read(_in_chunks(bodies)):
                if read:
                    again.add(read)


def _in_chunks(bodies: Sequence[KeptBody]) -> Iterator[list[KeptBody]]:
    for start in range(0, len(bodies), CHUNK_BODIES):
        yield list(bodies[start : start + CHUNK_BODIES])


def _bodies(store: Store, source: Source, looks: Sequence[StagedLook]) -> list[KeptBody]:
    """What other parsers read of the releases that these looks may edit."""
    version = parser_version(source)
    beside = _releases_beside(store, source.id, [look for look in looks if look.text])
    lines: dict[str, list[PlacedLook]] = defaultdict(list)
    for one in store.placed_looks("release_id", beside):
        lines[str(one.release_id)].append(one)
    wanted = {
        one.reading_id
        for release_id, new in beside.items()
        if _is_mixed([*map(_known_point, lines[release_id]), *map(_new_point, new)])
        for one in lines[release_id]
        if one.reading_id and one.parser_version != version
    }
    return store.bodies_to_read_again(source.id, version, wanted)


def _releases_beside(
    store: Store, source_id: str, looks: Sequence[StagedLook]
) -> dict[str, list[StagedLook]]:
    """The known releases that share address, headline, body or URL with new looks, and those."""
    shared: dict[tuple[str, str], list[StagedLook]] = defaultdict(list)
    for look in looks:
        assert look.text is not None
        address = look.address or look.text.sighting.canonical_url
        for column, key in (
            ("url", look.url),
            ("address", address),
            ("headline_digest", look.text.headline_digest),
            ("body_digest", look.text.body_digest),
        ):
            if key is not None:
                shared[column, key].append(look)
    found: dict[str, dict[str, StagedLook]] = defaultdict(dict)

    def meet(release_id: str | None, column: str, key: str | None) -> None:
        for look in shared.get((column, key or ""), ()):
            found[str(release_id)][look.capture_id] = look

    for one in store.placed_looks("url", {key for name, key in shared if name == "url"}, source_id):
        if one.release_id is not None:
            meet(one.release_id, "url", one.url)
    for column in ("address", "headline_digest", "body_digest"):
        keys = {key for name, key in shared if name == column}
        for known in store.appearances(source_id, column, keys):
            key = known.address if column == "address" else getattr(known.key, column)
            meet(known.release_id, column, key)
    return {release_id: list(new.values()) for release_id, new in found.items()}


def _is_mixed(points: Iterable[_Point]) -> bool:
    """Whether two looks that follow each other differ, and were read by different parsers."""
    return any(
        a.text_digest != b.text_digest and a.parser_version != b.parser_version
        for a, b in pairwise(sorted(points))
    )


def _known_point(look: PlacedLook) -> _Point:
    text_digest = look.key.text_digest if look.key else ""
    return _Point(look.captured_at, look.digest, text_digest, look.parser_version or "")


def _new_point(look: StagedLook) -> _Point:
    assert look.text is not None
    return _Point(look.captured_at, look.digest or "", look.text.text_digest, look.parser_version)
