"""`dedup` as a user runs it: no archive, no configuration, Parquet in and out."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.flows.shell import ROOT, Ran, Shell

ANNUAL = (
    "The regular meeting of the Council of Defence Ministers was held in {place} on {day} and was"
    " chaired by the minister of the presiding country, who opened it with a report on the work"
    " done since the ministers had last met. The participants discussed joint training, the supply"
    " of modern equipment to the collective forces and the plan of consultations for the coming"
    " year. At the end they signed {number} documents and agreed on where they would meet again."
)
FIRST = ANNUAL.format(place="Minsk", day="13 November 2023", number="16")
SECOND = ANNUAL.format(place="Dushanbe", day="25 December 2024", number="9")
EDITED = FIRST.replace("modern equipment", "newer equipment").replace("coming year", "next year")
LONG = (
    "Rescuers from five states trained in the mountains for a week, with helicopters and dogs.\n\n"
    "They crossed rivers at night, lowered the injured from cliffs and put up a field hospital in"
    " less than four hours, which the observers called a good result for teams that had never"
    " worked side by side.\n\n"
    "The exercise ends on Friday with a parade; the next one is planned by the shore of the lake,"
    " where boats, divers and a floating crane are to take part for the first time."
)
TEASER = LONG.split("\n\n")[1]
TEXTS = [FIRST, FIRST.replace(" and ", "\u00a0and  "), EDITED, SECOND, LONG, TEASER, "", None]
IDS = ["a", "b", "c", "d", "e", "f", "g", "h"]
PAIRS = {
    ("a", "b"): "exact", ("a", "c"): "near", ("b", "c"): "near", ("a", "d"): "lookalike",
    ("b", "d"): "lookalike", ("c", "d"): "lookalike", ("e", "f"): "teaser",
}  # fmt: skip


def table(shell: Shell, name: str, ids: Sequence[object], texts: Sequence[str | None]) -> None:
    columns: dict[str, Any] = {"key": ids, "body": pa.array(texts, pa.string())}
    pq.write_table(pa.table(columns), shell.folder / name)


def dedup(shell: Shell, name: str, *options: str) -> Ran:
    words = ("--id", "key", "--text", "body", "-o", "pairs.parquet", "--format", "json")
    return shell("dedup", name, *words, *options)


def pairs(shell: Shell) -> dict[tuple[str, str], str]:
    rows = pq.read_table(shell.folder / "pairs.parquet").to_pylist()
    assert all(list(row) == ["id", "other_id", "kind", "jaccard", "containment"] for row in rows)
    assert all(row["id"] < row["other_id"] for row in rows)
    return {(row["id"], row["other_id"]): row["kind"] for row in rows}


def test_every_kind_is_found(shell: Shell) -> None:
    table(shell, "in.parquet", IDS, TEXTS)
    ran = dedup(shell, "in.parquet", "--clusters", "clusters.parquet")
    assert (ran.code, ran.err) == (0, "")
    assert pairs(shell) == PAIRS
    (row,) = ran.rows
    assert (row["rows"], row["exact"], row["near"], row["lookalike"]) == (8, 1, 2, 3)
    assert (row["teaser"], row["update"], row["clusters"]) == (1, 0, 2)
    clusters = pq.read_table(shell.folder / "clusters.parquet").to_pylist()
    found = {row["id"]: row["cluster_id"] for row in clusters}
    assert found == {"a": "a", "b": "a", "c": "a", "e": "e", "f": "e"}
    assert {path.name for path in shell.folder.iterdir()} == {
        "in.parquet", "pairs.parquet", "clusters.parquet",
    }  # fmt: skip


def test_kinds_and_threshold_choose(shell: Shell) -> None:
    table(shell, "in.parquet", IDS, TEXTS)
    assert dedup(shell, "in.parquet", "--kinds", "exact, teaser").code == 0
    assert set(pairs(shell).values()) == {"exact", "teaser"}
    assert dedup(shell, "in.parquet", "--threshold", "0.99").code == 0
    assert set(pairs(shell).values()) == {"exact", "teaser"}


def test_a_second_input_meets_the_first(shell: Shell) -> None:
    table(shell, "one.parquet", IDS[:3], TEXTS[:3])
    table(shell, "two.parquet", IDS[3:], TEXTS[3:])
    (first,) = dedup(shell, "one.parquet", "--against", "index").rows
    assert (first["added"], first["index_rows"]) == (3, 3)
    found = pairs(shell)
    (asked,) = dedup(shell, "two.parquet", "--against", "index", "--no-add").rows
    assert (asked["added"], asked["index_rows"]) == (0, 3)
    only_asked = pairs(shell)
    (second,) = dedup(shell, "two.parquet", "--against", "index").rows
    assert (second["added"], second["index_rows"]) == (5, 8)
    assert pairs(shell) == only_asked
    assert found | only_asked == PAIRS
    assert len(found) + len(only_asked) == len(PAIRS)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--id", "nope"], "in.parquet has no column 'nope'; it has 'key', 'body'"),
        (["--text", "key"], "column 'key' of in.parquet holds int64, not text"),
        (["--kinds", "exact,same"], "not 'same'"),
        (["--kinds", ""], "kinds are exact, "),
        (["--threshold", "1.5"], "the threshold is a share above 0 and up to 1, not 1.5"),
        (["--threshold", "nan"], "the threshold is a share"),
        (["--threshold", "half"], "half"),
        (["--no-add"], "--no-add needs --against"),
        (["-o", "in.parquet"], "must be different files"),
        (["-o", "none/pairs.parquet"], "none is not a folder"),
        (["--clusters", "pairs.parquet"], "must be different files"),
        (["--against", "in.parquet"], "in.parquet is not a folder"),
    ],
)
def test_wrong_usage_is_named(shell: Shell, options: list[str], said: str) -> None:
    table(shell, "in.parquet", [1, 2], ["one", "two"])
    before = (shell.folder / "in.parquet").read_bytes()
    asked = {"--id": "key", "--text": "body", "-o": "pairs.parquet"}
    rest = options if options[0] not in asked else []
    asked |= dict([options]) if not rest else {}
    ran = shell("dedup", "in.parquet", *(word for pair in asked.items() for word in pair), *rest)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.startswith("pressdiff: ")
    assert ran.err.count("\n") == 1
    assert [path.name for path in shell.folder.iterdir()] == ["in.parquet"]
    assert (shell.folder / "in.parquet").read_bytes() == before


def broken_parquet(shell: Shell) -> None:
    table(shell, "in.parquet", list(range(2000)), [f"text {n} " * 9 for n in range(2000)])
    path = shell.folder / "in.parquet"
    data = bytearray(path.read_bytes())
    data[4:2000] = bytes(1996)
    path.write_bytes(data)


def not_parquet(shell: Shell) -> None:
    shell.write("in.parquet", "key,body\n1,text\n")


def repeated_ids(shell: Shell) -> None:
    table(shell, "in.parquet", [1, 2, 1], ["one", "two", "three"])


def missing_ids(shell: Shell) -> None:
    table(shell, "in.parquet", [1, None], ["one", "two"])


@pytest.mark.parametrize("make", [broken_parquet, not_parquet, repeated_ids, missing_ids])
def test_a_table_that_cannot_be_used_is_a_failure(shell: Shell, make: Any) -> None:
    make(shell)
    ran = dedup(shell, "in.parquet")
    assert (ran.code, ran.out) == (1, "")
    assert "in.parquet" in ran.err
    assert ran.err.count("\n") == 1
    assert not (shell.folder / "pairs.parquet").exists()


FILES = ["documents.arrow", "keys.npy", "buckets.npy", "texts.bin", "blocks.npy"]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("fault", ["cut", "gone", "cut when it merges"])
def test_a_damaged_index_is_a_failure(shell: Shell, file: str, fault: str) -> None:
    table(shell, "in.parquet", IDS, TEXTS)
    assert dedup(shell, "in.parquet", "--against", "index").code == 0
    (shell.folder / "pairs.parquet").unlink()
    (path,) = Path(shell.folder / "index").rglob(file)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    if fault == "gone":
        path.unlink()
    more = [f"Text {n} shares nothing." for n in range(len(IDS) if "merges" in fault else 0)]
    more.append(EDITED if fault != "cut when it merges" else "Nor does this.")
    table(shell, "more.parquet", [f"x{n}" for n in range(len(more))], more)
    ran = dedup(shell, "more.parquet", "--against", "index")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("pressdiff: the index is damaged at index/segments/000001")
    assert ran.err.count("\n") == 1
    assert not (shell.folder / "pairs.parquet").exists()


def test_no_other_command_loads_the_compiler(shell: Shell) -> None:
    table(shell, "in.parquet", IDS, TEXTS)
    code = """
import sys
from flows.cli import main
for words in (["status"], ["dedup", "in.parquet", "--id", "key", "--text", "body", "-o", "o"]):
    try:
        main(words)
    except SystemExit as ended:
        assert not ended.code, ended.code
assert "numba" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=shell.folder, env={"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
