"""Everything one run asks of one source's servers goes through here, one URL at a time.

Read `get` first: each hop is checked (scheme, host, robots.txt, address), asked for in the host's
turn, asked again while that can help, and only then followed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import quote

from flows.fetch.addresses import (
    Gate,
    RefusedError,
    Resolver,
    Target,
    UnresolvedError,
    join_location,
    resolve,
)
from flows.fetch.answer import Answer, Fetched, Hop, Validators
from flows.fetch.landings import Landings
from flows.fetch.pacing import SYSTEM_CLOCK, Clock, Pacer, Pacing, retry_after_s
from flows.fetch.robots import AGENT, COPY_LASTS, MAX_REDIRECTS, ROBOTS_CAP_BYTES, Rules, judge
from flows.fetch.session import USUAL_LIMITS, Attempt, Fault, Limits, ask
from flows.fetch.verdict import BUSY, Verdict, judge_attempt
from parsers.model import Source, digest_bytes
from warehouse.exchange import Exchange
from warehouse.robots_copies import RobotsCopy

ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,application/pdf;q=0.9,*/*;q=0.5"
_KEEP = ":/?#[]@!$&'()*+,;=%~"
"""What a contact URL may hold; the rest, as letters beyond ASCII, no header can carry."""
TRIES = 3
"""Requests for one hop, at most."""
_NOT_REACHED = "not asked: its turn would come after the run's time"


@dataclass(slots=True)
class _Walk:
    """What gathers on the way from a URL to its end."""

    url: str
    accept: str
    cap_bytes: int | None
    hops: list[Hop] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)

    def end(self, answer: Answer, error: str | None = None) -> Fetched:
        return Fetched(self.url, answer, tuple(self.hops), tuple(self.exchanges), error)


class Fetcher:
    """Asks one source's hosts. Use as a context manager, in one thread.

    `budget_s` is the run's time from now; None: no end. `robots` are the last good copies of
    earlier runs; afterwards `robots_copies` are those to keep. Sources that may share a host
    share a `pacing`.
    """

    def __init__(
        self, source: Source, contact: str, version: str, *,
        clock: Clock = SYSTEM_CLOCK, robots: Iterable[RobotsCopy] = (),
        budget_s: float | None = None, pacing: Pacing | None = None,
        limits: Limits = USUAL_LIMITS, resolver: Resolver = resolve,
        ca_file: str | None = None,
    ) -> None:  # fmt: skip
        self._source, self._clock, self._limits, self._ca_file = source, clock, limits, ca_file
        self._agent = f"{AGENT}/{version} (+{quote(contact, safe=_KEEP)})"
        self._gate = Gate(source, resolver)
        self._landings = Landings(source)
        self._pacing = pacing or Pacing(clock)
        self._ends_at = None if budget_s is None else clock.monotonic() + budget_s
        self._rules: dict[str, Rules] = {}
        self._copies = {copy.origin: copy for copy in robots}
        self._robots_looks: list[Fetched] = []
        self._closed = False

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._closed = True  # connections live for one exchange: nothing else is left open

    @property
    def robots_copies(self) -> tuple[RobotsCopy, ...]:
        """The last good copies to keep for the next run."""
        return tuple(self._copies.values())

    @property
    def robots_looks(self) -> tuple[Fetched, ...]:
        """Every fetch of a robots.txt of this run, in order: evidence."""
        return tuple(self._robots_looks)

    @property
    def robots_faults(self) -> dict[str, str]:
        """By origin, why its robots.txt could not be had or is none. Empty: all is well."""
        return {origin: one.fault for origin, one in self._rules.items() if one.fault}

    def sitemaps(self, url: str) -> tuple[str, ...]:
        """The sitemaps that the robots.txt of a URL's host names; it is fetched if need be."""
        try:
            return self._rules_of(self._gate.check(url)).sitemaps
        except RefusedError:
            return ()

    def get(
        self, url: str, validators: Validators | None = None, accept: str = ACCEPT,
        cap_bytes: int | None = None,
    ) -> Fetched:  # fmt: skip
        """Ask for a URL: redirects followed, failures retried, everything kept.

        `validators` go with the request for `url` itself, not to where it redirects. `cap_bytes`
        replaces the cap that the answer's type sets.
        """
        assert not self._closed, "this fetcher is closed"
        return self._follow(_Walk(url, accept, cap_bytes), validators, robots=False)

    def _follow(self, walk: _Walk, validators: Validators | None, *, robots: bool) -> Fetched:
        current, seen = walk.url, set[str]()
        while True:
            try:
                target = self._gate.check(current)
                if not robots and (refused := self._forbidden(target)) is not None:
                    return walk.end(*refused)
                if target.url in seen and not robots:
                    return walk.end(Answer.REFUSED, f"redirects lead back to {target.url}")
                seen.add(target.url)
                verdict = self._settle(walk, target, validators)
            except RefusedError as error:
                return walk.end(Answer.REFUSED, str(error))
            if verdict.answer is not None:
                return walk.end(verdict.answer, verdict.error)
            current = join_location(target.url, verdict.location)
            hop = Hop(target.url, walk.exchanges[-1].status, current)
            walk.hops.append(hop)
            validators = None  # they are of another page
            if not robots and self._is_lost(walk.url, hop):
                return walk.end(Answer.NOT_FOUND, f"{hop.status} to {hop.target}, no release")
            if len(walk.hops) > MAX_REDIRECTS:
                return walk.end(Answer.REFUSED, f"more than {MAX_REDIRECTS} redirects")

    def _is_lost(self, asked: str, hop: Hop) -> bool:
        """Whether a publisher sends for good from a page to its home page or a listing."""
        has = self._landings.has
        return hop.permanent and has(hop.target) and not has(asked)

    def _forbidden(self, target: Target) -> tuple[Answer, str] | None:
        rules = self._rules_of(target)
        reason = rules.refusal(target.url)
        if reason is None:
            return None
        return Answer.WAITING if rules.waiting else Answer.REFUSED, reason

    def _rules_of(self, target: Target) -> Rules:
        now, origin = self._clock.now(), target.origin
        known = self._rules.get(origin)
        if known is not None and now - known.checked_at < COPY_LASTS:
            return known
        walk = _Walk(f"{origin}/robots.txt", "text/plain,*/*;q=0.5", ROBOTS_CAP_BYTES)
        fetched = self._follow(walk, None, robots=True)
        rules, copy = judge(fetched, self._copies.get(origin), origin, self._clock.now())
        if copy is not None:
            self._copies[origin] = copy
        if fetched.exchanges:
            self._robots_looks.append(fetched)
        self._rules[origin] = rules
        self._pacer(target).slow_down(rules.crawl_delay_s)
        return rules

    def _pacer(self, target: Target) -> Pacer:
        return self._pacing.of(target.host, self._source.fetch.delay_s)

    def _settle(self, walk: _Walk, target: Target, validators: Validators | None) -> Verdict:
        """Ask for one hop until another request would not help, or must not be made."""
        headers = self._headers(walk.accept, validators)
        conditional = len(headers) > len(self._headers(walk.accept, None))
        pacer = self._pacer(target)
        verdict, unproven = Verdict(Answer.WAITING, _NOT_REACHED), set[str]()
        for _ in range(TRIES):
            addresses = self._addresses(target)
            with pacer.turn(self._ends_at) as may_go:
                if not may_go:
                    return self._out_of_time(verdict)
                attempt = self._ask(target, addresses, headers, walk.cap_bytes)
                verdict = judge_attempt(attempt, conditional=conditional)
                self._pace(pacer, attempt)
            if attempt.exchange is not None:
                walk.exchanges.append(attempt.exchange)
                if verdict.unproven:
                    digest = digest_bytes(attempt.exchange.body)
                    if digest in unproven:
                        return Verdict(Answer.BODY)
                    unproven.add(digest)
            if not verdict.retry:
                break
        return verdict

    def _out_of_time(self, before: Verdict) -> Verdict:
        """A failure that could not be tried again stays what it was, but for a host that waits."""
        if before.error == _NOT_REACHED:
            return before
        return Verdict(before.answer, f"{before.error}; no time is left to ask again")

    def _headers(self, accept: str, validators: Validators | None) -> Mapping[str, str]:
        headers = {"User-Agent": self._agent, "Accept": accept}
        if validators is not None and validators.etag is not None:
            headers["If-None-Match"] = validators.etag
        if validators is not None and validators.last_modified is not None:
            headers["If-Modified-Since"] = validators.last_modified
        return headers

    def _addresses(self, target: Target) -> tuple[str, ...] | UnresolvedError:
        try:
            return self._gate.addresses(target)
        except UnresolvedError as error:
            return error

    def _ask(
        self, target: Target, addresses: tuple[str, ...] | UnresolvedError,
        headers: Mapping[str, str], cap_bytes: int | None,
    ) -> Attempt:  # fmt: skip
        if isinstance(addresses, UnresolvedError):
            return Attempt(None, Fault.NETWORK, str(addresses))
        return ask(
            target, addresses, headers, now=self._clock.now, monotonic=self._clock.monotonic,
            limits=self._limits, cap_bytes=cap_bytes, ca_file=self._ca_file,
        )  # fmt: skip

    def _pace(self, pacer: Pacer, attempt: Attempt) -> None:
        """Tell the pacer how the host took it."""
        exchange = attempt.exchange
        if exchange is None:
            pacer.failed(self._limits.deadline_s if attempt.fault is Fault.DEADLINE else 0.0)
        elif exchange.status in BUSY:
            pacer.told_to_wait(retry_after_s(exchange, self._clock.now()))
        elif exchange.status >= 500 or attempt.fault is not None:
            pacer.failed(exchange.elapsed_s)
        else:
            pacer.answered(exchange.elapsed_s, is_error=exchange.status >= 400)
