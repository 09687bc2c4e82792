"""Bytes to text: the rules in their order (spec), charsets of Russian pages (sample), bugs."""

import pytest

from parsers.decode import decode

RUSSIAN = (
    "Заседание Постоянного Совета Организации состоялось в Москве, участники обсудили повестку"
)
ENGLISH = "The session — “closed” — was held in Minsk"
HTML = "text/html; charset="


@pytest.mark.parametrize(
    ("body", "label", "text", "charset", "rule"),
    [
        # spec: a byte order mark beats the header
        (b"\xef\xbb\xbf" + RUSSIAN.encode(), HTML + "windows-1251", RUSSIAN, "utf-8", "bom"),
        (b"\xff\xfe" + RUSSIAN.encode("utf-16-le"), None, RUSSIAN, "utf-16-le", "bom"),
        (b"\xfe\xff" + RUSSIAN.encode("utf-16-be"), None, RUSSIAN, "utf-16-be", "bom"),
        # spec: UTF-8 with a multibyte sequence beats any single-byte label
        (ENGLISH.encode(), HTML + "windows-1251", ENGLISH, "utf-8", "utf-8"),
        (ENGLISH.encode(), HTML + "iso-8859-1", ENGLISH, "utf-8", "utf-8"),
        ("чthat".encode(), HTML + "koi8-r", "чthat", "utf-8", "utf-8"),
        # spec: header, then meta
        (RUSSIAN.encode("cp1251"), HTML + "windows-1251", RUSSIAN, "cp1251", "header"),
        (RUSSIAN.encode("koi8-r"), HTML + '"KOI8-R"', RUSSIAN, "koi8-r", "header"),
        (b"<meta charset=windows-1251>" + RUSSIAN.encode("cp1251"), "text/html",
         "<meta charset=windows-1251>" + RUSSIAN, "cp1251", "meta"),
        (b"plain", HTML + "iso-8859-1", "plain", "cp1252", "header"),
        # spec: a header that fails strictly yields to the meta tag
        (b"<meta charset=windows-1251>" + RUSSIAN.encode("cp1251"), HTML + "utf-8",
         "<meta charset=windows-1251>" + RUSSIAN, "cp1251", "meta"),
        # spec: detection
        (RUSSIAN.encode("cp1251"), None, RUSSIAN, "cp1251", "detected"),
        (RUSSIAN.encode("cp1251"), HTML + "no-such-charset", RUSSIAN, "cp1251", "detected"),
        # spec: one bad byte is not a new encoding
        (RUSSIAN.encode() + b"\xff", HTML + "windows-1251", RUSSIAN + "\ufffd", "utf-8", "utf-8"),
        (b"abc \xff def", HTML + "utf-8", "abc \ufffd def", "utf-8", "utf-8"),
        # bug: a page cut off within a character
        (RUSSIAN.encode()[:-1], HTML + "windows-1251", RUSSIAN[:-1], "utf-8", "utf-8"),
        ("€".encode() * 3 + "€".encode()[:2], None, "€€€", "utf-8", "utf-8"),
        # spec: a meta tag that can be read is not in UTF-16
        (b"<meta charset=utf-16>abc", None, "<meta charset=utf-16>abc", "utf-8", "meta"),
        # a label that is no charset of text
        (b"abc", HTML + "base64", "abc", "utf-8", "utf-8"),
        (b"", None, "", "utf-8", "utf-8"),
    ],
)  # fmt: skip
def test_decode(body: bytes, label: str | None, text: str, charset: str, rule: str) -> None:
    decoded = decode(body, label)
    assert (decoded.text, decoded.charset, decoded.rule) == (text, charset, rule)


def test_a_meta_tag_behind_the_first_1024_bytes_does_not_count() -> None:
    body = b" " * 1024 + b"<meta charset=koi8-r>" + RUSSIAN.encode("cp1251")
    assert decode(body).rule == "detected"
