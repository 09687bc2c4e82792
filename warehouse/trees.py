"""SQL as the tree that DuckDB parses (`json_serialize_sql`), and such a tree as SQL."""

import json
from typing import Any

import duckdb

Tree = dict[str, Any]


def parsed(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    """What DuckDB's parser says of some SQL: `error`, and if that is false the trees of its
    `statements`, which are SELECTs."""
    row = connection.execute("select json_serialize_sql($1::varchar)", [sql]).fetchone()
    assert row is not None
    said: dict[str, Any] = json.loads(row[0])
    return said


def sql_of(connection: duckdb.DuckDBPyConnection, tree: Tree) -> str | None:
    """A tree as SQL; None where that would be parsed as another tree."""
    said = json.dumps({"error": False, "statements": [tree]})
    try:
        row = connection.execute("select json_deserialize_sql($1::json)", [said]).fetchone()
        sql = str(row[0]) if row else ""
        again = parsed(connection, sql)
    except duckdb.Error:
        return None
    is_same = not again["error"] and _unplaced(again["statements"]) == _unplaced([tree])
    return sql if is_same else None


def _unplaced(item: Any) -> Any:
    """A part of a tree without where in the text it stood."""
    if isinstance(item, list):
        return [_unplaced(one) for one in item]
    if isinstance(item, dict):
        return {key: _unplaced(one) for key, one in item.items() if key != "query_location"}
    return item
