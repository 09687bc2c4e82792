"""Whether a parsed query asks only what a user may ask. Pure: a tree in, a refusal or nothing.

The tree is DuckDB's own (`json_serialize_sql`). It is walked whole, with the CTEs in scope at each
node: a table must be one of our views or such a CTE, a function one of ours or of the allow-list,
and a kind of node we do not know is refused, for it might carry a table or a function.
"""

import re
from dataclasses import dataclass
from typing import Any

from warehouse.errors import QueryError
from warehouse.sql_functions import FUNCTIONS, TABLE_FUNCTIONS

_EXPRESSIONS = frozenset(
    {
        "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT",
        "FUNCTION", "LAMBDA", "OPERATOR", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY", "WINDOW",
    }
)  # fmt: skip
_NODES = frozenset(
    {
        "SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE",
        "BASE_TABLE", "EMPTY", "EXPRESSION_LIST", "JOIN", "PIVOT", "SHOW_REF", "SUBQUERY",
        "TABLE_FUNCTION",
        "DISTINCT_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "ORDER_MODIFIER",
        "ORDER_DEFAULT", "ASCENDING", "DESCENDING", "ORDER_ASCENDING", "ORDER_DESCENDING",
    }
)  # fmt: skip
"""Queries, table references, modifiers, orders."""
_CATALOGS = ("", "memory")
"""Where our views live: the connection's own database."""
_SCHEMAS = ("", "main")
_MADE = re.compile(r"^create or replace (view|macro) (\w+)(?:\(.*\) as (table\b)?)?", re.M)

Scope = frozenset[str]
Item = tuple[Any, Scope]


@dataclass(frozen=True, slots=True)
class Names:
    """What the SQL files of `warehouse/sql` offer; names that begin with `_` are internal."""

    views: frozenset[str]
    table_macros: frozenset[str]
    scalar_macros: frozenset[str]

    @property
    def described(self) -> str:
        """All that a FROM may name, as a list for a person."""
        macros = [f"{name}(ts)" for name in sorted(self.table_macros)]
        return ", ".join([*sorted(self.views), *macros])


def public_names(sql: str) -> Names:
    """What a text of `create or replace view|macro` statements offers to users.

    >>> public_names("create or replace macro f(ts) as table\\n  from a;")
    Names(views=frozenset(), table_macros=frozenset({'f'}), scalar_macros=frozenset())
    """
    made = [found for found in _MADE.findall(sql) if not found[1].startswith("_")]
    return Names(
        frozenset(name for what, name, _ in made if what == "view"),
        frozenset(name for what, name, table in made if what == "macro" and table),
        frozenset(name for what, name, table in made if what == "macro" and not table),
    )


def check_tree(tree: dict[str, Any], names: Names) -> None:
    """Raise QueryError unless the tree of one SELECT asks only for what `names` and the
    allow-list offer."""
    pending: list[Item] = [(tree, frozenset())]
    while pending:
        item, scope = pending.pop()
        if isinstance(item, list):
            pending += [(one, scope) for one in item]
        elif isinstance(item, dict):
            pending += _step(item, scope, names)


def _step(item: dict[str, Any], scope: Scope, names: Names) -> list[Item]:
    """Check one object of the tree; what is below it, with the CTEs each part sees."""
    kind = _kind(item)
    below = dict(item)
    found: list[Item] = []
    if "cte_map" in item:
        ctes, scope = _ctes(below.pop("cte_map"), scope)
        found += ctes
    if kind == "RECURSIVE_CTE_NODE":
        found.append((below.pop("right"), scope | {item["cte_name"].lower()}))
    elif kind == "BASE_TABLE":
        _check_table(item, scope, names)
    elif kind == "SHOW_REF":
        _check_show(item, names)
    elif kind == "TABLE_FUNCTION":
        function = below.pop("function")
        _check_table_function(function, names)
        found.append(({**function, "function_name": None}, scope))
    elif item.get("function_name") is not None:
        _check_function(item["function_name"], names)
    found += [(value, scope) for value in below.values()]
    return found


def _kind(item: dict[str, Any]) -> str | None:
    kind = item.get("type")
    if "class" in item:
        known = item["class"] in _EXPRESSIONS
        if item["class"] == "PARAMETER":
            raise QueryError(
                "the query has a parameter (? or $name), but takes no values; write them out"
            )
    else:
        known = not isinstance(kind, str) or kind in _NODES or kind.endswith("_TYPE_INFO")
    if not known:
        raise QueryError(f"the query uses {kind}, which is no part of a plain SELECT")
    return kind if isinstance(kind, str) else None


def _ctes(cte_map: dict[str, Any], scope: Scope) -> tuple[list[Item], Scope]:
    """What the CTEs hold, each seeing those before it, and the scope after them."""
    found: list[Item] = []
    for entry in cte_map["map"]:
        found.append((entry["value"], scope))
        scope |= {entry["key"].lower()}
    return found, scope


def _check_table(item: dict[str, Any], scope: Scope, names: Names) -> None:
    catalog, schema, table = item["catalog_name"], item["schema_name"], item["table_name"]
    if item["at_clause"] is not None:
        raise QueryError(
            f"the query asks for {table} AT another time; "
            "write `from releases_as_of(ts)` or `from revisions_as_of(ts)`"
        )
    if not catalog and not schema and table.lower() in scope:
        return
    if catalog in _CATALOGS and schema in _SCHEMAS and table.lower() in names.views:
        return
    whole = ".".join(part for part in (catalog, schema, table) if part)
    hint = _hint(table, names.views | scope)
    raise QueryError(
        f"the query names the table {whole}{hint}; only these can be asked: {names.described}"
    )


def _check_show(item: dict[str, Any], names: Names) -> None:
    if item["query"] is None:
        table = item["table_name"].strip('"')
        raise QueryError(
            f"the query is a SHOW of {table}; these can be asked: {names.described}; "
            "`describe releases` shows the columns of one"
        )


def _check_table_function(function: dict[str, Any], names: Names) -> None:
    name = str(function.get("function_name")).lower()
    plain = function.get("catalog") in _CATALOGS and function.get("schema") in _SCHEMAS
    if plain and name in TABLE_FUNCTIONS | names.table_macros:
        return
    hint = _hint(name, TABLE_FUNCTIONS | names.table_macros)
    raise QueryError(
        f"the query reads from {name}(){hint}; FROM may call only "
        f"{', '.join(sorted(names.table_macros | TABLE_FUNCTIONS))}"
    )


def _check_function(name: str, names: Names) -> None:
    if name.lower() in FUNCTIONS | names.scalar_macros:
        return
    if name.lower() in names.table_macros:
        raise QueryError(f"{name} gives a table, so it belongs in FROM: `from {name}(ts)`")
    raise QueryError(
        f"the query calls {name}(){_hint(name, FUNCTIONS)}; only functions that compute a value "
        "from their arguments can be called, none that reads files, settings or the catalog"
    )


def _hint(name: str, known: frozenset[str]) -> str:
    from difflib import get_close_matches  # only when something is wrong

    near = get_close_matches(name.lower(), sorted(known), 1, cutoff=0.75)
    return f" (did you mean {near[0]}?)" if near and near[0] != name.lower() else ""
