"""A source file (TOML) to a frozen `Source`, or an error that names file, line and key.

The table `_KEYS` is the whole syntax: which keys a table may hold and what each value must be.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import soupsieve

from parsers.dates import compile_format
from parsers.model import Discover, Expect, Fetch, Layout, Source
from parsers.toml_lines import line_of

READERS = ("csto",)
"""Names `reader` may have."""


class SourceError(ValueError):
    """A source file that cannot be used: raised by `parse_source`; no retry helps."""

    def __init__(self, file: str, line: int | None, key: str | None, sentence: str) -> None:
        self.file = file
        self.line = line
        """From 1; None when the fault stands on no line (a key that is missing)."""
        self.key = key
        """Dotted, `layout[0].container`; None for a syntax error."""
        self.sentence = sentence
        where = f"{file}:{line}" if line else file
        super().__init__(f"{where}: {key}: {sentence}" if key else f"{where}: {sentence}")


class _FaultError(Exception):
    """What is wrong with a value, before it is known where it stands."""


Path = tuple[str | int, ...]
Check = Callable[[Any], object]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _FaultError(f"must be a string, not {_kind(value)}.")
    if not value.strip():
        raise _FaultError("must not be empty.")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _FaultError(f"must be true or false, not {_kind(value)}.")
    return value


def _number(value: Any, *, most: float | None = None) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _FaultError(f"must be a number, not {_kind(value)}.")
    if not value >= 0 or (most is not None and value > most):
        raise _FaultError(
            "must not be negative." if most is None else f"must be from 0 to {most:g}."
        )
    return float(value)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _FaultError(f"must be a whole number, not {_kind(value)}.")
    if value < 0:
        raise _FaultError("must not be negative.")
    return value


def _regex(value: Any) -> str:
    try:
        re.compile(_text(value))
    except re.error as error:
        raise _FaultError(f"is no regular expression: {error}.") from None
    return str(value)


def _css(value: Any) -> str:
    try:
        soupsieve.compile(_text(value))
    except (soupsieve.SelectorSyntaxError, NotImplementedError, ValueError) as error:
        raise _FaultError(
            f"is no CSS selector: {str(error).splitlines()[0].rstrip('.')}."
        ) from None
    return str(value)


def _css_attribute(value: Any) -> str:
    selector, at, attribute = _text(value).rpartition("@")
    if at and re.fullmatch(r"[\w:.-]+", attribute) and not selector.endswith("["):
        _css(selector)
        return str(value)
    return _css(value)


def _date_format(value: Any) -> str:
    try:
        compile_format(_text(value))
    except ValueError as error:
        raise _FaultError(f"is no date format: {error}.") from None
    return str(value)


def _timezone(value: Any) -> str:
    try:
        ZoneInfo(_text(value))
    except (KeyError, ValueError, OSError):
        raise _FaultError(f"there is no timezone {value!r}.") from None
    return str(value)


def _address(value: Any) -> str:
    try:
        parts = urlsplit(_text(value))
        known = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        known = False
    if not known:
        raise _FaultError("must be an http or https address.")
    return str(value)


def _identifier(value: Any) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", _text(value)):
        raise _FaultError("must be lower-case letters, digits, '-' and '_'.")
    return str(value)


def _language(value: Any) -> str:
    if not re.fullmatch(r"[a-z]{2}", _text(value)):
        raise _FaultError("must be a two-letter language code such as 'en'.")
    return str(value)


def _reader(value: Any) -> str:
    if _text(value) not in READERS:
        raise _FaultError(f"there is no reader {value!r}; there is: {', '.join(READERS)}.")
    return str(value)


def _kind(value: Any) -> str:
    names = {bool: "a truth value", str: "a string", int: "a number", float: "a number",
             list: "an array", dict: "a table"}  # fmt: skip
    return names.get(type(value), "a date or time")


_SOURCE: dict[str, Check] = {
    "id": _identifier, "name": _text, "homepage": _address, "language": _language,
    "timezone": _timezone, "verified": _flag, "reader": _reader,
}  # fmt: skip
_LAYOUT: dict[str, Check | list[Check]] = {
    "container": _css, "headline": _css, "published": _css_attribute,
    "date_formats": [_date_format], "body": _css, "drop": [_css], "teasers": _css,
    "body_ends": [_regex], "not_found": _text, "not_found_css": _css,
}  # fmt: skip
_TABLES: dict[str, dict[str, Check | list[Check]]] = {
    "discover": {"listings": [_text], "feeds": [_text], "sitemaps": [_text], "article": _regex,
                 "files": [_text]},
    "fetch": {"delay_s": _number, "hosts": [_text], "allow_private_addresses": _flag},
    "expect": {"min_items": _count, "min_dated_share": partial(_number, most=1)},
}  # fmt: skip


def parse_source(text: str, name: str) -> Source:
    """The source that a source file declares; `name` is the file's name for errors.

    Raises SourceError with file, line and key for a syntax error, an unknown or missing key, and a
    value of the wrong type or that is no regex, selector, timezone, date format or address.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SourceError(
            name, _line_of_syntax_error(error, text), None, _sentence(error)
        ) from None
    read = partial(_read_table, text, name)
    allowed = {*_SOURCE, *_TABLES, "layout"}
    for key in data:
        if key not in allowed:
            raise _unknown(text, name, (key,), allowed)
    top = read((), {key: value for key, value in data.items() if key in _SOURCE}, _SOURCE)
    if "id" not in top:
        raise SourceError(name, None, "id", "is missing.")
    tables = {key: read((key,), data.get(key, {}), checks) for key, checks in _TABLES.items()}
    return Source(
        **{"name": top["id"], **top},
        discover=Discover(**tables["discover"]),
        fetch=Fetch(**tables["fetch"]),
        expect=Expect(**tables["expect"]),
        layouts=_read_layouts(text, name, data.get("layout", [])),
    )


def _read_layouts(text: str, name: str, data: Any) -> tuple[Layout, ...]:
    if not isinstance(data, list):
        line = line_of(text, ("layout",))
        raise SourceError(name, line, "layout", "must be written [[layout]].")
    layouts = []
    for index, table in enumerate(data):
        path: Path = ("layout", index)
        values = _read_table(text, name, path, table, _LAYOUT)
        if "container" not in values:
            raise SourceError(
                name, line_of(text, path), f"layout[{index}].container", "is missing."
            )
        layouts.append(Layout(**values))
    return tuple(layouts)


def _read_table(
    text: str, name: str, path: Path, table: Any, checks: Mapping[str, Check | list[Check]]
) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise SourceError(
            name, line_of(text, path), _dotted(path), f"must be a table, not {_kind(table)}."
        )
    values: dict[str, Any] = {}
    for key, value in table.items():
        where = (*path, key)
        if key not in checks:
            raise _unknown(text, name, where, checks)
        check = checks[key]
        if not isinstance(check, list):
            values[key] = _checked(text, name, where, check, value)
        elif isinstance(value, list):
            values[key] = tuple(
                _checked(text, name, (*where, index), check[0], item)
                for index, item in enumerate(value)
            )
        else:
            line = line_of(text, where)
            raise SourceError(name, line, _dotted(where), f"must be an array, not {_kind(value)}.")
    return values


def _checked(text: str, name: str, path: Path, check: Check, value: Any) -> object:
    try:
        return check(value)
    except _FaultError as fault:
        raise SourceError(name, line_of(text, path), _dotted(path), str(fault)) from None


def _unknown(text: str, name: str, path: Path, allowed: Any) -> SourceError:
    names = ", ".join(sorted(allowed))
    return SourceError(
        name, line_of(text, path), _dotted(path), f"is not a known key; known are: {names}."
    )


def _dotted(path: Path) -> str:
    """A path as people write it: `layout[0].drop[1]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)[1:]


def _line_of_syntax_error(error: tomllib.TOMLDecodeError, text: str) -> int:
    match = re.search(r"at line (\d+)", str(error))
    return int(match[1]) if match else text.count("\n") + 1


def _sentence(error: tomllib.TOMLDecodeError) -> str:
    return re.sub(r"\s*\(at (?:line \d+, column \d+|end of document)\)", "", str(error)) + "."
