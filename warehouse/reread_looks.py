"""Appends what today's parser reads in bodies the lake has, and the history that follows.

Nothing of it is the publisher's doing: looks keep their times, revisions their ids.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from warehouse.history.decide import Identity, settle_history
from warehouse.history.moves import Addresses
from warehouse.kept_readings import keep_readings
from warehouse.matching import Matching
from warehouse.model import PlacedLook, StagedLook
from warehouse.rereading import (
    LookAgain,
    decided_again,
    is_decided,
    lines_of,
    placed_by,
    read_again,
)
from warehouse.rows import Stamp, redecided_row
from warehouse.store import Store
from warehouse.time_lines import TimeLines


def unlike_known(store: Store, again: Sequence[StagedLook]) -> list[StagedLook]:
    """Of looks that the lake has, those that another parser version read there."""
    known = store.readings(look.reading_id for look in again if look.reading_id)
    return [
        look
        for look in again
        if look.reading_id not in known
        or known[look.reading_id].parser_version != look.parser_version
    ]


class Rereader:
    """Keeps the new readings of one source's looks."""

    def __init__(self, store: Store, stamp: Stamp, source_id: str, addresses: Addresses) -> None:
        self._store = store
        self._stamp = stamp
        self._source_id = source_id
        self._matching = Matching(store, stamp, source_id, addresses)
        self.touched: set[str] = set()
        """Releases whose time line may have changed."""

    def keep(self, new: Sequence[StagedLook]) -> int:
        """Append it all; how many looks say something else since."""
        read_as = {look.capture_id: str(look.reading_id) for look in new}
        placed = self._placed("reading_id", read_as.values(), self._source_id)
        placed += [
            one
            for one in self._placed("capture_id", read_as, self._source_id)
            if one.reading_id is None
        ]
        readings = keep_readings(self._store, self._stamp, new)
        looks = [
            read_again(one, readings[one.reading_id or read_as[one.capture_id]])
            for one in placed
            if is_decided(one)
        ]
        self._keep_history(looks, self._matching.match_again(looks))
        return sum(look.differs for look in looks)

    def _keep_history(self, looks: Sequence[LookAgain], identity: Identity) -> None:
        releases = {one.release_id for look in looks for one in look.both}
        releases |= {identity.release_of.get(look.now.unit) for look in looks if look.now.unit}
        releases |= {name for one, was in identity.moved for name in (one.release_id, was)}
        touched = {release_id for release_id in releases if release_id}
        self.touched |= touched
        before = {one.capture_id: one for one in self._placed("release_id", touched)} | {
            look.was.capture_id: look.was for look in looks
        }
        after = before | {look.now.capture_id: look.now for look in looks}
        after = {name: placed_by(identity, one) for name, one in after.items()}
        known = self._store.revisions(touched)
        lines = lines_of(touched, after.values())
        history = settle_history(self._source_id, lines, known)
        TimeLines(self._store, self._stamp).append(history, lines)
        rows = [
            redecided_row(decided, self._stamp)
            for decided in decided_again(
                before, after, history.opened(known),
                {look.now.capture_id: look.error for look in looks},
            )
        ]  # fmt: skip
        self._store.append("redecided", rows)

    def _placed(
        self, column: str, keys: Iterable[str], source_id: str | None = None
    ) -> list[PlacedLook]:
        """Looks as they are read and placed today, by the first address of their release."""
        found = self._store.placed_looks(column, keys, source_id)
        return [replace(one, address=self._matching.root(one.address)) for one in found]
