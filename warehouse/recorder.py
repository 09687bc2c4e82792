"""Turns a run's staged looks into rows: asks the store for facts, lets history decide, appends.

Looks come in batches, so that memory follows the batch and not the run. A batch sees what the
batches before it appended, since all of a run is one transaction.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice

from parsers.model import Outcome
from warehouse.history.announce import Seen
from warehouse.history.classify import CLASSIFIER_VERSION
from warehouse.history.decide import (
    History,
    Identity,
    ReadLook,
    met,
    settle_history,
    settle_identity,
    unsettled,
)
from warehouse.history.identity import ALIKE_JACCARD, own_names
from warehouse.history.shingles import jaccard, shingles
from warehouse.model import Appearance, Look, Revision, StagedLook, Text, TextKey
from warehouse.rereading import (
    NOTHING_MOVED,
    WITHOUT_RELEASE,
    LookAgain,
    arrivals,
    decided_again,
    is_decided,
    lines_of,
    placed_by,
    read_again,
    without_left,
)
from warehouse.rows import (
    Row,
    Stamp,
    appearance_row,
    comparison_rows,
    look_row,
    reading_row,
    redecided_row,
    retired_row,
    revision_row,
    text_row,
    ticker_rows,
)
from warehouse.store import KnownReading, Store

_NAMES_TRIED = 4
"""Each further name needs one more release whose text was read otherwise and came back."""


@dataclass(slots=True)
class Tally:
    """What a run did, counted while it does it."""

    outcomes: Counter[str] = field(default_factory=Counter)
    replayed: int = 0
    """Looks the lake had already."""
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
        self.tally = Tally()

    def record(self, source_id: str, looks: Sequence[StagedLook]) -> Counter[str]:
        """Append a batch of one source's looks; the outcomes of those that were new."""
        known = self._store.known_captures(look.capture_id for look in looks)
        once = {look.capture_id: look for look in looks}.values()
        fresh = [look for look in once if look.capture_id not in known]
        self.tally.replayed += len(looks) - len(fresh)
        self._reread(
            source_id, [look for look in once if look.reading and look.capture_id in known]
        )
        if not fresh:
            return Counter()
        self._advance()
        readings = self._keep_readings(fresh)
        read = {look.capture_id: one for look in fresh if (one := _read(look, readings))}
        identity = self._identify(source_id, list(read.values()))
        edits = self._keep_history(source_id, list(read.values()), identity)
        rows = self._look_rows(fresh, readings, read, identity, edits)
        self._store.append("looks", rows)
        outcomes = Counter(str(row["outcome"]) for row in rows)
        self.tally.outcomes += outcomes
        return outcomes

    def _reread(self, source_id: str, again: Sequence[StagedLook]) -> None:
        """Append what today's parser reads in bodies the lake has, and the history that follows.

        Nothing of it is the publisher's doing: looks keep their times, revisions their ids.
        """
        known = self._store.readings(look.reading_id for look in again if look.reading_id)
        new = [
            look
            for look in again
            if look.reading_id not in known
            or known[look.reading_id].parser_version != look.parser_version
        ]
        if not new:
            return
        self._advance()
        read_as = {look.capture_id: str(look.reading_id) for look in new}
        placed = self._store.placed_looks("reading_id", read_as.values(), source_id)
        placed += [
            one
            for one in self._store.placed_looks("capture_id", read_as, source_id)
            if one.reading_id is None
        ]
        readings = self._keep_readings(new)
        looks = [
            read_again(one, readings[one.reading_id or read_as[one.capture_id]])
            for one in placed
            if is_decided(one)
        ]
        identity = self._identify_again(source_id, looks)
        self._keep_history_again(source_id, looks, identity)
        self.tally.reread += len(new)
        self.tally.reread_otherwise += sum(look.differs for look in looks)

    def _identify_again(self, source_id: str, looks: Sequence[LookAgain]) -> Identity:
        """Retire the appearances that no look shows any more, and match what is left anew."""
        moved = [look for look in looks if look.now.unit != look.was.unit]
        if not moved:
            return NOTHING_MOVED
        texts = [(one.address, one.key) for look in moved for one in look.both if one.key]
        known = self._closed_appearances(source_id, texts)
        digests = {look.was.key.text_digest for look in moved if look.was.key}
        ours = {look.was.capture_id for look in looks}
        others = [
            (address, look)
            for address, look in self._store.looks_of_texts(source_id, digests)
            if look.capture_id not in ours
        ]
        kept = without_left(known, looks, others)
        arrived = arrivals(moved)
        identity = settle_identity(
            source_id, arrived, kept.appearances, _Bodies(self._store).alike, whole=True,
            elsewhere=self._elsewhere(source_id, arrived, known),
        )  # fmt: skip
        changed = {one.unit for one in identity.changed}
        later = [replace(one, release_id=identity.release_of[one.unit]) for one in kept.later]
        rows = [*identity.changed, *(one for one in later if one.unit not in changed)]
        self._store.append(
            "appearance_log", [appearance_row(source_id, one, self._stamp) for one in rows]
        )
        gone = kept.gone - changed
        self._store.append("retired", [retired_row(source_id, unit, self._stamp) for unit in gone])
        self._keep_addresses(source_id, identity)
        return identity

    def _keep_history_again(
        self, source_id: str, looks: Sequence[LookAgain], identity: Identity
    ) -> None:
        releases = {one.release_id for look in looks for one in look.both}
        releases |= {identity.release_of.get(look.now.unit) for look in looks if look.now.unit}
        releases |= {name for one, was in identity.moved for name in (one.release_id, was)}
        touched = {release_id for release_id in releases if release_id}
        before = {
            one.capture_id: one for one in self._store.placed_looks("release_id", touched)
        } | {look.was.capture_id: look.was for look in looks}
        after = before | {look.now.capture_id: look.now for look in looks}
        after = {name: placed_by(identity, one) for name, one in after.items()}
        known = self._store.revisions(touched)
        history = settle_history(source_id, lines_of(touched, after.values()), known)
        self._append_history(history)
        rows = [
            redecided_row(decided, self._stamp)
            for decided in decided_again(
                before, after, history.opened(known),
                {look.now.capture_id: look.error for look in looks},
            )
        ]  # fmt: skip
        self._store.append("redecided", rows)

    @property
    def stamp(self) -> Stamp:
        """What rows of the run that are written now carry; its time is the run's newest."""
        return self._stamp

    def _advance(self) -> None:
        """Later rows win, so each step of a run is a microsecond later than the one before."""
        self._steps += 1
        at = self._begun.recorded_at + timedelta(microseconds=self._steps)
        self._stamp = replace(self._begun, recorded_at=at)

    # Readings and texts

    def _keep_readings(self, looks: Sequence[StagedLook]) -> dict[str, KnownReading]:
        """Append what was read for the first time; every look's reading, by reading id."""
        ids = {look.reading_id for look in looks} | {look.same_as for look in looks}
        known = self._store.readings(one for one in ids if one)
        standing = {one.reading_id: one.parser_version for one in known.values()}
        texts: dict[str, list[Row]] = {}
        tickers: dict[str, list[Row]] = {}
        rows: list[Row] = []
        for look in looks:
            if look.reading is None or look.reading_id is None:
                continue
            if standing.get(look.reading_id) == look.parser_version:
                continue
            standing[look.reading_id] = look.parser_version
            ticker_id, teasers = ticker_rows(look.reading.teasers, self._stamp)
            if ticker_id is not None:
                tickers[ticker_id] = teasers
            key, canonical_url = None, None
            if look.text is not None:
                texts[look.text.text_id] = [text_row(look.text, self._stamp)]
                key, canonical_url = _key(look.text), look.text.sighting.canonical_url
            elif look.same_as is not None:
                key, canonical_url = known[look.same_as].key, known[look.same_as].canonical_url
            known[look.reading_id] = KnownReading(
                reading_id=look.reading_id,
                outcome=look.reading.outcome.value,
                reason=look.reading.reason,
                canonical_url=canonical_url,
                key=key,
                parser_version=look.parser_version,
            )
            rows.append(reading_row(look, ticker_id, key, canonical_url, self._stamp))
        self._append_missing("texts", "text_id", texts)
        self._append_missing("tickers", "ticker_id", tickers)
        self._store.append("reading_log", rows)
        return known

    def _append_missing(self, table: str, column: str, rows: dict[str, list[Row]]) -> None:
        there = self._store.known_ids(table, column, rows)
        new = [row for key, many in rows.items() if key not in there for row in many]
        self._store.append(table, new)

    # Identity

    def _identify(self, source_id: str, looks: Sequence[ReadLook]) -> Identity:
        known = self._closed_appearances(source_id, [(look.address, look.key) for look in looks])
        identity = settle_identity(
            source_id, looks, known, _Bodies(self._store).alike,
            elsewhere=self._elsewhere(source_id, looks, known),
        )  # fmt: skip
        rows = [appearance_row(source_id, one, self._stamp) for one in identity.changed]
        self._store.append("appearance_log", rows)
        self._reassign(source_id, identity)
        self._keep_addresses(source_id, identity)
        return identity

    def _elsewhere(
        self, source_id: str, looks: Sequence[ReadLook], known: Sequence[Appearance]
    ) -> set[str]:
        """Ids that new releases of these looks would take but others hold: a release keeps its id
        when its text is read otherwise, and the text it was named by may then appear again."""
        if not self._store.has_rows("retired"):
            return set()
        named = {
            name
            for one in [*known, *map(met, looks)]
            for name in islice(own_names(source_id, one), _NAMES_TRIED)
        }
        held = {one.release_id for one in known} | {look.release_id for look in looks}
        return self._store.known_ids("revision_log", "release_id", named - held)

    def _closed_appearances(
        self, source_id: str, texts: Iterable[tuple[str | None, TextKey]]
    ) -> list[Appearance]:
        """All known appearances that share headline, body or address with a text, and so on."""
        wanted = _links(texts)
        asked: dict[str, set[str]] = {column: set() for column in wanted}
        found: dict[tuple[str | None, str], Appearance] = {}
        while any(wanted[column] - asked[column] for column in wanted):
            for column in wanted:
                new = wanted[column] - asked[column]
                asked[column] |= new
                for one in self._store.appearances(source_id, column, new):
                    found[one.unit] = one
            wanted = _links((one.address, one.key) for one in found.values())
        return list(found.values())

    def _reassign(self, source_id: str, identity: Identity) -> None:
        target = {one.unit: one.release_id for one, _ in identity.moved}
        if not target:
            return
        looks = self._store.looks_of_texts(source_id, {digest for _, digest in target})
        self._store.append(
            "reassigned",
            [
                {"capture_id": look.capture_id, "release_id": target[unit], **self._stamp.columns}
                for address, look in looks
                if (unit := (address, look.text_digest)) in target
            ],
        )

    def _keep_addresses(self, source_id: str, identity: Identity) -> None:
        named = {one.address: one.release_id for one in identity.changed if one.address}
        known = self._store.releases_of_addresses(source_id, named)
        self._store.append(
            "url_log",
            [
                {
                    "release_id": release_id,
                    "source_id": source_id,
                    "url": url,
                    "role": "canonical",
                    **self._stamp.columns,
                }
                for url, release_id in named.items()
                if known.get(url) != release_id
            ],
        )

    # Time lines

    def _keep_history(
        self, source_id: str, looks: Sequence[ReadLook], identity: Identity
    ) -> frozenset[str]:
        """Append the revisions these looks make; the captures that opened an edit."""
        releases = {identity.release_of[look.unit] for look in looks}
        releases |= {was for _, was in identity.moved}
        releases |= {one.release_id for one, _ in identity.moved if one.release_id}
        known = self._store.revisions(releases - identity.fresh)
        newest = {release_id: many[-1] for release_id, many in known.items()}
        lines = self._lines(looks, identity, unsettled(looks, identity, newest))
        history = settle_history(source_id, lines, known)
        self._append_history(history)
        return history.edits

    def _append_history(self, history: History) -> None:
        revisions = [one for done in history.reconciled for one in done.appended]
        closed = [entry for done in history.reconciled for entry in done.superseded]
        self._store.append("revision_log", [revision_row(one, self._stamp) for one in revisions])
        self._store.append(
            "superseded", [{"entry_id": entry, **self._stamp.columns} for entry in closed]
        )
        self._compare(revisions)

    def _compare(self, revisions: Sequence[Revision]) -> None:
        """Append what changed between texts that follow each other, once for each pair."""
        seen = {
            (one.before_text_id, one.text_id): (one.changed_after or one.seen_at, one.seen_at)
            for one in revisions
            if one.before_text_id
        }
        if not seen:
            return
        pairs = set(seen)
        done = self._store.compared(CLASSIFIER_VERSION, {after for _, after in pairs})
        text_ids = {text_id for pair in pairs - done for text_id in pair}
        states, claims = self._store.states(text_ids), self._store.modified_on(text_ids)
        compared: list[Row] = []
        changes: list[Row] = []
        for before, after in sorted(pairs - done):
            row, found = comparison_rows(
                (before, after),
                Seen(states[before], seen[before, after][0], claims[before]),
                Seen(states[after], seen[before, after][1], claims[after]),
                self._stamp,
            )
            compared.append(row)
            changes += found
        self._store.append("comparisons", compared)
        self._store.append("change_log", changes)

    def _lines(
        self, looks: Sequence[ReadLook], identity: Identity, releases: Iterable[str]
    ) -> dict[str, list[Look]]:
        """All looks at these releases, those of this batch included."""
        lines: dict[str, list[Look]] = {release_id: [] for release_id in releases}
        received = {one.release_id for one, _ in identity.moved}
        for release_id, held in self._store.looks(set(lines) - (identity.fresh - received)).items():
            lines[release_id] += held
        for look in looks:
            if (release_id := identity.release_of[look.unit]) in lines:
                lines[release_id].append(_line_look(look))
        return lines

    # Looks

    def _look_rows(
        self,
        looks: Sequence[StagedLook],
        readings: dict[str, KnownReading],
        read: dict[str, ReadLook],
        identity: Identity,
        edits: frozenset[str],
    ) -> list[Row]:
        rows: list[Row] = []
        met: set[str] = set()
        for look in sorted(looks, key=lambda one: (one.captured_at, one.digest or "")):
            found = read.get(look.capture_id)
            if found is None:
                outcome, error = _without_release(look, readings)
                rows.append(look_row(look, outcome, error, look.address, None, self._stamp))
                continue
            release_id = identity.release_of[found.unit]
            outcome = "unchanged"
            if look.capture_id in edits:
                outcome = "edited"
            elif release_id in identity.fresh and release_id not in met:
                outcome = "new"
            met.add(release_id)
            rows.append(look_row(look, outcome, None, found.address, release_id, self._stamp))
        return rows


class _Bodies:
    """The bodies of texts that identity must compare, fetched when it asks for them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shingles: dict[str, frozenset[tuple[str, ...]]] = {}

    def alike(self, a: TextKey, b: TextKey) -> bool:
        """Whether two bodies reach ALIKE_JACCARD."""
        if a.body_digest is not None and a.body_digest == b.body_digest:
            return True
        return jaccard(self._of(a.text_id), self._of(b.text_id)) >= ALIKE_JACCARD

    def _of(self, text_id: str) -> frozenset[tuple[str, ...]]:
        if text_id not in self._shingles:
            paragraphs = self._store.paragraphs([text_id])[text_id]
            self._shingles[text_id] = shingles(" ".join(paragraphs))
        return self._shingles[text_id]


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


def _links(items: Iterable[tuple[str | None, TextKey]]) -> dict[str, set[str]]:
    links: dict[str, set[str]] = {"headline_digest": set(), "body_digest": set(), "address": set()}
    for address, key in items:
        links["headline_digest"].add(key.headline_digest)
        if key.body_digest:
            links["body_digest"].add(key.body_digest)
        if address:
            links["address"].add(address)
    return links


def _key(text: Text) -> TextKey:
    return TextKey(
        text.text_id,
        text.text_digest,
        text.headline_digest,
        text.body_digest,
        text.sighting.published_on,
    )


def _line_look(look: ReadLook) -> Look:
    assert look.staged.digest is not None
    return Look(
        look.staged.capture_id,
        look.staged.captured_at,
        look.staged.digest,
        look.staged.url,
        look.key.text_id,
        look.key.text_digest,
        look.staged.parser_version,
    )
