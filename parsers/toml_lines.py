"""On which line of a TOML text a key stands: tomllib keeps no positions, and errors should.

One scan over the text, no recursion: statements are keys, table headers and values; a value that
opens an array or an inline table pushes where it is onto a stack. Text that tomllib accepts is
understood wholly; of other text, what comes before the fault.
"""

import re

Path = tuple[str | int, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"[ \t]+")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)+")
_STRING = re.compile(
    r'"""(?:\\.|(?!""")[^\\])*"{3,5}'
    r"|'''(?:(?!''')[\s\S])*'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^\s,\]}#][^,\]}#\n]*")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


def line_of(text: str, path: Path) -> int | None:
    """The line, from 1, of the key, table or array element at a path; None when it has none.

    A table that is only implied (`a` of `[a.b]`) has the line where it is first named.

    >>> line_of('id = "x"\\n[[source]]\\nuse = "a"\\n[[source]]\\nuse = "b"', ("source", 1, "use"))
    5
    """
    return lines_of(text).get(path)


def lines_of(text: str) -> dict[Path, int]:
    """Every path of a TOML text with its line, in order of appearance."""
    return _Scan(text).run()


class _Scan:
    """A position in the text, the lines found so far, and what is open around the position."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.counted_to = 0
        self.found: dict[Path, int] = {}
        self.tables: dict[Path, int] = {}
        """How many elements an array of tables has so far."""
        self.open: list[tuple[str, Path, int]] = []
        """Open brackets of the value being read: "[" or "{", its path, next element's index."""

    def run(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip(_BLANK) is not None and self.at < len(self.text):
            if self.text.startswith("[", self.at):
                header = self._header()
                if header is None:
                    break
                table = header
            elif not self._pair(table) or not self._values():
                break
        return self.found

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match[0]

    def _here(self) -> int:
        self.line += self.text.count("\n", self.counted_to, self.at)
        self.counted_to = self.at
        return self.line

    def _record(self, path: Path, line: int) -> None:
        self.found.setdefault(path, line)

    def _header(self) -> Path | None:
        line = self._here()
        double = self.text.startswith("[[", self.at)
        self.at += 2 if double else 1
        keys = self._keys()
        if not keys or not self.text.startswith("]]" if double else "]", self.at):
            return None
        self.at += 2 if double else 1
        path: Path = ()
        for key in keys[:-1]:
            path = (*path, key)
            self._record(path, line)
            if path in self.tables:
                path = (*path, self.tables[path] - 1)
        path = (*path, keys[-1])
        self._record(path, line)
        if double:
            self.tables[path] = self.tables.get(path, 0) + 1
            path = (*path, self.tables[path] - 1)
            self._record(path, line)
        return path

    def _keys(self) -> list[str]:
        """The parts of a dotted key at the position; empty when there is no key."""
        keys: list[str] = []
        while True:
            self._skip(_SPACE)
            if part := self._skip(_BARE):
                keys.append(part)
            elif quoted := self._skip(_STRING):
                keys.append(_unquoted(quoted))
            else:
                return []
            self._skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def _pair(self, table: Path) -> bool:
        """Reads `key =`; the value is left to `_values`, whose path is pushed."""
        line = self._here()
        keys = self._keys()
        if not keys or not self.text.startswith("=", self.at):
            return False
        self.at += 1
        path = table
        for key in keys:
            path = (*path, key)
            self._record(path, line)
        self.value_path = path
        return True

    def _values(self) -> bool:
        """Reads the value at the position with everything nested in it."""
        depth = len(self.open)
        if not self._open_or_scalar(self.value_path):
            return False
        while len(self.open) > depth:
            self._skip(_BLANK)
            if self.at >= len(self.text):
                return False
            bracket, path, index = self.open[-1]
            sign = self.text[self.at]
            if sign in "]}":
                self.open.pop()
                self.at += 1
            elif sign == ",":
                self.at += 1
            elif bracket == "{":
                if not self._pair(path) or not self._open_or_scalar(self.value_path):
                    return False
            else:
                self.open[-1] = (bracket, path, index + 1)
                self._record((*path, index), self._here())
                if not self._open_or_scalar((*path, index)):
                    return False
        return True

    def _open_or_scalar(self, path: Path) -> bool:
        self._skip(_SPACE)
        sign = self.text[self.at : self.at + 1]
        if sign in ("[", "{"):
            self.open.append((sign, path, 0))
            self.at += 1
            return True
        return bool(self._skip(_STRING) or self._skip(_SCALAR))


def _unquoted(quoted: str) -> str:
    if quoted[0] == "'":
        return quoted[1:-1]
    return _ESCAPE.sub(_unescape, quoted[1:-1])


def _unescape(match: "re.Match[str]") -> str:
    sign = match[1]
    if sign[0] in "uU" and len(sign) > 1:
        number = int(sign[1:], 16)
        return chr(number) if number < 0x110000 else sign
    return _ESCAPED.get(sign, sign)
