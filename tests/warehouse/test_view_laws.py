"""Laws of the views, over worlds recorded by the real recorder and asked through the real SQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from operator import itemgetter
from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import many
from tests.warehouse.histories import START, looks, parsers, read_by, staged
from tests.warehouse.memory_store import MemoryStore
from tests.warehouse.sql_store import empty_tables
from tests.warehouse.test_reading_again import one_each, record, recorded
from warehouse.finding import Finding
from warehouse.history.flaps import flappings
from warehouse.model import StagedLook
from warehouse.rows import Row
from warehouse.schema import TABLES
from warehouse.verify_copies import check_copies

_FREE: list[duckdb.DuckDBPyConnection] = []
"""Connections to empty tables: the views take longer to make than an example to try."""


@contextmanager
def asked(store: MemoryStore) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose views stand over what a store in memory holds."""
    connection = _FREE.pop() if _FREE else empty_tables()
    filled = [table for table in TABLES if table.name != "run_log" and len(store.rows(table.name))]
    for table in filled:
        rows = [dict(row) for row in store.rows(table.name)]
        connection.register("given", pa.Table.from_pylist(rows, table.arrow))
        connection.execute(f"insert into lake.{table.name} by name from given")
        connection.unregister("given")
    yield connection
    for table in filled:  # after a failure it is left as it is
        connection.execute(f"delete from lake.{table.name}")
    _FREE.append(connection)


AS_OF = (
    "select release_id, headline, published_on, text, first_seen_at, last_seen_at, revision, "
    "last_changed_at from releases_as_of($1::timestamptz) order by all"
)


@settings(max_examples=many(10))
@given(st.lists(looks(), min_size=2, max_size=7), st.data())
def test_what_we_knew_stays_what_we_knew(world: list[StagedLook], data: st.DataObject) -> None:
    """Late evidence and a reading again change nothing of what was known before them."""
    cut = data.draw(st.integers(1, len(world)))
    parser = data.draw(parsers(world))
    store = recorded([world[:cut]])
    at = store.rows("run_log")[-1]["recorded_at"]
    with asked(store) as connection:
        knew = connection.execute(AS_OF, [at]).fetchall()
        now = AS_OF.replace("releases_as_of($1::timestamptz)", "releases")
        assert knew == connection.execute(now).fetchall()
    today = [read_by(parser, "v2", look) for look in world]
    record(store, one_each(today[:cut]))
    record(store, today[cut:])
    with asked(store) as connection:
        assert connection.execute(AS_OF, [at]).fetchall() == knew
        early = at - timedelta(days=1)
        assert connection.execute(AS_OF, [early]).fetchall() == []


BODIES = ("one two three four five", "one two three four six", "one two three four seven")


@settings(max_examples=many(10))
@given(st.lists(st.sampled_from(BODIES), min_size=1, max_size=14))
def test_flappings_are_those_of_the_rule(bodies: list[str]) -> None:
    address = "https://lakes.example/1"
    days = count()
    store = recorded([[staged(next(days), body, address=address) for body in bodies]])
    with asked(store) as connection:
        revisions = connection.execute(
            "select text_digest, seen_at, flapping from revisions order by revision"
        ).fetchall()
        found = connection.execute(
            "select first_revision, last_revision, flips, text_digests, since, until "
            "from flappings order by first_revision"
        ).fetchall()
    expected = flappings([row[0] for row in revisions], [row[1] for row in revisions])
    assert found == [
        (one.first_revision, one.last_revision, one.flips, list(one.text_digests), one.since,
         one.until)
        for one in expected
    ]  # fmt: skip
    flips = {
        number
        for one in expected
        for number in range(one.first_revision + 1, one.last_revision + 1)
    }
    assert {number for number, row in enumerate(revisions, 1) if row[2]} == flips
    assert revisions[0][1] == START


@settings(max_examples=many(10))
@given(st.sets(st.integers(0, 20), max_size=4), st.integers(0, 12), st.integers(1, 20))
def test_what_appeared_late_is_what_the_looks_say(
    others: set[int], published: int, seen: int
) -> None:
    """Late is what is met over a week after its date, though its source was looked at before that
    date and on a day between."""
    date = (START + timedelta(days=published)).date()
    world = [staged(at, "another", headline="Another", address="https://lakes.example/2")
             for at in sorted(others)]  # fmt: skip
    world.append(staged(seen, published_on=date, address="https://lakes.example/1"))
    store = recorded([[look] for look in sorted(world, key=lambda look: look.captured_at)])
    with asked(store) as connection:
        found = connection.execute(
            "select appeared_late from revisions where published_on is not null"
        ).fetchall()
    looked = {*others, seen}
    late = (
        seen - published > 7
        and any(day < published for day in looked)
        and any(published < day < seen for day in looked)
    )
    assert found == [(late,)]


READINGS = (
    "select revision_id, parser_version, cause, text_digest, recorded_at from readings order by all"
)


@settings(max_examples=many(25))
@given(st.lists(looks(), min_size=1, max_size=7), st.data())
def test_readings_are_those_of_the_looks_that_revisions_begin_with(
    world: list[StagedLook], data: st.DataObject
) -> None:
    """Whenever bytes are read again, by whichever parser, an earlier one included."""
    arrived = data.draw(st.permutations(world))
    versions = data.draw(st.lists(st.sampled_from(["v1", "v2", "v3"]), min_size=1, max_size=4))
    parser_of = {"v1": {}, "v2": data.draw(parsers(world)), "v3": data.draw(parsers(world))}
    store = MemoryStore()
    done: list[StagedLook] = []
    for number, version in enumerate(versions):
        new = arrived[number :: len(versions)]
        again = data.draw(st.lists(st.sampled_from(one_each(done)))) if done else []
        for batch in (again, new):
            record(store, one_each([read_by(parser_of[version], version, look) for look in batch]))
        done += one_each(new)
    with asked(store) as connection:
        assert connection.execute(READINGS).fetchall() == sorted(readings_of(store))
        findings: list[Finding] = []
        check_copies(connection, findings)
        assert findings == []


def test_a_revision_that_is_none_any_more_is_told_of_once_two_versions_read_it() -> None:
    """A file that says again what it said, as late evidence shows, makes no edit."""
    again = staged(2, BODIES[0], url="file:a.txt")
    store = recorded([[staged(1, BODIES[1], url="file:b.txt"), again]])
    (fallen,) = (row["revision_id"] for row in store.rows("revision_log") if row["revision"] == 2)
    record(store, [staged(0, BODIES[0], url="file:a.txt")])
    told = []
    for version in ("v1", "v2"):
        record(store, [read_by({}, version, again)])
        with asked(store) as connection:
            assert sorted(connection.execute(READINGS).fetchall()) == sorted(readings_of(store))
            told.append(
                connection.execute(
                    "select parser_version, cause from readings where revision_id = $1 "
                    "order by all",
                    [fallen],
                ).fetchall()
            )
    assert told == [[], [("v1", "parser"), ("v2", "parser")]]


def readings_of(store: MemoryStore) -> list[tuple[Any, ...]]:
    """The rows of `readings`, as the looks of today tell them."""
    reading_of = {
        row["capture_id"]: row["reading_id"]
        for row in (*store.rows("looks"), *store.rows("redecided"))  # the latest wins
    }
    closed = {row["entry_id"] for row in store.rows("superseded")}
    entries = sorted(
        store.rows("revision_log"),
        key=lambda row: (row["entry_id"] not in closed, row["recorded_at"]),
    )
    found = []
    for entry in {row["revision_id"]: row for row in entries}.values():
        read = _read(store, reading_of[entry["capture_id"]])
        stands = entry["entry_id"] not in closed
        if not stands and len(read) == 1:
            continue
        with_text = {version: one for version, one in read.items() if one[1]}
        first = min((at, version) for version, (at, _) in with_text.items()) if with_text else None
        for version, (at, text_digest) in with_text.items():
            cause = "first" if entry["revision"] == 1 else "publisher"
            if not stands or (first and version != first[1]):
                cause = "parser"
            found.append((entry["revision_id"], version, cause, text_digest, at))
    return found


def _read(store: MemoryStore, reading_id: str) -> dict[str, tuple[Any, str | None]]:
    """By parser version, when it first read these bytes, and the digest of the text read last."""
    digests = {row["text_id"]: row["text_digest"] for row in store.rows("texts")}
    found: dict[str, tuple[Any, str | None]] = {}
    rows: list[Row] = [row for row in store.rows("reading_log") if row["reading_id"] == reading_id]
    for row in sorted(rows, key=itemgetter("recorded_at")):
        at, _ = found.get(row["parser_version"], (row["recorded_at"], None))
        found[row["parser_version"]] = (at, digests.get(row["text_id"]))
    return found
