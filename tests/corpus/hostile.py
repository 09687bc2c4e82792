# ruff: noqa: E501 - a case stays on one line
"""Bytes nobody meant: each must be read or refused within its cost, never crash, never hang."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass

from tests.corpus.pages import make_page

HTML = "text/html"
TEXT = "<p>On 3 May 2021, in Osh, the delegations of the parties exchanged views on “quiet” rivers.</p>"
HEAD = "<!DOCTYPE html><html><head><title>Rivers</title></head><body>"
ARTICLE = f'<h1>Delegations exchanged views on rivers</h1><div class="news-detail">{TEXT}</div>'


@dataclass(frozen=True, slots=True)
class Hostile:
    """One hostile body and the label a server would send with it."""

    name: str
    body: bytes
    content_type: str | None
    readable: bool | None
    """Whether a release must be read; False: must not; None: either, if only in time."""


def _page(inner: str) -> bytes:
    return f"{HEAD}{inner}</body></html>".encode()


def _half() -> bytes:
    """A page cut in the middle of its article's container."""
    body, _ = make_page(11, "bitrix", 60_000)
    start = body.index(b"news-detail")
    return body[: start + 600]


def _deep(count: int, tag: str = "div") -> bytes:
    return _page(f"<{tag}>" * count + ARTICLE + f"</{tag}>" * count)


_LATIN = "<p>Le président a déclaré à Genève.</p>"
_RUSSIAN = "<p>Заседание рабочей группы состоялось в Минске.</p>"

_MAKERS: dict[str, tuple[Callable[[], bytes], str | None, bool | None]] = {
    "empty": (lambda: b"", HTML, False),
    "white space": (lambda: b" \r\n\t \n" * 1000, None, False),
    "nul bytes": (lambda: b"\0" * 100_000, None, False),
    "nul bytes in a page": (lambda: _page(ARTICLE.replace(" ", " \0")), HTML, None),
    "binary": (lambda: bytes(range(256)) * 2000, None, False),
    "png": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100, HTML, False),
    "pdf called html": (lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(5000), HTML, None),
    "gzip bytes": (lambda: gzip.compress(_page(ARTICLE), mtime=0), HTML, False),
    "100,000 nested divs": (lambda: _deep(100_000), HTML, None),
    "300 nested divs": (lambda: _deep(300), HTML, True),
    "100,000 nested bold": (lambda: _deep(100_000, "b"), HTML, None),
    "100,000 unclosed paragraphs": (lambda: _page("<p>" * 100_000 + ARTICLE), HTML, None),
    "100,000 unclosed tables": (lambda: _page("<table>" * 100_000 + ARTICLE), HTML, None),
    "100,000 end tags": (lambda: _page("</div>" * 100_000 + ARTICLE), HTML, None),
    "5 MB in one line of a page": (lambda: _page(ARTICLE + "<p>" + "river " * 833_333), HTML, None),
    "5 MB in one line of text": (lambda: b"river " * 833_333, None, None),
    "5 MB in one word": (lambda: b"r" * 5_000_000, None, None),
    "5 MB of line ends": (lambda: b"\n" * 5_000_000, None, False),
    "5 MB of underscores": (lambda: b"Title\n" + b"_" * 5_000_000, None, None),
    "5 MB of digits and dots": (lambda: b"Title\n" + b"01.01." * 833_333, None, None),
    "5 MB of breaks": (lambda: _page(ARTICLE + "<br>" * 1_250_000), HTML, None),
    "11 MB in one text node": (lambda: _page("<p>" + "river " * 1_900_000 + "</p>" + ARTICLE), HTML, None),
    "200,000 short lines": (lambda: b"On 3 May, in\n" * 200_000, None, None),
    "20,000 attributes": (
        lambda: _page("<div " + " ".join(f"a{n}='{n}'" for n in range(20_000)) + f">{ARTICLE}</div>"), HTML, None,
    ),
    "unclosed comment": (lambda: _page(ARTICLE + "<!-- " + "river " * 20_000), HTML, None),
    "50,000 comment openings": (lambda: _page("<!--" * 50_000 + ARTICLE), HTML, None),
    "comment before the page": (lambda: b"<!-- x -->" * 5000 + _page(ARTICLE), HTML, True),
    "unclosed script": (lambda: _page(ARTICLE + "<script>" + "var a = 1;" * 20_000), HTML, None),
    "unclosed attribute": (lambda: _page(ARTICLE + '<a href="' + "river " * 20_000), HTML, None),
    "50,000 entities": (lambda: _page(ARTICLE + "&amp" * 50_000 + "&#x110000;&#0;"), HTML, None),
    "cdata": (lambda: _page("<![CDATA[" * 5000 + ARTICLE), HTML, None),
    "doctype with entities": (
        lambda: b'<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + _page("&b;" + ARTICLE), HTML, None,
    ),
    "truncated utf-8": (lambda: _page(ARTICLE)[: _page(ARTICLE).index("“".encode()) + 2], HTML, None),
    "utf-8 with one bad byte": (lambda: _page(ARTICLE).replace(b"views on \xe2", b"views \xff on \xe2"), HTML, True),
    "utf-8 declared as cp1251": (lambda: _page(ARTICLE), "text/html; charset=windows-1251", True),
    "cp1251 declared as utf-8": (
        lambda: _page(ARTICLE + _RUSSIAN * 20).decode().encode("cp1251"), "text/html; charset=UTF-8", True,
    ),
    "cp1251 undeclared": (lambda: _page(ARTICLE + _RUSSIAN * 20).decode().encode("cp1251"), HTML, True),
    "latin-1": (lambda: _page(ARTICLE.replace("“", "").replace("”", "") + _LATIN).decode().encode("latin-1"), HTML, True),
    "utf-16 with a mark": (lambda: _page(ARTICLE).decode().encode("utf-16"), HTML, True),
    "utf-16 without a mark": (lambda: _page(ARTICLE).decode().encode("utf-16-le"), HTML, None),
    "unknown charset": (lambda: _page(ARTICLE), "text/html; charset=x-no-such-thing", True),
    "lone surrogates": (lambda: _page(ARTICLE).replace(b"rivers", b"\xed\xa0\x80"), HTML, None),
    "half a page": (_half, HTML, None),
    "login form": (
        lambda: _page('<h1>Please sign in</h1><form action="/auth/"><input name="u"><input type="password" name="p"></form>'),
        HTML, False,
    ),
    "login form in the container": (
        lambda: _page('<h1>Authorization</h1><div class="news-detail"><form><input TYPE=PASSWORD></form></div>'), HTML, False,
    ),
    "ajax fragment": (
        lambda: b'<div class="news-list"><p class="news-item"><span class="news-date-time">01.02.2021</span> One thing was done.</p></div>',
        HTML, False,
    ),
    "json": (lambda: b'{"error": "not allowed", "items": []}' * 100, "application/json", None),
    "markup in a text dump": (lambda: b"Title of a release\n01.02.2021\n<script>alert(1)</script> and <b>more</b>.\n", None, None),
    "control characters": (lambda: _page(ARTICLE.replace("views", "vi\x08ews\x0b\x1b[31m")), HTML, None),
    "right-to-left override": (lambda: _page(ARTICLE.replace("views", "vie\u202ews")), HTML, True),
    "dates that are none": (lambda: b"Title of a release\n99.99.9999\nOn 31 February 2021, in Osh, it rained.\n", None, None),
}  # fmt: skip

NAMES = tuple(_MAKERS)


def make_hostile(name: str) -> Hostile:
    """The hostile input of this name; made when asked for, since some weigh megabytes."""
    make, content_type, readable = _MAKERS[name]
    return Hostile(name, make(), content_type, readable)
