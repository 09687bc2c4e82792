"""Which rows of a commit are not as they were: told by the marks kept beside its link."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from warehouse.chain import MARK_BYTES
from warehouse.row_digest import row_digest_sql
from warehouse.schema import Table
from warehouse.snapshot import Asked


def read_marks(connection: Asked, recorded_at: datetime) -> dict[str, bytes] | None:
    """The marks of the rows of a commit, by table; None when none were kept."""
    row = connection.execute(
        "select row_marks from lake.chain_log where recorded_at = $1", [recorded_at]
    ).fetchone()
    return None if row is None or row[0] is None else dict(row[0])


def differing(
    marks: bytes, rows: Iterable[tuple[str, str]], redacted: Iterable[str] = ()
) -> tuple[list[str], list[str]]:
    """Of (name, digest) rows the names of those that no mark fits, and the marks that no row fits.

    >>> from warehouse.chain import row_marks
    >>> kept = row_marks(["aaaaaaaa00", "bbbbbbbb00"])
    >>> differing(kept, [("a", "aaaaaaaa00"), ("c", "cccccccc00")])
    (['c'], ['bbbbbbbb'])
    """
    left = Counter(marks[at : at + MARK_BYTES].hex() for at in range(0, len(marks), MARK_BYTES))
    left.subtract(digest[: 2 * MARK_BYTES] for digest in redacted)
    strange = []
    for name, digest in rows:
        mark = digest[: 2 * MARK_BYTES]
        if left[mark] > 0:
            left[mark] -= 1
        else:
            strange.append(name)
    return strange, [mark for mark, count in left.items() if count > 0]


def named_rows_sql(table: Table, rows: str) -> str:
    """SQL for (what names the row, its digest, recorded_at) of rows of a table, by their keys."""
    names = [name for name in table.key if name != "recorded_at"]
    said = " || ', ' || ".join(f"'{name} ' || coalesce({name}::varchar, 'NULL')" for name in names)
    return (
        f"select {said}, {row_digest_sql(table)}, recorded_at from {rows} "
        f"order by recorded_at, {', '.join(names)}"
    )


def committed_rows(connection: Asked, table: Table, recorded_at: datetime) -> list[tuple[str, str]]:
    """(what names the row, its digest) of each row of a table that a commit appended."""
    rows = f"(from lake.{table.name} where recorded_at = $1)"
    found = connection.execute(named_rows_sql(table, rows), [recorded_at]).fetchall()
    return [(name, digest) for name, digest, _ in found]


def redacted_digests(connection: Asked, table: Table, recorded_at: datetime) -> list[str]:
    """The digests that stand for rows of a commit that were removed by right."""
    rows = connection.execute(
        "select row_digest from lake.redacted_rows where table_name = $1 and row_recorded_at = $2",
        [table.name, recorded_at],
    ).fetchall()
    return [row[0] for row in rows]
