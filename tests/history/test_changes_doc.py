"""docs/changes.md tells the truth: its version, and every example of its table."""

import re
from pathlib import Path

import pytest

from warehouse.history.change import TextState
from warehouse.history.classify import CLASSIFIER_VERSION, compare

DOC = (Path(__file__).resolve().parents[2] / "docs" / "changes.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in DOC.splitlines()
    if line.startswith("| ") and not line.startswith(("| kind", "| ---"))
]


@pytest.mark.parametrize(("kind", "_rule", "before", "after"), ROWS)
def test_an_example_is_of_its_kind(kind: str, _rule: str, before: str, after: str) -> None:
    rest = "The council met in the capital to discuss the results of the year."
    changes = compare(
        TextState("Talks", None, (rest, before)), TextState("Talks", None, (rest, after))
    ).changes
    assert {change.kind for change in changes} == {kind}


def test_the_version_described_is_the_one_in_force() -> None:
    assert re.findall(r"describes version (\w+)\.", DOC) == [CLASSIFIER_VERSION]
    assert len(ROWS) >= 15
