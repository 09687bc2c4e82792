"""DuckDB connections: extensions from installed wheels, the lake attached, no download."""

import importlib.util
import logging
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from warehouse.buckets import access_from
from warehouse.errors import (
    DISK_FULL,
    SchemaTooNewError,
    SchemaTooOldError,
    WarehouseError,
    WarehouseMissingError,
    is_full,
)
from warehouse.pinned import SCHEMA, Pinned, create_tables_of, pin, sql_type
from warehouse.place import Place as Place
from warehouse.schema import ROW_GROUP_ROWS, SCHEMA_VERSION, TABLES, Table
from warehouse.views import columns_of, create_views

_LOG = logging.getLogger(__name__)

_SMALL_LAKE_BYTES = 16 * 1024 * 1024
"""A question of so few bytes is answered before a second thread has begun to help."""


def extension_path(name: str) -> Path:
    """Where the wheel `duckdb-extension-<name>` put its library for this DuckDB version."""
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    if spec is None or spec.origin is None:
        raise WarehouseError(
            f"the package duckdb-extension-{name.replace('_', '-')} is not installed; "
            "run `make install`"
        )
    root = Path(spec.origin).parent / "extensions" / f"v{duckdb.__version__}"
    path = root / f"{name}.duckdb_extension"
    if not path.exists():
        raise WarehouseError(
            f"duckdb-extension-{name.replace('_', '-')} does not fit duckdb {duckdb.__version__}; "
            "both must have the same version: run `make install`"
        )
    return path


def connect_bare() -> duckdb.DuckDBPyConnection:
    """An in-memory connection in UTC that never fetches an extension."""
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            # Ours come by path from the wheels of the lock, which holds their hashes. To hash 70 MB
            # again at every start costs 0.6 s of CPU; without it both load in 6 ms.
            "allow_unsigned_extensions": "true",
        }
    )
    connection.execute("set TimeZone = 'UTC'")
    # No file is written twice. To read its footer anew for each question took 40 of the 85 ms that
    # a question about one of a million releases was planned in.
    connection.execute("set parquet_metadata_cache = true")
    # It is on by default and, from two seconds on, writes into the data on stdout.
    connection.execute("set enable_progress_bar = false")
    return connection


def attach_writer(place: Place) -> duckdb.DuckDBPyConnection:
    """A connection that may append; the lake may be without tables yet. Hold the lock."""
    for folder in (place.root, place.evidence, place.staging):
        folder.mkdir(parents=True, exist_ok=True)
    if not place.scaled:
        place.files.mkdir(exist_ok=True)
    connection = _attach(place, read_only=False)
    connection.execute("set python_scan_all_frames = true")  # for the tables that `append` names
    return connection


def connect_reader(place: Place, asking: str | None = None) -> duckdb.DuckDBPyConnection:
    """A read-only connection with the views and macros of the contract in its main schema.

    `asking`: only those that these words name; None: all of them, which takes a few times as long.
    It sees the warehouse as it is now, whatever is committed later; do not keep it for days.
    """
    connection, tables = open_reader(place)
    create_views(connection, tables, asking)
    return connection


def connect_for(place: Place, *queries: str) -> duckdb.DuckDBPyConnection:
    """The same for these queries alone: what they cannot mean is not made."""
    connection, tables = open_reader(place)
    columns = columns_of(connection, queries)
    create_views(connection, tables, "\n".join(queries), columns)
    return connection


def open_reader(place: Place) -> tuple[duckdb.DuckDBPyConnection, Pinned]:
    """A read-only connection without views, and the tables as they are now."""
    if not place.exists:
        raise WarehouseMissingError(
            f"there is no warehouse in {place.said} yet; `pressdiff run` makes one"
        )
    connection = _attach(place, read_only=True)
    tables = pin(connection, place)
    if "schema_versions" not in tables:
        raise WarehouseMissingError(
            f"the warehouse in {place.said} is empty; `pressdiff run` fills it"
        )
    _check_version(connection, tables, place)
    return connection, tables


def _attach(place: Place, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    connection = connect_bare()
    # DuckLake asks its catalog many small questions, over each of which idle threads spend as much
    # CPU again: a run that finds nothing new takes 0.2 s with one thread, 0.4 with two.
    connection.execute("set threads = 1")
    load_extension(connection, "ducklake")
    options = [
        f"data_path {quoted(place.data_path)}",
        "override_data_path true",
        "data_inlining_row_limit 0",
    ]
    if read_only:
        options.append("read_only")
    if place.postgres is None:
        load_extension(connection, "sqlite_scanner")
        options += ["meta_journal_mode 'WAL'", "meta_busy_timeout 10000"]
        catalog = f"sqlite:{place.catalog}"
    else:
        assert place.bucket is not None
        load_extension(connection, "postgres_scanner")
        load_extension(connection, "httpfs")
        connection.execute(access_from().secret_sql(place.bucket))
        catalog = f"postgres:{place.postgres}"
    try:
        connection.execute(f"attach {quoted(f'ducklake:{catalog}')} as lake ({', '.join(options)})")
    except duckdb.Error as error:
        connection.close()
        raise _not_attached(place, error) from error
    row = connection.execute(
        "select sum(file_size_bytes) > $1 "
        "from __ducklake_metadata_lake.ducklake_data_file where end_snapshot is null",
        [_SMALL_LAKE_BYTES],
    ).fetchone()
    if row and row[0]:
        use_all_cores(connection)
    return connection


def use_all_cores(connection: duckdb.DuckDBPyConnection) -> None:
    """Answer with as many threads as there are cores, from now on."""
    connection.execute("reset threads")


def _not_attached(place: Place, error: duckdb.Error) -> WarehouseError:
    said = _first_line(error)
    if place.scaled and "creating a new DuckLake is explicitly disabled" in said:
        return WarehouseMissingError(
            f"there is no warehouse in {place.said} yet; `pressdiff run` makes one"
        )
    if is_full(said):
        return WarehouseError(DISK_FULL)
    name = "in PostgreSQL" if place.scaled else place.catalog
    return WarehouseError(f"cannot open the warehouse catalog {name}: {said}")


def let_go(connection: duckdb.DuckDBPyConnection) -> None:
    """Close a connection, whose transaction may be open and whose server may be gone.

    Closing rolls back, and if PostgreSQL cannot be told, DuckDB ends the process with `terminate
    called after throwing an instance of 'duckdb::Exception'`.
    """
    roll_back(connection)
    connection.close()


def roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    """End a transaction without a trace. One whose server is gone, or that a failed COMMIT ended,
    has none left: the reason for rolling back is the error to tell of."""
    try:
        connection.execute("rollback")
    except duckdb.Error as error:
        _LOG.debug("nothing was rolled back: %s", _first_line(error))


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load one of DuckDB's extensions from its wheel."""
    connection.execute(f"load {quoted(str(extension_path(name)))}")


def has_tables(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the tables were made yet."""
    try:
        connection.execute("select 1 from lake.schema_versions limit 0")
    except duckdb.CatalogException:
        return False
    return True


def create_tables(connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Make every table of the schema; the caller commits."""
    connection.execute(f"call lake.set_option('parquet_row_group_size', {ROW_GROUP_ROWS})")
    connection.execute("call lake.set_option('parquet_compression', 'zstd')")
    for table in TABLES:
        create_table(connection, table)
    connection.execute(
        "insert into lake.schema_versions values (?, ?, ?)",
        [SCHEMA_VERSION, version("pressdiff"), now],
    )


def create_table(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Make one table of the schema; the caller commits."""
    columns = ", ".join(
        f"{c.name} {sql_type(c.type)}{'' if c.nullable else ' not null'}" for c in table.columns
    )
    connection.execute(f"create table lake.{table.name} ({columns})")
    sort_table(connection, table)


def sort_table(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Say in which order a table's files are written from now on; the caller commits."""
    if table.sorted_by:
        connection.execute(
            f"alter table lake.{table.name} set sorted by ({', '.join(table.sorted_by)})"
        )


def set_layouts(connection: duckdb.DuckDBPyConnection) -> None:
    """Say how the files of each table are written that are not as usual; the caller commits. Not
    in the transaction that makes the tables: DuckLake refuses."""
    for table in TABLES:
        usual = ROW_GROUP_ROWS, None
        for name, value, default in zip(
            ("parquet_row_group_size", "parquet_compression_level"),
            (table.row_group_rows, table.zstd_level), usual, strict=True,
        ):  # fmt: skip
            if value != default:
                connection.execute(
                    f"call lake.set_option('{name}', {value}, table_name => {quoted(table.name)})"
                )


def schema_version(connection: duckdb.DuckDBPyConnection, tables: str = "lake") -> int:
    """The schema that the warehouse has."""
    row = connection.execute(f"select max(version) from {tables}.schema_versions").fetchone()
    assert row is not None
    return int(row[0])


def _check_version(connection: duckdb.DuckDBPyConnection, tables: Pinned, place: Place) -> None:
    """Raise SchemaTooNewError or SchemaTooOldError when the views do not fit the tables."""
    create_tables_of(connection, tables, ["schema_versions"])
    written = schema_version(connection, SCHEMA)
    if needs_upgrade(written, place.said):
        raise SchemaTooOldError(
            f"the warehouse in {place.said} was written by an older pressdiff (schema {written}, "
            f"now {SCHEMA_VERSION}); `pressdiff maintain` brings it up to date"
        )


def needs_upgrade(written: int, said: str) -> bool:
    """Whether a warehouse of this schema version is older than ours.

    `said` names the warehouse. Raises SchemaTooNewError when it is newer.
    """
    if written > SCHEMA_VERSION:
        raise SchemaTooNewError(
            f"the warehouse in {said} has schema {written}, this pressdiff knows "
            f"{SCHEMA_VERSION}; upgrade pressdiff to open it"
        )
    return written < SCHEMA_VERSION


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
