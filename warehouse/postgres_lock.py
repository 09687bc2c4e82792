"""The writer's lock when the catalog is PostgreSQL: an advisory lock on a connection of its own.

PostgreSQL drops it with the session, however its process dies. The session's application name
says who holds it. It is taken inside a transaction that stays
open, and idle, until the block ends, because DuckDB keeps one session a transaction.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from warehouse.duck import let_go, quoted
from warehouse.postgres import ask, connect_postgres

LOCK_KEY = 7_300_842_911_506_243
"""One warehouse a database; any constant will do that nobody else's lock has."""
FENCE_KEY = LOCK_KEY + 1
"""Taken by each writing transaction in the catalog's own session, so that a writer whose lock was
lost with its connection cannot commit beside the next one."""

_HOLDER = f"""
select a.application_name from pg_locks as l join pg_stat_activity as a on a.pid = l.pid
where l.locktype = 'advisory' and l.granted and l.objsubid = 1
    and l.database = (select oid from pg_database where datname = current_database())
    and (l.classid::bigint << 32) + l.objid::bigint = {LOCK_KEY}
"""


class AdvisoryLock:
    """One attempt after another to hold the lock; closing lets go of it."""

    def __init__(self, dsn: str, purpose: str) -> None:
        self._name = f"pressdiff {purpose}, process {os.getpid()} on {socket.gethostname()}"[:63]
        self._connection = connect_postgres(dsn)

    def attempt(self) -> str | None:
        """None when the lock is ours now; else who holds it."""
        self._connection.execute("begin")
        # this session idles for as long as a run decides, which some servers would end
        for setting, value in (
            ("idle_in_transaction_session_timeout", "0"),
            ("application_name", self._name),
        ):
            ask(self._connection, f"select set_config('{setting}', {quoted(value)}, false)")
        if ask(self._connection, f"select pg_try_advisory_lock({LOCK_KEY})") == [(True,)]:
            return None
        rows = ask(self._connection, _HOLDER)
        self._connection.execute("rollback")
        return rows[0][0] if rows and rows[0][0] else "another process"

    def close(self) -> None:
        """End the session, and the lock with it."""
        let_go(self._connection)


@contextmanager
def advisory_lock(dsn: str, purpose: str) -> Iterator[AdvisoryLock]:
    """The lock, not yet held; let go of at the end of the block."""
    lock = AdvisoryLock(dsn, purpose)
    try:
        yield lock
    finally:
        lock.close()


def fence(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether this writing transaction of the lake is the only one."""
    query = f"select pg_try_advisory_xact_lock({FENCE_KEY})"
    return ask(connection, query, "__ducklake_metadata_lake") == [(True,)]
