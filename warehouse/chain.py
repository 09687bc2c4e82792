"""Tamper evidence: each commit's rows are digested and linked to the commit before.

A table's digest is the sha-256 of its rows' sorted hex digests (`row_digest.py`); a link, the
sha-256 of `link_text`. Whoever has a link, say from a manifest that was timestamped, can prove what
the warehouse held then. The bytes of evidence are covered by `looks.digest`.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from warehouse.errors import WarehouseError
from warehouse.row_digest import digester, microseconds, row_digest_sql
from warehouse.rows import Row
from warehouse.schema import BY_NAME, TABLES
from warehouse.snapshot import Asked

UNCHAINED = (
    "schema_versions", "chain_log", "signatures", "signature_keys", "embeddings", "embedding_pairs",
    "look_days", "edit_log", "gap_log", "revision_readings",
)  # fmt: skip
"""Tables that no link covers: what is no run's, the chain itself, and what can be computed anew
from the others at any time."""


MARK_BYTES = 4
"""Of each row's digest, kept beside the link: enough to tell the one row that was altered from the
others of its commit, which the digest of all of them cannot; nobody takes them for a proof."""


@dataclass(frozen=True, slots=True)
class RowSet:
    """What a commit appended to one table."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Link:
    """One commit in the chain."""

    position: int
    """From 1."""
    run_id: str
    recorded_at: datetime
    previous: str | None
    """The link before; None for the first."""
    tables: Mapping[str, RowSet]
    """Those that were appended to."""
    link: str
    """The digest of all that."""


def link_text(
    position: int, run_id: str, recorded_at: datetime, previous: str | None,
    tables: Mapping[str, RowSet],
) -> str:  # fmt: skip
    """What a link is the digest of.

    >>> from warehouse.row_digest import EPOCH
    >>> print(link_text(1, "r", EPOCH, None, {"looks": RowSet(2, "ab")}))
    pressdiff chain 1
    position 1
    run r
    recorded_at 0
    previous -
    looks 2 ab
    """
    lines = [
        "pressdiff chain 1",
        f"position {position}",
        f"run {run_id}",
        f"recorded_at {microseconds(recorded_at)}",
        f"previous {previous or '-'}",
    ]
    lines += [f"{name} {one.rows} {one.digest}" for name, one in sorted(tables.items())]
    return "\n".join(lines)


def make_link(
    position: int, run_id: str, recorded_at: datetime, previous: str | None,
    tables: Mapping[str, RowSet],
) -> Link:  # fmt: skip
    """The link of a commit."""
    text = link_text(position, run_id, recorded_at, previous, tables)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Link(position, run_id, recorded_at, previous, tables, digest)


def row_set(row_digests: Iterable[str]) -> RowSet:
    """The rows of one table as a set.

    >>> row_set(["b", "a"]) == row_set(["a", "b"])
    True
    """
    found = sorted(row_digests)
    return RowSet(len(found), hashlib.sha256("".join(found).encode()).hexdigest())


def row_marks(row_digests: Iterable[str]) -> bytes:
    """The first bytes of each row's digest, sorted, one after the other.

    >>> row_marks(["ffffffff01", "0000000a02"]).hex()
    '0000000affffffff'
    """
    return b"".join(sorted(bytes.fromhex(one[: 2 * MARK_BYTES]) for one in row_digests))


class Appended:
    """The digests of the rows of a transaction under way."""

    def __init__(self) -> None:
        self._runs: dict[datetime, str] = {}
        self._digests: dict[datetime, dict[str, list[str]]] = {}

    def marks(self, recorded_at: datetime) -> dict[str, bytes]:
        """The marks of the rows that carry a time, by table."""
        return {name: row_marks(all_) for name, all_ in self._digests[recorded_at].items()}

    def add(self, table: str, rows: Iterable[Row]) -> None:
        """Remember rows appended, by the time they carry."""
        if table in UNCHAINED:
            return
        digest = digester(BY_NAME[table])
        for row in rows:
            at = row["recorded_at"]
            if "run_id" in row:
                self._runs.setdefault(at, row["run_id"])
            self._digests.setdefault(at, {}).setdefault(table, []).append(digest(row))

    def __bool__(self) -> bool:
        return bool(self._digests)

    def links(self, last: tuple[int, str | None, datetime | None]) -> list[Link]:
        """The links to append after the last one, which is given as position, link and time.

        Raises WarehouseError when rows carry a time that is not after it.
        """
        position, previous, newest = last
        links: list[Link] = []
        for at, tables in sorted(self._digests.items()):
            if newest is not None and at <= newest:
                raise WarehouseError(
                    f"rows recorded at {at.isoformat()} came after those of {newest.isoformat()}; "
                    "a commit's time has to be later than the one before"
                )
            position += 1
            sets = {name: row_set(digests) for name, digests in tables.items()}
            links.append(make_link(position, self._runs.get(at, "-"), at, previous, sets))
            previous, newest = links[-1].link, at
        return links


def link_row(one: Link, marks: Mapping[str, bytes]) -> Row:
    """A row of `chain_log`."""
    return {
        "position": one.position,
        "run_id": one.run_id,
        "recorded_at": one.recorded_at,
        "previous": one.previous,
        "row_counts": sorted((name, found.rows) for name, found in one.tables.items()),
        "row_digests": sorted((name, found.digest) for name, found in one.tables.items()),
        "link": one.link,
        "row_marks": sorted(marks.items()),
    }


def read_links(connection: Asked) -> list[Link]:
    """The chain as it is recorded, oldest first."""
    rows: list[tuple[Any, ...]] = connection.execute(
        "select position, run_id, recorded_at, previous, row_counts, row_digests, link "
        "from lake.chain_log order by position, recorded_at"
    ).fetchall()
    return [
        Link(
            position, run_id, at, previous,
            {name: RowSet(counts.get(name, 0), digest) for name, digest in digests.items()},
            link,
        )
        for position, run_id, at, previous, counts, digests, link in rows
    ]  # fmt: skip


def rows_of_commits(connection: Asked, since: datetime) -> dict[datetime, dict[str, RowSet]]:
    """What the lake holds of every commit from a time on, digested anew.

    A redacted row counts by the digest that was kept of it. Ask within a transaction.
    """
    found: dict[datetime, dict[str, RowSet]] = {}
    redacted = connection.execute("select distinct table_name from lake.redacted_rows").fetchall()
    for table in TABLES:
        if table.name in UNCHAINED:
            continue
        rows = f"select recorded_at as stamp, {row_digest_sql(table)} as digest "
        rows += f"from lake.{table.name} where recorded_at >= $1"
        if (table.name,) in redacted:  # which costs three times as much
            rows += f"""
                union all select row_recorded_at, row_digest from lake.redacted_rows
                where table_name = '{table.name}' and row_recorded_at >= $1"""
        sets = connection.execute(
            "select stamp, count(*), sha256(string_agg(digest, '' order by digest)) "
            f"from ({rows}) group by stamp",
            [since],
        ).fetchall()
        for stamp, count, digest in sets:
            found.setdefault(stamp, {})[table.name] = RowSet(count, digest)
    return found
