"""Turns a run's staged looks into rows: asks the store for facts, lets history decide, appends.

Looks come in batches, so that memory follows the batch and not the run. A batch sees what the
batches before it appended, since all of a run is one transaction. In order: readings
(`kept_readings`), moves, what is held back, which release each text belongs to (`matching`), its
time line (`time_lines`), what came of every look. What the lake had and another parser now reads
goes through `reread_looks`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta

from parsers.model import Outcome
from warehouse.history.decide import Identity, ReadLook
from warehouse.history.moves import Addresses, addresses
from warehouse.holding import Holding
from warehouse.kept_readings import keep_readings
from warehouse.matching import Matching
from warehouse.model import StagedLook
from warehouse.moving import Moves
from warehouse.presence import StateKeeper
from warehouse.reread_looks import Rereader, unlike_known
from warehouse.rereading import WITHOUT_RELEASE
from warehouse.rows import Redecided, Row, Stamp, look_row, redecided_row
from warehouse.store import KnownReading, Store
from warehouse.time_lines import TimeLines


@dataclass(slots=True)
class Tally:
    """What a run did, counted while it does it."""

    outcomes: Counter[str] = field(default_factory=Counter)
    replayed: int = 0
    """Looks the lake had already."""
    incidents: list[str] = field(default_factory=list)
    """What was held back and why, a sentence each."""
    reread: int = 0
    """Bodies read again by another parser version."""
    reread_otherwise: int = 0
    """Looks that say something else since."""


class Recorder:
    """Decides and appends the looks of one run."""

    def __init__(self, store: Store, stamp: Stamp) -> None:
        self._store = store
        self._begun = self._stamp = stamp
        self._steps = -1
        self._addresses = Addresses()
        """Of the source whose looks are being recorded."""
        self._read: dict[str, set[str]] = {}
        """By source, the addresses at which this run read a release."""
        self._redirects: dict[str, list[StagedLook]] = {}
        """By source, looks that showed a move to where nothing was read as yet: the text may come
        in a later batch."""
        self.tally = Tally()
        self.touched: set[str] = set()
        """Releases whose time line may have changed."""

    def record(
        self,
        source_id: str,
        looks: Sequence[StagedLook],
        *,
        has_layouts: bool = False,
        hold: bool = True,
    ) -> Counter[str]:
        """Append a batch of one source's looks; the outcomes of those that were new.

        `has_layouts`: whether pages that no layout fills mean that the site's markup changed.
        `hold`: whether what is suspicious is held back; a person may have said that it is real.
        """
        self._addresses = addresses(self._store.moves(source_id))
        known = self._store.known_captures(look.capture_id for look in looks)
        once = {look.capture_id: look for look in looks}.values()
        fresh = [look for look in once if look.held or look.capture_id not in known]
        self.tally.replayed += len(looks) - len(fresh)
        self._reread(
            source_id, [look for look in once if look.reading and look.capture_id in known]
        )
        if not fresh:
            return Counter()
        self._advance()
        readings = keep_readings(self._store, self._stamp, fresh)
        read = {look.capture_id: one for look in fresh if (one := _read(look, readings))}
        moves = self._keep_moves(source_id, fresh, read.values())
        holding = Holding(self._store, self._stamp, source_id, moves.addresses)
        held = holding.hold(fresh, readings, read, has_layouts=has_layouts) if hold else {}
        self.tally.incidents += [f"{source_id}: {detail}" for detail in holding.told]
        matching = Matching(self._store, self._stamp, source_id, moves.addresses)
        kept = [
            replace(one, address=matching.root(one.address))
            for one in read.values()
            if one.staged.capture_id not in held
        ]
        identity = matching.match(kept, moves)
        lines = TimeLines(self._store, self._stamp)
        edits = lines.keep(source_id, kept, identity)
        self.touched |= lines.touched
        decided = self._decide(fresh, readings, kept, identity, edits, held)
        again = StateKeeper(self._store, self._stamp, source_id, moves.addresses).keep(
            fresh, {capture: one.outcome for capture, one in decided.items()}
        )
        return self._append_looks(fresh, decided, again)

    def _keep_moves(
        self, source_id: str, looks: Iterable[StagedLook], read: Iterable[ReadLook]
    ) -> Moves:
        """The source's moves, those told of by these looks and by the run's earlier ones added."""
        there = self._read.setdefault(source_id, set())
        there |= {one.address for one in read if one.address}
        redirects = self._redirects.get(source_id, [])
        redirects = [*redirects, *(look for look in looks if look.outcome == "moved")]
        moves = Moves(self._store, self._stamp, source_id)
        moves.keep(redirects, there)
        self._redirects[source_id] = [one for one in redirects if one.final_url not in there]
        self._addresses = moves.addresses
        return moves

    def _reread(self, source_id: str, again: Sequence[StagedLook]) -> None:
        new = unlike_known(self._store, again)
        if not new:
            return
        self._advance()
        rereader = Rereader(self._store, self._stamp, source_id, self._addresses)
        self.tally.reread_otherwise += rereader.keep(new)
        self.tally.reread += len(new)
        self.touched |= rereader.touched

    @property
    def begun(self) -> Stamp:
        """What the run's first rows carry: nothing of it is older, nothing before it newer."""
        return self._begun

    @property
    def stamp(self) -> Stamp:
        """What rows of the run that are written now carry; its time is the run's newest."""
        return self._stamp

    def _advance(self) -> None:
        """Later rows win, so each step of a run is a microsecond later than the one before."""
        self._steps += 1
        at = self._begun.recorded_at + timedelta(microseconds=self._steps)
        self._stamp = replace(self._begun, recorded_at=at)

    # Looks

    def _decide(
        self,
        looks: Sequence[StagedLook],
        readings: dict[str, KnownReading],
        kept: Sequence[ReadLook],
        identity: Identity,
        edits: frozenset[str],
        held: Mapping[str, str],
    ) -> dict[str, "_Decided"]:
        """What came of every look, by capture id."""
        read = {one.staged.capture_id: one for one in kept}
        named = self._store.releases_of_addresses(
            looks[0].source_id, {one.address for one in looks if _claims(one) and one.address}
        )
        decided: dict[str, _Decided] = {}
        met: set[str] = set()
        for look in sorted(looks, key=lambda one: (one.captured_at, one.digest or "")):
            found = read.get(look.capture_id)
            if look.capture_id in held:
                decided[look.capture_id] = _Decided("held", None, look.address, None)
            elif found is None:
                release_id = named.get(look.address or "") if _claims(look) else None
                outcome, error = _without_release(look, readings)
                decided[look.capture_id] = _Decided(outcome, error, look.address, release_id)
            else:
                release_id = identity.release_of[found.unit]
                outcome = "unchanged"
                if look.capture_id in edits:
                    outcome = "edited"
                elif release_id in identity.fresh and release_id not in met:
                    outcome = "new"
                met.add(release_id)
                address = look.address or found.address
                decided[look.capture_id] = _Decided(outcome, None, address, release_id)
        return decided

    def _append_looks(
        self,
        looks: Sequence[StagedLook],
        decided: Mapping[str, "_Decided"],
        again: frozenset[str],
    ) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        rows: list[Row] = []
        settled: list[Row] = []
        for look in looks:
            one = decided[look.capture_id]
            restored = look.capture_id in again and one.outcome == "unchanged"
            outcome = "live_again" if restored else one.outcome
            if not look.held:
                rows.append(
                    look_row(look, outcome, one.error, one.address, one.release_id, self._stamp)
                )
            elif outcome == "held":
                continue
            else:
                settled.append(_settled_row(look, outcome, one, self._stamp))
            outcomes[outcome] += 1
        self._store.append("looks", rows)
        self._append_days(looks[0].source_id, rows)
        self._store.append("redecided", settled)
        self.tally.outcomes += outcomes
        return outcomes

    def _append_days(self, source_id: str, looks: Sequence[Row]) -> None:
        """Append the days of these looks on which the source was not looked at before."""
        days = {look["captured_at"].astimezone(UTC).date() for look in looks}
        new = days - self._store.look_days(source_id, min(days)) if days else set()
        self._store.append(
            "look_days",
            [{"source_id": source_id, "day": day, **self._stamp.columns} for day in sorted(new)],
        )


@dataclass(frozen=True, slots=True)
class _Decided:
    """What came of one look."""

    outcome: str
    error: str | None
    address: str | None
    release_id: str | None


def _read(look: StagedLook, readings: dict[str, KnownReading]) -> ReadLook | None:
    """The look with the text read in it; None when no release was read."""
    if look.outcome is not None or look.reading_id is None:
        return None
    reading = readings[look.reading_id]
    if reading.key is None:
        return None
    return ReadLook(look, look.address or reading.canonical_url, reading.key)


def _without_release(look: StagedLook, readings: dict[str, KnownReading]) -> tuple[str, str | None]:
    if look.outcome is not None or look.reading_id is None:
        return look.outcome or "failed", look.error
    reading = readings[look.reading_id]
    return WITHOUT_RELEASE[Outcome(reading.outcome)], reading.reason


def _claims(look: StagedLook) -> bool:
    """Whether a look tells of a release without its text: it went elsewhere, or is as it was."""
    return look.outcome in ("not_modified", "moved")


def _settled_row(look: StagedLook, outcome: str, one: _Decided, stamp: Stamp) -> Row:
    """What came of a look that was held back."""
    settled = Redecided(
        look.capture_id, look.reading_id, one.address, one.release_id, outcome, one.error
    )
    return redecided_row(settled, stamp)
