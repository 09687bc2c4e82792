"""Gaps that were kept are told only as long as they are those that would be found."""

from collections.abc import Iterator
from contextlib import closing, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tests.flows.shell import Shell
from tests.warehouse.test_gap_laws import SOURCES, START, World
from warehouse import kept_gaps, stale_gaps
from warehouse.duck import Place, connect_reader, open_reader
from warehouse.errors import WarehouseBusyError
from warehouse.kept_gaps import keep_gaps
from warehouse.query import run_query
from warehouse.schema import BY_NAME, TIME
from warehouse.snapshot import Snapshot
from warehouse.stale_gaps import stale_sources
from warehouse.store import Store
from warehouse.verify import verify

_ANY = {pa.string(): "?", TIME: START, pa.int32(): 0, pa.int64(): 0,
        pa.list_(pa.string()): [], pa.map_(pa.string(), pa.int64()): []}  # fmt: skip
_ALL = "select source_id, url, gap, detail, since from gaps"


@pytest.fixture(autouse=True)
def always_worth(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every warehouse were large."""
    monkeypatch.setattr(kept_gaps, "WORTH_LOOKS", 0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(Place(tmp_path / "data"), START)) as opened:
        yield opened


def commit(store: Store, rows: dict[str, list[dict[str, Any]]], at: datetime) -> None:
    """A run that appends these rows, the later of a list a microsecond later."""
    store.begin()
    for name, many in rows.items():
        stamped = [
            {**row, "recorded_at": at + timedelta(microseconds=place)}
            for place, row in enumerate(many)
        ]
        store.append(name, [whole(name, row) for row in stamped])
    done = {"run_id": f"{at:%d}", "recorded_at": at + timedelta(seconds=1)}
    store.append("run_log", [whole("run_log", done)])
    store.commit()


def whole(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row of a table, with something in what may not be NULL."""
    return {
        column.name: row.get(column.name, None if column.nullable else _ANY[column.type])
        for column in BY_NAME[name].columns
    }


def told(place: Place) -> set[tuple[Any, ...]]:
    with run_query(place, _ALL) as result:
        rows = result.rows()
    assert len(rows) == len(set(rows))
    return set(rows)


def found(place: Place) -> set[tuple[Any, ...]]:
    with closing(connect_reader(place, "gaps")) as connection:
        return set(connection.execute(_ALL).fetchall())


@pytest.mark.parametrize(
    "seed", [0, 4, *(pytest.param(seed, marks=pytest.mark.drill) for seed in range(5, 100))]
)
def test_what_is_told_is_what_would_be_found(store: Store, seed: int) -> None:
    """Whatever was committed since, of whichever source, and whosever gaps were kept when."""
    random = Random(seed)
    for day in range(1, 6):
        world = World(random)
        world.fill()
        for look in world.rows["looks"]:  # two days may give it the same id
            look["captured_at"] += timedelta(days=day)
            look["capture_id"] += str(day * (random.random() < 0.5))
        for teaser in world.rows["tickers"]:  # a set never changes
            teaser["ticker_id"] += f"-{day}"
        for reading in world.rows["reading_log"]:
            if reading["ticker_id"]:
                reading["ticker_id"] += f"-{random.randint(1, day)}"
        if day > 1:
            del world.rows["texts"]
        at = START + timedelta(days=day)
        commit(store, world.rows if random.random() < 0.9 else {}, at)
        keep_gaps(store, [one for one in SOURCES if random.random() < 0.6])
        assert told(store.place) == found(store.place)
    keep_gaps(store)
    assert told(store.place) == found(store.place)


def look(
    url: str, at: datetime, outcome: str = "failed", source_id: str = "lakes"
) -> dict[str, Any]:
    return {"capture_id": f"{url}{at}", "run_id": "r", "source_id": source_id, "url": url,
            "captured_at": at, "outcome": outcome, "error": "no answer"}  # fmt: skip


def listed(url: str, source_id: str = "lakes") -> dict[str, Any]:
    return {"source_id": source_id, "url": url, "link_text": "a link", "found_in": "listing",
            "run_id": "r"}  # fmt: skip


def test_a_source_is_stale_from_its_next_row_until_it_is_kept_again(store: Store) -> None:
    days = [START + timedelta(days=day) for day in range(1, 5)]
    both = {"found_log": [listed("https://a.example/1"), listed("https://b.example/1", "rivers")]}
    commit(store, both, days[0])
    assert stale(store) == {"lakes", "rivers"}
    assert keep_gaps(store) == 2
    assert stale(store) == set()
    assert keep_gaps(store) == 0
    commit(store, {"looks": [look("https://a.example/1", days[1])]}, days[1])
    assert stale(store) == {"lakes"}
    assert told(store.place) == found(store.place)
    commit(store, {"found_log": [listed("https://b.example/2", "rivers")]}, days[2])
    assert keep_gaps(store, ["rivers"]) == 1
    assert stale(store) == {"lakes"}
    assert keep_gaps(store) == 1
    assert stale(store) == set()
    assert told(store.place) == found(store.place)


def stale(store: Store) -> set[str]:
    connection, tables = open_reader(store.place)
    with closing(connection):
        return set(stale_sources(Snapshot(connection, tables)))


def test_what_was_found_by_other_rules_is_found_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an upgrade and after going back, though no commit lies between."""
    url = "https://a.example/1"
    commit(store, {"found_log": [listed(url)]}, START + timedelta(days=1))
    assert keep_gaps(store) == 1
    others = pa.table({"source_id": ["lakes"], "url": [url], "gap": ["listed but never fetched"],
                       "detail": ["a link"], "since": pa.array([None], TIME)})  # fmt: skip
    with monkeypatch.context() as patch:  # by them it is no gap
        for module in (kept_gaps, stale_gaps):
            patch.setattr(module, "rules", lambda: "other")
        patch.setattr(kept_gaps, "found_otherwise", lambda *_: others)
        assert stale(store) == {"lakes"}
        assert keep_gaps(store) == 1
        assert stale(store) == set()
        assert told(store.place) == set()
    assert stale(store) == {"lakes"}
    assert len(told(store.place)) == 1
    assert keep_gaps(store) == 1
    assert stale(store) == set()
    assert told(store.place) == found(store.place)


def test_what_is_kept_is_what_stood_when_it_was_committed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who lost the lock between its run and this finds another's commit, or is refused."""
    order = []
    for name in ("begin", "append_table", "commit"):
        monkeypatch.setattr(store, name, lambda *_, name=name: order.append(name))
    monkeypatch.setattr(kept_gaps, "open_reader", lambda _: (order.append("read"), None))
    monkeypatch.setattr(kept_gaps, "stale_sources", lambda _: frozenset({"lakes"}))
    monkeypatch.setattr(kept_gaps, "closing", lambda _: nullcontext())
    monkeypatch.setattr(kept_gaps, "_looked_for", lambda *_: pa.table({"source_id": ["lakes"]}))
    assert keep_gaps(store) == 1
    assert order == ["begin", "read", "append_table", "commit"]


def test_a_gap_that_is_none_any_more_is_told_no_more(store: Store) -> None:
    url = "https://a.example/1"
    days = [START + timedelta(days=day) for day in range(1, 4)]
    commit(store, {"found_log": [listed(url)]}, days[0])
    keep_gaps(store)
    assert [row[1:4] for row in told(store.place)] == [(url, "listed but never fetched", "a link")]
    commit(store, {"looks": [look(url, days[1], "unreadable")]}, days[1])
    keep_gaps(store)
    assert [row[1:3] for row in told(store.place)] == [(url, "fetched but not parsed")]
    commit(store, {"looks": [look(url, days[2], "new")]}, days[2])
    keep_gaps(store)
    assert told(store.place) == set()
    rows = store.ask("select gap, since is null from lake.gap_log where gap is not null")
    assert sorted(rows) == [
        ("fetched but not parsed", False), ("fetched but not parsed", True),
        ("listed but never fetched", False), ("listed but never fetched", True),
    ]  # fmt: skip


def test_verify_names_the_source_whose_kept_gaps_are_not_those_that_are_found(
    store: Store,
) -> None:
    commit(store, {"found_log": [listed("https://a.example/1")]}, START + timedelta(days=1))
    keep_gaps(store)
    assert not [one for one in findings(store.place) if one.subject == "gap_log"]
    store.begin()
    row = {"source_id": "lakes", "url": "https://a.example/2", "since": START, "kept": 1,
           "gap": "listed but never fetched"}  # fmt: skip
    store.append("gap_log", [whole("gap_log", row)])
    store.commit()
    (one,) = [one for one in findings(store.place) if one.subject == "gap_log"]
    assert one.sentence == (
        "1 gaps of lakes are not those that are found anew, such as `listed but never fetched` of "
        "https://a.example/2"
    )


def findings(place: Place) -> list[Any]:
    return list(verify(place, lambda *_: None).findings)


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("count_named", duckdb.HTTPException("HTTP Error: Unable to connect\nmore")),
        ("begin", WarehouseBusyError("another process is writing to this warehouse; run again")),
        ("append_table", duckdb.IOException("IO Error: No space left on device\nmore")),
        ("_sync_new_files", OSError(28, "No space left on device")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_kept_fails_no_run(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    step: str,
    error: Exception,
) -> None:
    commit(store, {"found_log": [listed("https://a.example/1")]}, START + timedelta(days=1))

    def refuse(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(store, step, refuse)
        assert keep_gaps(store) == 0
    assert f"kept no gaps: reason={str(error).partition(chr(10))[0]}" in caplog.text
    assert stale(store) == {"lakes"}
    assert keep_gaps(store) == 1


def test_a_small_archive_keeps_none(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_gaps, "WORTH_LOOKS", 2)
    url = "https://a.example/1"
    days = [START + timedelta(days=day) for day in (1, 2)]
    commit(store, {"looks": [look(url, days[0])]}, days[0])
    assert keep_gaps(store) == 0
    assert store.count("gap_log") == 0
    commit(store, {"looks": [look(url, days[1])]}, days[1])
    assert keep_gaps(store) == 1


def test_every_command_that_commits_looks_keeps_gaps(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.write("a.txt", "Headline\n\n14.05.2024\n\nA sentence that says something of the day.\n")
    at = "2024-06-01T00:00:00Z"
    assert shell("ingest", "a.txt", "--source", "csto", "--captured-at", at).code == 0
    place = Place(tmp_path / "data")
    with closing(Store.open(place, START)) as opened:
        assert opened.ask("select source_id from lake.gap_log") == [("csto",)]
        assert stale(opened) == set()
        commit(opened, {"found_log": [listed("https://csto.example/1", "csto")]}, at_end())
        assert stale(opened) == {"csto"}
    assert shell("maintain", "--no-check").code == 0
    with closing(Store.open(place, START)) as opened:
        assert stale(opened) == set()
    assert shell.sql("select url, detail from gaps") == [
        {"url": "https://csto.example/1", "detail": "a link"}
    ]


def at_end() -> datetime:
    """Later than any run of these tests."""
    return datetime(2100, 1, 1, tzinfo=UTC)
