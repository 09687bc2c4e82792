"""Lines of keys: every path that tomllib sees is found, on the line where it stands."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.sources import shipped_ids, shipped_text
from parsers.toml_lines import line_of, lines_of

TEXT = '''# comment with [table] and key = 1
title = "a # b"
"quoted key" = 'x'
a.b."c.d" = 1
[warehouse] # after
path = """one
[fake]
fake = 1
"""
date = 1979-05-27T07:32:00Z
[[source]]
use = "csto"
[[source]]
use = "lakes"
inline = { x = 1, y = { z = [1, 2] } }
list = [
  "]", # not the end
  [2, 3],
  { k = "v" },
]
[source.fetch]
delay_s = 1.0
[[source.layout]]
container = "a"
[[source.layout]]
raw = \'\'\'
[[source]]
\'\'\'
last = 1
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("quoted key",), 3),
        (("a", "b", "c.d"), 4),
        (("warehouse",), 5),
        (("warehouse", "path"), 6),
        (("warehouse", "date"), 10),
        (("source",), 11),
        (("source", 0), 11),
        (("source", 0, "use"), 12),
        (("source", 1, "use"), 14),
        (("source", 1, "inline", "y", "z", 1), 15),
        (("source", 1, "list", 0), 17),
        (("source", 1, "list", 1, 1), 18),
        (("source", 1, "list", 2, "k"), 19),
        (("source", 1, "fetch", "delay_s"), 22),
        (("source", 1, "layout", 1), 25),
        (("source", 1, "layout", 1, "last"), 29),
        (("fake",), None),
        (("source", 2), None),
        (("source", 0, "inline"), None),
    ],
)
def test_line_of(path: tuple[str | int, ...], line: int | None) -> None:
    assert line_of(TEXT, path) == line


def paths(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    """Every path in what tomllib read."""
    found = {path} if path else set()
    items: Any = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        found |= paths(inner, (*path, key))
    return found


@pytest.mark.parametrize("text", [TEXT, *map(shipped_text, shipped_ids())])
def test_every_path_has_a_line(text: str) -> None:
    assert set(lines_of(text)) == paths(tomllib.loads(text))


_KEYS = st.sampled_from(["a", "b", '"c d"', "'e.f'", "g.h", "1", '"\\u0041"'])
_VALUES = st.recursive(
    st.sampled_from(['"x"', "'y'", "1", "true", '"""m\nn"""', "1.5e3", "1979-05-27", '"]"', '"#"',
                     '"\\""']),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ",\n # c ]\n".join(items) + "]"),
        st.lists(inner, max_size=2).map(
            lambda items: "{ " + ", ".join(f"k{n} = {item}" for n, item in enumerate(items)) + " }"
        ),
    ),
    max_leaves=6,
)  # fmt: skip
_LINES = st.one_of(
    st.tuples(_KEYS, _VALUES).map(" = ".join),
    _KEYS.map("[{}]".format),
    _KEYS.map("[[{}]]".format),
    st.just("# note = ["),
    st.just(""),
)


@given(st.lists(_LINES, max_size=8).map("\n".join))
def test_whatever_tomllib_reads_has_its_lines(text: str) -> None:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        lines_of(text)  # of other text: whatever comes before the fault, and no error
        return
    assert set(lines_of(text)) == paths(data)


@given(st.text(max_size=60))
def test_any_text_is_survived(text: str) -> None:
    assert set(lines_of(text).values()) <= set(range(1, text.count("\n") + 2))
