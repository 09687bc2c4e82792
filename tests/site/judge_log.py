"""The server's log against good manners: findings, each a sentence; none: it was polite."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import pairwise

from tests.site.server import Hit
from tests.site.truth import Pass
from tests.site.world import World

SLACK_S = 0.75
"""How much later than it was sent a request may be noticed on a busy machine: 0.33 s was
seen where six processes shared two cores. Who does not wait at all is two seconds early."""
_LISTS = ("/news/?", "/rss/", "/sitemap")


def is_disallowed(target: str) -> bool:
    """What robots.txt forbids.

    >>> [is_disallowed(t) for t in ("/news/news_col/embargo-x/", "/news/", "/a/?print=Y")]
    [True, False, True]
    """
    return target.startswith(("/news/news_col/embargo-", "/search")) or "?print=" in target


@dataclass(frozen=True, slots=True)
class Cost:
    """What one pass asked of the server."""

    requests: int
    by_kind: Mapping[str, int]
    """robots, list, release, other."""
    conditional: int
    not_modified: int
    body_bytes: int
    """Of bodies, before any encoding; a 304 has none."""


@dataclass(frozen=True, slots=True)
class LogJudge:
    """What the tracker was asked to keep to."""

    world: World
    delay_s: float
    """The larger of Crawl-delay and `delay_s`."""
    slack_s: float = SLACK_S

    def findings(
        self, hits: Sequence[Hit], passes: Sequence[Pass], other_connections: int
    ) -> list[str]:
        """Every breach, as a sentence. `hits` in order of arrival."""
        sentences = list(self._each(hits))
        sentences += self._gaps(hits)
        sentences += self._waits(hits)
        sentences += self._flights(hits)
        visits: dict[int, list[Hit]] = defaultdict(list)
        for hit in hits:
            visits[hit.visit].append(hit)
        for one in passes:
            sentences += self._visit(one, visits[one.number])
        if other_connections:
            sentences.append(f"the other port was contacted {other_connections} times")
        return sentences

    def _each(self, hits: Sequence[Hit]) -> Iterator[str]:
        for hit in hits:
            headers = hit.request.headers
            if is_disallowed(hit.target):
                yield f"{_named(hit)} is forbidden by robots.txt"
            if hit.request.method != "GET":
                yield f"{_named(hit)} is a {hit.request.method}"
            agent = headers.get("user-agent", "")
            if not (agent.startswith("pressdiff/") and "(+http" in agent):
                yield f"{_named(hit)} does not say who asks: {agent!r}"
            if "cookie" in headers:
                yield f"{_named(hit)} sends a cookie"

    def _gaps(self, hits: Sequence[Hit]) -> Iterator[str]:
        for before, hit in pairwise(hits):
            gap_s = hit.started_s - before.started_s
            if gap_s < self.delay_s - self.slack_s:
                yield f"{_named(hit)} came {gap_s:.2f} s after {_named(before)}"

    def _waits(self, hits: Sequence[Hit]) -> Iterator[str]:
        """Nobody asks while the host said to wait; a date counts from the answer's own Date."""
        until_s, why = 0.0, ""
        for hit in hits:
            if hit.started_s < until_s - max(self.slack_s, 1.0):  # dates have whole seconds
                yield f"{_named(hit)} came {until_s - hit.started_s:.1f} s too early after {why}"
            wait_s = _retry_after_s(hit.sent_headers.get("retry-after"), hit.at)
            if wait_s is not None and hit.started_s + wait_s > until_s:
                until_s, why = hit.started_s + wait_s, _named(hit)

    def _flights(self, hits: Sequence[Hit]) -> Iterator[str]:
        for before, hit in pairwise(hits):
            if before.ended_s is None or hit.started_s < before.ended_s:
                yield f"{_named(hit)} came while {_named(before)} was under way"

    def _visit(self, one: Pass, hits: Sequence[Hit]) -> Iterator[str]:
        if not hits:
            yield f"pass {one.number} asked for nothing, not even robots.txt"
            return
        if hits[0].target != "/robots.txt":
            yield f"pass {one.number} asked for {hits[0].target} before robots.txt"
        mood = self.world.scene(one.step).mood
        others = [hit for hit in hits if hit.target != "/robots.txt"]
        if mood == "robots_500" and others:
            yield f"pass {one.number} asked {len(others)} times though robots.txt was an error"
        if one.full:
            for hit in others:
                if hit.is_conditional:
                    yield f"{_named(hit)} is conditional in a full pass"

    def unchanged(self, hits: Sequence[Hit], one: Pass) -> list[str]:
        """What was dear in a pass in which nothing changed: more than listings, feed, sitemaps,
        robots.txt, the known releases once each and one probe for the not-found page, or not
        conditional though the server gave honest validators."""
        found = []
        mine = [hit for hit in hits if hit.visit == one.number]
        known = {path for path, _ in _places(self.world, one.step)}
        strange = [hit for hit in mine if _kind(hit.target, known) == "other"]
        if len(strange) > 1:
            found.append(f"asked for {len(strange)} unknown paths: {[h.target for h in strange]}")
        for target in {hit.target for hit in mine}:
            count = sum(hit.target == target for hit in mine)
            if count > 1:
                found.append(f"asked {count} times for {target}")
        honest = {path for path, manner in _places(self.world, one.step) if manner == "honest"}
        fit = [h for h in mine if h.target in honest or h.target.startswith(_LISTS)]
        given = {h.target for h in hits if h.visit < one.number and "etag" in h.sent_headers}
        bare = [h.target for h in fit if h.target in given and not h.is_conditional]
        if len(bare) * 2 > len(fit):  # a full look from time to time is right
            found.append(f"{len(bare)} of {len(fit)} requests were not conditional: {bare[:5]}")
        return found

    def cost(self, hits: Sequence[Hit], one: Pass) -> Cost:
        """What a pass cost."""
        mine = [hit for hit in hits if hit.visit == one.number]
        known = {path for path, _ in _places(self.world, one.step)}
        kinds: dict[str, int] = defaultdict(int)
        for hit in mine:
            kinds[_kind(hit.target, known)] += 1
        return Cost(
            requests=len(mine),
            by_kind=dict(kinds),
            conditional=sum(hit.is_conditional for hit in mine),
            not_modified=sum(hit.status == 304 for hit in mine),
            body_bytes=sum(hit.bytes_sent for hit in mine),
        )


def _places(world: World, step: int) -> Iterator[tuple[str, str]]:
    """Addresses a tracker may ask for at a step, with their validators."""
    for standing in world.scene(step).standings.values():
        yield standing.path, standing.item.validators
        for path, _ in standing.old:
            yield path, "none"


def _kind(target: str, known: set[str]) -> str:
    if target == "/robots.txt":
        return "robots"
    if target.startswith(_LISTS) or target == "/news/":
        return "list"
    if target in known:
        return "release"
    return "home" if target == "/" else "other"


def _retry_after_s(value: str | None, at: datetime) -> float | None:
    if value is None:
        return None
    if value.isdigit():
        return float(value)
    return (parsedate_to_datetime(value) - at.replace(microsecond=0)).total_seconds()


def _named(hit: Hit) -> str:
    return f"request {hit.number} of pass {hit.visit} ({hit.target[:70]})"
