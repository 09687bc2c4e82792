"""Turns a run's staged looks into rows: asks the store for facts, lets history decide, appends.

Looks come in batches, so that memory follows the batch and not the run. A batch sees what the
batches before it appended, since all of a run is one transaction.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from parsers.model import Outcome
from warehouse.history.classify import CLASSIFIER_VERSION
from warehouse.history.decide import (
    Identity,
    ReadLook,
    settle_history,
    settle_identity,
    unsettled,
)
from warehouse.history.identity import ALIKE_JACCARD
from warehouse.history.moves import Addresses
from warehouse.history.shingles import jaccard, shingles
from warehouse.holding import Holding
from warehouse.model import Appearance, Look, StagedLook, Text, TextKey
from warehouse.moving import Moves
from warehouse.presence import StateKeeper
from warehouse.rows import (
    Row,
    Stamp,
    appearance_row,
    comparison_rows,
    look_row,
    reading_row,
    revision_row,
    text_row,
    ticker_rows,
)
from warehouse.store import KnownReading, Store

_WITHOUT_RELEASE = {
    Outcome.UNREADABLE: "unreadable",
    Outcome.NOT_FOUND: "missing",
    Outcome.LISTING: "discovery",
}
"""Readings without a release, and the outcome their look has."""


@dataclass(slots=True)
class Tally:
    """What a run did, counted while it does it."""

    outcomes: Counter[str] = field(default_factory=Counter)
    replayed: int = 0
    """Looks the lake had already."""
    incidents: list[str] = field(default_factory=list)
    """What was held back and why, a sentence each."""


class Recorder:
    """Decides and appends the looks of one run."""

    def __init__(self, store: Store, stamp: Stamp) -> None:
        self._store = store
        self._stamp = stamp
        self.tally = Tally()

    def record(
        self, source_id: str, looks: Sequence[StagedLook], *, has_layouts: bool = False
    ) -> Counter[str]:
        """Append a batch of one source's looks; the outcomes of those that were new.

        `has_layouts`: whether pages that no layout fills mean that the site's markup changed.
        """
        known = self._store.known_captures(look.capture_id for look in looks)
        fresh = [
            look
            for look in {look.capture_id: look for look in looks}.values()
            if look.held or look.capture_id not in known
        ]
        self.tally.replayed += len(looks) - len(fresh)
        if not fresh:
            return Counter()
        readings = self._keep_readings(fresh)
        read = {look.capture_id: one for look in fresh if (one := _read(look, readings))}
        moves = Moves(self._store, self._stamp, source_id)
        moves.keep(fresh, {one.address for one in read.values() if one.address})
        holding = Holding(self._store, self._stamp, source_id, moves.addresses)
        held = holding.hold(fresh, readings, read, has_layouts=has_layouts)
        self.tally.incidents += [f"{source_id}: {detail}" for detail in holding.told]
        kept = [
            replace(one, address=moves.addresses.root(one.address) if one.address else None)
            for one in read.values()
            if one.staged.capture_id not in held
        ]
        identity = self._identify(source_id, kept, moves)
        edits = self._keep_history(source_id, kept, identity)
        decided = self._decide(fresh, readings, kept, identity, edits, held)
        again = StateKeeper(self._store, self._stamp, source_id, moves.addresses).keep(
            fresh, {capture: one.outcome for capture, one in decided.items()}
        )
        return self._append_looks(fresh, decided, again)

    # Readings and texts

    def _keep_readings(self, looks: Sequence[StagedLook]) -> dict[str, KnownReading]:
        """Append what was read for the first time; every look's reading, by reading id."""
        ids = {look.reading_id for look in looks} | {look.same_as for look in looks}
        known = self._store.readings(one for one in ids if one)
        texts: dict[str, list[Row]] = {}
        tickers: dict[str, list[Row]] = {}
        rows: list[Row] = []
        for look in looks:
            if look.reading is None or look.reading_id is None:
                continue
            if look.reading_id in known and not look.held:
                continue
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
                look.reading_id, look.reading.outcome.value, look.reading.reason, canonical_url, key
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

    def _identify(self, source_id: str, looks: Sequence[ReadLook], moves: "Moves") -> Identity:
        raw = self._closed_appearances(source_id, looks, moves.addresses)
        known, absorbed = _rooted(raw, moves.addresses)
        identity = settle_identity(source_id, looks, known, _Bodies(self._store).alike)
        identity = _with_absorbed(identity, absorbed)
        elsewhere = [
            replace(one, release_id=release_id)
            for one in raw
            if one.address is not None
            and one.address != (root := moves.addresses.root(one.address))
            and (release_id := identity.release_of[root, one.key.text_digest]) != one.release_id
        ]
        rows = [
            appearance_row(source_id, one, self._stamp) for one in (*identity.changed, *elsewhere)
        ]
        self._store.append("appearance_log", rows)
        self._reassign(source_id, identity, moves.addresses)
        moves.keep_addresses(looks, identity)
        return identity

    def _closed_appearances(
        self, source_id: str, looks: Sequence[ReadLook], addresses: Addresses
    ) -> list[Appearance]:
        """All known appearances that share headline, body or address with a look, and so on."""
        wanted = _links(((look.address, look.key) for look in looks), addresses)
        asked: dict[str, set[str]] = {column: set() for column in wanted}
        found: dict[tuple[str | None, str], Appearance] = {}
        while any(wanted[column] - asked[column] for column in wanted):
            for column in wanted:
                new = wanted[column] - asked[column]
                asked[column] |= new
                for one in self._store.appearances(source_id, column, new):
                    found[one.unit] = one
            wanted = _links(((one.address, one.key) for one in found.values()), addresses)
        return list(found.values())

    def _reassign(self, source_id: str, identity: Identity, addresses: Addresses) -> None:
        target = {one.unit: one.release_id for one, _ in identity.moved}
        if not target:
            return
        looks = self._store.looks_of_texts(source_id, {digest for _, digest in target})
        self._store.append(
            "reassigned",
            [
                {"capture_id": look.capture_id, "release_id": target[unit], **self._stamp.columns}
                for address, look in looks
                if (unit := (addresses.root(address) if address else None, look.text_digest))
                in target
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
        revisions = [one for done in history.reconciled for one in done.appended]
        closed = [entry for done in history.reconciled for entry in done.superseded]
        self._store.append("revision_log", [revision_row(one, self._stamp) for one in revisions])
        self._store.append(
            "superseded", [{"entry_id": entry, **self._stamp.columns} for entry in closed]
        )
        self._compare(
            {(one.before_text_id, one.text_id) for one in revisions if one.before_text_id}
        )
        return history.edits

    def _compare(self, pairs: set[tuple[str, str]]) -> None:
        """Append what changed between texts that follow each other, once for each pair."""
        if not pairs:
            return
        done = self._store.compared(CLASSIFIER_VERSION, {after for _, after in pairs})
        states = self._store.states({text_id for pair in pairs - done for text_id in pair})
        compared: list[Row] = []
        changes: list[Row] = []
        for before, after in sorted(pairs - done):
            row, found = comparison_rows(
                (before, after), states[before], states[after], self._stamp
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
        settled: list[tuple[str, str, str | None]] = []
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
                settled.append((look.capture_id, outcome, one.release_id))
            outcomes[outcome] += 1
        self._store.append("looks", rows)
        self._append_settled(settled)
        self.tally.outcomes += outcomes
        return outcomes

    def _append_settled(self, settled: Sequence[tuple[str, str, str | None]]) -> None:
        """Append what came of looks that were held back."""
        stamp = self._stamp.columns
        self._store.append(
            "settled",
            [
                {"capture_id": capture, "outcome": outcome, **stamp}
                for capture, outcome, _ in settled
            ],
        )
        self._store.append(
            "reassigned",
            [
                {"capture_id": capture, "release_id": release_id, **stamp}
                for capture, _, release_id in settled
                if release_id is not None
            ],
        )


@dataclass(frozen=True, slots=True)
class _Decided:
    """What came of one look."""

    outcome: str
    error: str | None
    address: str | None
    release_id: str | None


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
    return _WITHOUT_RELEASE[Outcome(reading.outcome)], reading.reason


def _claims(look: StagedLook) -> bool:
    """Whether a look tells of a release without its text: it went elsewhere, or is as it was."""
    return look.outcome in ("not_modified", "moved")


def _rooted(
    raw: Iterable[Appearance], addresses: Addresses
) -> tuple[list[Appearance], list[tuple[Appearance, str]]]:
    """Appearances by the first address of their release; and, of two that are then one, the later
    with the release it belonged to."""
    known: dict[tuple[str | None, str], Appearance] = {}
    absorbed: list[tuple[Appearance, str]] = []
    for one in sorted(raw, key=lambda one: (one.captured_at, one.digest)):
        rooted = replace(one, address=addresses.root(one.address)) if one.address else one
        standing = known.setdefault(rooted.unit, rooted)
        if standing is not rooted and one.release_id not in (None, standing.release_id):
            assert one.release_id is not None
            absorbed.append((rooted, one.release_id))
    return list(known.values()), absorbed


def _with_absorbed(identity: Identity, absorbed: Iterable[tuple[Appearance, str]]) -> Identity:
    """With the appearances that another release held under an address that is this one's."""
    moved = tuple(
        (replace(one, release_id=identity.release_of[one.unit]), was)
        for one, was in absorbed
        if identity.release_of[one.unit] != was
    )
    return replace(identity, moved=identity.moved + moved) if moved else identity


def _links(
    items: Iterable[tuple[str | None, TextKey]], addresses: Addresses
) -> dict[str, set[str]]:
    links: dict[str, set[str]] = {"headline_digest": set(), "body_digest": set(), "address": set()}
    for address, key in items:
        links["headline_digest"].add(key.headline_digest)
        if key.body_digest:
            links["body_digest"].add(key.body_digest)
        if address:
            links["address"] |= addresses.members(address)
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
