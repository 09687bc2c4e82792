"""The site: a request to an answer, with validators honest and lying, and the faults that are
answers themselves."""

import hashlib
import threading
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from tests.corpus.dice import Dice
from tests.site import lists, markup
from tests.site.clock import Clock
from tests.site.faults import Fault, Schedule, Severity
from tests.site.world import Scene, Standing, Validators, World

HTML = "text/html; charset=utf-8"
Framing = Literal["length", "chunked", "close"]


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked for."""

    method: str
    target: str
    """Path with query, as sent."""
    headers: Mapping[str, str]
    """Names in lower case."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the site says, before it is put on the wire."""

    status: int
    body: bytes = b""
    content_type: str = HTML
    headers: tuple[tuple[str, str], ...] = ()
    framing: Framing = "length"
    gzipped: bool = False


class Site:
    """A world served at a step. Safe to ask from several threads."""

    def __init__(
        self, world: World, faults: tuple[Fault, ...], clock: Clock, severity: Severity,
        crawl_delay_s: float | None,
    ) -> None:  # fmt: skip
        self.world = world
        self.schedule = Schedule(faults)
        self.clock = clock
        self.severity = severity
        self.crawl_delay_s = crawl_delay_s
        self.origin = self.other_origin = ""
        self._lock = threading.Lock()
        self._asked = 0
        self._attempts: Counter[str] = Counter()
        self._changed: dict[str, tuple[str, datetime]] = {}
        self.turn_to(0)

    def turn_to(self, step: int) -> None:
        """Let it be that step: the attempts of faults count anew."""
        with self._lock:
            self.step = step
            self.scene = self.world.scene(step)
            self._attempts.clear()
            self._by_path = _by_path(self.scene)

    def answer(self, request: Request) -> tuple[Reply, Fault | None]:
        """The answer, and what goes wrong with it on the wire."""
        with self._lock:
            self._asked += 1
            self._attempts[request.target] += 1
            number, attempt = self._asked, self._attempts[request.target]
        if request.method not in ("GET", "HEAD"):
            return Reply(405), None
        fault = self.schedule.at(self.step, request.target, attempt)
        if fault is None:
            return self._reply(request, number), None
        # what is spoilt is a body, and a 304 has none
        whole = replace(request, headers={"accept-encoding": ""})
        return self._spoilt(self._reply(whole, number), fault, number), fault

    def _reply(self, request: Request, number: int) -> Reply:
        """What is served to the path, whatever the fault."""
        path = urlsplit(request.target).path
        noise = markup.Noise(number, is_still=False)
        mood = self.scene.mood
        if path == "/robots.txt":
            return self._robots(request, noise)
        if mood == "down":
            return self._wait(503)
        if mood == "maintenance":
            return _page(markup.maintenance(self.scene, noise))
        if mood == "consent":
            return _page(markup.consent(noise))
        known = self._by_path.get(path)
        if known is not None and known[1] != "404":
            return self._release(request, known[0], known[1], number)
        return self._list(request, path) or self._other(path, noise)

    def _robots(self, request: Request, noise: markup.Noise) -> Reply:
        if self.scene.mood == "robots_500":
            return Reply(500, b"Internal Server Error", "text/plain")
        if self.scene.mood == "robots_html":
            return _page(markup.home(self.scene, noise))
        text = lists.robots(self.crawl_delay_s, self.origin)
        return self._honest(request, text.encode(), "text/plain; charset=utf-8")

    def _list(self, request: Request, path: str) -> Reply | None:
        scene = self.scene
        if path == "/news/":
            page = parse_qs(urlsplit(request.target).query).get("PAGEN_1", ["1"])[0]
            number = int(page) if page.isdigit() else 1
            per_page = self.world.size.per_page
            text = lists.listing(scene, number, per_page, self.other_origin)
            return self._honest(request, text.encode(), HTML)
        if path == "/rss/":
            text = lists.feed(scene, self.origin)
            return self._honest(request, text.encode(), "application/rss+xml; charset=utf-8")
        if path == "/sitemap.xml":
            text = lists.sitemap_index(self.origin)
            return self._honest(request, text.encode(), "application/xml")
        if path in ("/sitemap-1.xml.gz", "/sitemap-2.xml"):
            part = 1 if path.endswith(".gz") else 2
            body = lists.sitemap(scene, part, self.origin, self.clock.now())
            kind = "application/gzip" if part == 1 else "application/xml"
            return self._honest(request, body, kind)
        return None

    def _other(self, path: str, noise: markup.Noise) -> Reply:
        if path == "/":
            return _page(markup.home(self.scene, noise))
        if path == lists.EMBARGOED and self.scene.order:
            return _page(
                markup.article(self.scene, self.scene.standings[self.scene.order[0]], noise)
            )
        return _page(markup.not_found(self.scene, noise), 404)

    def _release(self, request: Request, standing: Standing, how: str, number: int) -> Reply:
        if how == "301":
            return _redirect(301, standing.path)
        presence = standing.presence
        if presence == "home":
            return _redirect(301, "/")
        if presence != "live":
            text = markup.not_found(self.scene, markup.Noise(number, is_still=False))
            return _page(text, {"404": 404, "410": 410, "soft404": 200}.get(presence, 404))
        if standing.detour and how != "detour":
            return _redirect(302, f"/tmp/{standing.key}/")
        if standing.item.kind == "pdf":
            return self._honest(request, lists.pdf(standing), "application/pdf")
        manner = standing.item.validators
        noise = markup.Noise(number, is_still=manner == "honest")
        reply = _framed(_page(markup.article(self.scene, standing, noise)), standing.path)
        return self._validated(request, reply, manner, standing.path, number)

    def _honest(self, request: Request, body: bytes, content_type: str) -> Reply:
        reply = Reply(200, body, content_type)
        if content_type.startswith("text/html"):
            reply = _framed(reply, request.target)
        return self._validated(request, reply, "honest", request.target, 0)

    def _validated(
        self, request: Request, reply: Reply, manner: Validators, place: str, number: int
    ) -> Reply:
        """The reply with its validators, or 304 where they are those the client has."""
        now = self.clock.now()
        if manner == "none":
            return reply
        if manner == "fresh":
            etag, changed = f'"{Dice(number, "etag").token(12)}"', now
        elif manner == "stale":
            etag, changed = f'"{zlib.crc32(place.encode()):x}"', now - timedelta(days=400)
        else:
            etag, changed = self._etag(place, reply.body, now)
        headers = (("ETag", etag), ("Last-Modified", _http_date(changed)))
        if _is_known(request, etag, changed):
            return Reply(304, b"", "", headers)
        return replace(reply, headers=reply.headers + headers)

    def _etag(self, place: str, body: bytes, now: datetime) -> tuple[str, datetime]:
        etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        with self._lock:
            if self._changed.get(place, ("",))[0] != etag:
                self._changed[place] = etag, now
            return self._changed[place]

    def _spoilt(self, reply: Reply, fault: Fault, number: int) -> Reply:
        """The reply of a fault that is an answer; faults of the wire keep it, whole."""
        kind = fault.kind
        if kind == "error_500":
            return Reply(500, b"<html><body>Internal Server Error</body></html>")
        if kind in ("error_503_seconds", "error_503_date", "error_429"):
            return self._wait(429 if kind == "error_429" else 503, kind.endswith("date"))
        if kind == "empty_200":
            return Reply(200)
        if kind == "once_404":
            return _page(markup.not_found(self.scene, markup.Noise(number, is_still=False)), 404)
        if kind == "redirect_loop":
            return _redirect(302, fault.path)
        if kind == "redirect_to_file":
            return _redirect(302, "file:///etc/passwd")
        if kind == "redirect_to_other_port":
            return _redirect(302, self.other_origin + fault.path)
        if kind == "wrong_charset":
            return replace(reply, content_type="text/html; charset=windows-1251")
        return reply

    def _wait(self, status: int, as_date: bool = False) -> Reply:
        seconds = self.severity.retry_after_s
        later = _http_date(self.clock.now() + timedelta(seconds=seconds))
        value = later if as_date else str(seconds)
        return Reply(status, b"<html><body>Busy</body></html>", HTML, (("Retry-After", value),))


def _by_path(scene: Scene) -> dict[str, tuple[Standing, str]]:
    """What stands at each path: now, "301" or "404" at a former address, "detour" at a copy."""
    places: dict[str, tuple[Standing, str]] = {}
    for standing in scene.standings.values():
        for path, how in standing.old:
            places[path] = standing, how
        places[standing.path] = standing, "now"
        if standing.detour:
            places[f"/tmp/{standing.key}/"] = standing, "detour"
    return places


def _page(text: str, status: int = 200) -> Reply:
    return Reply(status, text.encode())


def _framed(reply: Reply, path: str) -> Reply:
    """Each path has its way on the wire."""
    number = zlib.crc32(path.encode())
    framing: tuple[Framing, ...] = ("length", "chunked", "close")
    return replace(reply, framing=framing[number % 3], gzipped=bool(number & 4))


def _redirect(status: int, target: str) -> Reply:
    return Reply(status, b"", HTML, (("Location", target),))


def _is_known(request: Request, etag: str, changed: datetime) -> bool:
    """Whether the client's validators are these (RFC 9110, 13.2.2: an ETag goes first)."""
    if "if-none-match" in request.headers:
        return etag in (one.strip() for one in request.headers["if-none-match"].split(","))
    since = request.headers.get("if-modified-since")
    return since is not None and parsedate_to_datetime(since) >= changed.replace(microsecond=0)


def _http_date(at: datetime) -> str:
    return format_datetime(at.replace(microsecond=0), usegmt=True)
