"""Stored text as a terminal may be shown it: on one line, and with nothing that it would obey."""

import re

_SPACE = re.compile(r"[\t-\r\x85\u2028\u2029 ]+")
_OBEYED = re.compile("[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Text on one line, with what a terminal would obey written out.

    >>> visible("a\\n\\tb \\x1b[31mred \\u202eesrever")
    'a b \\\\x1b[31mred \\\\u202eesrever'
    """
    return _OBEYED.sub(_written_out, _SPACE.sub(" ", text))


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
