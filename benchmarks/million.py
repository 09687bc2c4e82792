"""What a question costs on an archive of a million releases.

    python -m benchmarks.million [--releases 1000000] [--keep FOLDER] [--only WORDS]

The archive is written in bulk (`benchmarks.archive`: 1.2 revisions and 3.6 looks a release, 20
sources), merged as upkeep would. Each question is asked on a warm connection in one process: the
least of three, wall clock and CPU. One asked in two steps (`warehouse/late_rows.py`) is timed
with both and with making the views for them: all but opening the warehouse. A question with a
target says so; `--keep` reuses an archive.
"""

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import duckdb

from benchmarks.archive import END, make_archive
from warehouse.duck import Place, open_reader
from warehouse.pinned import Pinned, create_tables_of
from warehouse.query import Budget, Question, answer, parse_query, run_query
from warehouse.readmodel import ChangeFilter, recent_changes
from warehouse.views import create_views

_AS_OF = "'2019-06-01 00:00:00Z'"
_QUESTIONS: dict[str, tuple[int, str]] = {
    # name: (target in ms, query)
    "a release by id": (50, "from releases where release_id = '{release}'"),
    "the last 50 changes": (50, "from changes order by seen_at desc limit 50"),
    "releases_as_of, a source": (
        300,
        f"select * exclude (text, paragraphs) from releases_as_of({_AS_OF}) "
        "where source_id = 's03'",
    ),
    "releases, newest of a source": (
        1000,
        "select release_id, headline, published_on, status from releases "
        "where source_id = 's03' order by last_changed_at desc limit 50",
    ),
    "releases, newest": (
        1000,
        "select release_id, headline from releases order by last_changed_at desc limit 50",
    ),
    "releases, all": (1000, "select count(*) from releases"),
    "releases_valid_at, a source": (
        1000,
        f"select count(*) from releases_valid_at({_AS_OF}) where source_id = 's03'",
    ),
    "revisions of a release": (1000, "from revisions where release_id = '{release}'"),
    "revisions, newest": (
        1000,
        "select release_id, headline from revisions order by seen_at desc limit 50",
    ),
    "revisions, all": (1000, "select count(*) from revisions"),
    "revisions_as_of, a source": (
        1000,
        f"select count(*) from revisions_as_of({_AS_OF}) where source_id = 's03'",
    ),
    "readings of a revision": (1000, "from readings where revision_id = '{revision}'"),
    "readings, all": (1000, "select count(*) from readings"),
    "changes of a release": (1000, "from changes where release_id = '{release}'"),
    "changes by kind": (1000, "select kind, count(*) from changes group by kind"),
    "captures of a release": (1000, "from captures where release_id = '{release}'"),
    "captures by id": (1000, "from captures where capture_id = '{capture}'"),
    "captures, newest of a source": (
        1000,
        "from captures where source_id = 's03' order by captured_at desc limit 50",
    ),
    "captures by outcome": (1000, "select outcome, count(*) from captures group by outcome"),
    "neighbours of a release": (
        1000,
        "from neighbours where release_id = '{release}' or other_id = '{release}'",
    ),
    "duplicates, all": (1000, "select kind, count(*) from duplicates group by kind"),
    "release_urls of a release": (1000, "from release_urls where release_id = '{release}'"),
    "release_urls by address": (1000, "from release_urls where url = '{url}'"),
    "release_urls by role": (1000, "select role, count(*) from release_urls group by role"),
    "teasers of a source, newest": (
        1000,
        "from teasers where source_id = 's04' order by seen_at desc limit 50",
    ),
    "teasers, all": (1000, "select count(*) from teasers"),
    "incidents, open": (1000, "from incidents where closed_at is null"),
    "coverage, newest of a source": (
        1000,
        "from coverage where source_id = 's03' order by run_id desc limit 50",
    ),
    "coverage by source": (1000, "select source_id, sum(fetched) from coverage group by 1"),
    "runs, newest": (1000, "from runs order by finished_at desc limit 50"),
    "silent_edits of a release": (1000, "from silent_edits where release_id = '{release}'"),
    "flappings, all": (1000, "select count(*) from flappings"),
    "gaps of a source": (1000, "from gaps where source_id = 's03' limit 50"),
    "gaps by kind": (1000, "select gap, count(*) from gaps group by gap"),
}
_TIMES = {
    # by view, what its newest rows are ordered by; None where that is asked above or nothing tells
    "captures": "captured_at", "changes": None, "coverage": None, "duplicates": None,
    "flappings": "since", "gaps": "since", "incidents": "opened_at", "neighbours": None,
    "readings": "recorded_at", "release_urls": None, "releases": "last_changed_at",
    "revisions": "seen_at", "runs": None, "silent_edits": "seen_at", "teasers": "seen_at",
}  # fmt: skip
_FIRST = {f"{view}, first 50 whole": f"from {view} limit 50" for view in _TIMES}
_NEWEST = {
    f"{view}, newest 50 whole": f"from {view} order by {time} desc limit 50"
    for view, time in _TIMES.items()
    if time
}
_QUESTIONS |= {name: (1000, query) for name, query in sorted((_FIRST | _NEWEST).items())}
_ONE = """
select u.release_id as release, u.url, r.revision_id as revision, r.capture_id as capture
from pinned.url_log as u join pinned.revision_log as r on r.release_id = u.release_id
where r.revision = 2 and u.role = 'canonical' order by u.release_id limit 1
"""


def cpu_ms() -> float:
    """What this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return 1e3 * (used.ru_utime + used.ru_stime)


def least(
    connection: duckdb.DuckDBPyConnection, tables: Pinned, question: Question
) -> tuple[float, float]:
    """Wall clock and CPU milliseconds of a question, the least of three after one to warm up."""
    if not in_steps(question):
        create_views(connection, tables, question.sql, question.columns)
    have_rows(connection, tables, question)
    found = []
    for _ in range(3):
        spent, started = cpu_ms(), time.perf_counter()
        have_rows(connection, tables, question)
        found.append((1e3 * (time.perf_counter() - started), cpu_ms() - spent))
    return min(wall for wall, _ in found), min(cpu for _, cpu in found)


def have_rows(connection: duckdb.DuckDBPyConnection, tables: Pinned, question: Question) -> None:
    """Have the rows of a question: in two steps as `run_query` has them; in one over the views that
    are there, as an Arrow table, for to make Python's values of 28,000 rows takes longer than the
    query."""
    if not in_steps(question):
        connection.execute(question.sql).to_arrow_table()
    else:
        answer(connection, tables, question, Budget()).rows()


def in_steps(question: Question) -> bool:
    """Whether `answer` learns something before it makes the views: which rows, whose gaps."""
    return question.first is not None or "gaps" in question.sql


def opening(place: Place, query: str) -> float:
    """Wall clock milliseconds of a query with opening the warehouse for it."""
    started = time.perf_counter()
    with run_query(place, query) as result:
        result.rows()
    return 1e3 * (time.perf_counter() - started)


def ask(place: Place, only: str) -> None:
    """Ask everything and print it."""
    connection, tables = open_reader(place)
    with closing(connection):
        create_tables_of(connection, tables, ["url_log", "revision_log"])
        cursor = connection.execute(_ONE)
        names = [column[0] for column in cursor.description or ()]
        one = dict(zip(names, cursor.fetchall()[0], strict=True))
        print(f"{'':32} {'wall':>8} {'CPU':>8} {'target':>7} {'opening':>8}  ms")
        for name, (target, template) in _QUESTIONS.items():
            if only in name:
                query = template.format(**one)
                question = parse_query(connection, query)
                wall, cpu = least(connection, tables, question)
                alone = opening(place, query)
                print(f"{name:32} {wall:8.1f} {cpu:8.1f} {target:7} {alone:8.1f}", flush=True)
    if only in "changes --since 7d":
        spent, started = cpu_ms(), time.perf_counter()
        recent_changes(place, ChangeFilter(since=END - timedelta(days=7)))
        wall = 1e3 * (time.perf_counter() - started)
        print(f"{'changes --since 7d, connecting':32} {wall:8.1f} {cpu_ms() - spent:8.1f}")


def cold(place: Place) -> None:
    """A command in a process of its own."""
    config = place.root.parent / "pressdiff.toml"
    config.write_text(f"[warehouse]\npath = '{place.root}'\n[[source]]\nuse = 'csto'\n")
    pressdiff = [sys.executable, "-m", "flows.cli", "--config", str(config)]
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        subprocess.run(
            [*pressdiff, "sql", "select 1 from releases limit 1"], check=True, capture_output=True
        )
        wall = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"pressdiff sql, a cold process: {1e3 * wall:.0f} ms, CPU {1e3 * spent:.0f} ms")


def main() -> None:
    """Make the archive unless it is kept, then ask."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--releases", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="pressdiff-million-"))
    place = Place(folder / "data")
    try:
        if not place.exists:
            started = time.perf_counter()
            make_archive(place, options.releases)
            size = sum(path.stat().st_size for path in place.files.rglob("*.parquet"))
            print(f"{options.releases} releases: {time.perf_counter() - started:.0f} s, "
                  f"{size / 1e6:.0f} MB with what was merged away")  # fmt: skip
        ask(place, options.only)
        cold(place)
    finally:
        if options.keep is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
