"""Which columns a query can mean, by the tree that DuckDB parsed (`json_serialize_sql`). Pure."""

from typing import Any

_TABLES = ("BASE_TABLE", "SUBQUERY", "TABLE_FUNCTION", "EXPRESSION_LIST", "JOIN")
_ANY_COLUMN = ("PIVOT", "SHOW_REF", "STAR", "POSITIONAL_REFERENCE")
"""Kinds of nodes that stand for columns without naming them."""
_OUR_PLACES = frozenset({"main", "memory"})
"""By which a view may be called in full: `main.releases` as a value is a whole row too."""


def named_columns(tree: dict[str, Any]) -> frozenset[str] | None:
    """Every name, in lower case, by which the query could mean a column; None: it means some
    without naming them (`*`, `columns(...)`, `#1`, a whole row, a natural join, PIVOT, SUMMARIZE)
    or names them anew by their places (`releases as r(a, b)`).

    A column whose name is not among them cannot change the answer.
    """
    names: set[str] = set()
    alone: set[str] = set()
    tables: set[str] = set()
    pending: list[Any] = [tree]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending += item
            continue
        if not isinstance(item, dict):
            continue
        if item.get("type") in _ANY_COLUMN or item.get("class") in _ANY_COLUMN:
            return None
        if item.get("ref_type") == "NATURAL" or item.get("column_name_alias"):
            return None
        if item.get("type") in _TABLES:
            said = (item.get("alias"), item.get("table_name"), _function_name(item))
            tables |= {str(name).lower() for name in said if name}
            names |= {str(name).lower() for name in item.get("using_columns") or ()}
        parts = [str(part).lower() for part in _parts(item)]
        names |= set(parts)
        if parts and _OUR_PLACES.issuperset(parts[:-1]):
            alone.add(parts[-1])
        pending += item.values()
    # a table's name alone is its whole row
    return None if alone & tables else frozenset(names)


def _parts(item: dict[str, Any]) -> list[Any]:
    """What a node has between dots that may be a column; `r.headline.lower()` is parsed as a
    function of schema `headline` in catalog `r`."""
    if item.get("class") == "COLUMN_REF":
        return list(item["column_names"])
    if item.get("class") == "FUNCTION":
        return [part for part in (item["catalog"], item["schema"]) if part]
    return []


def _function_name(item: dict[str, Any]) -> Any:
    """What a macro in FROM is called, by which its whole row may be meant."""
    return (item.get("function") or {}).get("function_name")
