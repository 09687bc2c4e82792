"""Holds looks back from history: asks the lake what the rules need, opens and extends incidents."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from parsers.model import Outcome
from parsers.normalise import normalise
from warehouse.history.decide import ReadLook
from warehouse.history.incidents import Glance, Held, hold_back, is_broken, windows
from warehouse.history.moves import Addresses
from warehouse.known_live import KnownIncident
from warehouse.model import KnownRevision, StagedLook, TextKey, short_hash
from warehouse.rows import Row, Stamp
from warehouse.store import KnownReading, Store

_Held = dict[str, str]
"""Capture id to incident id."""


class Holding:
    """What a run holds back of one source's looks, and why."""

    def __init__(self, store: Store, stamp: Stamp, source_id: str, addresses: Addresses) -> None:
        self._store = store
        self._stamp = stamp
        self._source_id = source_id
        self._addresses = addresses
        self._incidents = store.incidents(source_id)
        self.told: list[str] = []
        """Of each incident that holds something back now, its sentence."""

    def hold(
        self,
        looks: Sequence[StagedLook],
        readings: Mapping[str, KnownReading],
        read: Mapping[str, ReadLook],
        *,
        has_layouts: bool,
    ) -> _Held:
        """The looks to hold back and the incident each is held for; incidents are appended."""
        pages = [
            look
            for look in looks
            if look.address is not None  # a file has no neighbours it was taken with
            and (look.capture_id in read or _unread(look, readings) or _claimed(look))
        ]
        past = _Past(self._store, self._source_id, self._addresses, pages)
        blocks = _Blocks(self._store, read, past.text_ids)
        held: _Held = {}
        by_id = {look.capture_id: look for look in pages}
        for ids in windows((look.captured_at, look.capture_id) for look in pages):
            together = [by_id[one] for one in ids]
            glances = [_glance(one, past, blocks, read.get(one.capture_id)) for one in together]
            held |= self._hold_window(glances, has_layouts=has_layouts)
            for one in together:
                if one.capture_id in read and one.capture_id not in held:
                    past.saw(one, read[one.capture_id].key)
        self._keep(looks, held)
        names = set(held.values())
        self.told = [one.detail for one in self._incidents if one.incident_id in names]
        return held

    def _hold_window(self, glances: Sequence[Glance], *, has_layouts: bool) -> _Held:
        held: _Held = {}
        for glance, incident in self._as_before(glances):
            self._extend(incident, [glance])
            held[glance.capture_id] = incident.incident_id
        rest = [one for one in glances if one.capture_id not in held]
        for found in hold_back(rest, has_layouts=has_layouts):
            if not self._accepted(found):
                incident = self._incident_of(found)
                self._extend(incident, found.glances)
                held |= {one.capture_id: incident.incident_id for one in found.glances}
        return held

    # Incidents

    def _as_before(self, glances: Sequence[Glance]) -> Iterator[tuple[Glance, KnownIncident]]:
        """What shows again what an earlier incident holds back."""
        standing = [one for one in self._incidents if one.decision in (None, "dismissed")]
        walls = {one.key: one for one in standing if one.kind == "one_body"}
        blocks = {one.key: one for one in standing if one.kind == "mass_change"}
        layouts = [one for one in standing if one.kind == "layout"] if is_broken(glances) else []
        for one in glances:
            changed = one.gained | one.lost
            found = [
                *(wall for key, wall in walls.items() if key == one.body != one.before),
                *(blocks[key] for key in changed if key in blocks and one.replaces),
                *(layout for layout in layouts if not one.filled),
            ]
            incident = next((each for each in found if _still_holds(each, one)), None)
            if incident is not None:
                yield one, incident

    def _accepted(self, found: Held) -> bool:
        return any(
            one.decision == "accepted" and (one.kind, one.key) == (found.kind, found.key)
            for one in self._incidents
            if found.key
        )

    def _incident_of(self, found: Held) -> KnownIncident:
        for one in self._incidents:
            if one.closed_at is None and (one.kind, one.key or "") == (found.kind, found.key):
                return one
        opened_at = min(one.captured_at for one in found.glances)
        incident = KnownIncident(
            short_hash(self._source_id, found.kind, found.key, opened_at), self._source_id,
            found.kind, found.key, found.detail, (), opened_at, None, None,
        )  # fmt: skip
        self._incidents.append(incident)
        return incident

    def _extend(self, incident: KnownIncident, glances: Iterable[Glance]) -> None:
        """Append the incident with these addresses added, unless it names them all."""
        standing = next(one for one in self._incidents if one.incident_id == incident.incident_id)
        urls = tuple(dict.fromkeys((*standing.urls, *(one.url for one in glances))))
        if urls == standing.urls:
            return
        self._incidents.remove(standing)
        grown = KnownIncident(
            standing.incident_id, standing.source_id, standing.kind, standing.key,
            standing.detail, urls, standing.opened_at, standing.closed_at, standing.decision,
        )  # fmt: skip
        self._incidents.append(grown)
        self._store.append("incident_log", [incident_row(grown, self._stamp)])

    def _keep(self, looks: Sequence[StagedLook], held: _Held) -> None:
        already = {look.capture_id for look in looks if look.held}
        self._store.append(
            "held_log",
            [
                {"capture_id": capture_id, "incident_id": incident, **self._stamp.columns}
                for capture_id, incident in held.items()
                if capture_id not in already
            ],
        )


def _still_holds(incident: KnownIncident, one: Glance) -> bool:
    """Whether what an incident holds back is all there is: once a person has dismissed it, a page
    that changed in more ways than that, or was not among its own, speaks for itself."""
    if incident.closed_at is None or incident.kind == "one_body":
        return True
    if incident.kind == "mass_change":
        return one.gained | one.lost == {incident.key}
    return one.url in incident.urls


def incident_row(one: KnownIncident, stamp: Stamp) -> Row:
    """A row of `incident_log`."""
    return {
        "incident_id": one.incident_id,
        "source_id": one.source_id,
        "kind": one.kind,
        "detail": one.detail,
        "urls": list(one.urls),
        "opened_at": one.opened_at,
        "closed_at": one.closed_at,
        "key": one.key,
        "decision": one.decision,
        **stamp.columns,
    }


class _Past:
    """What stood at the addresses of a batch before each of its looks."""

    def __init__(
        self, store: Store, source_id: str, addresses: Addresses, pages: Sequence[StagedLook]
    ) -> None:
        self._root = addresses.root
        wanted = {look.address for look in pages if look.address}
        members = {url for address in wanted for url in addresses.members(address)}
        release_of = store.releases_of_addresses(source_id, members)
        self._release = {self._root(url): release for url, release in release_of.items()}
        self._revisions = store.revisions(set(self._release.values()))
        self.text_ids = {one.revision.text_id for many in self._revisions.values() for one in many}
        self._keys = store.text_keys(self.text_ids)
        self._seen: dict[str, tuple[datetime, TextKey]] = {}

    def before(self, look: StagedLook) -> TextKey | None:
        """The text known there at that time; None: the release was not known then."""
        root = self._root(look.address or look.url)
        known: Sequence[KnownRevision] = self._revisions.get(self._release.get(root, ""), ())
        standing = [one.revision for one in known if one.revision.seen_at <= look.captured_at]
        last = standing[-1] if standing else None
        seen = self._seen.get(root)
        if seen is not None and (last is None or last.seen_at <= seen[0]):
            return seen[1]
        return self._keys[last.text_id] if last else None

    def saw(self, look: StagedLook, key: TextKey) -> None:
        """A look of the batch, not held back, read this text there."""
        self._seen[self._root(look.address or look.url)] = (look.captured_at, key)


class _Blocks:
    """The paragraphs of the texts of a batch, and of those they may replace, as digests."""

    def __init__(self, store: Store, read: Mapping[str, ReadLook], before: set[str]) -> None:
        staged = {
            one.key.text_id: one.staged.text.sighting.paragraphs
            for one in read.values()
            if one.staged.text is not None
        }
        wanted = before | {one.key.text_id for one in read.values()}
        # Where nothing new was read nothing is replaced but by what came back.
        self._paragraphs = {**store.paragraphs(wanted - staged.keys()), **staged}

    def between(
        self, before: TextKey | None, after: TextKey | None
    ) -> tuple[frozenset[str], frozenset[str]]:
        """The blocks gained and lost; none when nothing is replaced."""
        if before is None or after is None or before.text_digest == after.text_digest:
            return frozenset(), frozenset()
        old, new = self._of(before), self._of(after)
        return new - old, old - new

    def _of(self, key: TextKey) -> frozenset[str]:
        return frozenset(short_hash(normalise(one)) for one in self._paragraphs[key.text_id])


def _glance(look: StagedLook, past: _Past, blocks: _Blocks, found: ReadLook | None) -> Glance:
    before = past.before(look)
    after = before if _claimed(look) else found.key if found else None
    gained, lost = blocks.between(before, after)
    return Glance(
        look.capture_id,
        look.address or look.url,
        look.captured_at,
        filled=after is not None or _claimed(look),
        body=_body(after),
        before=_body(before),
        gained=gained,
        lost=lost,
        read=not _claimed(look),
    )


def _body(key: TextKey | None) -> str | None:
    """What of a text is compared between pages: its body; the whole where that cannot be."""
    return None if key is None else key.body_digest or key.text_digest


def _unread(look: StagedLook, readings: Mapping[str, KnownReading]) -> bool:
    reading = readings.get(look.reading_id or "")
    return look.outcome is None and reading is not None and reading.outcome == Outcome.UNREADABLE


def _claimed(look: StagedLook) -> bool:
    return look.outcome == "not_modified"
