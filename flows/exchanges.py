"""What a server answered: every exchange into evidence, and the looks that tell of it.

Nothing is decided here but what an answer says by itself; what has to be read is for the parsers.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from flows.fetch.answer import Answer, Fetched
from flows.sights import Sights
from flows.staging import Stager
from parsers.model import Capture, Source, digest_bytes
from warehouse.exchange import Exchange
from warehouse.model import StagedLook, capture_id

OUTCOMES = {
    Answer.NOT_MODIFIED: "not_modified",
    Answer.NOT_FOUND: "missing",
    Answer.GONE: "gone",
    Answer.REFUSED: "refused",
    Answer.INCOMPLETE: "incomplete",
    Answer.FAILED: "failed",
}
LIST_OUTCOMES = {
    Answer.NOT_MODIFIED: "not_modified",
    Answer.REFUSED: "refused",
    Answer.INCOMPLETE: "incomplete",
    Answer.FAILED: "failed",
    Answer.WAITING: "failed",
}
"""Of a listing, feed or sitemap; all others are `discovery`."""


class Exchanges:
    """The exchanges of one visit to one source."""

    def __init__(
        self, source: Source, stager: Stager, sights: Sights, now: Callable[[], datetime]
    ) -> None:
        self._source, self._stager, self._sights, self._now = source, stager, sights, now
        self.confirmed: dict[str, str | None] = {}
        """The digest of the body that a 304 would confirm, by URL."""

    def looks(
        self, fetched: Fetched, outcome: str, link_text: str | None
    ) -> tuple[list[StagedLook], StagedLook]:
        """Keep every exchange of an attempt: looks at the redirects on the way, and the look at
        its last one, which has this outcome."""
        last = fetched.last
        hops = self.hops(fetched, but_the_last=outcome == "missing")
        at_hop = bool(fetched.hops) and last is not None and 300 <= last.status < 400
        look = self._look(fetched, last, outcome, link_text)
        if outcome == "missing" and at_hop:
            look = replace(look, final_url=fetched.final_url)
        return hops, look

    def hops(self, fetched: Fetched, *, but_the_last: bool = False) -> list[StagedLook]:
        """Keep the redirects on the way, each a look, and what failed before it went well."""
        hops = fetched.hops[:-1] if but_the_last else fetched.hops
        targets = {(hop.url, hop.status): hop for hop in hops}
        arrives = fetched.answer is Answer.BODY
        permanent = True
        looks = []
        for exchange in fetched.exchanges[:-1]:
            hop = targets.get((exchange.url, exchange.status))
            if hop is None:
                self._keep(exchange)
                continue
            permanent = permanent and hop.permanent
            outcome = "moved" if permanent and arrives else "redirected"
            look = self._look_of(exchange, outcome, fetched.url)
            looks.append(replace(look, final_url=hop.target))
        return looks

    def capture(self, exchange: Exchange, link_text: str | None) -> Capture:
        """The body of an answer, ready to be read."""
        return Capture(
            self._source.id, exchange.url, exchange.requested_at, exchange.body,
            digest_bytes(exchange.body), exchange.status, exchange.header("Content-Type"),
            link_text=link_text,
        )  # fmt: skip

    def _look(
        self, fetched: Fetched, exchange: Exchange | None, outcome: str, link_text: str | None
    ) -> StagedLook:
        if exchange is None:
            return self._bare(fetched.url, self._now(), outcome, fetched.error)
        look = self._look_of(exchange, outcome, fetched.url)
        return replace(look, error=fetched.error, link_text=link_text)

    def _look_of(self, exchange: Exchange, outcome: str, address: str) -> StagedLook:
        digest, location = self._keep(exchange)
        has_body = bool(exchange.body) and exchange.status != 304
        look = self._bare(
            exchange.url, exchange.requested_at, outcome, None, digest if has_body else None
        )
        return replace(
            look,
            length_bytes=len(exchange.body) if has_body else None,
            warc_file=location[0],
            warc_offset=location[1],
            http_status=exchange.status,
            address=address,
            etag=exchange.header("ETag"),
            last_modified=exchange.header("Last-Modified"),
        )

    def _bare(
        self, url: str, at: datetime, outcome: str, error: str | None, digest: str | None = None
    ) -> StagedLook:
        return StagedLook(
            capture_id=capture_id(self._source.id, url, at, digest),
            source_id=self._source.id,
            url=url,
            captured_at=at,
            digest=digest,
            length_bytes=None,
            warc_file=None,
            warc_offset=None,
            parser_version="",
            reading_id=None,
            reading=None,
            address=url,
            outcome=outcome,
            error=error,
        )

    def _keep(self, exchange: Exchange) -> tuple[str, tuple[str, int]]:
        self._sights.bytes_received += len(exchange.response_head) + len(exchange.payload)
        claimed = self.confirmed.get(exchange.url) if exchange.status == 304 else None
        digest, location = self._stager.keep(self._source.id, exchange, claimed)
        return digest, (location.warc_file, location.offset)
