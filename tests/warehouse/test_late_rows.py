"""A query asked in two steps answers as in one."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count, cycle
from pathlib import Path

import duckdb
import pytest

from parsers.model import Sighting, Teaser
from tests.warehouse.conftest import look, run_row
from tests.warehouse.eventful import make_eventful
from tests.warehouse.test_asked import parser
from tests.warehouse.test_query import ask
from warehouse.duck import Place, connect_reader, open_reader
from warehouse.errors import QueryError
from warehouse.late_rows import FirstStep, first_step, narrowed
from warehouse.query import Budget, Row, answer, parse_query
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.store import Store
from warehouse.trees import parsed, sql_of
from warehouse.views import create_views

Ask = Callable[[str], list[Row]]
KEYS = {
    # what can be asked late: its key, and its columns
    "releases": "release_id",
    "releases_as_of('2026-06-09 02:30:00Z')": "release_id",
    "releases_valid_at(timestamptz '2026-03-14')": "release_id",
    "revisions": "release_id, revision",
    "revisions_as_of('2026-06-09 02:30:00Z')": "release_id, revision",
    "revisions_valid_at('2026-03-14')": "release_id, revision",
    "release_urls": "release_id, url",
    "readings": "revision_id, parser_version",
    "teasers": "capture_id, seq",
}
WHERES = {
    "releases": "kind = 'html' and headline not like '%late%' and word_count between 5 and 90",
    "revisions": "cause = 'publisher' and (announced or not flapping) and seen_at >= '2026-03-05'",
    "release_urls": "role in ('canonical', 'alias') and first_seen_at is not null",
    "readings": "coalesce(published_on, date '2026-02-02') > '2026-02-01' or cause = 'parser'",
    "teasers": "lower(text) ilike 'the%' or url is null",
}


@pytest.fixture(autouse=True)
def always_worth(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every archive were large."""
    monkeypatch.setattr("warehouse.query.WORTH_LOOKS", 0)


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return make_eventful(tmp_path_factory.mktemp("eventful"))


@pytest.fixture(scope="module")
def whole(eventful: Place) -> Iterator[Ask]:
    """The rows of a query over whole views."""
    with closing(connect_reader(eventful)) as connection:
        yield lambda query: connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def late(eventful: Place) -> Iterator[Ask]:
    """The rows of a query as `run_query` asks it, but for opening the lake each time."""
    connection, tables = open_reader(eventful)
    with closing(connection):
        yield lambda query: answer(
            connection, tables, parse_query(connection, query), Budget()
        ).rows()


def first_of(query: str) -> FirstStep | None:
    return first_step(parsed(parser(), query)["statements"][0])


def texts(rows: list[Row]) -> Counter[str]:
    """Rows that can be counted; lists cannot."""
    return Counter(map(repr, rows))


def columns_of(whole: Ask, source: str) -> list[str]:
    return [row[0] for row in whole(f"describe from {source}")]


def test_the_lake_holds_what_could_go_wrong(whole: Ask) -> None:
    for table in ("reassigned", "redecided", "superseded", "state_log", "cluster_log"):
        assert whole(f"select count(*) > 0 from lake.{table}") == [(True,)], table
    assert whole(
        "select bool_or(flapping), bool_or(appeared_late), bool_or(announced), bool_or(backdated), "
        "count(reverts_to) > 0 and max(revision) > 3 from revisions"
    ) == [(True, True, True, True, True)]
    assert len(whole("from releases_as_of('2026-06-09 02:30:00Z') as r anti join releases using "
                     "(release_id)"))  # fmt: skip
    assert whole("select count(*) > count(release_id) from teasers") == [(True,)]


@pytest.mark.parametrize("source", KEYS)
def test_the_first_rows_in_an_order_are_the_same(whole: Ask, late: Ask, source: str) -> None:
    """By every fourth column, the rest of the order by the key, so that it leaves nothing open."""
    wheres = cycle(["", f"where {WHERES[source.partition('_as_')[0].partition('_val')[0]]}"])
    ways = cycle(["desc nulls last", "", "asc nulls first", "desc"])
    for column, rows, where, way in zip(
        columns_of(whole, source)[1::4], cycle([1, 7, 50, 4]), wheres, ways, strict=False
    ):
        query = f"from {source} {where} order by {column} {way}, {KEYS[source]} limit {rows}"
        assert first_of(query), query
        assert late(query) == whole(query), query


@pytest.mark.parametrize("source", KEYS)
def test_some_first_rows_are_rows(whole: Ask, late: Ask, source: str) -> None:
    where = WHERES[source.partition("_as_")[0].partition("_val")[0]]
    for condition, rows in (("true", 9), ("true", 1000), (where, 3), ("false", 5)):
        query = f"from {source} where {condition}"
        assert first_of(f"{query} limit {rows}")
        found, known = texts(late(f"{query} limit {rows}")), texts(whole(query))
        assert found <= known, condition
        assert found.total() == min(rows, known.total()), condition


@pytest.mark.parametrize("source", KEYS)
def test_narrowed_views_hold_whole_rows_and_those_that_were_found(
    eventful: Place, whole: Ask, source: str
) -> None:
    """The law that an answer in two steps stands on, whatever rows the first step finds."""
    first = first_of(f"from {source} limit 1")
    assert first is not None
    rows, ids = whole(f"from {source}"), whole(first_sql(first).removesuffix("LIMIT 1"))
    assert len(ids) == len(rows) > 5
    connection, tables = open_reader(eventful)
    with closing(connection):
        for start in range(8):
            found_first = ids[start::8]
            create_views(connection, tables, source, None, narrowed(first, found_first))
            found = connection.execute(f"from {source}").fetchall()
            assert texts(found) <= texts(rows)
            assert len(found_first) <= len(found)


def first_sql(first: FirstStep) -> str:
    sql = sql_of(parser(), first.tree)
    assert sql is not None
    return sql


@pytest.mark.parametrize(
    "query",
    [
        "select \"Headline\", R.Text from main.Releases as r where R.kind = 'html' "
        "order by R.LAST_changed_at desc, release_id limit 5",
        "select * exclude (text, paragraphs), text from releases order by release_id limit 3",
        "select r.* from releases as r order by r.word_count, r.release_id limit 3",
        "select r from releases as r order by release_id limit 3",
        "select releases from releases order by release_id limit 3",
        "select left(headline, 5) as h, word_count * 2 from releases order by release_id limit 3",
        "select releases.headline, main.releases.text from releases order by 1 limit 0",
        "table releases limit 4",
        "select headline from revisions order by seen_at, revision_id limit 2",
        "select headline from revisions where headline = 'it''s' or text ~ '.*' "
        "order by seen_at, revision_id limit 2",
        "from revisions_as_of('2026-06-09 02:30:00Z') as r order by r.seen_at, r.revision_id "
        "limit 4",
        "select text, before_text_id from revisions where before_text_id is null "
        "order by revision_id limit 3",
    ],
)
def test_a_plain_query_is_answered_alike_however_it_is_written(
    whole: Ask, late: Ask, query: str
) -> None:
    assert texts(late(query)) <= texts(whole(query.partition(" limit ")[0]))
    if "order by" in query:
        assert late(query) == whole(query)


NOT_LATE = {
    "no limit": "from releases order by release_id",
    "limit of nothing": "from releases limit 0",
    "decimal": "from releases order by release_id limit 5.0",
    "many": "from releases order by release_id limit 1001",
    "percent": "from releases order by release_id limit 10%",
    "limit of an expression": "from releases order by release_id limit 1 + 1",
    "limit of a query": "from releases order by release_id limit (select 2)",
    "offset": "from releases order by release_id limit 2 offset 1",
    "another view": "from captures order by capture_id limit 2",
    "an order of its own": "from silent_edits limit 5",
    "nothing to gain": "select release_id from releases as r order by r.release_id limit 2",
    "by ids": "from releases where release_id > '8' order by release_id limit 2",
    "distinct": "select distinct kind from releases order by kind limit 2",
    "distinct on": "select distinct on (kind) kind, language from releases order by kind limit 2",
    "aggregate": "select count(*), max(headline) from releases limit 2",
    "group": "select kind, count(*) from releases group by kind order by kind limit 2",
    "group by all": "select kind from releases group by all order by kind limit 2",
    "having": "select kind from releases group by kind having count(*) > 1 limit 2",
    "window": "select row_number() over (order by release_id) from releases order by 1 limit 2",
    "qualify": "from revisions qualify row_number() over (partition by release_id order by "
    "revision desc) = 1 order by release_id limit 3",
    "unnest": "select unnest(paragraphs) from releases order by release_id limit 3",
    "sample": "from releases using sample 100% order by release_id limit 2",
    "sample of the view": "from releases tablesample 100% order by release_id limit 2",
    "union": "select text from releases union all select text from revisions order by text limit 2",
    "cte": "with r as (from releases) select text from r order by text limit 2",
    "cte of its name": "with releases as (select 1 as text, 2 as release_id) from releases limit 2",
    "join": "select r.text from releases as r join revisions using (release_id) "
    "order by r.text limit 2",
    "two tables": "select r.text from releases as r, runs order by r.text, run_id limit 2",
    "query in from": "select text from (from releases) order by text limit 2",
    "the same view in where": "select text from releases where release_id in "
    "(select release_id from changes order by seq, release_id, revision limit 3) "
    "order by text limit 2",
    "another view in where": "select text from releases as r where exists "
    "(from revisions as v where v.release_id = r.release_id and revision > 1) "
    "order by text limit 2",
    "a query that is shown": "select text, (select count(*) from revisions) from releases "
    "order by text limit 2",
    "a query in order": "select text from releases order by (select 1), text limit 2",
    "place in order": "select text from releases order by 1 limit 2",
    "all in order": "select text from releases order by all limit 2",
    "expression in order": "select text from releases order by length(text), text limit 2",
    "collated order": "select text from releases order by text collate nocase limit 2",
    "alias in order": "select upper(text) as headline from releases order by headline limit 2",
    "alias in where": "select text, 'x' as kind from releases where kind = 'x' limit 2",
    "replace": "select * replace (upper(headline) as headline) from releases "
    "order by headline, release_id limit 2",
    "rename": "select * rename (headline as h) from releases order by h, release_id limit 2",
    "columns": "select columns('.*_on') from releases order by release_id limit 2",
    "columns in where": "from releases where columns('.*_on') is null limit 2",
    "place as value": "select #4 from releases order by text limit 2",
    "names of columns": "select a from releases as r(a) order by a limit 2",
    "whole row in where": "select text from releases as r where r is not null order by text "
    "limit 2",
    "now": "from releases where first_seen_at < now() order by release_id limit 2",
    "now as a column": "from releases where first_seen_at < current_timestamp order by release_id "
    "limit 2",
    "now in a macro": "from releases_as_of(now()) order by release_id limit 2",
    "query in a macro": "from releases_as_of((select max(finished_at) from runs)) "
    "order by release_id limit 2",
    "chance": "from releases where random() >= 0 order by release_id limit 2",
    "lambda": "from releases where len(list_filter(paragraphs, lambda p: p <> '')) > 0 "
    "order by release_id limit 2",
    "method chain": "from releases as r where r.headline.lower() <> '' order by release_id limit 2",
    "case": "from releases where case when kind = 'html' then true end order by release_id limit 2",
    "pivot": "from (pivot releases on kind in ('html') using count(*) group by language) limit 2",
    "describe": "from (describe releases) limit 2",
    "values": "from (values (1), (2)) as r(a) order by a limit 1",
    "no table": "select 1 limit 1",
    "positional": "select a.text from releases as a positional join runs order by a.text limit 2",
}  # fmt: skip


ANSWERED = {
    "offset", "cte of its name", "the same view in where", "another view in where", "replace",
    "alias in order", "alias in where", "whole row in where", "distinct on", "now in a macro",
}  # fmt: skip
"""Those that two steps would most likely answer otherwise; all are asked the ordinary way."""


@pytest.mark.parametrize("label", NOT_LATE)
def test_any_other_query_is_asked_at_once(whole: Ask, late: Ask, label: str) -> None:
    query = NOT_LATE[label]
    assert first_of(query) is None
    if label not in ANSWERED:
        return
    if "order by" in query:
        assert late(query) == whole(query)
    else:
        assert texts(late(query)) <= texts(whole(query.rpartition(" limit ")[0]))


def test_more_ids_than_a_scan_compares_are_joined() -> None:
    step = first_of("from release_urls limit 500")
    assert step is not None
    few, many = (
        narrowed(step, [(f"r{n}", f"https://a.example/{n}'") for n in range(rows)])
        for rows in (200, 201)
    )
    assert few is not None
    assert many is not None
    assert "list_contains" in few["_among_urls"]
    assert many["_among_urls"].startswith("id in ('https://a.example/0''', ")


def test_a_row_without_an_id_is_not_found_by_it() -> None:
    step = first_of("from revisions limit 5")
    assert step is not None
    assert narrowed(step, [("r", "v", "t", None)])
    assert narrowed(step, [("r", "v", "t", "b"), ("r", None, "t", "b")]) is None


def test_what_is_wrong_is_said_of_the_query_itself(eventful: Place) -> None:
    with pytest.raises(QueryError, match=r'"headlin" not found.*"headline"'):
        ask(eventful, "select *, headlin from releases limit 5")
    with pytest.raises(QueryError, match=r'"text_id" not found'):
        ask(eventful, "from releases order by text_id limit 5")
    with pytest.raises(QueryError, match="could not convert"):
        ask(eventful, "from revisions where headline::int > 1 limit 5")


def test_values_that_look_like_our_sql_stay_values(tmp_path: Path) -> None:
    """Addresses and headlines that name `lake.<something>`, which our SQL is rewritten by."""
    place, at = Place(tmp_path / "data"), datetime(2026, 3, 1, tzinfo=UTC)
    url = "https://lake.example/q=lake.looks&from=lake.texts"
    release = Sighting(headline="Met at lake.looks", paragraphs=("It said so.",), canonical_url=url)
    teasers = (Teaser("Met at lake.looks", None, None), Teaser("Elsewhere", None, url))
    with closing(Store.open(place, at)) as store:
        store.begin()
        stamp = Stamp("r1", at)
        Recorder(store, stamp).record("lakes", [look(url, at, release, teasers)])
        store.append("run_log", [run_row(stamp, {})])
        store.commit()
    ((release_id,),) = ask(place, "select release_id from releases")
    assert ask(place, "select url from release_urls limit 5") == [(url,)]
    assert ask(place, "select text, release_id, seq from teasers limit 5") == [
        ("Met at lake.looks", release_id, 1), ("Elsewhere", release_id, 2),
    ]  # fmt: skip
    assert ask(place, "select headline, url, text from releases limit 5") == [
        ("Met at lake.looks", url, "It said so.")
    ]


def test_what_sql_cannot_say_is_asked_at_once() -> None:
    step = first_of("from release_urls limit 5")
    assert step is not None
    assert narrowed(step, [("r", "https://a.example/")])
    assert narrowed(step, [("r", "https://a.example/\0")]) is None


def test_a_small_archive_is_asked_at_once(eventful: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("warehouse.query._shown", lambda *_: asked.append(1))
    for looks, steps in ((10**6, 0), (1, 1)):
        monkeypatch.setattr("warehouse.query.WORTH_LOOKS", looks)
        assert ask(eventful, "from releases limit 5")
        assert len(asked) == steps


def test_both_steps_are_on_the_budget(eventful: Place) -> None:
    seconds = count(0.0, 1.0)
    connection, tables = open_reader(eventful)
    with closing(connection):
        budget = Budget(10.0, lambda: next(seconds))
        answer(connection, tables, parse_query(connection, "from releases limit 5"), budget)
        assert budget.left_s == 7.0  # the first step, the views, the second


@pytest.mark.parametrize("source", KEYS)
def test_a_narrowed_view_compares_no_rows_with_all_others(eventful: Place, source: str) -> None:
    connection, tables = open_reader(eventful)
    with closing(connection):
        first = first_of(f"from {source} limit 5")
        assert first is not None
        create_views(connection, tables, first.source)
        found = connection.execute(first_sql(first)).fetchall()
        create_views(connection, tables, source, None, narrowed(first, found))
        plan = json.dumps(connection.execute(f"explain (format json) from {source}").fetchall())
    assert "list_contains" in plan
    assert "NL_JOIN" not in plan
    assert "NESTED_LOOP" not in plan


def test_a_tree_that_is_written_as_another_is_not_asked() -> None:
    with closing(duckdb.connect()) as connection:
        tree = parsed(connection, "from releases where a = 1 limit 5")["statements"][0]
        assert sql_of(connection, tree) is not None
        tree["node"]["where_clause"]["right"]["value"]["value"] = 2.5
        assert sql_of(connection, tree) is None


@pytest.mark.parametrize("days", [0, 9, 1000])
def test_what_is_sought_among_the_newest_looks_is_what_all_looks_tell(
    whole: Ask, late: Ask, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    """However many rows the newest looks give: none, too few, enough, all."""
    monkeypatch.setattr("warehouse.query._NEWEST", timedelta(days=days))
    for orders in ("seen_at desc", "seen_at", "text"):
        for rows in (1, 3, 8, 1000):
            query = f"from teasers order by {orders}, capture_id, seq limit {rows}"
            assert late(query) == whole(query), query
    for where in ("true", "release_id is null"):
        query = f"from teasers where {where}"
        assert texts(late(f"{query} limit 3")) <= texts(whole(query))
        assert len(late(f"{query} limit 3")) == min(3, len(whole(query)))


def test_the_newest_answer_only_who_asks_for_them_or_for_any() -> None:
    for query, newest in (
        ("from teasers limit 5", True),
        ("from teasers order by seen_at desc, seq limit 5", True),
        ("from teasers as t order by t.SEEN_AT desc limit 5", True),
        ("from teasers order by seen_at limit 5", False),
        ("from teasers order by seq, seen_at desc limit 5", False),
        ("from releases limit 5", False),
    ):
        step = first_of(query)
        assert step is not None
        assert step.may_be_newest is newest, query
        assert step.most_rows == 5
