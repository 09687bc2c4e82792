"""Turns a run's staged looks into rows: asks the store for facts, lets history decide, appends.

Looks come in batches, so that memory follows the batch and not the run. A batch sees what the
batches before it appended, since all of a run is one transaction.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

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
from warehouse.history.shingles import jaccard, shingles
from warehouse.model import Appearance, Look, StagedLook, Text, TextKey
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


class Recorder:
    """Decides and appends the looks of one run."""

    def __init__(self, store: Store, stamp: Stamp) -> None:
        self._store = store
        self._stamp = stamp
        self.tally = Tally()
        self.touched: set[str] = set()
        """Releases whose time line may have changed."""

    def record(self, source_id: str, looks: Sequence[StagedLook]) -> Counter[str]:
        """Append a batch of one source's looks; the outcomes of those that were new."""
        known = self._store.known_captures(look.capture_id for look in looks)
        fresh = [
            look
            for look in {look.capture_id: look for look in looks}.values()
            if look.capture_id not in known
        ]
        self.tally.replayed += len(looks) - len(fresh)
        if not fresh:
            return Counter()
        readings = self._keep_readings(fresh)
        read = {look.capture_id: one for look in fresh if (one := _read(look, readings))}
        identity = self._identify(source_id, list(read.values()))
        edits = self._keep_history(source_id, list(read.values()), identity)
        rows = self._look_rows(fresh, readings, read, identity, edits)
        self._store.append("looks", rows)
        outcomes = Counter(str(row["outcome"]) for row in rows)
        self.tally.outcomes += outcomes
        return outcomes

    # Readings and texts

    def _keep_readings(self, looks: Sequence[StagedLook]) -> dict[str, KnownReading]:
        """Append what was read for the first time; every look's reading, by reading id."""
        ids = {look.reading_id for look in looks} | {look.same_as for look in looks}
        known = self._store.readings(one for one in ids if one)
        texts: dict[str, list[Row]] = {}
        tickers: dict[str, list[Row]] = {}
        rows: list[Row] = []
        for look in looks:
            if look.reading is None or look.reading_id is None or look.reading_id in known:
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

    def _identify(self, source_id: str, looks: Sequence[ReadLook]) -> Identity:
        known = self._closed_appearances(source_id, looks)
        identity = settle_identity(source_id, looks, known, _Bodies(self._store).alike)
        rows = [appearance_row(source_id, one, self._stamp) for one in identity.changed]
        self._store.append("appearance_log", rows)
        self._reassign(source_id, identity)
        self._keep_addresses(source_id, identity)
        return identity

    def _closed_appearances(self, source_id: str, looks: Sequence[ReadLook]) -> list[Appearance]:
        """All known appearances that share headline, body or address with a look, and so on."""
        wanted = _links((look.address, look.key) for look in looks)
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
        self.touched |= lines.keys()
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
    return _WITHOUT_RELEASE[Outcome(reading.outcome)], reading.reason


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
