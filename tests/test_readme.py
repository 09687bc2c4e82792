"""What the README says of commands, views and files is true."""

import re
from pathlib import Path

import pytest

from flows.cli import app
from tests.flows.shell import Shell
from warehouse.query import names

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = sorted(name for name in app if not name.startswith("-"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_table(command: str) -> None:
    assert re.search(rf"^\| `pressdiff {command}\b", README, re.MULTILINE)


def test_no_command_is_in_the_table_that_is_not_there() -> None:
    assert set(re.findall(r"^\| `pressdiff ([\w-]+)", README, re.MULTILINE)) == set(COMMANDS)


def test_every_view_and_macro_is_named() -> None:
    for name in (*names().views, *names().table_macros):
        assert name in README


def test_every_query_runs(seeded: Shell) -> None:
    blocks = re.findall(r"^```\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    queries = [re.sub(r"\s+-- .*", "", line) for block in blocks for line in block.splitlines()
               if line.startswith("select ")]  # fmt: skip
    queries += re.findall(r'pressdiff sql "(.*?)"', README, re.DOTALL)
    assert len(queries) >= 5
    for query in queries:
        assert isinstance(seeded.sql(query), list)


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", README):
        assert (ROOT / target).exists(), target
