"""Turns a run's staged looks into rows: asks the store for facts, lets history decide, appends.

Looks come in batches, so that memory follows the batch and not the run. A batch sees what the
batches before it appended, since all of a run is one transaction.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice

from parsers.model import Outcome
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
from warehouse.history.moves import Addresses, addresses
from warehouse.history.shingles import jaccard, shingles
from warehouse.holding import Holding
from warehouse.model import Appearance, Look, PlacedLook, Revision, StagedLook, Text, TextKey
from warehouse.moving import Moves
from warehouse.presence import StateKeeper
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
    Redecided,
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
        readings = self._keep_readings(fresh)
        read = {look.capture_id: one for look in fresh if (one := _read(look, readings))}
        moves = self._keep_moves(source_id, fresh, read.values())
        holding = Holding(self._store, self._stamp, source_id, moves.addresses)
        held = holding.hold(fresh, readings, read, has_layouts=has_layouts) if hold else {}
        self.tally.incidents += [f"{source_id}: {detail}" for detail in holding.told]
        kept = [
            replace(one, address=self._root(one.address))
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
        placed = self._placed("reading_id", read_as.values(), source_id)
        placed += [
            one for one in self._placed("capture_id", read_as, source_id) if one.reading_id is None
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
        raw = self._closed_appearances(source_id, texts)
        known, _ = _rooted(raw, self._addresses)
        digests = {look.was.key.text_digest for look in moved if look.was.key}
        ours = {look.was.capture_id for look in looks}
        others = [
            (self._root(address), look)
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
        gone |= {one.unit for one in raw if (self._root(one.address), one.unit[1]) in gone}
        self._store.append("retired", [retired_row(source_id, unit, self._stamp) for unit in gone])
        left = [(look.was.release_id, look.was.address) for look in moved]
        Moves(self._store, self._stamp, source_id).keep_addresses(arrived, identity, left)
        return identity

    def _keep_history_again(
        self, source_id: str, looks: Sequence[LookAgain], identity: Identity
    ) -> None:
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

    def _root(self, address: str | None) -> str | None:
        """The address by which identity knows what stands at one."""
        return None if address is None else self._addresses.root(address)

    def _placed(
        self, column: str, keys: Iterable[str], source_id: str | None = None
    ) -> list[PlacedLook]:
        """Looks as they are read and placed today, by the first address of their release."""
        found = self._store.placed_looks(column, keys, source_id)
        return [replace(one, address=self._root(one.address)) for one in found]

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

    def _identify(self, source_id: str, looks: Sequence[ReadLook], moves: Moves) -> Identity:
        texts = [(look.address, look.key) for look in looks]
        raw = self._closed_appearances(source_id, texts, moves.joined)
        known, absorbed = _rooted(raw, self._addresses)
        identity = settle_identity(
            source_id, looks, known, _Bodies(self._store).alike, joined=moves.joined,
            elsewhere=self._elsewhere(source_id, looks, known),
        )  # fmt: skip
        identity = _with_absorbed(identity, absorbed)
        changed = [*identity.changed, *_renamed(raw, identity, self._addresses)]
        rows = [appearance_row(source_id, one, self._stamp) for one in changed]
        self._store.append("appearance_log", rows)
        self._reassign(source_id, identity)
        moves.keep_addresses(looks, identity)
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
        self,
        source_id: str,
        texts: Iterable[tuple[str | None, TextKey]],
        also: Iterable[str] = (),
    ) -> list[Appearance]:
        """All known appearances that share headline, body or address with a text, and so on;
        those at the addresses in `also` too."""
        wanted = _links(texts, self._addresses)
        wanted["address"].update(*(self._addresses.members(url) for url in also))
        asked: dict[str, set[str]] = {column: set() for column in wanted}
        found: dict[tuple[str | None, str], Appearance] = {}
        while any(wanted[column] - asked[column] for column in wanted):
            for column in wanted:
                new = wanted[column] - asked[column]
                asked[column] |= new
                for one in self._store.appearances(source_id, column, new):
                    found[one.unit] = one
            texts = [(one.address, one.key) for one in found.values()]
            wanted = _links(texts, self._addresses)
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
                if (unit := (self._root(address), look.text_digest)) in target
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
        pairs = {(one.before_text_id, one.text_id) for one in revisions if one.before_text_id}
        if not pairs:
            return
        done = self._store.compared(CLASSIFIER_VERSION, {after for _, after in pairs})
        text_ids = {text_id for pair in pairs - done for text_id in pair}
        states = self._store.states(text_ids)
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
        self._store.append("redecided", settled)
        self.tally.outcomes += outcomes
        return outcomes


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


def _renamed(
    raw: Iterable[Appearance], identity: Identity, addresses: Addresses
) -> Iterable[Appearance]:
    """The appearances under later addresses of a release, where it has another id now."""
    for one in raw:
        if one.address is None or one.address == (root := addresses.root(one.address)):
            continue
        release_id = identity.release_of[root, one.key.text_digest]
        if release_id != one.release_id:
            yield replace(one, release_id=release_id)


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
