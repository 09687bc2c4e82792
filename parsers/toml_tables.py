"""TOML read by a table of keys: what a file may hold, and errors that name file, line and key.

Source files and the configuration are both read by it. A check takes a value and returns it, or
raises `FaultError` with the rest of a sentence that begins with the key.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from parsers.toml_lines import line_of

Path = tuple[str | int, ...]
Check = Callable[[Any], object]
Checks = Mapping[str, Check | list[Check]]
"""What each key of a table must be; a list holds the check of an array's items."""


class TomlError(ValueError):
    """A file that cannot be used; no retry helps."""

    def __init__(self, file: str, line: int | None, key: str | None, sentence: str) -> None:
        self.file = file
        self.line = line
        """From 1; None when the fault stands on no line (a key that is missing)."""
        self.key = key
        """Dotted, `layout[0].container`; None for a syntax error."""
        self.sentence = sentence
        where = f"{file}:{line}" if line else file
        super().__init__(f"{where}: {key}: {sentence}" if key else f"{where}: {sentence}")


class FaultError(Exception):
    """What is wrong with a value, before it is known where it stands."""


def text(value: Any) -> str:
    """A string that is not empty."""
    if not isinstance(value, str):
        raise FaultError(f"must be a string, not {kind(value)}.")
    if not value.strip():
        raise FaultError("must not be empty.")
    return value


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise FaultError(f"must be true or false, not {kind(value)}.")
    return value


def number(value: Any, *, most: float | None = None) -> float:
    """A number from 0, at most `most`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FaultError(f"must be a number, not {kind(value)}.")
    if not value >= 0 or (most is not None and value > most):
        raise FaultError(
            "must not be negative." if most is None else f"must be from 0 to {most:g}."
        )
    return float(value)


def count(value: Any) -> int:
    """A whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise FaultError(f"must be a whole number, not {kind(value)}.")
    if value < 0:
        raise FaultError("must not be negative.")
    return value


def kind(value: Any) -> str:
    """What a TOML value is, in words."""
    names = {bool: "a truth value", str: "a string", int: "a number", float: "a number",
             list: "an array", dict: "a table"}  # fmt: skip
    return names.get(type(value), "a date or time")


class TomlFile:
    """A TOML text under its name, read table by table."""

    def __init__(self, content: str, name: str) -> None:
        self.content = content
        self.name = name
        try:
            self.data = tomllib.loads(content)
        except tomllib.TOMLDecodeError as error:
            line = _line_of_syntax_error(error, content)
            raise TomlError(name, line, None, _sentence(error)) from None

    def table(self, path: Path, table: Any, checks: Checks) -> dict[str, Any]:
        """The checked values of a table at a path; arrays become tuples."""
        if not isinstance(table, dict):
            raise self.error(path, f"must be a table, not {kind(table)}.")
        values: dict[str, Any] = {}
        for key, value in table.items():
            where = (*path, key)
            if key not in checks:
                raise self.unknown(where, checks)
            check = checks[key]
            if not isinstance(check, list):
                values[key] = self._checked(where, check, value)
            elif isinstance(value, list):
                values[key] = tuple(
                    self._checked((*where, index), check[0], item)
                    for index, item in enumerate(value)
                )
            else:
                raise self.error(where, f"must be an array, not {kind(value)}.")
        return values

    def tables(self, key: str, checks: Checks, required: str) -> list[dict[str, Any]]:
        """The checked values of every `[[key]]`, each of which must have the required key."""
        data = self.data.get(key, [])
        if not isinstance(data, list):
            raise self.error((key,), f"must be written [[{key}]].")
        found = []
        for index, table in enumerate(data):
            values = self.table((key, index), table, checks)
            if required not in values:
                line = line_of(self.content, (key, index))
                raise TomlError(self.name, line, f"{key}[{index}].{required}", "is missing.")
            found.append(values)
        return found

    def unknown(self, path: Path, allowed: Iterable[str]) -> TomlError:
        """The error for a key that has no meaning."""
        return self.error(path, f"is not a known key; known are: {', '.join(sorted(allowed))}.")

    def error(self, path: Path, sentence: str) -> TomlError:
        """The error for what stands at a path."""
        return TomlError(self.name, line_of(self.content, path), dotted(path), sentence)

    def _checked(self, path: Path, check: Check, value: Any) -> object:
        try:
            return check(value)
        except FaultError as fault:
            raise self.error(path, str(fault)) from None


def dotted(path: Path) -> str:
    """A path as people write it.

    >>> dotted(("layout", 0, "drop", 1))
    'layout[0].drop[1]'
    """
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)[1:]


def _line_of_syntax_error(error: tomllib.TOMLDecodeError, content: str) -> int:
    match = re.search(r"at line (\d+)", str(error))
    return int(match[1]) if match else content.count("\n") + 1


def _sentence(error: tomllib.TOMLDecodeError) -> str:
    return re.sub(r"\s*\(at (?:line \d+, column \d+|end of document)\)", "", str(error)) + "."
