"""Questions about `lake.X`, asked of one snapshot whose files are read directly.

DuckLake takes 5 to 60 ms of CPU for each table of each question, most where there is no row; a
check of the whole warehouse asks a hundred.
"""

from typing import Protocol

import duckdb

from warehouse.pinned import Pinned, create_tables_of, over_pinned, tables_in


class Asked(Protocol):
    """What answers questions about `lake.X`: a connection, or a `Snapshot`."""

    def execute(self, query: str, parameters: object = ...) -> duckdb.DuckDBPyConnection:
        """The answer, to be fetched."""


class Snapshot:
    """Answers from the tables as they were pinned; a file is opened when its table is first named.

    Raises duckdb.Error when one is gone or cannot be read.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, tables: Pinned) -> None:
        self._connection, self._tables = connection, tables
        self._made: set[str] = set()

    def execute(self, query: str, parameters: object = None) -> duckdb.DuckDBPyConnection:
        """The answer to a question written for the lake."""
        new = set(tables_in(query)) & self._tables.keys() - self._made
        if new:
            create_tables_of(self._connection, self._tables, sorted(new))
            self._made |= new
        return self._connection.execute(over_pinned(query), parameters)
