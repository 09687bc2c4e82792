"""Many small runs: files are merged, and nothing of what they said is lost."""

from pathlib import Path

import pytest

from tests.flows.shell import Shell
from warehouse import lake as lake_module
from warehouse.duck import Place, connect_reader
from warehouse.verify import verify

HEADLINE = "Observers of the Council took part in the exercise near Minsk"


def file_count(place: Place) -> int:
    connection = connect_reader(place)
    try:
        row = connection.execute("select max(file_count) from ducklake_table_info('lake')")
        return int(row.fetchall()[0][0])
    finally:
        connection.close()


def test_files_are_merged_and_history_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake_module, "MERGE_AFTER_FILES", 5)
    shell = Shell(tmp_path)
    place = Place(tmp_path / "data")
    counts = []
    for number in range(7):
        body = f"On May 13, 2024, in Minsk, {number + 10} observers took part in the exercise."
        shell.write("a.txt", f"{HEADLINE}\n{HEADLINE}\n14.05.2024\n{body}\n")
        at = f"2024-06-{number + 1:02}T00:00:00Z"
        assert shell("ingest", "a.txt", "--source", "csto", "--captured-at", at).code == 0
        counts.append(file_count(place))
    assert max(counts) < 6
    assert counts[4] < counts[3], "the fifth file of a table is merged with the others"
    rows = shell.sql("select revision, text from revisions order by revision")
    assert [row["revision"] for row in rows] == list(range(1, 8))
    assert ["16" in rows[6]["text"], "10" in rows[0]["text"]] == [True, True]
    (second,) = shell.sql("select recorded_at as t from revisions where revision = 2")
    assert shell.sql(f"select count(*) as n from revisions_as_of('{second['t']}')") == [{"n": 2}]
    found = verify(place, lambda *_: None)
    assert not found.damaged
    assert found.findings == (), "files of before the merge are known, not orphans"
