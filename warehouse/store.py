"""The writing side of the lake: one run, one transaction, rows only appended.

Hold the writer's lock around everything here. Parquet files are fsynced before COMMIT, because
DuckLake syncs its catalog only: what the catalog names must already be on the disk.
"""

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from warehouse.captures import sync_folder
from warehouse.chain import Appended, link_row
from warehouse.duck import (
    Place,
    attach_writer,
    create_tables,
    has_tables,
    needs_upgrade,
    schema_version,
)
from warehouse.errors import WarehouseBusyError
from warehouse.history.change import TextState
from warehouse.migrate import keep_copy, upgrade_tables
from warehouse.model import Appearance, KnownRevision, Look, Revision, TextKey
from warehouse.postgres_lock import fence
from warehouse.rows import Row
from warehouse.schema import BY_NAME, SCHEMA_VERSION

_LOG = logging.getLogger(__name__)

MERGE_AFTER_FILES = 100
"""A query over 12,001 files took 102 ms, over 7 took 13 to 30."""

_SMALL_FILE_BYTES = 32 * 1024 * 1024

_REVISION_FIELDS = tuple(field.name for field in fields(Revision))


@dataclass(frozen=True, slots=True)
class KnownReading:
    """What a body was read as, as the lake has it."""

    reading_id: str
    outcome: str
    reason: str | None
    canonical_url: str | None
    key: TextKey | None
    """None when no release was read."""


class Store:
    """An open lake, ready to append. Use `begin`, `append`..., then `commit` or `rollback`."""

    def __init__(self, place: Place, connection: duckdb.DuckDBPyConnection) -> None:
        self.place = place
        self._connection = connection
        self._files_before: set[Path] = set()
        self._appended = Appended()

    @classmethod
    def open(cls, place: Place, now: datetime) -> "Store":
        """The lake at a place, made if there is none, upgraded if it is of an older schema."""
        store = cls(place, attach_writer(place))
        if not has_tables(store._connection):
            store.begin()
            create_tables(store._connection, now)
            store.commit()
        store._upgrade(now)
        return store

    def _upgrade(self, now: datetime) -> None:
        written = schema_version(self._connection)
        if not needs_upgrade(written, self.place.said):
            return
        copy = keep_copy(self.place, written, now)
        self.begin()
        upgrade_tables(self._connection, written, now)
        self.commit()
        _LOG.info("upgraded schema: from=%d to=%d copy=%s", written, SCHEMA_VERSION, copy)

    def close(self) -> None:
        """Let go of the connection; an open transaction is rolled back."""
        self._connection.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Answer the questions of a block from one snapshot: each by itself would load the catalog
        anew, which takes longer than the question."""
        self._connection.execute("begin")
        try:
            yield
        finally:
            self._connection.execute("rollback")

    def begin(self) -> None:
        """Start the run's one transaction."""
        self._files_before = self._parquet_files()
        self._appended = Appended()
        self._connection.execute("begin")
        if self.place.scaled and not fence(self._connection):
            self.rollback()
            raise WarehouseBusyError("another process is writing to this warehouse; run again")

    def rollback(self) -> None:
        """Forget everything since `begin`."""
        self._connection.execute("rollback")

    def commit(self) -> None:
        """Link the rows to those before, sync the new Parquet files and folders, then COMMIT."""
        self._append_links()
        self._sync_new_files()
        self._connection.execute("commit")

    def append(self, table: str, rows: Sequence[Row]) -> None:
        """Append rows to a table; each must have the table's columns."""
        if not rows:
            return
        # Named in the query, not registered: a registered table is held until the transaction ends.
        appended = pa.Table.from_pylist(list(rows), BY_NAME[table].arrow)
        self._connection.execute(f"insert into lake.{table} by name select * from appended")
        del appended
        self._appended.add(table, rows)

    def adopt(self, table: str, batches: "pa.RecordBatchReader") -> int:
        """Append rows of another warehouse with the links they have there; how many."""
        self._connection.register("adopted", batches)
        try:
            row = self._connection.execute(
                f"insert into lake.{table} by name select * from adopted"
            ).fetchone()
        finally:
            self._connection.unregister("adopted")
        return int(row[0]) if row else 0

    def _append_links(self) -> None:
        appended, self._appended = self._appended, Appended()
        if appended:
            self.append("chain_log", [link_row(one) for one in appended.links(self._last_link())])

    def _last_link(self) -> tuple[int, str | None, datetime | None]:
        row = self._connection.execute(
            "select position, link, recorded_at from lake.chain_log order by position desc limit 1"
        ).fetchone()
        return row if row else (0, None, None)

    def next_recorded_at(self, now: datetime) -> datetime:
        """Now, or just after the newest commit's time when the clock stands behind it."""
        newest = self._scalar(
            "select max(greatest(r.newest, c.newest)) "
            "from (select max(recorded_at) as newest from lake.run_log) as r, "
            "(select max(recorded_at) as newest from lake.chain_log) as c"
        )
        return now if newest is None or newest < now else newest + timedelta(microseconds=1)

    def merge_if_due(self) -> None:
        """Merge small Parquet files once a table has gathered MERGE_AFTER_FILES of them."""
        most = self._scalar("select max(file_count) from ducklake_table_info('lake')")
        if most is not None and most >= MERGE_AFTER_FILES:
            # large files wait for `maintain`: else every hundredth run would write all anew
            self.merge(_SMALL_FILE_BYTES)
            _LOG.info("merged small files: most_in_a_table=%d", most)

    def merge(self, max_file_bytes: int | None = None) -> None:
        """Merge every table's Parquet files, those smaller than that alone, in one commit."""
        only = f", max_file_size => {max_file_bytes}" if max_file_bytes else ""
        self.begin()
        try:
            self._connection.execute(f"call ducklake_merge_adjacent_files('lake'{only})")
        except BaseException:
            self.rollback()
            raise
        self.commit()

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection itself, for upkeep."""
        return self._connection

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self._scalar(f"select count(*) from lake.{table}"))

    # What is known, asked for by key. Each takes any number of keys and reads each table once.

    def known_captures(self, capture_ids: Iterable[str]) -> set[str]:
        """Which of these looks the lake has."""
        return {row[0] for row in self._match("looks", "capture_id", capture_ids, "t.capture_id")}

    def newest_digests(self, source_id: str, urls: Iterable[str]) -> dict[str, str]:
        """The digest of the newest look with a body at each of these URLs."""
        rows = self._match(
            "looks", "url", urls, "t.url, arg_max(t.digest, (t.captured_at, t.recorded_at))",
            "t.source_id = $source and t.digest is not null group by t.url", source=source_id,
        )  # fmt: skip
        return dict(rows)

    def first_looks(
        self, source_id: str, digests: Iterable[str]
    ) -> dict[str, tuple[str, datetime]]:
        """The URL and time of the earliest recorded look at each of these digests."""
        rows = self._match(
            "looks", "digest", digests, "t.digest, arg_min((t.url, t.captured_at), t.recorded_at)",
            "t.source_id = $source group by t.digest", source=source_id,
        )  # fmt: skip
        return {digest: (first[0], first[1]) for digest, first in rows}

    def readings(self, reading_ids: Iterable[str]) -> dict[str, KnownReading]:
        """The newest reading of each of these ids that there is."""
        rows = self._match(
            "reading_log", "reading_id", reading_ids,
            "t.reading_id, t.outcome, t.reason, t.canonical_url, x.text_id, x.text_digest, "
            "x.headline_digest, x.body_digest, x.published_on",
            "true qualify row_number() over "
            "(partition by t.reading_id order by t.recorded_at desc) = 1",
            join="left join lake.texts as x on x.text_id = t.text_id",
        )  # fmt: skip
        return {row[0]: _known_reading(row) for row in rows}

    def newest_containers(
        self, source_id: str, parser_version: str, urls: Iterable[str]
    ) -> dict[str, tuple[str, str]]:
        """The reading id and container digest of the newest look that this parser version read
        at each of these URLs."""
        rows = self._match(
            "looks", "url", urls,
            "t.url, arg_max((g.reading_id, g.container_digest), (t.captured_at, t.recorded_at))",
            "t.source_id = $source and g.parser_version = $version "
            "and g.container_digest is not null and g.text_id is not null group by t.url",
            join="join lake.reading_log as g on g.reading_id = t.reading_id",
            source=source_id, version=parser_version,
        )  # fmt: skip
        return {url: (found[0], found[1]) for url, found in rows}

    def known_ids(self, table: str, column: str, ids: Iterable[str]) -> set[str]:
        """Which of these ids stand in a table's column."""
        return {row[0] for row in self._match(table, column, ids, f"t.{column}")}

    def appearances(self, source_id: str, column: str, keys: Iterable[str]) -> list[Appearance]:
        """The appearances of a source whose column is one of keys, as last recorded."""
        rows = self._match(
            "appearance_log", column, keys,
            "t.address, t.text_id, t.text_digest, t.headline_digest, t.body_digest, "
            "t.published_on, t.captured_at, t.digest, t.release_id",
            "t.source_id = $source qualify row_number() over "
            "(partition by t.address, t.text_digest order by t.recorded_at desc) = 1",
            source=source_id,
        )  # fmt: skip
        return [Appearance(row[0], TextKey(*row[1:6]), *row[6:]) for row in rows]

    def releases_of_addresses(self, source_id: str, addresses: Iterable[str]) -> dict[str, str]:
        """The release that each of these URLs names, by whatever role."""
        rows = self._match(
            "url_log", "url", addresses, "t.url, arg_max(t.release_id, t.recorded_at)",
            "t.source_id = $source group by t.url", source=source_id,
        )  # fmt: skip
        return dict(rows)

    def revisions(self, release_ids: Iterable[str]) -> dict[str, list[KnownRevision]]:
        """The revisions of each of these releases that hold today, in order."""
        columns = ", ".join(f"t.{name}" for name in _REVISION_FIELDS)
        rows = self._match(
            "revision_log", "release_id", release_ids, f"t.entry_id, {columns}",
            "not exists (select 1 from lake.superseded as s where s.entry_id = t.entry_id) "
            "order by t.release_id, t.revision",
        )  # fmt: skip
        found: dict[str, list[KnownRevision]] = {}
        for entry_id, *values in rows:
            revision = Revision(*values)
            found.setdefault(revision.release_id, []).append(KnownRevision(entry_id, revision))
        return found

    def looks(self, release_ids: Iterable[str]) -> dict[str, list[Look]]:
        """Every look at these releases that read a text, as assigned today."""
        found: dict[str, list[Look]] = {}
        for row in self._looks("release_id", release_ids):
            found.setdefault(row[0], []).append(Look(*row[1:8]))
        return found

    def looks_of_texts(
        self, source_id: str, text_digests: Iterable[str]
    ) -> list[tuple[str | None, Look]]:
        """(address, look) of every look of a source that read one of these texts."""
        rows = self._looks("text_digest", text_digests)
        return [(row[8], Look(*row[1:8])) for row in rows if row[9] == source_id]

    def paragraphs(self, text_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The body of each of these texts."""
        rows = self._match("texts", "text_id", text_ids, "t.text_id, t.paragraphs")
        return {text_id: tuple(paragraphs) for text_id, paragraphs in rows}

    def states(self, text_ids: Iterable[str]) -> dict[str, TextState]:
        """Of each of these texts, what a reader sees."""
        rows = self._match(
            "texts", "text_id", text_ids, "t.text_id, t.headline, t.published_on, t.paragraphs"
        )
        return {row[0]: TextState(row[1], row[2], tuple(row[3])) for row in rows}

    def compared(self, version: str, text_ids: Iterable[str]) -> set[tuple[str, str]]:
        """The pairs that this classifier version compared whose newer text is one of these."""
        rows = self._match(
            "comparisons", "text_id", text_ids, "t.before_text_id, t.text_id",
            "t.classifier_version = $version", version=version,
        )  # fmt: skip
        return {(row[0], row[1]) for row in rows}

    def _looks(self, column: str, keys: Iterable[str]) -> list[tuple[Any, ...]]:
        wanted = pa.table({"key": pa.array(sorted(set(keys)), pa.string())})
        with self._registered("wanted", wanted):
            return self._connection.execute(
                f"""
                with moved as (
                    select capture_id, arg_max(release_id, recorded_at) as release_id
                    from lake.reassigned group by capture_id
                ),
                read as (
                    select reading_id, parser_version, text_id from lake.reading_log
                    qualify row_number() over
                        (partition by reading_id order by recorded_at desc) = 1
                ),
                placed as (
                    select coalesce(m.release_id, l.release_id) as release_id, l.capture_id,
                        l.captured_at, l.digest, l.url, x.text_id, x.text_digest,
                        g.parser_version, l.address, l.source_id
                    from lake.looks as l
                    join read as g on g.reading_id = l.reading_id
                    join lake.texts as x on x.text_id = g.text_id
                    left join moved as m on m.capture_id = l.capture_id
                    where l.release_id is not null
                )
                select * from placed where {column} in (select key from wanted)
                """
            ).fetchall()

    def _match(
        self,
        table: str,
        column: str,
        keys: Iterable[str],
        select: str,
        where: str = "true",
        join: str = "",
        **parameters: object,
    ) -> list[tuple[Any, ...]]:
        wanted = pa.array(sorted(set(keys)), pa.string())
        if not len(wanted):
            return []
        with self._registered("wanted", pa.table({"key": wanted})):
            # `in` is planned in a third of the time that a semi join takes
            return self._connection.execute(
                f"select {select} from lake.{table} as t {join} "
                f"where t.{column} in (select key from wanted) and {where}",
                parameters or None,
            ).fetchall()

    def _registered(self, name: str, table: pa.Table) -> "_Registered":
        return _Registered(self._connection, name, table)

    def _scalar(self, query: str) -> Any:
        row = self._connection.execute(query).fetchone()
        return row[0] if row else None

    def _parquet_files(self) -> set[Path]:
        """What must be synced is among them; a bucket's objects are safe once they are written."""
        return set() if self.place.scaled else set(self.place.files.rglob("*.parquet"))

    def _sync_new_files(self) -> None:
        new = self._parquet_files() - self._files_before
        for path in new:
            with path.open("rb") as file:
                os.fsync(file.fileno())
        for folder in {parent for path in new for parent in (path.parent, *path.parents)}:
            if folder.is_relative_to(self.place.root):
                sync_folder(folder)


class _Registered:
    """An Arrow table under a name for the length of a block."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
        self._connection, self._name, self._table = connection, name, table

    def __enter__(self) -> None:
        self._connection.register(self._name, self._table)

    def __exit__(self, *_: object) -> None:
        self._connection.unregister(self._name)


def _known_reading(row: tuple[Any, ...]) -> KnownReading:
    reading_id, outcome, reason, canonical_url, *key = row
    return KnownReading(
        reading_id, outcome, reason, canonical_url, TextKey(*key) if key[0] is not None else None
    )
