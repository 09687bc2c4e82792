"""`pressdiff incidents`: what is held back, and a person's word on it."""

import csv
import io
import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.flows.shell import Shell
from tests.warehouse.histories import START, day
from tests.warehouse.live import TEXT, page
from warehouse.duck import Place
from warehouse.model import StagedLook
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.store import Store

COLUMNS = ["incident_id", "source_id", "kind", "opened_at", "closed_at", "decision", "urls",
           "detail"]  # fmt: skip


def _commit(store: Store, number: int, looks: list[StagedLook]) -> None:
    store.begin()
    recorder = Recorder(store, Stamp(f"r{number}", day(50 + number)))
    recorder.record("lakes", looks, has_layouts=True)
    store.commit()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse in which a mass change and a wall are held back."""
    folder = tmp_path_factory.mktemp("incidents")
    store = Store.open(Place(folder / "data"), START)
    pages = range(8)
    _commit(store, 1, [page(0, f"/{n}/", f"{TEXT} {n}", f"Headline {n}") for n in pages])
    banner = "\nWe use cookies to make this site better"
    _commit(store, 2, [page(1, f"/{n}/", f"{TEXT} {n}{banner}", f"Headline {n}") for n in pages])
    _commit(store, 3, [page(2, f"/{n}/", "we are back soon", "Maintenance") for n in range(5)])
    store.close()
    return folder


@pytest.fixture
def held(template: Path, tmp_path: Path) -> Shell:
    folder = tmp_path / "watch"
    shutil.copytree(template, folder)
    return Shell(folder)


def listed(shell: Shell, *words: str) -> dict[str, dict[str, Any]]:
    """The incidents by kind."""
    ran = shell("incidents", *words, "--format", "json")
    assert ran.code == 0, ran.err
    return {row["kind"]: row for row in ran.rows}


def test_open_ones_are_listed_newest_first(held: Shell) -> None:
    ran = held("incidents", "--format", "json")
    assert ran.code == 0
    assert [row["kind"] for row in ran.rows] == ["one_body", "mass_change"]
    wall, mass = ran.rows
    assert list(wall) == COLUMNS
    assert (wall["urls"], mass["urls"], mass["closed_at"]) == (5, 8, None)
    assert "8 of 8 known releases gained the same block" in mass["detail"]
    assert datetime.fromisoformat(wall["opened_at"]) == day(2)


def test_formats(held: Shell) -> None:
    lines = held("incidents", "--format", "jsonl").out.splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["one_body", "mass_change"]
    rows = list(csv.DictReader(io.StringIO(held("incidents", "--format", "csv").out)))
    assert [row["kind"] for row in rows] == ["one_body", "mass_change"]
    assert "mass_change" in held("incidents").out
    assert held("incidents", "--format", "xml").code == 2


def test_accepted_captures_become_history_with_their_own_times(held: Shell) -> None:
    incident = listed(held)["mass_change"]["incident_id"]
    ran = held("incidents", incident[:9], "--accept")  # a prefix will do
    assert ran.code == 0, ran.err
    assert f"incident {incident} is accepted: 8 edited" in ran.err
    assert list(listed(held)) == ["one_body"]
    closed = listed(held, "--all")["mass_change"]
    assert closed["decision"] == "accepted"
    assert closed["closed_at"] is not None
    rows = held.sql("select seen_at, text from revisions where revision = 2")
    assert {datetime.fromisoformat(row["seen_at"]) for row in rows} == {day(1)}
    assert len(rows) == 8
    assert all("cookies" in row["text"] for row in rows)
    outcomes = held.sql("select outcome, count(*) AS n from captures group by outcome order by 1")
    assert [(row["outcome"], row["n"]) for row in outcomes] == [
        ("edited", 8), ("held", 5), ("new", 8),
    ]  # fmt: skip
    again = held("incidents", incident, "--accept")
    assert again.code != 0
    assert "was closed on" in again.err


def test_dismissed_captures_stay_out(held: Shell) -> None:
    incident = listed(held)["one_body"]["incident_id"]
    ran = held("incidents", incident.upper(), "--dismiss")
    assert ran.code == 0, ran.err
    assert f"incident {incident} is dismissed; no look changed" in ran.err
    assert listed(held, "--all")["one_body"]["decision"] == "dismissed"
    assert held.sql("select count(*) AS n from revisions") == [{"n": 8}]
    assert held.sql("select count(*) AS n from captures where outcome = 'held'") == [{"n": 13}]
    commands = held.sql("select command, counts from runs")
    assert [row["command"] for row in commands] == ["incidents"]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["ffff"], 2, "--accept or --dismiss"),
        (["ffff", "--accept", "--dismiss"], 2, "not both"),
        (["--accept"], 2, "name the incident"),
        (["--dismiss"], 2, "name the incident"),
        (["nothing", "--accept"], 1, "no incident is called 'nothing'"),
        (["", "--accept"], 1, "no incident is called ''"),
        (["%", "--dismiss"], 1, "no incident is called '%'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    held: Shell, words: list[str], code: int, sentence: str
) -> None:
    ran = held("incidents", *words)
    assert (ran.code, ran.out) == (code, "")
    assert sentence in ran.err
    assert ran.err.count("\n") == 1
    assert len(listed(held)) == 2


def test_there_may_be_no_warehouse_yet(shell: Shell) -> None:
    for words in ([], ["ffff", "--accept"]):
        ran = shell("incidents", *words)
        assert ran.code == 1
        assert "pressdiff run" in ran.err
        assert ran.err.count("\n") == 1
    assert list(shell.folder.iterdir()) == []
