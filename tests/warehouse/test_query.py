"""User SQL: ordinary questions are answered; nothing else is read, and nothing written."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from warehouse.duck import Place, connect_bare, connect_reader, quoted
from warehouse.errors import QueryError, WarehouseMissingError
from warehouse.query import (
    MAX_QUERY_CHARS,
    Budget,
    Result,
    Row,
    confine,
    names,
    parse_query,
    run_query,
    sort_rightly,
)
from warehouse.sql_functions import FUNCTIONS, TABLE_FUNCTIONS

ALLOWED = {
    # label: query (each must parse, bind and run on the small lake)
    "star": "select * from releases",
    "from first": "from revisions",
    "table": "table runs",
    "values": "values (1, 'a'), (2, 'b')",
    "semicolon and comment": "select 1; -- that is all",
    "main": "select release_id from main.releases",
    "memory.main": "select release_id from memory.main.releases",
    "any case": "SELECT RELEASE_ID FROM Releases",
    "quoted": 'select "release_id" from "releases" as "r""x"',
    "unicode": "select headline as заголовок from releases where headline like '%Совета'",
    "joins": "from releases as r join captures as c using (release_id) left join runs "
    "using (run_id)",
    "asof and positional": "from (from runs) as a positional join captures",
    "lateral": "from releases as r, lateral (select count(*) from captures as c "
    "where c.release_id = r.release_id) as n(looks)",
    "subqueries": "select (select max(seen_at) from teasers) from releases where release_id in "
    "(select release_id from revisions) and exists (from changes) order by (select 1)",
    "unnest": "select r.release_id, p from releases as r, unnest(r.paragraphs) as t(p)",
    "range": "select * from range(3) as a(i), generate_series(1, 2) as b(j)",
    "windows": "select lag(headline) over w, row_number() over w from revisions "
    "window w as (partition by release_id order by revision)",
    "filter and order in aggregates": "select count(*) filter (cause = 'publisher'), "
    "string_agg(headline, '; ' order by seen_at) from revisions",
    "group by cube": "select kind, language, count(*) from releases group by cube (kind, language)",
    "lambda": "select list_transform(paragraphs, lambda p: length(p)) from releases",
    "comprehension": "select [upper(p) for p in paragraphs if p <> ''] from releases",
    "method chain": "select r.headline.lower().length() from releases as r",
    "map, struct, slice": "select counts['new'], {'a': 1}.a, [1, 2, 3][1:2] from runs",
    "time": "select date_trunc('month', seen_at), seen_at at time zone 'Europe/Moscow', "
    "extract(year from seen_at), seen_at - interval 1 day, current_date from revisions",
    "text": "select regexp_extract(text, '\\d+'), text ilike '%points%', text ~ '.*', "
    "split_part(url, '/', 3), format('{:d}', 3), 'a' not like 'b' from releases",
    "json": "select to_json(r), json_extract('{\"a\": 1}', '$.a'), '{}'::json from releases as r",
    "star modifiers": "select * exclude (text) replace (upper(headline) as headline) from releases",
    "columns": "select columns('.*_on') from releases",
    "set operations": "select run_id from runs union all by name select run_id from captures",
    "qualify": "from revisions qualify row_number() over (partition by release_id) = 1",
    "sample": "from releases using sample 50%",
    "pivot": "from (pivot releases on kind in ('html', 'text') using count(*) group by language)",
    "unpivot": "unpivot runs on status, command",
    "describe": "describe releases",
    "summarize": "from (summarize runs)",
    "macros": "from releases_as_of(now()), revisions_as_of('2026-03-01 13:00:00Z') as r",
    "valid at": "from revisions_valid_at(now()) union by name from releases_valid_at(now())",
    "macro of a subquery": "from releases_as_of((select max(finished_at) from runs))",
    "cte": "with a as (from releases), b(x) as (select count(*) from a) from b",
    "cte over a view of its name": "with releases as (from releases where kind = 'html') "
    "select count(*) from releases",
    "cte seen from everywhere below": "with a as (select 1 as n) select (select n from a), "
    "exists (from a) from a as b order by (select n from a) limit (select n from a)",
    "cte of a system name": "with duckdb_settings as (select 1 as n) from duckdb_settings",
    "cte in a cte": "with a as (with b as (select 1) from b) from a",
    "recursive cte": "with recursive c(i) as (select 1 union all select i + 1 from c where i < 4) "
    "from c",
}

REFUSED = {
    # label: (query, words of the refusal)
    "empty": ("", "empty"),
    "white space": (" \n\t ", "empty"),
    "only a comment": ("-- select 1", "empty"),
    "only a block comment": ("/* select 1 */;", "empty"),
    "two statements": ("select 1; select 2", "2 statements"),
    "copy": ("copy (select 1) to 'out.csv'", "COPY"),
    "copy from": ("copy runs from 'in.csv'", "COPY"),
    "attach": ("attach 'x.db'", "ATTACH"),
    "detach": ("detach lake", "DETACH"),
    "install": ("install httpfs", "only a SELECT"),
    "load": ("load httpfs", "LOAD"),
    "pragma call": ("pragma database_size", "only a SELECT"),
    "pragma that becomes a select": ("pragma show_tables", "only a SELECT"),
    "set": ("set memory_limit = '1TB'", "SET"),
    "reset": ("reset memory_limit", "SET"),
    "use": ("use lake", "SET"),
    "call": ("call ducklake_cleanup_old_files('lake', cleanup_all => true)", "CALL"),
    "checkpoint": ("checkpoint", "only a SELECT"),
    "begin": ("begin", "TRANSACTION"),
    "explain": ("explain select 1", "EXPLAIN"),
    "explain analyze": ("explain analyze select 1", "EXPLAIN"),
    "insert": ("insert into lake.looks from lake.looks", "INSERT"),
    "insert behind a cte": ("with a as (select 1) insert into lake.looks from a", "INSERT"),
    "update": ("update lake.looks set url = ''", "UPDATE"),
    "delete": ("delete from lake.looks", "DELETE"),
    "merge": ("merge into runs using captures on true when matched then delete", "MERGE"),
    "create": ("create table a as select 1", "CREATE"),
    "create macro": ("create macro releases() as 1", "CREATE"),
    "drop": ("drop view releases", "DROP"),
    "prepare": ("prepare a as select 1", "PREPARE"),
    "export database": ("export database 'x'", "EXPORT"),
    "import database": ("import database '/etc'", "disabled"),
    "select into": ("select 1 into a", "not supported"),
    "syntax": ("selec 1", 'syntax error at or near "selec"'),
    "nul": ("select 1 \0 from runs", "NUL"),
    "lone surrogate": ("select '\ud800'", "Unicode"),
    "parameter": ("select ?", "parameter"),
    "named parameter": ("from runs where run_id = $id", "parameter"),
    "long": ("select 1 --" + "x" * MAX_QUERY_CHARS, "longer"),
    "deep parentheses": ("select " + "(" * 50_000 + "1" + ")" * 50_000, "memory exhausted"),
    "deep calls": ("select " + "abs(" * 800 + "1" + ")" * 800, "nested too deeply"),
    "deep operators": ("select " + "+".join("1" * 3000), "max expression depth"),
    "lake table": ("select * from lake.looks", "lake.looks"),
    "lake table, whole name": ("from lake.main.texts", "lake.main.texts"),
    "catalog table": ("from __ducklake_metadata_lake.ducklake_snapshot", "only these"),
    "system table": ("from information_schema.tables", "only these"),
    "system view": ("from duckdb_settings", "only these"),
    "sqlite": ("from sqlite_master", "only these"),
    "pg_catalog": ("from pg_catalog.pg_class", "only these"),
    "internal view": ("from _readings", "only these"),
    "view in another schema": ("from lake.releases", "lake.releases"),
    "file": ("from '/etc/passwd'", "only these"),
    "file, quoted": ('from "/etc/passwd"', "only these"),
    "file, named as a view": ("from 'a.csv' as releases", "a.csv"),
    "file, described": ("describe 'a.csv'", "a.csv"),
    "file, summarized": ("from (summarize 'a.parquet')", "a.parquet"),
    "python object": ("from REFUSED", "only these"),
    "near miss": ("from release", r"did you mean releases\?"),
    "show": ("show tables", "SHOW"),
    "show in from": ("from (show all tables)", "SHOW"),
    "show databases": ("from (show databases)", "SHOW"),
    "another time": ("from runs at (version => 1)", "AT another time"),
    "dynamic pivot": ("pivot releases on kind using count(*)", "must name its values"),
    "read_csv": ("from read_csv('/etc/passwd')", r"read_csv\(\)"),
    "READ_CSV, quoted": ("from \"READ_CSV\"('/etc/passwd')", r"read_csv\(\)"),
    "read_text in a schema": ("from main.read_text('/etc/passwd')", "read_text"),
    "read_blob": ("from read_blob('/etc/passwd')", "read_blob"),
    "glob": ("from glob('/*')", "glob"),
    "sniff_csv": ("from sniff_csv('a')", "sniff_csv"),
    "parquet_metadata": ("from parquet_metadata('a')", "parquet_metadata"),
    "query": ("from query('select 1')", r"query\(\)"),
    "query_table": ("from query_table(['lake.looks'])", "query_table"),
    "serialized": ("from json_execute_serialized_sql('{}')", "json_execute_serialized_sql"),
    "clean-up": ("from ducklake_cleanup_old_files('lake')", "ducklake_cleanup_old_files"),
    "snapshots": ("from lake.snapshots()", "snapshots"),
    "pragma function": ("from pragma_table_info('runs')", "pragma_table_info"),
    "duckdb function": ("from duckdb_secrets()", "duckdb_secrets"),
    "repeat_row": ("from repeat_row(1, num_rows = 3)", "repeat_row"),
    "internal macro": ("from _releases_at(now(), now())", "_releases_at"),
    "macro in another schema": ("from lake.releases_as_of(now())", "releases_as_of"),
    "table macro as a value": ("select releases_as_of(now())", "belongs in FROM"),
    "getenv": ("select getenv('HOME')", "getenv"),
    "getenv, chained": ("select ('HOME').getenv()", "getenv"),
    "GETENV, quoted": ("select \"GETENV\"('HOME')", "getenv"),
    "current_setting": ("select current_setting('memory_limit')", "current_setting"),
    "getvariable": ("select getvariable('a')", "getvariable"),
    "nextval": ("select nextval('a')", "nextval"),
    "sleep": ("select sleep_ms(1000)", "sleep_ms"),
    "pg_sleep": ("select pg_catalog.pg_sleep(1)", "pg_sleep"),
    "write_log": ("select write_log('a')", "write_log"),
    "serialize": ("select json_serialize_sql('select 1')", "json_serialize_sql"),
    "window function": ("select read_text('a') over ()", "read_text"),
    "near miss of a function": ("select lenght('a')", r"did you mean length\?"),
    "cte not yet in scope": ("with a as (from b), b as (select 1) from a", r"table b\b"),
    "cte of another query": ("from (with b as (select 1) from b), b", r"table b\b"),
    "cte of itself": ("with a as (from a) from a", r"table a\b"),
    "cte of itself, recursive": ("with recursive a as (from a) from a", r"table a\b"),
    "cte in its own first part": (
        "with recursive a as (from a union all select 1 from a) from a",
        r"table a\b",
    ),
    "cte by a whole name": ("with a as (select 1) from main.a", "main.a"),
    "column": ("select headlin from releases", r'"headlin" not found.*candidate.*"headline"'),
    "cast": ("select 'a'::int", "could not convert string 'a'"),
}

HIDDEN = "(select count(*) from duckdb_settings)"
PLACES = {
    "select": f"select {HIDDEN}",
    "where": f"from runs where 1 = {HIDDEN}",
    "in": "from runs where 1 in (select 1 from duckdb_settings)",
    "any": "select 1 = any (select 1 from duckdb_settings)",
    "exists": "select exists (from duckdb_settings)",
    "on": f"from runs as a join runs as b on 1 = {HIDDEN}",
    "lateral": f"from runs, lateral (select {HIDDEN})",
    "group by": f"select 1 group by {HIDDEN}",
    "having": f"select 1 having 1 = {HIDDEN}",
    "qualify": f"from runs qualify 1 = {HIDDEN}",
    "order by": f"from runs order by {HIDDEN}",
    "limit": f"from runs limit {HIDDEN}",
    "offset": f"from runs offset {HIDDEN}",
    "distinct on": f"select distinct on ({HIDDEN}) 1",
    "values": f"values ({HIDDEN})",
    "union": "select 1 union select 1 from duckdb_settings",
    "cte": "with a as (from duckdb_settings) select 1",
    "recursive cte": "with recursive a as (select 1 union all select 1 from duckdb_settings) "
    "select 1",
    "case": f"select case when true then {HIDDEN} end",
    "between": f"select 1 between 0 and {HIDDEN}",
    "cast": f"select cast({HIDDEN} as varchar)",
    "collate": f"select ({HIDDEN}::varchar) collate nocase",
    "list": f"select [{HIDDEN}]",
    "struct": f"select {{'a': {HIDDEN}}}",
    "map": f"select map {{1: {HIDDEN}}}",
    "lambda": f"select list_transform([1], lambda x: {HIDDEN})",
    "argument": f"select abs({HIDDEN})",
    "aggregate filter": f"select count(*) filter (1 = {HIDDEN}) from runs",
    "aggregate order": f"select list(1 order by {HIDDEN}) from runs",
    "window partition": f"select sum(1) over (partition by {HIDDEN}) from runs",
    "window order": f"select sum(1) over (order by {HIDDEN}) from runs",
    "window frame": f"select sum(1) over (rows between {HIDDEN} preceding and current row) "
    "from runs",
    "window default": f"select lag(1, 1, {HIDDEN}) over () from runs",
    "star replace": f"select * replace ({HIDDEN} as status) from runs",
    "columns": f"select columns(c -> 1 = {HIDDEN}) from runs",
    "table function": f"from range({HIDDEN})",
    "macro argument": f"from releases_as_of(to_timestamp({HIDDEN}))",
    "pivot source": "from (pivot duckdb_settings on name in ('a') using count(*))",
    "pivot aggregate": f"from (pivot runs on status in ('ok') using sum({HIDDEN}))",
    "unpivot source": "unpivot duckdb_settings on name, value",
    "describe": "describe duckdb_settings",
    "summarize a query": "from (summarize from duckdb_settings)",
    "deep from": "from (from (from (from duckdb_settings)))",
}


@pytest.fixture(scope="module")
def connection(lake: Place) -> Iterator[duckdb.DuckDBPyConnection]:
    reader = connect_reader(lake)
    confine(reader, lake)
    yield reader
    reader.close()


def ask(place: Place, sql: str) -> list[Row]:
    with run_query(place, sql) as result:
        return result.rows()


@pytest.mark.parametrize("sql", ALLOWED.values(), ids=ALLOWED)
def test_an_ordinary_question_is_answered(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    columns = connection.execute(parse_query(connection, sql).statement).description
    connection.fetchall()
    assert columns


@pytest.mark.parametrize(("sql", "words"), REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused_in_a_sentence(
    connection: duckdb.DuckDBPyConnection, sql: str, words: str
) -> None:
    with pytest.raises(QueryError) as refusal:
        Result(connection, parse_query(connection, sql).statement, Budget()).rows()
    assert re.search(words, str(refusal.value))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("sql", PLACES.values(), ids=PLACES)
def test_no_place_in_a_query_hides_a_table(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    with pytest.raises(QueryError, match="names the table duckdb_settings"):
        parse_query(connection, sql)


def test_a_query_leaves_the_warehouse_as_it_was(lake: Place) -> None:
    def files() -> dict[Path, bytes]:
        found = (path for path in lake.root.rglob("*") if path.is_file())
        return {path: path.read_bytes() for path in found if "sqlite-" not in path.name}

    before = files()
    ask(lake, "select * from releases order by text")
    assert files() == before


def test_values_arrive_as_they_are(lake: Place) -> None:
    (row,) = ask(lake, "select counts['new'], sum(2)::hugeint, headline from runs, releases "
                       "where kind = 'text' and run_id = 'r1' group by all")  # fmt: skip
    assert row == (2, 2, "=SUM(1) Заседание Совета")


def test_a_huge_result_comes_in_batches(lake: Place) -> None:
    with run_query(lake, "select range as n from range(1000000000000)") as result:
        assert result.columns == ("n",)
        assert result.types == ("BIGINT",)
        batches = result.batches()
        assert next(batches)[0] == (0,)
        assert next(batches)[-1] > (1000,)


def test_a_query_without_end_is_stopped(lake: Place) -> None:
    endless = "select count(*) from range(1000000000000) where range % 7 = 3"
    with pytest.raises(QueryError, match=r"stopped after 0.1 s"):
        run_query(lake, endless, time_limit_s=0.1).close()


def test_a_cross_join_without_end_is_stopped(lake: Place) -> None:
    join = "from range(1000000000) as a(i), range(1000) as b(j) where (i * j) % 1000003 = 1000002"
    with (
        pytest.raises(QueryError, match=r"stopped after 0.1 s"),
        run_query(lake, f"select count(*) {join}", time_limit_s=0.1) as result,
    ):
        result.rows()


def test_a_pause_of_the_caller_is_not_counted(connection: duckdb.DuckDBPyConnection) -> None:
    now = iter([100.0, 103.0, 200.0, 204.0])
    budget = Budget(10.0, lambda: next(now))
    for _ in range(2):
        with budget.spent(connection):
            pass
    assert budget.left_s == 3.0


def test_a_query_that_needs_too_much_memory_is_stopped(
    lake: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.query.MEMORY_LIMIT", "60MB")
    with pytest.raises(QueryError, match="more than 60MB of memory"):
        ask(lake, "select i, repeat('x', 500) as x from range(1000000) as r(i) order by hash(i)")


def test_there_must_be_a_warehouse(tmp_path: Path) -> None:
    with pytest.raises(WarehouseMissingError):
        run_query(Place(tmp_path / "none"), "from releases")


@pytest.mark.parametrize(
    "sql",
    [
        "from read_text('/etc/passwd')",
        "from '/etc/passwd'",
        "from glob('/etc/*')",
        "copy (select 1) to '/tmp/pressdiff-was-here.csv'",
        "attach '/tmp/pressdiff-was-here.db'",
        "load httpfs",
        "install httpfs",
        "set memory_limit = '100GB'",
        "set temp_directory = '/tmp'",
        "set enable_external_access = true",
        "insert into lake.superseded values ('a', 'b', now())",
    ],
)
def test_the_connection_itself_refuses(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """The second fence, should the first have a hole."""
    with pytest.raises(duckdb.Error):
        connection.execute(sql)


def test_the_views_and_macros_of_the_contract_can_be_asked() -> None:
    assert names().views == {
        "captures", "changes", "coverage", "duplicates", "flappings", "gaps", "incidents",
        "neighbours",
        "readings", "release_urls", "releases", "revisions", "runs", "silent_edits", "teasers",
    }  # fmt: skip
    assert names().table_macros == {
        "releases_as_of", "releases_valid_at", "revisions_as_of", "revisions_valid_at",
    }  # fmt: skip


def test_the_allow_list_names_what_duckdb_has() -> None:
    rows = connect_bare().execute("select distinct function_name from duckdb_functions()")
    known = {name.lower() for (name,) in rows.fetchall()}
    assert known >= FUNCTIONS
    assert known >= TABLE_FUNCTIONS


def test_the_allow_list_names_nothing_that_reaches_outside() -> None:
    reach = re.compile(
        r"read_|glob|sniff|env|setting|variable|(next|curr)val|write|_log|sleep|query|sql|plan|"
        r"secret|pragma|duckdb|parquet|postgres|ducklake|iceberg|catalog|schema|database|"
        r"connection|seed"
    )
    assert {name for name in FUNCTIONS | TABLE_FUNCTIONS if reach.search(name)} == set()


def test_a_cte_does_not_reach_into_a_macro(lake: Place) -> None:
    """Bug: `revisions_valid_at` read the user's CTE `revisions` in place of the view."""
    asked = "with revisions as (select 1 as x) select count(*) from revisions_valid_at(now())"
    assert ask(lake, asked) == [(2,)]


def test_a_slow_query_draws_no_bar_into_its_answer() -> None:
    setting = "select current_setting('enable_progress_bar')"
    assert connect_bare().execute(setting).fetchall() == [(False,)]


def test_nulls_first_shows_no_null_where_there_is_a_value(
    lake: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB 1.5.5 alone tells five NULLs of this."""
    query = "select l.i, r.w from l left join r on r.i = l.i order by r.w desc nulls first limit 5"
    with closing(duckdb.connect()) as connection:
        connection.execute("create table l as select range as i from range(20000)")
        connection.execute("create table made as select i, (i * 7919) % 20000 as w from l")
        file = quoted(str(tmp_path / "r.parquet"))
        connection.execute(f"copy made to {file} (row_group_size 2048)")
        connection.execute(f"create view r as from {file}")
        sort_rightly(connection, query)
        rows = connection.execute(query).fetchall()
    assert [w for _, w in rows] == [19999, 19998, 19997, 19996, 19995]
    asked = []
    monkeypatch.setattr("warehouse.query.sort_rightly", lambda _, sql: asked.append(sql))
    assert ask(lake, "from releases limit 1")
    assert asked == ["from releases limit 1"]


@pytest.mark.parametrize(
    ("sql", "without"),
    [
        ("from releases order by kind nulls first limit 5", True),
        ("from releases order by kind NULLS\n FIRST limit 5", True),
        ("from releases order by kind nulls /* last */ first limit 5", True),
        ("from releases order by kind desc nulls last limit 5", False),
        ("from releases order by kind limit 5", False),
    ],
)
def test_only_who_asks_for_nulls_first_goes_without_top_n(sql: str, without: bool) -> None:
    with closing(duckdb.connect()) as connection:
        sort_rightly(connection, sql)
        row = connection.execute("select current_setting('disabled_optimizers')").fetchone()
    assert row == ("top_n" if without else "",)
