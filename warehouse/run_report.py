"""What one committed run brought, as plain values, for whoever is told of it."""

from typing import Any

import duckdb

from warehouse.duck import Place, connect_for

_CHANGES = """
select r.source_id, r.release_id, r.headline, r.revision, r.change_class, r.seen_at,
    r.words_added, r.words_removed, u.url
from revisions as r
join runs as n on n.run_id = $1 and r.recorded_at = n.finished_at
left join releases as u on u.release_id = r.release_id
order by r.change_class = 'first', r.source_id, r.seen_at desc, r.release_id, r.revision
"""
_COVERAGE = """
select source_id, listed, fetched, unchanged, parsed, failed, never_fetched
from coverage where run_id = $1 order by source_id
"""
_INCIDENTS = """
select i.incident_id, i.source_id, i.kind, i.detail, i.opened_at, i.run_id = $1 as is_new
from incidents as i
where i.closed_at is null
    and i.source_id in (select source_id from coverage where run_id = $1)
order by is_new desc, i.opened_at, i.incident_id
"""

Rows = list[dict[str, Any]]


def run_report(place: Place, run_id: str) -> dict[str, Rows]:
    """`changes`, `coverage` and open `incidents` of a committed run and its sources.

    Changes are the revisions it recorded, edits before new releases.
    """
    connection = connect_for(place, _CHANGES, _COVERAGE, _INCIDENTS)
    try:
        return {
            name: _rows(connection, query, run_id)
            for name, query in (
                ("changes", _CHANGES), ("coverage", _COVERAGE), ("incidents", _INCIDENTS),
            )
        }  # fmt: skip
    finally:
        connection.close()


def _rows(connection: duckdb.DuckDBPyConnection, query: str, run_id: str) -> Rows:
    cursor = connection.execute(query, [run_id])
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
