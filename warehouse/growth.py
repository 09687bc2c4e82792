"""How much there is of everything, and how fast it becomes more: each upkeep leaves its figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from warehouse.evidence import evidence_of
from warehouse.parts import Part, read_parts
from warehouse.place import Place
from warehouse.rows import Row
from warehouse.store import Store

EVIDENCE = "evidence"
_MONTH = timedelta(days=30)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Holding:
    """How much there is of one table, or of evidence."""

    name: str
    rows: int | None
    """None: of evidence, whose records are not counted."""
    files: int
    length_bytes: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier upkeep left."""

    recorded_at: datetime
    rows: dict[str, int]
    length_bytes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Growth:
    """How much more there is of one thing than there was."""

    holding: Holding
    rows_more: int | None
    """None: no earlier figure, or of evidence."""
    bytes_more: int | None
    bytes_a_month: int | None
    """If it goes on so; None: no earlier figure, or one of less than a day ago."""


def holdings(store: Store, place: Place) -> list[Holding]:
    """What each table holds, by name, and last the evidence that rows name: not what waits for its
    removal."""
    tables = store.connection.execute(
        "select table_name, file_count, file_size_bytes from ducklake_table_info('lake') "
        "order by table_name"
    ).fetchall()
    with store.reading():
        held = [Holding(name, store.count(name), files, size) for name, files, size in tables]
        parts = read_parts(store.connection)
    return [*held, _evidence(place, parts)]


def _evidence(place: Place, parts: Sequence[Part]) -> Holding:
    named = {part.stored_in for part in parts}
    sizes = [size for name, size in evidence_of(place).sizes() if name in named]
    return Holding(EVIDENCE, None, len(sizes), sum(sizes))


def read_earlier(connection: duckdb.DuckDBPyConnection, now: datetime) -> Earlier | None:
    """The figures to compare with: the newest that are a month old, else the oldest there are."""
    row = connection.execute(
        """
        select recorded_at, row_counts, length_bytes from lake.upkeep_log
        order by recorded_at <= $1 desc, if(recorded_at <= $1, -1, 1) * epoch_us(recorded_at)
        limit 1
        """,
        [now - _MONTH],
    ).fetchone()
    return Earlier(row[0], dict(row[1]), dict(row[2])) if row else None


def growth(held: Sequence[Holding], earlier: Earlier | None, now: datetime) -> list[Growth]:
    """Each holding against what it was; a table that was not there had nothing."""
    return [_growth(one, earlier, now) for one in held]


def _growth(one: Holding, earlier: Earlier | None, now: datetime) -> Growth:
    if earlier is None:
        return Growth(one, None, None, None)
    age = now - earlier.recorded_at
    bytes_more = one.length_bytes - earlier.length_bytes.get(one.name, 0)
    return Growth(
        one,
        None if one.rows is None else one.rows - earlier.rows.get(one.name, 0),
        bytes_more,
        round(bytes_more * (_MONTH / age)) if age >= _A_DAY else None,
    )


def upkeep_row(run_id: str, held: Sequence[Holding], recorded_at: datetime) -> Row:
    """A row of `upkeep_log`."""
    return {
        "run_id": run_id,
        "row_counts": [(one.name, one.rows) for one in held if one.rows is not None],
        "file_counts": [(one.name, one.files) for one in held],
        "length_bytes": [(one.name, one.length_bytes) for one in held],
        "recorded_at": recorded_at,
    }
