"""What a host's robots.txt lets us do (RFC 9309), judged from how asking for it ended.

| asking for it came to                 | what may be fetched                            |
| ------------------------------------- | ---------------------------------------------- |
| 2xx, rules                            | what they allow; it becomes the last good copy |
| 2xx, a page of HTML                   | as the last good copy says; all without one    |
| 4xx but 429, or more than 5 redirects | everything                                     |
| 5xx, 429, no answer, half an answer   | as the last good copy of 24 h says, or nothing |
| another host, which we may not ask    | the same                                       |
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from protego import Protego

from flows.fetch.answer import Answer, Fetched
from warehouse.exchange import Exchange
from warehouse.robots_copies import RobotsCopy

AGENT = "pressdiff"
"""Our product token. The whole User-Agent would also match rules for words in its contact URL."""
ROBOTS_CAP_BYTES = 500 * 1024
"""RFC 9309, 2.5: what must be parsed at least."""
MAX_REDIRECTS = 5
CRAWL_DELAY_CAP_S = 300.0
COPY_LASTS = timedelta(hours=24)
_DIRECTIVES = ("user-agent", "disallow", "allow", "sitemap", "crawl-delay")


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be fetched from one origin."""

    parsed: Protego | None
    """None: nothing may be fetched."""
    checked_at: datetime
    """When robots.txt was asked for; a verdict serves 24 h."""
    fault: str | None = None
    """One sentence for a person, when robots.txt itself could not be had."""
    waiting: bool = False
    """Whether it was the host, or the run's time, that made us wait for it."""

    def refusal(self, url: str) -> str | None:
        """Why a URL may not be fetched; None: it may."""
        if self.parsed is None:
            return f"nothing may be fetched: {self.fault}"
        if not self.parsed.can_fetch(url, AGENT):
            return "robots.txt disallows it"
        return None

    @property
    def crawl_delay_s(self) -> float:
        """The wished gap between requests, 0 without one; over 300 s it is 300, never ignored."""
        wished = self.parsed.crawl_delay(AGENT) if self.parsed else None
        return min(max(wished or 0.0, 0.0), CRAWL_DELAY_CAP_S)

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """The sitemaps it names, in order."""
        return tuple(self.parsed.sitemaps) if self.parsed else ()


def judge(
    fetched: Fetched, copy: RobotsCopy | None, origin: str, now: datetime
) -> tuple[Rules, RobotsCopy | None]:
    """The rules that hold now, and the last good copy to keep."""
    exchange = fetched.last
    if exchange is not None and _is_whole(fetched, exchange):
        text = _text(exchange.body)
        if not _is_page(text, exchange):
            new = RobotsCopy(origin, now, text)
            return Rules(Protego.parse(text), now), new
        fault = "robots.txt is a page of HTML, not a rules file"
        return Rules(Protego.parse(copy.text if copy else ""), now, fault), copy
    if _is_absent(fetched):
        return Rules(Protego.parse(""), now), RobotsCopy(origin, now, "")
    fault = f"robots.txt could not be had ({fetched.error})"
    if copy is not None and now - copy.fetched_at <= COPY_LASTS:
        return Rules(Protego.parse(copy.text), now, fault), copy
    return Rules(None, now, fault, fetched.answer is Answer.WAITING), copy


def _is_whole(fetched: Fetched, exchange: Exchange) -> bool:
    cut_by_us = exchange.truncated == "length" and len(exchange.body) > ROBOTS_CAP_BYTES
    return fetched.answer is Answer.BODY or (200 <= exchange.status < 300 and cut_by_us)


def _is_absent(fetched: Fetched) -> bool:
    if fetched.answer is Answer.REFUSED:
        return len(fetched.hops) > MAX_REDIRECTS
    last = fetched.last
    return last is not None and 400 <= last.status < 500 and last.status != 429


def _text(body: bytes) -> str:
    if len(body) > ROBOTS_CAP_BYTES:  # half a line could forbid too much or too little
        body = body[:ROBOTS_CAP_BYTES].rpartition(b"\n")[0]
    return body.decode("utf-8-sig", "replace")


def _is_page(text: str, exchange: Exchange) -> bool:
    """Whether this is HTML. Many servers send good rules as text/html, so the text decides."""
    if text.lstrip().startswith("<"):
        return True
    kind = (exchange.header("Content-Type") or "").lower()
    lines = (line.strip().lower() for line in text.splitlines())
    return "html" in kind and bool(text.strip()) and not any(
        line.startswith(_DIRECTIVES) for line in lines
    )  # fmt: skip
