"""`edit_log` and `revision_readings` are no links of the chain: they are compared with the tables
that they are made from."""

import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import many
from tests.warehouse.histories import looks, staged
from tests.warehouse.sql_store import sql_lake
from warehouse import time_lines
from warehouse.duck import Place, attach_writer, open_reader
from warehouse.finding import Finding
from warehouse.model import StagedLook
from warehouse.rows import Row, comparison_rows
from warehouse.snapshot import Snapshot
from warehouse.verify import verify
from warehouse.verify_copies import check_copies

_DEFINED = """
select r.release_id, r.revision, r.revision_id, r.before_revision_id, c.seq, c.op, c.before,
    c.after, r.seen_at, r.recorded_at
from (
    from lake.revision_log as r anti join lake.superseded as s on s.entry_id = r.entry_id
) as r
join lake.change_log as c on c.before_text_id = r.before_text_id and c.text_id = r.text_id
order by all
"""
_SHOWN = """
select release_id, revision, revision_id, before_revision_id, seq, op, before, after, seen_at,
    recorded_at
from changes order by all
"""


def altered(lake: Place, folder: Path, statement: str) -> Place:
    """A copy of the lake in which a statement was executed."""
    shutil.copytree(lake.root, folder / "data")
    place = Place(folder / "data")
    with closing(attach_writer(place)) as connection:
        connection.execute(statement)
    return place


def sentences(place: Place, subject: str = "edit_log") -> list[str]:
    connection, tables = open_reader(place)
    findings: list[Finding] = []
    with closing(connection):
        check_copies(Snapshot(connection, tables), findings)
    assert all(one.severity == "damage" and one.subject == subject for one in findings)
    return [one.sentence for one in findings]


def test_what_a_run_wrote_fits(lake: Place) -> None:
    assert sentences(lake) == []


@pytest.mark.parametrize(
    ("statement", "words"),
    {
        "update lake.edit_log set after = 'nine'": ("are not", "missing"),
        "update lake.edit_log set revision = 7": ("are not", "missing"),
        "update lake.edit_log set seen_at = seen_at + interval 1 day": ("are not", "missing"),
        "update lake.edit_log set recorded_at = recorded_at - interval 1 day": ("are not", "miss"),
        "delete from lake.edit_log": ("missing",),
        "insert into lake.edit_log from lake.edit_log": ("are not",),
        "insert into lake.edit_log select * replace ('orphan' as entry_id) from lake.edit_log": (
            "are not",
        ),
    }.items(),
)
def test_what_was_altered_is_named(
    lake: Place, tmp_path: Path, statement: str, words: tuple[str, ...]
) -> None:
    found = sentences(altered(lake, tmp_path, statement))
    assert len(found) == len(words)
    assert all(word in said for word, said in zip(words, found, strict=True))


@pytest.mark.parametrize(
    ("statement", "words"),
    {
        "update lake.revision_readings set reading_id = 'another'": ("are not", "missing"),
        "update lake.revision_readings set revision = revision + 1": ("are not", "missing"),
        "update lake.revision_readings set run_id = 'r9'": ("are not", "missing"),
        "delete from lake.revision_readings where revision = 2": ("missing",),
        "insert into lake.revision_readings from lake.revision_readings": ("are not",),
        "insert into lake.revision_readings select * replace ('orphan' as entry_id) "
        "from lake.revision_readings": ("are not",),
    }.items(),
)
def test_a_reading_that_was_altered_is_named(
    lake: Place, tmp_path: Path, statement: str, words: tuple[str, ...]
) -> None:
    found = sentences(altered(lake, tmp_path, statement), "revision_readings")
    assert len(found) == len(words)
    assert all(word in said for word, said in zip(words, found, strict=True))


@pytest.mark.parametrize("table", ["edit_log", "revision_readings"])
def test_verify_says_so(lake: Place, tmp_path: Path, table: str) -> None:
    place = altered(lake, tmp_path, f"delete from lake.{table}")
    assert table in {one.subject for one in verify(place, lambda *_: None).findings}


@settings(max_examples=many(10))
@given(st.lists(st.lists(looks(), min_size=1, max_size=4), min_size=1, max_size=4))
def test_in_whatever_order_looks_arrive_it_says_what_it_is_made_from(
    runs: list[list[StagedLook]],
) -> None:
    with sql_lake() as lake:
        for run in runs:
            lake.run(run)
        findings: list[Finding] = []
        check_copies(lake.store.connection, findings)
        assert findings == []
        assert lake.ask(_SHOWN) == lake.ask(_DEFINED)


def test_a_look_that_nothing_was_read_in_opens_a_revision_with_its_later_reading() -> None:
    """As of a page once judged a listing, which a repaired source file reads."""
    read = staged(0)
    listing = replace(read, outcome="discovery", reading_id=None, reading=None, text=None)
    with sql_lake() as lake:
        lake.run([listing])
        assert lake.ask("from lake.revision_readings") == []
        lake.run([read])
        assert lake.ask("select reading_id from lake.looks") == [(None,)]
        assert lake.ask("select reading_id from lake.revision_readings") == [(read.reading_id,)]
        assert lake.ask("select cause from readings") == [("first",)]
        findings: list[Finding] = []
        check_copies(lake.store.connection, findings)
        assert findings == []


def test_a_text_that_comes_back_has_the_changes_it_had() -> None:
    bodies = ["ten members met", "nine members met"] * 3
    with sql_lake() as lake:
        for at, body in enumerate(bodies):
            lake.run([staged(at, body, address="https://lakes.example/1")])
        rows = lake.ask("select revision, before, after from changes order by revision")
        assert len(lake.ask("from lake.change_log")) == 2  # each pair was compared once
    there, back = ("ten", "nine"), ("nine", "ten")
    assert rows == [(2 + n, *(back if n % 2 else there)) for n in range(5)]


def test_an_edit_is_told_as_the_classifier_of_its_day_saw_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where a later one sees no change in the same two texts."""
    address = "https://lakes.example/1"

    def kind_of(number: str, kind: str | None) -> None:
        def told(*of: Any) -> tuple[Row, list[Row]]:
            row, changes = comparison_rows(*of)
            changes = [{**one, "kind": kind} for one in changes] if kind else []
            return {**row, "classifier_version": number}, changes

        monkeypatch.setattr(time_lines, "CLASSIFIER_VERSION", number)
        monkeypatch.setattr(time_lines, "comparison_rows", told)

    with sql_lake() as lake:
        bodies = iter(["ten members met", "nine members met"] * 3)
        for day, (number, kind) in enumerate([("1", "number"), ("2", "name"), ("3", None)]):
            kind_of(number, kind)
            for part in (0, 1):
                lake.run([staged(2 * day + part, next(bodies), address=address)])
        findings: list[Finding] = []
        check_copies(lake.store.connection, findings)
        assert findings == []
        assert lake.ask("select revision, kind from changes order by all") == [
            (2, "number"), (3, "name"), (4, "name"),
        ]  # fmt: skip
        assert lake.ask("select count(*), count(words_added) from revisions") == [(6, 5)]
