"""Whether a parsed query (`json_serialize_sql`) is one plain SELECT: some first rows of one table,
each shown by values of its own. Pure.

Every object of the tree is compared with what a plain one holds; what is not known is not plain.
"""

from typing import Any

from warehouse.asked import named_columns
from warehouse.trees import Tree

_SELECT: Tree = {
    "type": "SELECT_NODE", "cte_map": {"map": []}, "group_expressions": [], "group_sets": [],
    "aggregate_handling": "STANDARD_HANDLING", "having": None, "sample": None, "qualify": None,
}  # fmt: skip
_TABLE: Tree = {"type": "BASE_TABLE", "sample": None, "column_name_alias": [], "at_clause": None}
_CALL: Tree = {
    "type": "TABLE_FUNCTION", "sample": None, "column_name_alias": [],
    "with_ordinality": "WITHOUT_ORDINALITY",
}  # fmt: skip
_STAR: Tree = {
    "class": "STAR", "type": "STAR", "alias": "", "replace_list": [], "rename_list": [],
    "columns": False, "expr": None,
}  # fmt: skip
_VARYING = {
    "SELECT_NODE": {"modifiers", "select_list", "from_table", "where_clause"},
    "BASE_TABLE": {"alias", "query_location", "schema_name", "table_name", "catalog_name"},
    "TABLE_FUNCTION": {"alias", "query_location", "function"},
    "STAR": {"query_location", "relation_name", "exclude_list", "qualified_exclude_list"},
}
"""What may be as it likes in objects of a kind, beside what the above say."""
_VALUES = frozenset(
    {"COLUMN_REF", "CONSTANT", "COMPARISON", "CONJUNCTION", "BETWEEN", "CAST", "OPERATOR"}
)
_OPERATORS = frozenset(
    {
        "COMPARE_IN", "COMPARE_NOT_IN", "OPERATOR_NOT", "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL",
        "OPERATOR_COALESCE",
    }
)  # fmt: skip
_SPOKEN = """
    current_catalog current_date current_role current_schema current_time current_timestamp
    current_user localtime localtimestamp session_user user
"""
_FUNCTIONS = """
    ~~ !~~ ~~* !~~* ~~~ like_escape ilike_escape not_like_escape not_ilike_escape ^@
    regexp_matches regexp_full_match regexp_extract regexp_replace contains starts_with ends_with
    prefix suffix lower upper lcase ucase trim ltrim rtrim left right substring substr split_part
    replace concat || length len strlen strip_accents position strpos
    + - * / // % abs round floor ceil greatest least
    date_trunc datetrunc date_part datepart year quarter month week day dayofweek isodow hour
    strftime date_diff datediff list_contains list_has array_contains array_has array_length
"""
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT"})
NO_COLUMNS = frozenset(_SPOKEN.split())
"""What is parsed as a column and may be a function, whose value is another at another time."""
PURE = frozenset(_FUNCTIONS.split())
"""Those of `sql_functions` that give one value of one row, the same however often asked."""


def asks_plainly(node: Tree, most_rows: int) -> bool:
    """Whether a SELECT shows at most so many first rows of its FROM, each by values of its own."""
    if not _is_only(node, _SELECT) or not node["modifiers"]:
        return False
    *orders, limit = node["modifiers"]
    shown, where = node["select_list"], node["where_clause"]
    if not _is_limit(limit, most_rows) or not all(map(_is_order, orders)):
        return False
    if where is not None and not _is_plain(where):
        return False
    if not all(_is_only(one, _STAR) if one["class"] == "STAR" else _is_plain(one) for one in shown):
        return False
    # an alias could be what the rows are chosen by, in place of the column of its name
    chosen_by = named_columns({"where": where, "orders": orders})
    return chosen_by is not None and not chosen_by & {one["alias"].lower() for one in shown}


def plain_view(table: Tree) -> str | None:
    """The name, in lower case, of the view that is all of a FROM."""
    if table["type"] != "BASE_TABLE" or not _is_only(table, _TABLE):
        return None
    return str(table["table_name"]).lower()


def plain_macro(table: Tree) -> str | None:
    """The name, in lower case, of the macro of constants that is all of a FROM."""
    if table["type"] != "TABLE_FUNCTION" or not _is_only(table, _CALL):
        return None
    called = table["function"]
    return str(called["function_name"]).lower() if all(map(_is_fixed, called["children"])) else None


def _is_only(item: Tree, said: Tree) -> bool:
    """Whether an object of the tree is this, but for what may vary in its kind."""
    varying = _VARYING[said["type"]]
    return bool({key: value for key, value in item.items() if key not in varying} == said)


def _is_fixed(value: Tree) -> bool:
    """Whether it is a constant, perhaps cast."""
    inner = value["child"] if value["class"] == "CAST" else value
    return bool(inner["class"] == "CONSTANT")


def _is_limit(modifier: Tree, most_rows: int) -> bool:
    if modifier["type"] != "LIMIT_MODIFIER" or modifier["offset"] is not None:
        return False
    limit = modifier["limit"]
    if not limit or limit["class"] != "CONSTANT" or limit["value"]["type"]["id"] not in _WHOLE:
        return False  # of 5.0 the tree says 50
    rows = limit["value"].get("value")
    return isinstance(rows, int) and not isinstance(rows, bool) and 0 < rows <= most_rows


def _is_order(modifier: Tree) -> bool:
    if modifier["type"] != "ORDER_MODIFIER":
        return False
    by = [one["expression"] for one in modifier["orders"]]
    return all(one["class"] == "COLUMN_REF" and _is_plain(one) for one in by)


def _is_plain(item: Any) -> bool:
    """Whether all that an expression holds is of the kinds that give one value of one row, always
    the same, and look nowhere else."""
    if isinstance(item, list):
        return all(map(_is_plain, item))
    if not isinstance(item, dict):
        return True
    return _is_plain_itself(item) and all(map(_is_plain, item.values()))


def _is_plain_itself(item: Tree) -> bool:
    kind = item.get("class")
    if kind == "FUNCTION":
        placed = item["schema"] or item["catalog"]  # `r.headline.lower()` has its column there
        special = item["filter"] is not None or item["distinct"] or item["order_bys"]["orders"]
        return item["function_name"] in PURE and not placed and not special
    if kind == "COLUMN_REF":
        return item["column_names"][-1].lower() not in NO_COLUMNS
    if kind == "OPERATOR":
        return item["type"] in _OPERATORS
    return kind is None or kind in _VALUES
