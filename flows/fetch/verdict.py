"""What one attempt amounts to: the answer if it is the last, and whether another is worth it."""

from dataclasses import dataclass

from flows.fetch.answer import Answer
from flows.fetch.session import Attempt, Fault
from warehouse.exchange import Exchange

REDIRECTS = (301, 302, 303, 307, 308)
BUSY = (429, 503)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`answer` None: a redirect to `location`."""

    answer: Answer | None
    error: str | None = None
    retry: bool = False
    location: str = ""
    unproven: bool = False
    """Another answer with the same body would prove this one."""


def judge_attempt(attempt: Attempt, *, conditional: bool) -> Verdict:
    """The verdict on an attempt; `conditional`: the request carried validators.

    A status that is not 2xx tells what it tells even when the body below it is cut.
    """
    exchange = attempt.exchange
    if exchange is None:
        return _faulty(attempt)
    if exchange.status in REDIRECTS:
        location = exchange.header("Location")
        if location is None:
            return Verdict(Answer.FAILED, f"{exchange.status} without a Location")
        return Verdict(None, location=location)
    if exchange.status == 304 and conditional:
        return Verdict(Answer.NOT_MODIFIED)
    if not 200 <= exchange.status < 300:
        return _by_status(exchange)
    if exchange.status == 206:
        return Verdict(Answer.INCOMPLETE, "206: a part that was not asked for", retry=True)
    if attempt.fault is not None:
        return _faulty(attempt)
    if not attempt.proven:
        reason = "nothing says that it is whole, and no second answer agreed"
        return Verdict(Answer.INCOMPLETE, reason, retry=True, unproven=True)
    return Verdict(Answer.BODY)


def _by_status(exchange: Exchange) -> Verdict:
    said = f"{exchange.status} {_phrase(exchange)}".strip()
    if exchange.status in BUSY:
        return Verdict(Answer.WAITING, f"{said}: the host asks us to wait", retry=True)
    if exchange.status == 404:
        return Verdict(Answer.NOT_FOUND, said)
    if exchange.status == 410:
        return Verdict(Answer.GONE, said)
    return Verdict(Answer.FAILED, said, retry=exchange.status >= 500)


def _phrase(exchange: Exchange) -> str:
    line = exchange.response_head.partition(b"\n")[0].decode("latin-1").strip()
    return "".join(line.split(" ", 2)[2:])[:80]


def _faulty(attempt: Attempt) -> Verdict:
    broken = attempt.fault is Fault.INCOMPLETE
    retry = attempt.fault in (Fault.INCOMPLETE, Fault.NETWORK, Fault.DEADLINE)
    return Verdict(Answer.INCOMPLETE if broken else Answer.FAILED, attempt.reason, retry)
