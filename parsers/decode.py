"""Bytes to text, and which rule decided. What is handed on is always a `str`.

In this order: a byte order mark; bytes that are UTF-8 with at least one sequence of several bytes,
which beats every label; the Content-Type header; a meta tag or XML declaration in the first 1,024
bytes; detection. A label that fails strictly yields to the next rule. One bad byte in a text that
is otherwise UTF-8 is not a new encoding, nor is a text cut off within a character.
"""

import codecs
import re
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: it begins with UTF-16's mark
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PRESCAN_BYTES = 1024  # WHATWG: a meta charset counts within the first 1,024 bytes
_SAMPLE_BYTES = 65_536
"""Detection looks at so many bytes that are not plain ASCII markup."""

_WEB_NAMES = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "tis-620": "cp874",
    "iso8859-11": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949",
    "shift_jis": "cp932", "utf-16": "utf-16-le",
}  # fmt: skip
"""Python's name -> what pages mean by the label (WHATWG Encoding Standard)."""
_CANDIDATES = [
    "cp1251", "cp1252", "koi8_r", "cp1250", "iso8859_2", "iso8859_5", "cp866", "cp1253", "cp1254",
    "cp1255", "cp1256", "gb18030", "big5", "shift_jis", "euc_jp", "cp949", "utf_8",
]  # fmt: skip
_NO_CHARSET = {"utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"}

_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']\s*([\w.:-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A body's text, the charset it was read in, and the rule that chose it."""

    text: str
    charset: str
    rule: str
    """bom, utf-8, header, meta or detected."""


def decode(body: bytes, content_type: str | None = None) -> Decoded:
    """The text of any bytes; what no charset explains becomes U+FFFD, never an error.

    >>> decode("чthat".encode(), "text/html; charset=windows-1251")
    Decoded(text='чthat', charset='utf-8', rule='utf-8')
    >>> decode("Минск".encode("cp1251"), "text/html; charset=windows-1251").text
    'Минск'
    """
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return Decoded(body[len(mark) :].decode(charset, "replace"), charset, "bom")
    whole = _as_utf8(body)
    if whole is not None and not body.isascii():
        return Decoded(whole, "utf-8", "utf-8")
    labels = [
        (label, rule)
        for label, rule in ((_header_label(content_type), "header"), (_meta_label(body), "meta"))
        if label is not None
    ]
    if whole is None and (mended := _mended_utf8(body, [label for label, _ in labels])):
        return Decoded(mended, "utf-8", "utf-8")
    for label, rule in labels:
        try:
            return Decoded(body.decode(label), label, rule)
        except UnicodeDecodeError:
            continue  # a label that fails strictly yields
    if whole is not None:
        return Decoded(whole, "utf-8", "utf-8")
    return _detected(body)


def _as_utf8(body: bytes) -> str | None:
    """The strict UTF-8 text; a character cut off at the very end is left out."""
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        # "unexpected end of data": the page was cut within a sequence of 2 to 4 bytes
        if (
            error.end != len(body)
            or len(body) - error.start > 3
            or error.reason[:10] != "unexpected"
        ):
            return None
    try:
        cut = body[: error_start(body)].decode()
    except UnicodeDecodeError:
        return None
    return None if cut.isascii() else cut


def error_start(body: bytes) -> int:
    """Where the sequence begins that the end of the bytes cuts off.

    >>> error_start("да".encode()[:-1])
    2
    """
    index = len(body) - 1
    while index > 0 and len(body) - index < 4 and body[index] & 0xC0 == 0x80:
        index -= 1
    return index


_UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)


def _mended_utf8(body: bytes, labels: list[str]) -> str | None:
    """The text with U+FFFD for its bad bytes, if so few are bad that it must be UTF-8 all the same.

    Four good sequences to a bad byte beat any label. A page that calls itself UTF-8, or nothing,
    may have one bad byte with no good sequence at all.
    """
    sequences = _UTF8_SEQUENCE.findall(body)
    in_sequences = sum(map(len, sequences))
    bad = len(body) - in_sequences - len(body.translate(None, _HIGH_BYTES))
    said = not labels or labels[0] == "utf-8"
    if (sequences and bad * 4 <= len(sequences)) or (said and labels and bad <= 1):
        return body.decode("utf-8", "replace")
    return None


_HIGH_BYTES = bytes(range(0x80, 0x100))


def _header_label(content_type: str | None) -> str | None:
    match = _HEADER_CHARSET.search(content_type or "")
    return _charset_name(match[1]) if match else None


def _meta_label(body: bytes) -> str | None:
    head = body[:_PRESCAN_BYTES]
    match = _META_CHARSET.search(head) or _XML_CHARSET.match(head.lstrip())
    if match is None:
        return None
    name = _charset_name(match[1].decode("ascii", "replace"))
    # A meta tag that can be read is not in UTF-16 (WHATWG).
    return "utf-8" if name and name.startswith(("utf-16", "utf-32")) else name


def _charset_name(label: str) -> str | None:
    try:
        info = codecs.lookup(label)
    except (LookupError, ValueError):
        return None
    if info.name in _NO_CHARSET or not getattr(info, "_is_text_encoding", True):
        return None
    return _WEB_NAMES.get(info.name, info.name)


def _detected(body: bytes) -> Decoded:
    from charset_normalizer import from_bytes

    sample = _without_tags(body)
    best = from_bytes(sample, cp_isolation=_CANDIDATES, enable_fallback=False).best()
    charset = best.encoding.replace("_", "-") if best else "utf-8"
    return Decoded(body.decode(charset, "replace"), charset, "detected")


def _without_tags(body: bytes) -> bytes:
    """Bytes for detection: words rather than markup, whole lines, at most `_SAMPLE_BYTES`."""
    return re.sub(rb"<[^<>]{0,1000}>", b" ", body[: 4 * _SAMPLE_BYTES])[:_SAMPLE_BYTES]
