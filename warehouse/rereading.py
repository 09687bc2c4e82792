"""Looks read again by another parser: what each said and says now, and what follows. Pure.

Our parser is not the publisher. A look keeps its time and its bytes; what is read in them may
differ, and then its text, its address, its release and its outcome may. Whatever no look says any
more is retired, so that identity never matches a text that only an older parser saw.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from parsers.model import Outcome
from warehouse.history.decide import Identity, ReadLook
from warehouse.model import Appearance, Look, PlacedLook, StagedLook, line_look
from warehouse.rows import Redecided
from warehouse.store import KnownReading

Unit = tuple[str | None, str]

WITHOUT_RELEASE = {
    Outcome.UNREADABLE: "unreadable",
    Outcome.NOT_FOUND: "missing",
    Outcome.LISTING: "discovery",
}
"""Readings without a release, and the outcome their look has."""

NOTHING_MOVED = Identity({}, (), (), frozenset())


@dataclass(frozen=True, slots=True)
class LookAgain:
    """A look as it was placed and as it is read now."""

    was: PlacedLook
    now: PlacedLook
    error: str | None
    """Why nothing is read in it now."""

    @property
    def both(self) -> tuple[PlacedLook, PlacedLook]:
        """Before and now."""
        return (self.was, self.now)

    @property
    def differs(self) -> bool:
        """Whether another text is read in it, or one where none was, or none where one was."""
        return self.was.unit != self.now.unit


def is_decided(look: PlacedLook) -> bool:
    """Whether a look takes part in history: not held back, refused or cut short."""
    return look.release_id is not None or look.outcome in WITHOUT_RELEASE.values()


def read_again(was: PlacedLook, reading: KnownReading) -> LookAgain:
    """A look with what is read in it now; which release that is, is not yet decided."""
    address = was.address
    if was.url.startswith("file:"):  # a file has the address that its page states
        address = reading.canonical_url
    now = replace(
        was,
        reading_id=reading.reading_id,
        parser_version=reading.parser_version,
        address=address,
        key=reading.key,
        release_id=was.release_id if reading.key else None,
        outcome=was.outcome if reading.key else WITHOUT_RELEASE[Outcome(reading.outcome)],
    )
    return LookAgain(was, now, None if reading.key else reading.reason)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is left of known appearances once looks say otherwise."""

    appearances: tuple[Appearance, ...]
    later: tuple[Appearance, ...]
    """Of those, the ones whose earliest look left: met later than was known."""
    gone: frozenset[Unit]
    """The units that no look shows any more."""


def without_left(
    known: Iterable[Appearance],
    looks: Sequence[LookAgain],
    others: Iterable[tuple[str | None, Look]],
) -> Kept:
    """The appearances without the looks that say otherwise now. `others`: (address, look) of all
    other looks that hold one of the texts left."""
    left = {look.was.unit for look in looks if look.was.unit and look.differs}
    holders: dict[Unit, list[tuple[datetime, str]]] = {}
    for look in looks:
        if look.now.unit in left and not look.differs:
            holders.setdefault(look.now.unit, []).append((look.now.captured_at, look.now.digest))
    for address, held in others:
        if (unit := (address, held.text_digest)) in left:
            holders.setdefault(unit, []).append((held.captured_at, held.digest))
    kept, later = [], []
    for one in known:
        if one.unit not in left:
            kept.append(one)
        elif one.unit in holders:
            at, digest = min(holders[one.unit])
            now = replace(one, captured_at=at, digest=digest)
            kept.append(now)
            if now != one:
                later.append(now)
    return Kept(tuple(kept), tuple(later), frozenset(left - holders.keys()))


def arrivals(moved: Iterable[LookAgain]) -> list[ReadLook]:
    """The looks that show a text where none or another was, oldest first, with their release."""
    found = [
        ReadLook(_as_staged(look.now), look.now.address, look.now.key, look.was.release_id)
        for look in moved
        if look.now.key is not None
    ]
    return sorted(found, key=lambda one: (one.staged.captured_at, one.staged.digest or ""))


def _as_staged(look: PlacedLook) -> StagedLook:
    return StagedLook(
        look.capture_id, "", look.url, look.captured_at, look.digest, None, None, None,
        look.parser_version or "", look.reading_id, None,
    )  # fmt: skip


def placed_by(identity: Identity, look: PlacedLook) -> PlacedLook:
    """The look in the release that its text belongs to."""
    if look.unit is None:
        return look
    return replace(look, release_id=identity.release_of.get(look.unit, look.release_id))


def lines_of(releases: Iterable[str], looks: Iterable[PlacedLook]) -> dict[str, list[Look]]:
    """The time line of each release; an empty one where nothing is read any more."""
    lines: dict[str, list[Look]] = {release_id: [] for release_id in releases}
    for one in looks:
        look = line_look(one)
        if look is not None and one.release_id is not None:
            lines[one.release_id].append(look)
    return lines


def decided_again(
    before: Mapping[str, PlacedLook],
    after: Mapping[str, PlacedLook],
    opened: Mapping[str, int],
    errors: Mapping[str, str | None],
) -> Iterator[Redecided]:
    """The looks decided otherwise than before: placed elsewhere, or with another outcome.

    `opened`: the revision that a capture opens. A look that was "new" stays so, since it was.
    """
    for name, was in before.items():
        now = after[name]
        outcome = _outcome(was, now, opened.get(name))
        placed = (now.release_id, now.address, now.reading_id)
        if outcome != was.outcome or placed != (was.release_id, was.address, was.reading_id):
            yield Redecided(
                name, now.reading_id, now.address, now.release_id, outcome, errors.get(name)
            )


def _outcome(was: PlacedLook, now: PlacedLook, opens: int | None) -> str:
    if now.release_id is None or was.outcome not in _JUDGED:
        return now.outcome
    if opens is not None and opens > 1:
        return "edited"
    if opens == 1 and was.release_id is None:
        return "new"
    return was.outcome if was.outcome == "new" else "unchanged"


_JUDGED = frozenset(("new", "edited", "unchanged", *WITHOUT_RELEASE.values()))
"""Outcomes that say what was read; others (moved, live again) say what the server did."""
