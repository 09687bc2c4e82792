"""A user's SQL: one SELECT over our views that can write nothing and read nothing else.

The fences, each enough for most attacks: the parsed tree names only what `sql_guard` allows; the
lake is attached READ_ONLY; DuckDB may open no file outside the warehouse; the configuration is
locked; memory and time are limited, and nothing spills to disk.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import TracebackType
from typing import Any

import duckdb

from warehouse.asked import named_columns
from warehouse.duck import Place, open_reader, quoted
from warehouse.errors import QueryError
from warehouse.late_rows import FirstStep, among_newest, first_step, narrowed
from warehouse.pinned import Pinned
from warehouse.snapshot import Snapshot
from warehouse.sql_guard import Names, check_tree, public_names
from warehouse.stale_gaps import among, stale_sources
from warehouse.trees import Tree, parsed, sql_of
from warehouse.views import create_views, view_files

MEMORY_LIMIT = "2GB"
MAX_QUERY_CHARS = 200_000
"""A tree of that size takes DuckDB well under a second; without a bound it is minutes."""
BATCH_ROWS = 2048
"""DuckDB's own vector length."""

Row = tuple[Any, ...]
_LINE = re.compile(r"^LINE (\d+):", re.M)
_AGAIN_S = 0.05
WORTH_LOOKS = 100_000
"""With fewer, to make the views twice takes longer than the second step spares."""
_LAST_LOOK = "select max(captured_at) from lake.looks where release_id is not null"
_NEWEST = timedelta(days=30)
_GAPS = re.compile(r"\bgaps\b", re.I)
_NULLS_FIRST = re.compile(r"\bnulls\b(?!\s+last\b)", re.I)
_PIVOT = re.compile(r"\bpivot", re.I)


class Budget:
    """The seconds a query may still compute, kept by a timer that interrupts it."""

    def __init__(
        self, limit_s: float = 60.0, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit_s = limit_s
        self.left_s = limit_s
        self._monotonic = monotonic

    @contextmanager
    def spent(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Run the block on the budget, its DuckDB errors as QueryError."""
        done = threading.Event()
        timer = threading.Thread(
            target=_interrupt, args=(connection, done, max(self.left_s, 0.0)), daemon=True
        )
        started = self._monotonic()
        timer.start()
        try:
            yield
        except duckdb.InterruptException as error:
            raise QueryError(
                f"the query was stopped after {self._limit_s:g} s; "
                "ask for fewer rows, or allow it more time"
            ) from error
        except duckdb.OutOfMemoryException as error:
            raise QueryError(
                f"the query needs more than {MEMORY_LIMIT} of memory; ask for fewer rows or columns"
            ) from error
        except duckdb.Error as error:
            raise QueryError(explain(error)) from error
        finally:
            done.set()
            timer.join()
            self.left_s -= self._monotonic() - started


def _interrupt(
    connection: duckdb.DuckDBPyConnection, done: threading.Event, after_s: float
) -> None:
    """Interrupt what the connection computes after so long, until it is done: DuckDB forgets an
    interrupt that comes between two queries."""
    wait_s = after_s
    while not done.wait(wait_s):
        connection.interrupt()
        wait_s = _AGAIN_S


class Result:
    """A query under way: its columns, and its rows as they are computed. Close it, or use `with`.

    Values are DuckDB's Python ones (int, Decimal, aware UTC datetime, list, dict, ...), since
    Arrow has none for HUGEINT sums, infinite times, BIT or structs that repeat a name.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        statement: duckdb.Statement,
        budget: Budget,
    ) -> None:
        self._connection = connection
        self._budget = budget
        with budget.spent(connection):
            connection.execute(statement)
        self.columns = tuple(str(column[0]) for column in connection.description)
        self.types = tuple(str(column[1]) for column in connection.description)
        """As DuckDB writes them: VARCHAR[], TIMESTAMP WITH TIME ZONE, MAP(VARCHAR, BIGINT)..."""

    def batches(self) -> Iterator[list[Row]]:
        """The rows, at most BATCH_ROWS at a time, each a tuple in the order of `columns`.

        Time that the caller takes between batches does not count against the limit.
        """
        while True:
            with self._budget.spent(self._connection):
                rows = self._connection.fetchmany(BATCH_ROWS)
            if not rows:
                return
            yield rows

    def rows(self) -> list[Row]:
        """All rows at once."""
        return [row for batch in self.batches() for row in batch]

    def close(self) -> None:
        """End the query and let go of the warehouse."""
        self._connection.close()

    def __enter__(self) -> "Result":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def run_query(
    place: Place,
    sql: str,
    time_limit_s: float = 60.0,
    monotonic: Callable[[], float] = time.monotonic,
) -> Result:
    """The result of one SELECT over the views and macros of `warehouse/sql`.

    Raises QueryError, in one sentence, when it is anything else, asks for anything else, does not
    bind, or needs too much memory or time; the last two perhaps only from `Result.batches`.
    """
    connection, tables = open_reader(place)
    try:
        sort_rightly(connection, sql)
        confine(connection, place)
        question = parse_query(connection, sql)
        return answer(connection, tables, question, Budget(time_limit_s, monotonic))
    except BaseException:
        connection.close()
        raise


def sort_rightly(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Call it before the settings are locked: for `order by .. nulls first limit n` DuckDB 1.5.5
    skips rows of the right side of a left join while it sorts, and shows NULL in their place."""
    if _NULLS_FIRST.search(sql):
        connection.execute("set disabled_optimizers = 'top_n'")


@dataclass(frozen=True, slots=True)
class Question:
    """A user's SQL, parsed and found harmless."""

    sql: str
    statement: duckdb.Statement
    columns: frozenset[str] | None
    """Those that it can mean (`named_columns`)."""
    first: FirstStep | None
    """What tells the rows it will show, where that is asked first."""


def answer(
    connection: duckdb.DuckDBPyConnection, tables: Pinned, question: Question, budget: Budget
) -> Result:
    """The result of a question on a confined connection: all that `run_query` does but opening."""
    told = _stale(connection, tables, question.sql, budget)
    if question.first and tables["looks"].rows >= WORTH_LOOKS:
        told |= _shown(connection, tables, question.first, budget) or {}
    with budget.spent(connection):
        create_views(connection, tables, question.sql, question.columns, told)
    try:
        return Result(connection, question.statement, budget)
    except QueryError as error:
        if not isinstance(error.__cause__, duckdb.BinderException):
            raise
        # its hint should name the columns there are, not those that were asked for
        create_views(connection, tables, question.sql)
        return Result(connection, question.statement, budget)


def _stale(
    connection: duckdb.DuckDBPyConnection, tables: Pinned, sql: str, budget: Budget
) -> dict[str, str]:
    """What tells the view `gaps` which are kept, where it is asked and some are."""
    if not _GAPS.search(sql) or not tables["gap_log"].may_have_rows:
        return {}
    with budget.spent(connection):
        return among(stale_sources(Snapshot(connection, tables)))


def _shown(
    connection: duckdb.DuckDBPyConnection, tables: Pinned, first: FirstStep, budget: Budget
) -> Mapping[str, str] | None:
    """What narrows the views to the rows that will be shown; None where that cannot be told. What
    is wrong with a query is told by itself, not by its first step."""
    sql = sql_of(connection, first.tree)
    if sql is None:
        return None
    try:
        with budget.spent(connection):
            rows = _first_rows(connection, tables, first, sql)
    except QueryError as error:
        if isinstance(error.__cause__, duckdb.InterruptException | duckdb.OutOfMemoryException):
            raise
        return None
    return narrowed(first, rows)


def _first_rows(
    connection: duckdb.DuckDBPyConnection, tables: Pinned, first: FirstStep, sql: str
) -> list[Row]:
    """The ids of the rows that will be shown, sought among the newest first where that may do."""
    columns = named_columns(first.tree)
    if first.may_be_newest:
        ((last,),) = Snapshot(connection, tables).execute(_LAST_LOOK).fetchall()
        if last is not None:
            newest = among_newest(last - _NEWEST)
            create_views(connection, tables, first.source, columns, newest)
            rows = connection.execute(sql).fetchall()
            if len(rows) == first.most_rows:
                return rows
    create_views(connection, tables, first.source, columns)
    return connection.execute(sql).fetchall()


def confine(connection: duckdb.DuckDBPyConnection, place: Place) -> None:
    """Shut the connection in: files of the warehouse only, no spilling, settings locked."""
    root = place.data_path if place.scaled else f"{place.root.absolute()}/"
    for setting in (
        "temp_directory = ''",
        f"allowed_directories = [{quoted(root)}]",
        "enable_external_access = false",  # after the two above, which it freezes
        "python_enable_replacements = false",
        f"memory_limit = '{MEMORY_LIMIT}'",
        "lock_configuration = true",
    ):
        connection.execute(f"set {setting}")


def parse_query(connection: duckdb.DuckDBPyConnection, sql: str) -> Question:
    """The one statement of a user's SQL, parsed and found harmless; QueryError otherwise.

    The connection must be confined already: merely parsing IMPORT DATABASE opens a file.
    """
    if len(sql) > MAX_QUERY_CHARS:
        raise QueryError(f"the query is longer than {MAX_QUERY_CHARS} characters")
    if "\0" in sql:
        raise QueryError("the query holds a NUL character")
    try:
        sql.encode()
        statements = connection.extract_statements(sql)
        tree = _tree(connection, sql, statements)
    except duckdb.Error as error:
        raise QueryError(explain(error)) from error
    except UnicodeEncodeError as error:
        raise QueryError("the query is not valid Unicode text") from error
    except RecursionError as error:
        raise QueryError("the query is nested too deeply") from error
    check_tree(tree, names())
    return Question(sql, statements[0], named_columns(tree), first_step(tree))


def _tree(
    connection: duckdb.DuckDBPyConnection, sql: str, statements: list[duckdb.Statement]
) -> Tree:
    kinds = [one.type for one in statements]
    if not kinds:
        raise QueryError("the query is empty; write one SELECT")
    if kinds == [duckdb.StatementType.CREATE, duckdb.StatementType.SELECT] and _PIVOT.search(sql):
        raise QueryError(
            "a PIVOT must name its values: `pivot releases on kind in ('html', 'pdf') using ...`"
        )
    if len(kinds) > 1:
        raise QueryError(f"these are {len(kinds)} statements; write one SELECT")
    if kinds[0] != duckdb.StatementType.SELECT:
        raise QueryError(f"only a SELECT can be asked; this is {kinds[0].name.replace('_', ' ')}")
    said = parsed(connection, sql)
    if said["error"] or len(said["statements"]) != 1:  # PRAGMA show_tables: a SELECT only by now
        raise QueryError("only a SELECT can be asked")
    tree: Tree = said["statements"][0]
    return tree


@cache
def names() -> Names:
    """The views and macros that users may ask."""
    return public_names("\n".join(text for _, text in view_files()))


def explain(error: duckdb.Error) -> str:
    """DuckDB's message as one sentence: its first line, its hint if it gives one, and the line.

    >>> explain(duckdb.BinderException('Binder Error: Column "a" is not there!\\n'
    ...     'Candidate bindings: "b"\\n\\nLINE 2: select a\\n    ^'))
    'column "a" is not there (candidate bindings: "b") in line 2'
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = " ".join(lines[:1]).partition("Error: ")[2] or " ".join(lines[:1])
    text = (text[:1].lower() + text[1:]).rstrip("!. ")
    hints = [one for one in lines[1:] if one.startswith(("Did you mean", "Candidate"))]
    if hints:
        text += f" ({hints[0][:1].lower()}{hints[0][1:].rstrip('.')})"
    line = _LINE.search(str(error))
    return f"{text} in line {line[1]}" if line else text
