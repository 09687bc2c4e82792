"""The analysts' views of `warehouse/sql`, put into a connection: those that a query needs, with the
columns it needs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib import resources

import duckdb

from warehouse.asked import named_columns
from warehouse.pinned import Pinned, create_tables_of, over_pinned, tables_in
from warehouse.slim import slimmed
from warehouse.trees import parsed


def view_files() -> tuple[tuple[str, str], ...]:
    """(name, SQL) of every analysts' view and macro, in the order of their names."""
    folder = resources.files("warehouse") / "sql"
    found = sorted(
        (item.name, item.read_text("utf-8"))
        for item in folder.iterdir()
        if item.name.endswith(".sql")
    )
    return tuple((name.removesuffix(".sql"), text) for name, text in found)


def create_views(
    connection: duckdb.DuckDBPyConnection,
    tables: Pinned | None = None,
    asking: str | None = None,
    columns: frozenset[str] | None = None,
    narrowed: Mapping[str, str] | None = None,
) -> None:
    """Put the views and macros of `warehouse/sql` into the connection's own main schema, over
    pinned tables or (None) over those of a schema `lake`.

    `asking`: only those that these words name, and what they build on; None: all of them.
    `columns`: every name by which the only query that will be asked can mean a column
    (`asked.named_columns`); None: any may be asked for.
    `narrowed`: by macro that is ordinarily true, the condition on `id` that it stands for: where
    only some rows will be shown (`late_rows.narrowed`), or some gaps are kept (`stale_gaps.among`).
    """
    given = narrowed or {}
    for one in _chosen(asking, columns):
        if one.makes in given:  # values of the archive may say anything: they are not rewritten
            connection.execute(_macro(one.makes, given[one.makes]))
            continue
        text = one.text
        if tables is not None:
            create_tables_of(connection, tables, tables_in(text))
            text = over_pinned(text)
        connection.execute(text)


def columns_of(
    connection: duckdb.DuckDBPyConnection, queries: Iterable[str]
) -> frozenset[str] | None:
    """Every name by which one of these SELECTs can mean a column, for `create_views`."""
    names: frozenset[str] | None = frozenset()
    for query in queries:
        for tree in parsed(connection, query)["statements"]:
            names = _both(names, named_columns(tree))
    return names


@cache
def digest_of(name: str) -> str:
    """A hash of the SQL that makes a view or macro, with all that it builds on."""
    said = "\n".join(one.text for one in _needed_for(name))
    return sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Statement:
    """One `create or replace view|macro`."""

    text: str
    makes: str

    @property
    def words(self) -> frozenset[str]:
        """What its SQL says."""
        return frozenset(_WORD.findall(_COMMENT.sub("", self.text.lower())))

    @property
    def hands_on(self) -> bool:
        """Whether it has columns of what it builds on without naming them."""
        return _STAR.search(_COMMENT.sub("", self.text)) is not None


_MADE = re.compile(r"^create or replace (?:view|macro) (\w+)", re.M)
_WORD = re.compile(r"\w+")
_COMMENT_LINES = re.compile(r"^--.*\n", re.M)
_COMMENT = re.compile(r"--.*")
_STAR = re.compile(r"(?<!count\()\*|(?:\bas\s+|\btable\s+|\(\s*)from\b")


def _needed_for(asking: str | None) -> list[_Statement]:
    """The statements that make what the words name, each after those it builds on."""
    maker = {one.makes: one for one in _statements()}
    chosen: dict[str, _Statement] = {}

    def choose(words: Iterable[str], within: frozenset[str]) -> None:
        for name in sorted(set(words) & maker.keys() - within):
            if name not in chosen:
                choose(maker[name].words, within | {name})
                chosen[name] = maker[name]

    choose(maker if asking is None else _WORD.findall(asking.lower()), frozenset())
    return list(chosen.values())


def _chosen(asking: str | None, columns: frozenset[str] | None) -> list[_Statement]:
    """The statements that `create_views` executes, in order, each with no more columns than those
    after it and the query name."""
    chosen = _needed_for(asking)
    asked = {one.makes for one in chosen}
    if asking is not None:
        asked &= set(_WORD.findall(asking.lower()))
    wanted: dict[str, frozenset[str] | None] = dict.fromkeys(asked, columns)
    made = []
    for one in reversed(chosen):  # what it builds on stands before it
        if one.makes not in wanted:
            continue  # a column needed it that nobody wants
        names = wanted[one.makes]
        if names is not None:
            one = replace(one, text=slimmed(one.text, names))
        made.append(one)
        handed_on = names if one.hands_on else frozenset()
        for name in one.words & {other.makes for other in chosen} - {one.makes}:
            wanted[name] = _both(_both(wanted.get(name, frozenset()), handed_on), one.words)
    return made[::-1]


def _macro(name: str, condition: str) -> str:
    return f"create or replace macro {name}(id) as {condition};"


def _both(columns: frozenset[str] | None, others: frozenset[str] | None) -> frozenset[str] | None:
    return None if columns is None or others is None else columns | others


@cache
def _statements() -> tuple[_Statement, ...]:
    found = []
    for _, text in view_files():
        for one in _COMMENT_LINES.sub("", text).split(";\n"):
            if made := _MADE.search(one):
                found.append(_Statement(f"{one.strip()};", made[1]))
    return tuple(found)
