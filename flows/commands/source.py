"""`source check`: what a source definition reads in one page, and by which rule."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flows.commands.shared import OK, PARTIAL, Options, settings_of
from flows.errors import FlowError, UsageError
from flows.fetch.answer import Answer, Fetched
from flows.inputs import BadInput, file_url, read_file
from flows.output import print_document
from flows.settings import Settings, load_source
from parsers.feed import parse_feed
from parsers.links import Links, absolute, allows_host, is_release
from parsers.listing import parse_listing
from parsers.model import Capture, Kind, Outcome, Reading, Source, digest_bytes
from parsers.sitemap import parse_sitemap
from parsers.sources import shipped_ids
from parsers.trace import explain
from parsers.xml import xml_root

Get = Callable[[str], Fetched]


def open_fetcher(settings: Settings, source: Source) -> Get:
    """Gets URLs of the source as a run would: robots.txt, hosts, pace. Raises UsageError."""
    if settings.contact is None:
        raise UsageError(
            "the network is off until [http] contact is set in the configuration; "
            "a saved page can be checked without it"
        )
    from flows.fetch.fetcher import Fetcher

    return Fetcher(source, settings.contact, version("pressdiff")).get


def check(
    options: Options, target: str, said: str, fmt: str, open_get: Callable[..., Get] | None = None
) -> int:
    """What a source definition reads in a file or at a URL."""
    settings = settings_of(options)
    source = _source(settings, said)
    if target.lower().startswith(("http://", "https://")):
        capture = _fetch(target, settings, source, open_get or open_fetcher)
    else:
        capture = _load(target, settings, source)
    seen = _look(capture, source)
    print_document(_document(target, capture, source, seen), fmt)
    return PARTIAL if seen.outcome in ("unreadable", "not_found") and not seen.links.links else OK


def _source(settings: Settings, said: str) -> Source:
    """A path or a shipped id; else an id that the configuration watches."""
    if said in shipped_ids() or (Path.cwd() / said).is_file():
        return load_source(said, Path.cwd(), "--source")
    return settings.source(said) or load_source(said, Path.cwd(), "--source")


def _load(target: str, settings: Settings, source: Source) -> Capture:
    path = _path(target, settings.root)
    if path.name.lower().endswith((".warc", ".warc.gz")):
        raise UsageError(f"{path}: a WARC file holds many pages; `source check` reads one")
    if path.exists() and not path.is_file():
        raise FlowError(f"{path}: not a file")
    body = read_file(path)
    if isinstance(body, BadInput):
        raise FlowError(f"{path}: {body.reason}")
    modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    url = file_url(path, settings.root)
    return Capture(source.id, url, modified_at, body, digest_bytes(body))


def _path(target: str, root: Path) -> Path:
    """The path of a file or a `file:` URI; a relative URI starts at the configuration's folder."""
    if not target.lower().startswith("file:"):
        if "://" in target:
            raise UsageError(f"{target!r}: only http, https and file: addresses can be checked")
        return Path(target)
    parts = urlsplit(target)
    if parts.netloc not in ("", "localhost"):
        raise UsageError(f"{target!r} names a file on another machine")
    return root / unquote(parts.path)


def _fetch(target: str, settings: Settings, source: Source, opened: Callable[..., Get]) -> Capture:
    url = absolute(target, target)
    if url is None or not allows_host(source, url):
        hosts = ", ".join(source.fetch.hosts) or urlsplit(source.homepage or "").netloc or "none"
        raise UsageError(f"{target!r} is not on a host of source {source.id!r} ({hosts})")
    fetched = opened(settings, source)(url)
    exchange = fetched.last
    if fetched.answer is not Answer.BODY or exchange is None:
        raise FlowError(f"{url}: {fetched.error or fetched.answer.value}")
    return Capture(
        source.id, url, exchange.requested_at, exchange.body, digest_bytes(exchange.body),
        exchange.status, exchange.header("Content-Type"), fetched.final_url,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one page is to a source."""

    kind: str
    """page, feed or sitemap."""
    outcome: str
    reading: Reading
    links: Links


def _look(capture: Capture, source: Source) -> _Seen:
    root = xml_root(capture.body, capture.content_type)
    kinds = {"rss": "feed", "rdf": "feed", "feed": "feed", "urlset": "sitemap",
             "sitemapindex": "sitemap"}  # fmt: skip
    zipped = capture.body.startswith(b"\x1f\x8b")
    kind = "sitemap" if zipped else kinds.get(root or "", "page")
    parse = {"feed": parse_feed, "sitemap": parse_sitemap, "page": parse_listing}[kind]
    reading = explain(capture, source)
    is_html = reading.sighting is None or reading.sighting.kind is Kind.HTML
    links = Links()
    if is_html and capture.body:
        links = parse(capture.body, _base(capture, source), source, capture.content_type)
    outcome = reading.outcome.value
    if kind != "page" or _is_elsewhere(capture, source, reading):
        outcome = "discovery"
    return _Seen(kind, outcome, reading, links)


def _base(capture: Capture, source: Source) -> str:
    """Where a page's relative links start from; a file's are taken to be a listing's."""
    if not capture.url.startswith("file:"):
        return capture.final_url or capture.url
    listing = next(iter(source.discover.listings), "").replace("{page}", "1")
    return absolute(source.homepage or "", listing or "/") or ""


def _is_elsewhere(capture: Capture, source: Source, reading: Reading) -> bool:
    """Whether a page stands where the source has no releases, and no layout says otherwise."""
    if capture.url.startswith("file:") or (reading.layout or "").startswith("layout"):
        return False
    return reading.outcome is not Outcome.NOT_FOUND and not is_release(source, capture.url)


def _document(target: str, capture: Capture, source: Source, seen: _Seen) -> dict[str, Any]:
    reading = seen.reading
    page = seen.kind == "page"
    fields = ("headline", "published_on", "event_on", "place", "language", "body", "container")
    sighting = reading.sighting
    return {
        "source": source.id,
        "verified": source.verified,
        "target": target,
        "bytes": len(capture.body),
        "kind": seen.kind if page is False or sighting is None else sighting.kind.value,
        "outcome": seen.outcome,
        "reason": reading.reason if page else None,
        "layout": reading.layout,
        "charset": reading.charset,
        "charset_rule": reading.charset_rule,
        "canonical_url": sighting.canonical_url if sighting else None,
        "published_text": sighting.published_text if sighting else None,
        "fields": [
            {"field": one.field, "rule": one.rule, "value": one.text or None}
            for one in reading.trace
            if one.field in fields
        ],
        "layouts": [
            {"layout": one.field, "says": one.rule}
            for one in reading.trace
            if one.field.startswith("layout[")
        ],
        "paragraphs": list(sighting.paragraphs) if sighting else [],
        "left_out": [
            {"what": one.field, "rule": one.rule, "text": one.text}
            for one in reading.trace
            if one.field in ("dropped", "after the end", "sign-off", "not taken")
        ],
        "teasers": [
            {"dated_on": one.dated_on, "text": one.text, "url": one.url} for one in reading.teasers
        ],
        "links": [
            {"dated_on": one.dated_on, "text": one.text, "lastmod": one.lastmod, "url": one.url}
            for one in (*seen.links.links, *seen.links.sitemaps)
        ],
        "faults": list(seen.links.faults) if not page or seen.outcome == "discovery" else [],
    }
