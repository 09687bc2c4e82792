"""A view made for the columns that a query names answers as the whole view does."""

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache

import duckdb
import pytest

from tests.warehouse.test_query import ALLOWED, ask
from warehouse.asked import named_columns
from warehouse.duck import Place, connect_reader, open_reader
from warehouse.errors import QueryError
from warehouse.trees import parsed
from warehouse.views import create_views, view_files

Slim = Callable[[str], list[str]]
VIEWS = sorted(name for name, _ in view_files() if not name.startswith("_"))


@pytest.fixture(scope="module")
def whole(lake: Place) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every view with every column."""
    with closing(connect_reader(lake)) as connection:
        yield connection


@pytest.fixture(scope="module")
def slim(lake: Place) -> Iterator[Slim]:
    """The rows of a query over views made for it."""
    connection, tables = open_reader(lake)

    def answer(query: str) -> list[str]:
        create_views(connection, tables, query, columns_of(query.removeprefix("explain ")))
        return rows_of(connection, query)

    with closing(connection):
        yield answer


def rows_of(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    return sorted(map(repr, connection.execute(query).fetchall()))


@cache
def parser() -> duckdb.DuckDBPyConnection:
    """To open one takes longer than to parse a hundred queries."""
    return duckdb.connect()


def columns_of(query: str) -> frozenset[str] | None:
    said = parsed(parser(), query)
    assert not said["error"]
    return named_columns(said["statements"][0])


@pytest.mark.parametrize(
    ("query", "names"),
    {
        "select Headline from releases": {"headline"},
        "select r.headline from releases as r where kind = 'html'": {"r", "headline", "kind"},
        "select count(*) from releases": set(),
        "select r.headline.lower() from releases as r": {"r", "headline"},
        "select 1 from a join b using (k)": {"k"},
        "with t as (select x as y from a) select y from t order by z": {"x", "y", "z"},
        "select list_transform(l, lambda p: length(p)) from r": {"l", "p"},
    }.items(),
)
def test_the_names_of_a_query_are_all_it_can_mean(query: str, names: set[str]) -> None:
    assert columns_of(query) == names


@pytest.mark.parametrize(
    "query",
    [
        "from releases",
        "select r.* exclude (text) from releases as r",
        "select columns('.*_on') from releases",
        "select #1 from releases",
        "select r from releases as r",
        "select to_json(RELEASES) from releases",
        "select 1 from a natural join b",
        "from (summarize releases)",
        "pivot releases on kind in ('html', 'pdf') using count(*)",
        "select headline from releases order by all",
        "select headline from (from releases)",
        "select headline from releases as r(headline)",
        "select a from releases_as_of(now()) as r(a)",
        "select releases_as_of from releases_as_of(now())",
        "select main.releases from releases",
        "select count(distinct memory.main.releases) from releases",
    ],
)
def test_a_query_that_need_not_name_a_column_gets_all(query: str) -> None:
    assert columns_of(query) is None


@pytest.mark.parametrize("view", VIEWS)
def test_each_column_is_the_same_without_the_others(
    whole: duckdb.DuckDBPyConnection, slim: Slim, view: str
) -> None:
    for one in [row[0] for row in whole.execute(f"describe {view}").fetchall()]:
        query = f"select {one} from {view}"
        assert slim(query) == rows_of(whole, query), one


@pytest.mark.parametrize("label", sorted(ALLOWED.keys() - {"sample", "qualify"}))  # these draw lots
def test_any_question_is_answered_as_by_whole_views(
    whole: duckdb.DuckDBPyConnection, slim: Slim, label: str
) -> None:
    assert slim(ALLOWED[label]) == rows_of(whole, ALLOWED[label])


def test_what_no_column_needs_is_not_read(slim: Slim) -> None:
    assert "captured_at" in str(slim("explain select headline, last_seen_at from releases"))
    assert "captured_at" not in str(slim("explain select headline from releases"))


def test_a_name_that_no_column_has_is_told_of_with_those_there_are(lake: Place) -> None:
    with pytest.raises(QueryError, match="headline"):
        ask(lake, "select headlin from releases")


@pytest.mark.parametrize(
    "asked",
    [
        *VIEWS,
        *(f"{name}(now())" for name in ("releases_as_of", "releases_valid_at")),
        *(f"{name}(now())" for name in ("revisions_as_of", "revisions_valid_at")),
    ],
)
def test_no_view_compares_every_row_with_every_other(
    whole: duckdb.DuckDBPyConnection, asked: str
) -> None:
    plan = str(whole.execute(f"explain (format json) from {asked}").fetchall())
    assert "READ_PARQUET" in plan
    assert "NL_JOIN" not in plan
    assert "NESTED_LOOP" not in plan
