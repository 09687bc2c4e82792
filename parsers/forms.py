"""In what form a body is, told from its bytes first and its label second."""

import re
from urllib.parse import unquote, urlsplit

from parsers.model import Capture, Kind

_MAGIC = (
    (b"\x89PNG", "a picture"), (b"GIF8", "a picture"), (b"\xff\xd8\xff", "a picture"),
    (b"PK\x03\x04", "a ZIP or Office file"), (b"\x1f\x8b", "a gzip file"),
    (b"\xd0\xcf\x11\xe0", "an Office file"), (b"Rar!", "an archive"), (b"7z\xbc\xaf", "an archive"),
    (b"OggS", "a sound or film"), (b"ID3", "a sound"), (b"\x7fELF", "a program"),
    (b"{\\rtf", "an RTF file"), (b"RIFF", "a sound, film or picture"), (b"wOFF", "a font"),
)  # fmt: skip
_OPENS_PAGE = re.compile(r"\s*(?:<!--|<!doctype\s+html|<\?xml[^>]{0,200}\?>\s*<(?:!doctype\s+)?html"
                         r"|</?[a-z][a-z0-9]*[\s>/])", re.IGNORECASE)  # fmt: skip
_OPENS_FEED = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--[^>]{0,500}-->\s*|<\?[^>]{0,200}\?>\s*)?"
    r"<(?:rss|feed|rdf:rdf|urlset|sitemapindex)[\s>]", re.IGNORECASE)  # fmt: skip
_WHOLE_PAGE = re.compile(r"\s*(?:<!doctype\s+html|<html[\s>])", re.IGNORECASE)


def is_pdf(capture: Capture) -> bool:
    """Whether the body is a PDF: by its mark, or by its label unless it is plainly markup."""
    if b"%PDF-" in capture.body[:1024]:
        return True
    return _media_type(capture) == "application/pdf" and not capture.body.lstrip().startswith(b"<")


def why_no_text(capture: Capture) -> str | None:
    """One sentence that says why the bytes are no text, or None."""
    body = capture.body
    if not body.strip():
        return "The body is empty."
    for magic, name in _MAGIC:
        if body.startswith(magic):
            return f"The body is {name}, not a page or a text."
    kind = _media_type(capture).partition("/")[0]
    if kind in ("image", "audio", "video", "font"):
        return f"The body is labelled {_media_type(capture)}, not a page or a text."
    return None


def why_no_release(body: bytes, text: str) -> str | None:
    """One sentence that says why the decoded body can be no release, or None."""
    if not text.strip():
        return "The body is empty."
    if "\x00" in text:
        return "The body holds NUL bytes, so it is binary or damaged."
    wide = body.count(0) > 0  # UTF-16 and UTF-32: there a control byte is half a letter
    controls = 0 if wide else len(body) - len(body.translate(None, _CONTROLS))
    if controls * 50 > len(text) or text.count("\ufffd") * 10 > len(text):
        return "The body is binary: it holds too few readable characters."
    if _OPENS_FEED.match(text):
        return "The body is a feed or a sitemap, not a page."
    return None


_CONTROLS = bytes(code for code in range(1, 32) if code not in b"\t\n\f\r\x1b")


def kind_of(capture: Capture, text: str) -> Kind:
    """HTML or TEXT: what opens like a page is one; else the label, the file's name, HTML."""
    if _WHOLE_PAGE.match(text):
        return Kind.HTML
    media_type = _media_type(capture)
    if media_type in ("text/html", "application/xhtml+xml"):
        return Kind.HTML
    name = file_name(capture.url).lower()
    if media_type.startswith("text/plain") or (not media_type and name.endswith(".txt")):
        return Kind.TEXT
    if not media_type and name.endswith((".html", ".htm", ".xhtml")):
        return Kind.HTML
    return Kind.HTML if _OPENS_PAGE.match(text) else Kind.TEXT


def file_name(url: str) -> str:
    """The last part of an address's path, unquoted; "" when the path ends in a slash.

    >>> file_name("https://example.org/files/Joint%20statement.pdf?x=1")
    'Joint statement.pdf'
    """
    try:
        return unquote(urlsplit(url).path).rpartition("/")[2]
    except ValueError:  # no address at all
        return ""


def _media_type(capture: Capture) -> str:
    return (capture.content_type or "").partition(";")[0].strip().lower()
