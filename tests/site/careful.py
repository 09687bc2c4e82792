"""A tracker of a few pages of code that keeps to the contract on this one site.

It shows that the site can be tracked without a mistake, so that the judge asks for nothing that
cannot be had; and made careless in one way, that the site finds that out. It knows the site's two
designs by heart and keeps its rows in memory: no use for anything else.
"""

import re
import zlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag

from tests.flows.shell import Ran, Shell
from tests.site.client import Raw, ask, unchunked
from tests.site.clock import Clock
from tests.site.dress import normalised, squashed
from tests.site.judge_log import is_disallowed
from tests.site.rows import Row, Warehouse

_ARTICLE = re.compile(r"^/news/news_(?:col|odkb)/[^/]+/$|^/files/[^/]+\.pdf$")
_AGENT = {"User-Agent": "pressdiff/0 (+https://lakes.example/)", "Accept-Encoding": "gzip"}
_CAP_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Text:
    """What a page says; all of a PDF is its headline."""

    headline: str
    day: str | None
    body: str
    kind: str = "html"

    @property
    def essence(self) -> tuple[str, str | None, str]:
        """What an edit is judged by."""
        return normalised(self.headline), self.day, normalised(self.body)


@dataclass(frozen=True, slots=True)
class Look:
    """What came of asking for an address."""

    answer: str
    """text, missing, gone, strange (a page that is no release) or failed."""
    text: Text | None = None
    moved_to: str | None = None
    """Where permanent redirects led."""


@dataclass(slots=True)
class Known:
    """A release."""

    release_id: str
    path: str
    text: Text
    status: str = "live"
    former: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Careful:
    """The tracker; `start` has the shape that a drive starts trackers by."""

    origin: str
    clock: Clock
    delay_s: float
    carelessness: str = ""
    """What it does not mind: a word of `CARELESS` in `test_careful.py`."""
    known: list[Known] = field(default_factory=list)
    held: Warehouse = field(default_factory=lambda: Warehouse([], [], [], [], [], [], [], [], []))
    _not_before_s: float = -1e9
    _words: dict[str, str] = field(default_factory=dict)
    _kept: dict[str, tuple[dict[str, str], bytes]] = field(default_factory=dict)
    """Validators and body of the last whole answer of a path."""
    _is_full: bool = False

    def start(self, _shell: Shell, _clock: Clock, *words: str) -> Ran:
        """One pass."""
        self._is_full = "--full" in words
        at = self.clock.now().isoformat()
        run_id = f"run{len(self.held.runs)}"
        self.held.runs.append({"run_id": run_id, "started_at": at})
        self.held.coverage.append({"run_id": run_id, "source_id": "lakes"})
        if self.carelessness != "robots":
            rules = self._get("/robots.txt")
            if rules is None or b"Disallow" not in rules[2]:
                return Ran(3, "", "")
        paths = [*self._discover(), *(one.path for one in self.known)]
        looks = {path: self._look(path) for path in dict.fromkeys(paths)}
        if self._is_notice(looks):
            opened = self.clock.now().isoformat()
            self.held.incidents.append({"kind": "one_body", "opened_at": opened})
            for path in looks:
                self._capture(None, path, "held")
            return Ran(3, "", "")
        self._decide(looks)
        return Ran(0, "", "")

    def rows(self) -> Warehouse:
        """What its views would hold."""
        self.held.releases[:] = [
            {"release_id": one.release_id, "url": self.origin + one.path, "status": one.status,
             "kind": one.text.kind, "headline": one.text.headline, "text": one.text.body}
            for one in self.known
        ]  # fmt: skip
        self.held.urls[:] = [
            {"release_id": one.release_id, "url": self.origin + path, "role": role}
            for one in self.known
            for path, role in [(one.path, "canonical"), *((p, "moved_from") for p in one.former)]
        ]
        return self.held

    def _ask(self, path: str) -> Raw:
        """One request, when it is polite."""
        wait_s = self._not_before_s - self.clock.monotonic()
        self.clock.sleep(wait_s if self.carelessness != "delay" else 0)
        started_s = self.clock.monotonic()
        url = urljoin(self.origin, path)
        validators = {} if self._is_full or path not in self._kept else self._kept[path][0]
        raw = ask(url, {**_AGENT, **validators}, limit=_CAP_BYTES + 100_000)
        self._not_before_s = started_s + self.delay_s
        wait = raw.headers.get("retry-after")
        if wait and self.carelessness != "waiting":
            seconds = int(wait) if wait.isdigit() else _seconds_to(wait, raw.headers["date"])
            self._not_before_s = self.clock.monotonic() + seconds + 1
        return raw

    def _get(self, path: str) -> tuple[int, str, bytes] | None:
        """Status, the path permanent redirects led to, and a whole body; None: nothing certain."""
        landed = path
        for _ in range(5):
            raw = self._ask(path)
            if raw.status == 304:
                return 200, landed, self._kept[path][1]
            if raw.status not in (301, 302):
                body = self._body(raw)
                if body is not None:
                    self._keep_validators(path, raw, body)
                return None if raw.status in (0, 429, 500, 503) or body is None else (
                    raw.status, landed, body)  # fmt: skip
            target = raw.headers["location"]
            if not target.startswith("/") and self.carelessness != "ports":
                return None
            if target.startswith("file:"):
                return None
            path, landed = target, target if raw.status == 301 else landed
        return None

    def _keep_validators(self, path: str, raw: Raw, body: bytes) -> None:
        names = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
        sent = {ours: raw.headers[its] for ours, its in names.items() if its in raw.headers}
        if raw.status == 200 and sent and self.carelessness != "validators":
            self._kept[path] = sent, body

    def _body(self, raw: Raw) -> bytes | None:
        if self.carelessness == "length" and "content-encoding" not in raw.headers:
            return raw.payload[: int(raw.headers.get("content-length", 10**9))]
        body: bytes = raw.payload
        length = raw.headers.get("content-length")
        if raw.error or (length is not None and int(length) != len(body)):
            return None
        try:
            if raw.headers.get("transfer-encoding") == "chunked":
                body = unchunked(body)
            if raw.headers.get("content-encoding") == "gzip":
                unpacker = zlib.decompressobj(31)
                body = unpacker.decompress(body, _CAP_BYTES)
                if not unpacker.eof:
                    return None
        except ValueError:
            return None
        is_open = length is None and "transfer-encoding" not in raw.headers
        return None if is_open and not body.rstrip().endswith(b"</html>") else body

    def _discover(self) -> list[str]:
        """Paths of releases that lists lead to: all pages of the list, and the sitemaps."""
        found: dict[str, None] = {}
        for number in range(1, 100):
            page = self._get(f"/news/?PAGEN_1={number}")
            before = len(found)
            if page is not None:
                for tag in BeautifulSoup(page[2], "lxml").select("ul.news-list a[href]"):
                    self._words[str(tag["href"])] = squashed(tag.get_text())
                    found[str(tag["href"])] = None
                if len(found) == before:
                    break
        for path in ("/sitemap-1.xml.gz", "/sitemap-2.xml"):
            page = self._get(path)
            body = b"" if page is None else page[2]
            body = zlib.decompress(body, 31) if body[:2] == b"\x1f\x8b" else body
            for url in re.findall(r"<loc>([^<]+)</loc>", body.decode("utf-8", "replace")):
                found[url.removeprefix(self.origin)] = None
        return [path for path in found if _ARTICLE.match(path) and not is_disallowed(path)]

    def _look(self, path: str) -> Look:
        page = self._get(path)
        if page is None:
            return Look("failed")
        status, landed, body = page
        if status == 410:
            return Look("gone")
        if status == 404 or landed == "/" or b"was not found on this site" in body:
            return Look("missing")
        moved_to = landed if landed != path else None
        if body.startswith(b"%PDF-"):
            return Look("text", Text(self._words.get(path, ""), None, "", "pdf"), moved_to)
        text = self._read(body.decode("utf-8"))
        return Look("text", text, moved_to) if text else Look("strange")

    def _read(self, page: str) -> Text | None:
        soup = BeautifulSoup(page, "lxml")
        for tag in soup.select(".share, .banner"):
            if self.carelessness != "noise":
                tag.decompose()
        headline = soup.select_one("div.news-detail h1, article.release h2.title")
        stamp = soup.select_one("div.news-detail time, article.release span.date")
        parts = soup.select("div.news-text > *, section.content > *")
        texts = [squashed(one.get_text()) for one in parts if one.name != "br"]
        if not isinstance(headline, Tag):
            return None
        day = squashed(stamp.get_text()) if stamp else None
        iso = date(*map(int, reversed(day.split(".")))).isoformat() if day else None
        return Text(squashed(headline.get_text()), iso, "\n\n".join(texts))

    def _is_notice(self, looks: dict[str, Look]) -> bool:
        if self.carelessness == "notice":
            return False
        strange = sum(look.answer == "strange" for look in looks.values())
        same = Counter(look.text.essence for look in looks.values() if look.text)
        return strange >= 5 or max(same.values(), default=0) >= 5

    def _decide(self, looks: dict[str, Look]) -> None:
        for path, look in looks.items():
            one = next((one for one in self.known if path == one.path), None)
            if one is None:
                self._decide_new(path, look, looks)
            elif look.answer in ("missing", "gone"):
                self._decide_gone(one, look, looks)
            elif look.text is not None:
                if look.moved_to:
                    self._move(one, look.moved_to)
                self._keep(one, look.text)

    def _decide_new(self, path: str, look: Look, looks: dict[str, Look]) -> None:
        if look.text is None or any(path in (other.moved_to,) for other in looks.values()):
            return
        if any(path in one.former for one in self.known):
            return
        twins = [one for one in self.known if one.text.essence == look.text.essence]
        if any(looks.get(one.path, look).answer == "missing" for one in twins):
            return  # moved: its old address says so
        new = Known(f"r{len(self.known)}", path, look.text)
        for one in twins:
            pair = {"release_id": one.release_id, "other_id": new.release_id, "kind": "exact"}
            self.held.neighbours.append(pair)
        self.known.append(new)
        self._revise(new, None, look.text)

    def _decide_gone(self, one: Known, look: Look, looks: dict[str, Look]) -> None:
        mine = {known.path for known in self.known}
        target = next(
            (path for path, other in looks.items()
             if other.text and other.text.essence == one.text.essence and path not in mine), None
        )  # fmt: skip
        if target is not None:
            self._move(one, target)
            return
        was_seen = one.status != "live" or look.answer == "gone"
        one.status = "withdrawn" if was_seen or self.carelessness == "once" else "missing"

    def _move(self, one: Known, path: str) -> None:
        if self.carelessness != "forget":
            one.former.append(one.path)
        one.path = path
        self._capture(one.release_id, path, "moved")

    def _keep(self, one: Known, text: Text) -> None:
        if one.status != "live":
            one.status = "live"
            self._capture(one.release_id, one.path, "live_again")
        if text.essence != one.text.essence and text.kind == "html":
            self._revise(one, one.text, text)
            one.text = text

    def _revise(self, one: Known, before: Text | None, text: Text) -> None:
        mine = [row for row in self.held.revisions if row["release_id"] == one.release_id]
        same = [row["revision"] for row in mine if _essence(row) == text.essence]
        number = len(mine) + 1
        self.held.revisions.append(
            {"release_id": one.release_id, "revision": number, "headline": text.headline,
             "cause": "publisher" if mine else "first", "reverts_to": same[0] if same else None,
             "published_on": text.day, "text": text.body, "seen_at": self.clock.now().isoformat()}
        )  # fmt: skip
        names = ("headline", "published_on", "body")
        was = before.essence if before else text.essence
        for name, old, new in zip(names, was, text.essence, strict=True):
            if old != new:
                change = {"release_id": one.release_id, "revision": number, "field": name}
                self.held.changes.append(change)

    def _capture(self, release_id: str | None, path: str, outcome: str) -> None:
        self.held.captures.append(
            {"release_id": release_id, "url": self.origin + path, "outcome": outcome,
             "captured_at": self.clock.now().isoformat()}
        )  # fmt: skip


def _essence(row: Row) -> tuple[str, str | None, str]:
    return Text(row["headline"], row["published_on"], row["text"]).essence


def _seconds_to(later: str, now: str) -> int:
    return int((parsedate_to_datetime(later) - parsedate_to_datetime(now)).total_seconds())
