"""Which rows a query will show, asked before all their columns are.

`from releases order by last_changed_at desc limit 50` asks for fifty rows, but DuckDB joins and
aggregates a million releases before it counts them. Of a table it fetches the other columns late;
of a view it does not. So a plain query with a limit (`plain_select`) is asked in two steps: first
for the ids of its rows (`first_step`), then as it stands, over views in which each part is narrowed
to those ids (`narrowed`, the macros of `warehouse/sql/_among.sql`).

Why that is the same answer: a narrowed view has every row whose ids were found, and perhaps others,
but each as the whole view has it; and the query's own WHERE, ORDER BY and LIMIT are applied
again. So a part of a view may be narrowed only by an id of the very row that it is a part of, and
where an id is not the row's alone, the rows themselves by the others too.

Pure: trees and values in, trees and SQL out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from warehouse.asked import named_columns
from warehouse.plain_select import asks_plainly, plain_macro, plain_view
from warehouse.trees import Tree

MOST_ROWS = 1000
"""The texts of a thousand releases lie in most of what there is to read."""
_FEW = 200
"""Up to so many ids a scan compares each row with one by one. The newest 200, 500, 1000 of a
million releases take 1.9, 4.1, 7.0 s of CPU so, and 1.3, 2.5, 2.6 by a join; 50 take 1.0 either
way, but 50 revisions 0.8 and 1.2."""


@dataclass(frozen=True, slots=True)
class _Late:
    """How the rows of a view or macro are found first."""

    asked: str
    """What is asked for them: the same rows with the ids below."""
    ids: Mapping[str, tuple[str, ...]]
    """By macro that narrows, the columns whose values it lets through, first one that is never
    NULL."""
    optional: frozenset[str] = frozenset()
    """Of those, what may be NULL all the same: nothing is joined by it then."""
    newest_by: str | None = None
    """The column by which the newest are sought among the newest looks first
    (`_among_times`): to find them among all takes long."""


_RELEASE = {"_among_releases": ("release_id",), "_among_texts": ("text_id",)}
_REVISION = {
    "_among_releases": ("release_id",),
    "_among_revisions": ("revision_id",),
    "_among_texts": ("text_id", "before_text_id"),
}
_URL = {"_among_releases": ("release_id",), "_among_urls": ("url",)}
_READING = {
    "_among_revisions": ("revision_id",),
    "_among_readings": ("reading_id",),
    "_among_texts": ("text_id",),
}
_TEASER = {
    "_among_rows": ("row_id",),
    "_among_captures": ("capture_id",),
    "_among_times": ("seen_at",),
    "_among_readings": ("reading_id",),
    "_among_tickers": ("ticker_id",),
    "_among_urls": ("leads_to",),
    "_among_headlines": ("headline",),
}
_VIEWS = {
    "releases": _Late("_releases", _RELEASE),
    "release_urls": _Late("release_urls", _URL),
    "revisions": _Late("revisions", _REVISION),
    "readings": _Late("_readings_kept", _READING),
    "teasers": _Late("_teasers", _TEASER, frozenset({"leads_to"}), newest_by="seen_at"),
}
"""Those that gain by it: of the others the first fifty rows take about as long as their ids. None
has an order of its own."""
_MACROS = {
    "releases_as_of": _Late("_releases_as_of", _RELEASE),
    "releases_valid_at": _Late("_releases_valid_at", _RELEASE),
    "revisions_as_of": _Late("revisions_as_of", _REVISION),
    "revisions_valid_at": _Late("revisions_valid_at", _REVISION),
}


@dataclass(frozen=True, slots=True)
class FirstStep:
    """A query for the ids of the rows that another will show."""

    tree: Tree
    late: _Late

    @property
    def source(self) -> str:
        """The view or macro that it asks."""
        return self.late.asked

    @property
    def may_be_newest(self) -> bool:
        """Whether the newest rows answer it, if there are as many as it asks for: they are what it
        asks for, or any will do."""
        if self.late.newest_by is None:
            return False
        *orders, _ = self.tree["node"]["modifiers"]
        if not orders:
            return True
        first = orders[0]["orders"][0]
        by = str(first["expression"]["column_names"][-1]).lower()
        return bool(by == self.late.newest_by and first["type"] == "DESCENDING")

    @property
    def most_rows(self) -> int:
        """How many it asks for."""
        return int(self.tree["node"]["modifiers"][-1]["limit"]["value"]["value"])


def first_step(tree: Tree) -> FirstStep | None:
    """What to ask before a query that was found harmless; None: nothing, since it is not plain, has
    its rows by their ids already, or shows nothing else of them."""
    node = tree["node"]
    if tree["named_param_map"] or not asks_plainly(node, MOST_ROWS):
        return None
    table = node["from_table"]
    late = _VIEWS.get(plain_view(table) or "") or _MACROS.get(plain_macro(table) or "")
    if late is None:
        return None
    ids = _columns(late)
    chosen_by = named_columns({"where": node["where_clause"]})
    if chosen_by is None or chosen_by & set(ids):
        return None
    source = _named(table, late.asked)
    first = {**tree, "node": {**node, "select_list": [*map(_column, ids)], "from_table": source}}
    enough, wanted = named_columns(first), named_columns(tree)
    if enough is None or (wanted is not None and wanted - {source["alias"].lower()} <= enough):
        return None
    return FirstStep(first, late)


def narrowed(step: FirstStep, rows: Sequence[tuple[Any, ...]]) -> Mapping[str, str] | None:
    """By macro of `_among.sql`, the condition that lets these rows of a first step through; None
    where one of them has no id to be known by."""
    names = _columns(step.late)
    found = {name: {row[place] for row in rows} for place, name in enumerate(names)}
    always = {first for first, *_ in step.late.ids.values()} - step.late.optional
    if any(None in found[name] for name in always):
        return None
    if any("\0" in str(value) for values in found.values() for value in values):
        return None  # SQL cannot say it
    return {
        macro: _is_among(set().union(*(found[name] for name in columns)) - {None})
        for macro, columns in step.late.ids.items()
    }


def among_newest(since: datetime) -> Mapping[str, str]:
    """What lets only looks since then through."""
    return {"_among_times": f"id >= {_literal(since)}"}


def _is_among(values: set[Any]) -> str:
    """That `id` is one of these. For `in` a scan reads the other columns of all rows whose id lies
    between two of them; of a function it asks first, and reads what passes.

    >>> _is_among({"b", "it's"})
    "id between 'b' and 'it''s' and list_contains(['b', 'it''s'], id)"
    """
    if not values:
        return "false"
    listed = [_literal(one) for one in sorted(values)]
    if len(listed) > _FEW:
        return f"id in ({', '.join(listed)})"
    return f"id between {listed[0]} and {listed[-1]} and list_contains([{', '.join(listed)}], id)"


def _literal(value: str | datetime) -> str:
    if isinstance(value, datetime):
        return f"'{value.isoformat()}'::timestamptz"
    return "'" + value.replace("'", "''") + "'"


def _columns(late: _Late) -> tuple[str, ...]:
    return tuple(name for columns in late.ids.values() for name in columns)


def _column(name: str) -> Tree:
    return {
        "class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "query_location": 0,
        "column_names": [name],
    }  # fmt: skip


def _named(table: Tree, name: str) -> Tree:
    """The FROM of this view or macro instead, called as the other was."""
    if table["type"] == "BASE_TABLE":
        alias = table["alias"] or table["table_name"]
        return {**table, "table_name": name, "alias": alias}
    called = table["function"]
    alias = table["alias"] or called["function_name"]
    return {**table, "function": {**called, "function_name": name}, "alias": alias}
