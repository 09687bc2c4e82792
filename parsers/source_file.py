"""A source file (TOML) to a frozen `Source`, or an error that names file, line and key.

`_SOURCE`, `_LAYOUT` and `_TABLES` are the whole syntax: which keys a table may hold, and what each
value must be.
"""

import re
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from parsers.dates import compile_format
from parsers.model import Discover, Expect, Fetch, Layout, Source
from parsers.toml_tables import (
    Check,
    FaultError,
    TomlError,
    TomlFile,
    count,
    flag,
    number,
    text,
)

READERS = ("csto",)
"""Names `reader` may have."""


def _regex(value: Any) -> str:
    try:
        re.compile(text(value))
    except re.error as error:
        raise FaultError(f"is no regular expression: {error}.") from None
    return str(value)


def _css(value: Any) -> str:
    import soupsieve  # half a second of imports that a command which reads no page need not pay

    try:
        soupsieve.compile(text(value))
    except (soupsieve.SelectorSyntaxError, NotImplementedError, ValueError) as error:
        raise FaultError(f"is no CSS selector: {str(error).splitlines()[0].rstrip('.')}.") from None
    return str(value)


def _css_attribute(value: Any) -> str:
    selector, at, attribute = text(value).rpartition("@")
    if at and re.fullmatch(r"[\w:.-]+", attribute) and not selector.endswith("["):
        _css(selector)
        return str(value)
    return _css(value)


def _date_format(value: Any) -> str:
    try:
        compile_format(text(value))
    except ValueError as error:
        raise FaultError(f"is no date format: {error}.") from None
    return str(value)


def _timezone(value: Any) -> str:
    try:
        ZoneInfo(text(value))
    except (KeyError, ValueError, OSError):
        raise FaultError(f"there is no timezone {value!r}.") from None
    return str(value)


def _address(value: Any) -> str:
    try:
        parts = urlsplit(text(value))
        known = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        known = False
    if not known:
        raise FaultError("must be an http or https address.")
    return str(value)


def _identifier(value: Any) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", text(value)):
        raise FaultError("must be lower-case letters, digits, '-' and '_'.")
    return str(value)


def _language(value: Any) -> str:
    if not re.fullmatch(r"[a-z]{2}", text(value)):
        raise FaultError("must be a two-letter language code such as 'en'.")
    return str(value)


def _reader(value: Any) -> str:
    if text(value) not in READERS:
        raise FaultError(f"there is no reader {value!r}; there is: {', '.join(READERS)}.")
    return str(value)


_SOURCE: dict[str, Check | list[Check]] = {
    "id": _identifier, "name": text, "homepage": _address, "language": _language,
    "timezone": _timezone, "verified": flag, "reader": _reader,
}  # fmt: skip
_LAYOUT: dict[str, Check | list[Check]] = {
    "container": _css, "headline": _css, "published": _css_attribute,
    "date_formats": [_date_format], "body": _css, "drop": [_css], "teasers": _css,
    "body_ends": [_regex], "not_found": text, "not_found_css": _css,
}  # fmt: skip
_TABLES: dict[str, dict[str, Check | list[Check]]] = {
    "discover": {"listings": [text], "feeds": [text], "sitemaps": [text], "article": _regex,
                 "files": [text]},
    "fetch": {"delay_s": number, "hosts": [text], "allow_private_addresses": flag},
    "expect": {"min_items": count, "min_dated_share": partial(number, most=1)},
}  # fmt: skip


def parse_source(content: str, name: str) -> Source:
    """The source that a source file declares; `name` is the file's name for errors.

    Raises TomlError with file, line and key for a syntax error, an unknown or missing key, and a
    value of the wrong type or that is no regex, selector, timezone, date format or address.
    """
    file = TomlFile(content, name)
    allowed = {*_SOURCE, *_TABLES, "layout"}
    for key in file.data:
        if key not in allowed:
            raise file.unknown((key,), allowed)
    top = file.table((), {key: file.data[key] for key in _SOURCE if key in file.data}, _SOURCE)
    if "id" not in top:
        raise TomlError(name, None, "id", "is missing.")
    tables = {
        key: file.table((key,), file.data.get(key, {}), checks) for key, checks in _TABLES.items()
    }
    return Source(
        **{"name": top["id"], **top},
        discover=Discover(**tables["discover"]),
        fetch=Fetch(**tables["fetch"]),
        expect=Expect(**tables["expect"]),
        layouts=tuple(Layout(**one) for one in file.tables("layout", _LAYOUT, "container")),
    )
