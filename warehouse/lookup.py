"""Finds the release a person means: an id, a unique prefix of one, or a URL."""

import duckdb

from warehouse.errors import WarehouseError

_SHOWN = 5

_BY_URL = """
select release_id from release_urls where url = $1
union
select release_id from captures where url = $1 and release_id is not null
order by release_id
"""
_BY_PREFIX = """
select release_id from releases
where release_id >= lower($1) and release_id < lower($1) || 'g'
order by release_id
"""
"""A range is looked for in the files' statistics; ids are hexadecimal."""
LOOKUPS = (_BY_URL, _BY_PREFIX)
"""What `find_release` asks."""


class NoSuchReleaseError(WarehouseError):
    """Nothing, or more than one release, is called so; the message lists what is."""


def find_release(connection: duckdb.DuckDBPyConnection, said: str) -> str:
    """The release id that `said` names. Raises NoSuchReleaseError."""
    query = _BY_URL if ":" in said or "/" in said else _BY_PREFIX
    rows = connection.execute(query, [said]).fetchall() if said else []
    if not rows:
        raise NoSuchReleaseError(
            f"no release is called {said!r}; "
            'pressdiff sql "select release_id, headline from releases" lists them'
        )
    if len(rows) > 1:
        shown = ", ".join(row[0] for row in rows[:_SHOWN])
        more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
        raise NoSuchReleaseError(f"{said!r} names {len(rows)} releases: {shown}{more}")
    found: str = rows[0][0]
    return found
