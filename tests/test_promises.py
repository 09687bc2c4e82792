"""docs/promises.md names tests that exist, at least one for each promise."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def promises() -> dict[int, list[tuple[str, str]]]:
    """By number, the file and name of each test."""
    lines = (ROOT / "docs/promises.md").read_text("utf-8").splitlines()
    rows = [line.split("|") for line in lines if re.match(r"\| \d+ \|", line)]
    return {int(row[1]): _NAMED.findall(row[3]) for row in rows}


@cache
def defined_in(file: str) -> frozenset[str]:
    """The tests a file defines."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    names = (one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))
    return frozenset(name for name in names if name.startswith("test_"))


def test_promises_are_numbered_without_a_hole() -> None:
    assert list(promises()) == list(range(1, len(promises()) + 1))
    assert len(promises()) >= 20


@pytest.mark.parametrize("number", promises())
def test_each_is_shown_by_tests_that_exist(number: int) -> None:
    named = promises()[number]
    assert named
    for file, name in named:
        assert name in defined_in(file), f"{file} has no {name}"
