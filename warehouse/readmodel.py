"""What people are shown of the warehouse, as plain values: a release, the state of sources."""

from collections.abc import Iterator
from typing import Any

import duckdb

from warehouse.duck import Place, connect_reader
from warehouse.errors import WarehouseError
from warehouse.lookup import find_release

Document = dict[str, Any]

_SOURCES = """
with seen as (
    select c.source_id, max(r.finished_at) as last_success
    from coverage as c join runs as r on r.run_id = c.run_id
    where c.parsed > 0 or c.unchanged > 0 or c.failed = 0
    group by c.source_id
),
held as (
    select source_id, count(*) as releases, max(last_changed_at) as last_changed_at
    from releases group by source_id
),
waiting as (
    select source_id, count(*) as open_incidents from incidents
    where closed_at is null group by source_id
)
select s.source_id, s.last_success, h.releases, h.last_changed_at, w.open_incidents
from seen as s
left join held as h on h.source_id = s.source_id
left join waiting as w on w.source_id = s.source_id
"""

_RELEASE = """
select release_id, source_id, url, headline, published_on, published_text, event_on, place,
    language, kind, status, status_since, first_seen_at, last_seen_at, last_changed_at
from releases where release_id = $1
"""
_REVISIONS = """
select revision, change_class, reverts_to, seen_at, changed_after, words_added, words_removed,
    published_on, headline, paragraphs, revision_id
from revisions where release_id = $1 order by revision
"""
_URLS = "select url, role from release_urls where release_id = $1 order by role, url"


class NoSuchRevisionError(WarehouseError):
    """A release has fewer revisions; the message says which it has."""


def source_states(place: Place) -> dict[str, Document]:
    """last_success, releases, last_changed_at and open_incidents of each source that ran."""
    if not place.exists:
        return {}
    connection = connect_reader(place)
    try:
        return {row["source_id"]: row for row in _rows(connection, _SOURCES)}
    finally:
        connection.close()


def release_document(place: Place, said: str, revision: int | None) -> Document:
    """A release, its revisions, and the text of one of them (None: the newest).

    Raises NoSuchReleaseError and NoSuchRevisionError.
    """
    connection = connect_reader(place)
    try:
        release_id = find_release(connection, said)
        (release,) = _rows(connection, _RELEASE, release_id)
        revisions = list(_rows(connection, _REVISIONS, release_id))
        urls = list(_rows(connection, _URLS, release_id))
    finally:
        connection.close()
    wanted = len(revisions) if revision is None else revision
    if not 1 <= wanted <= len(revisions):
        raise NoSuchRevisionError(
            f"{release_id} has revisions 1 to {len(revisions)}, there is no {wanted}"
        )
    shown = revisions[wanted - 1]
    return {
        **release,
        "headline": shown["headline"],
        "published_on": shown["published_on"],
        "urls": urls,
        "revision": wanted,
        "revisions": [
            {key: value for key, value in one.items() if key not in ("headline", "paragraphs")}
            for one in revisions
        ],
        "paragraphs": shown["paragraphs"],
    }


def _rows(
    connection: duckdb.DuckDBPyConnection, query: str, *parameters: object
) -> Iterator[Document]:
    cursor = connection.execute(query, list(parameters))
    names = [column[0] for column in cursor.description or ()]
    return (dict(zip(names, row, strict=True)) for row in cursor.fetchall())
