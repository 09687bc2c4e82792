"""The tracker's warehouse against the truth: findings, each a sentence; none: it was right.

It judges plain rows (`rows.Warehouse`), so that it can be tried on rows no tracker made.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tests.site.dress import normalised, squashed
from tests.site.rows import Row, Warehouse
from tests.site.truth import Expected, Pass, Segment

_HISTORY = {"new", "edited", "unchanged", "moved", "redirected", "missing", "gone", "live_again"}
"""Outcomes that become history, which a page that is no release's may never have."""


@dataclass(frozen=True, slots=True)
class Judge:
    """The truth after some passes, and the address the site was served at."""

    expected: Sequence[Expected]
    passes: Sequence[Pass]
    origin: str
    must_open: frozenset[int]
    """Passes that must have opened an incident."""
    calm: frozenset[int]
    """Passes in which no incident may be opened."""

    def findings(self, warehouse: Warehouse) -> list[str]:
        """Every mistake, as a sentence."""
        found = _by_key(self.expected, warehouse, self.origin)
        sentences = list(self._pairing(warehouse, found))
        for one in self.expected:
            ids = found[one.key]
            if len(ids) == 1:
                sentences += self._release(one, warehouse, next(iter(ids)))
        sentences += self._reposts(warehouse, found)
        sentences += self._incidents(warehouse)
        sentences += self._held(warehouse)
        sentences += self._runs(warehouse)
        return sentences

    def _pairing(self, warehouse: Warehouse, found: dict[int, set[str]]) -> Iterator[str]:
        """Each release of the world is one release of the warehouse, and there is no other."""
        for one in self.expected:
            if not found[one.key] and one.is_required:
                yield f"release {one.key} is lost: no release has any of {sorted(one.paths)}"
            if len(found[one.key]) > 1:
                yield f"release {one.key} became {len(found[one.key])} releases"
        owners: dict[str, list[int]] = defaultdict(list)
        for key, ids in found.items():
            for release_id in ids:
                owners[release_id].append(key)
        for keys in owners.values():
            if len(keys) > 1:
                yield f"releases {keys} were merged into one"
        for row in warehouse.releases:
            if row["release_id"] not in owners:
                yield f"a release that never was: {row['url']} {row['headline']!r}"

    def _release(self, one: Expected, warehouse: Warehouse, release_id: str) -> Iterator[str]:
        row = next(r for r in warehouse.releases if r["release_id"] == release_id)
        named = f"release {one.key} ({self._short(row['url'])})"
        if row["status"] not in one.statuses:
            yield f"{named} is {row['status']}, not {' or '.join(sorted(one.statuses))}"
        if row["kind"] != one.kind:
            yield f"{named} is of kind {row['kind']}, not {one.kind}"
        yield from self._addresses(one, warehouse, release_id, named)
        yield from self._events(one, warehouse, release_id, named)
        if one.kind == "pdf":
            if normalised(row["headline"] or "") != normalised(one.headline):
                yield f"{named} has the headline {row['headline']!r}, not {one.headline!r}"
            count = sum(r["release_id"] == release_id for r in warehouse.revisions)
            if count != 1:
                yield f"{named} is a PDF that never changed and has {count} revisions"
            return
        yield from self._history(one, warehouse, release_id, named)

    def _addresses(
        self, one: Expected, warehouse: Warehouse, release_id: str, named: str
    ) -> Iterator[str]:
        roles: dict[str, set[str]] = defaultdict(set)
        for row in warehouse.urls:
            if row["release_id"] == release_id:
                roles[row["role"]].add(row["url"].removeprefix(self.origin))
        if len(roles["canonical"]) != 1 or not roles["canonical"] <= one.canonical:
            yield (
                f"{named} has the canonical address {sorted(roles['canonical'])}, "
                f"not {' or '.join(sorted(one.canonical))}"
            )
        for path in sorted(one.moved_from - roles["moved_from"]):
            yield f"{named} does not say that it was moved from {path}"
        strange = set().union(*roles.values()) - one.paths
        if strange:
            yield f"{named} has addresses it never had: {sorted(strange)}"
        if roles["moved_from"] - one.paths or roles["moved_from"] & roles["canonical"]:
            yield f"{named} was never moved from {sorted(roles['moved_from'])}"

    def _events(
        self, one: Expected, warehouse: Warehouse, release_id: str, named: str
    ) -> Iterator[str]:
        for event in one.events:
            outcomes = {
                row["outcome"]
                for row in warehouse.captures
                if row["release_id"] == release_id
                and self._pass_of(row["captured_at"]) == event.number
            }
            if not outcomes & event.outcomes:
                wanted = " or ".join(sorted(event.outcomes))
                yield f"{named}: pass {event.number} says {sorted(outcomes)}, not {wanted}"

    def _history(
        self, one: Expected, warehouse: Warehouse, release_id: str, named: str
    ) -> Iterator[str]:
        """The revisions are the segments, those that nobody had to see left out at will."""
        rows = [row for row in warehouse.revisions if row["release_id"] == release_id]
        fields: dict[int, set[str]] = defaultdict(set)
        for row in warehouse.changes:
            if row["release_id"] == release_id:
                fields[row["revision"]].add(row["field"])
        at = 0
        touched: set[str] = set()
        last: Segment | None = None
        for segment in one.segments:
            touched |= segment.fields
            row = rows[at] if at < len(rows) else None
            if row is not None and _essence(row) == segment.essence:
                yield from self._revision(segment, row, named, touched if last else set(), fields)
                at, last, touched = at + 1, segment, set()
            elif segment.is_certain and (last is None or last.essence != segment.essence):
                yield f"{named}: the text of pass {segment.first} was missed ({sorted(touched)})"
        for row in rows[at:]:
            yield f"{named}: revision {row['revision']} is a false edit: {_told(row)}"
        yield from self._reverts(rows, named)

    def _revision(
        self, segment: Segment, row: Row, named: str, touched: set[str],
        fields: dict[int, set[str]],
    ) -> Iterator[str]:  # fmt: skip
        number = row["revision"]
        if (squashed(row["headline"]), _paragraphs(row["text"])) not in segment.shown:
            yield f"{named}: the text of revision {number} is not as it stood: {_told(row)}"
        seen = self._pass_of(row["seen_at"])
        if seen is None or not segment.first <= seen <= segment.by:
            yield (
                f"{named}: revision {number} was seen in pass {seen}, "
                f"not in {segment.first} to {segment.by}"
            )
        wanted = "publisher" if touched else "first"
        if row["cause"] != wanted:
            yield f"{named}: the cause of revision {number} is {row['cause']}, not {wanted}"
        if touched and not (fields[number] and fields[number] <= touched):
            yield (
                f"{named}: revision {number} changed {sorted(touched)}, "
                f"its changes say {sorted(fields[number])}"
            )

    def _reverts(self, rows: list[Row], named: str) -> Iterator[str]:
        earliest: dict[tuple[str, str, date | None], int] = {}
        for row in rows:
            before = earliest.setdefault(_essence(row), row["revision"])
            wanted = before if before != row["revision"] else None
            if row["reverts_to"] != wanted:
                yield (
                    f"{named}: revision {row['revision']} reverts to {row['reverts_to']}, "
                    f"not {wanted}"
                )

    def _reposts(self, warehouse: Warehouse, found: dict[int, set[str]]) -> Iterator[str]:
        """A text posted again is tied to the first as exact."""
        pairs = {
            frozenset((row["release_id"], row["other_id"])): row["kind"]
            for row in warehouse.neighbours
        }
        for one in self.expected:
            if one.repeats is None or not one.is_required:
                continue
            pair = frozenset(found[one.key] | found[one.repeats])
            if len(pair) == 2 and pairs.get(pair) != "exact":
                yield (
                    f"releases {one.repeats} and {one.key} are one text "
                    f"and tied as {pairs.get(pair)}"
                )

    def _incidents(self, warehouse: Warehouse) -> Iterator[str]:
        opened = [(self._pass_of(row["opened_at"]), row["kind"]) for row in warehouse.incidents]
        for number in sorted(self.must_open - {at for at, _ in opened}):
            yield f"pass {number} met one page at every address and opened no incident"
        for at, kind in opened:
            if at is None or at in self.calm:
                yield f"pass {at} opened an incident ({kind}) though nothing was wrong"

    def _held(self, warehouse: Warehouse) -> Iterator[str]:
        """A notice served at a release's address is no look at the release."""
        addresses = {self.origin + path for one in self.expected for path in one.paths}
        held: dict[int, int] = dict.fromkeys(self.must_open, 0)
        for row in warehouse.captures:
            number = self._pass_of(row["captured_at"])
            if number not in held or row["url"] not in addresses:
                continue
            if row["outcome"] in _HISTORY:
                yield f"pass {number} took a notice for history: {row['url']} is {row['outcome']}"
            held[number] += row["outcome"] in ("held", "unreadable")
        for number, count in held.items():
            if not count:
                yield f"pass {number} held nothing back"

    def _runs(self, warehouse: Warehouse) -> Iterator[str]:
        covered = {row["run_id"] for row in warehouse.coverage}
        seen = {self._pass_of(row["started_at"]) for row in warehouse.runs}
        for one in self.passes:
            if one.number not in seen:
                yield f"pass {one.number} left no run"
            if one.code not in (0, 3):
                yield f"pass {one.number} ended with code {one.code}"
            if one.number in self.must_open and one.code != 3:
                yield f"pass {one.number} met a notice everywhere and ended with code {one.code}"
        for row in warehouse.runs:
            if row["run_id"] not in covered:
                yield f"run {row['run_id']} has no coverage"

    def _pass_of(self, at: str) -> int | None:
        """The pass a time falls into."""
        when = datetime.fromisoformat(at)
        for one in self.passes:
            if one.started_at <= when <= one.finished_at:
                return one.number
        return None

    def _short(self, url: str | None) -> str:
        path = (url or "no address").removeprefix(self.origin)
        return path if len(path) <= 60 else f"{path[:40]}...{path[-17:]}"


def _by_key(expected: Sequence[Expected], warehouse: Warehouse, origin: str) -> dict[int, set[str]]:
    """The releases of the warehouse that have an address of each release of the world."""
    known = {row["release_id"] for row in warehouse.releases}
    holders: dict[str, set[str]] = defaultdict(set)
    for row in warehouse.urls:
        if row["release_id"] in known:
            holders[row["url"]].add(row["release_id"])
    for row in warehouse.releases:
        if row["url"]:
            holders[row["url"]].add(row["release_id"])
    return {
        one.key: set().union(*(holders[origin + path] for path in one.paths)) for one in expected
    }


def _essence(row: Row) -> tuple[str, str, date | None]:
    day = row["published_on"]
    return (
        normalised(row["headline"] or ""),
        normalised(row["text"] or ""),
        date.fromisoformat(day) if day else None,
    )


def _paragraphs(text: str | None) -> str:
    return "\n\n".join(squashed(one) for one in (text or "").split("\n\n"))


def _told(row: Row) -> str:
    text = f"{row['headline']} / {row['published_on']} / {row['text']}"
    return repr(text if len(text) <= 300 else text[:300] + "...")
