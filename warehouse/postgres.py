"""PostgreSQL asked directly, beside the lake: DuckDB's extension is the client."""

from typing import Any

import duckdb

from warehouse.duck import connect_bare, let_go, load_extension, quoted
from warehouse.errors import WarehouseError

Rows = list[tuple[Any, ...]]


def connect_postgres(dsn: str) -> duckdb.DuckDBPyConnection:
    """A connection that knows the database as `pg`. Raises WarehouseError when it is not reached.

    Within one transaction all is asked of one session.
    """
    connection = connect_bare()
    load_extension(connection, "postgres_scanner")
    try:
        connection.execute(f"attach {quoted(dsn)} as pg (type postgres)")
    except duckdb.Error as error:
        connection.close()
        first = str(error).strip().partition("\n")[0]
        raise WarehouseError(f"the catalog cannot be reached: {first}") from error
    return connection


def ask(connection: duckdb.DuckDBPyConnection, query: str, database: str = "pg") -> Rows:
    """The rows of one SELECT in PostgreSQL's own SQL."""
    return connection.execute(
        f"select * from postgres_query('{database}', {quoted(query)})"
    ).fetchall()


def copy_catalog(dsn: str, name: str) -> None:
    """Copy every table of the catalog into a schema of this name, in one transaction."""
    connection = connect_postgres(dsn)
    try:
        connection.execute("begin")
        tables = ask(
            connection,
            "select tablename from pg_tables where schemaname = 'public' "
            "and tablename like 'ducklake%' order by tablename",
        )
        statements = [f'create schema "{name}"']
        statements += [f'create table "{name}".{one} as table public.{one}' for (one,) in tables]
        for statement in statements:
            connection.execute(f"call postgres_execute('pg', {quoted(statement)})")
        connection.execute("commit")
    finally:
        let_go(connection)
