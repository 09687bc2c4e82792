"""Commands that only ask: `status`, `sql`, `show`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb

from flows.commands.shared import OK, Options, settings_of
from flows.errors import UsageError
from flows.output import print_document, print_rows, print_table
from flows.settings import Settings, Watched
from warehouse.duck import connect_reader
from warehouse.lookup import find_release
from warehouse.query import run_query


def sql(options: Options, query: str, fmt: str) -> int:
    """One SELECT over the views."""
    with run_query(settings_of(options).place, query) as result:
        print_table(result, fmt)
    return OK


def status(options: Options, fmt: str) -> int:
    """What is watched, last success, next run, open incidents."""
    settings = settings_of(options)
    facts = _source_facts(settings)
    rows = [_status_row(one, facts) for one in settings.watched]
    print_rows(list(rows[0]) if rows else ["source_id"], [tuple(row.values()) for row in rows], fmt)
    return OK


def _source_facts(settings: Settings) -> dict[str, dict[str, Any]]:
    if not settings.place.exists:
        return {}
    connection = connect_reader(settings.place)
    try:
        return {row["source_id"]: row for row in _dicts(connection.execute(_STATUS))}
    finally:
        connection.close()


_STATUS = """
with seen as (
    select c.source_id, max(r.finished_at) as last_success
    from coverage as c join runs as r on r.run_id = c.run_id
    where c.failed = 0 or c.parsed > 0 or c.unchanged > 0
    group by c.source_id
),
held as (
    select source_id, count(*) as releases, max(last_changed_at) as last_changed_at
    from releases group by source_id
),
waiting as (
    select source_id, count(*) as incidents from incidents
    where closed_at is null group by source_id
)
select s.source_id, s.last_success, h.releases, h.last_changed_at, w.incidents
from seen as s
left join held as h on h.source_id = s.source_id
left join waiting as w on w.source_id = s.source_id
"""


def _status_row(one: Watched, facts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    known = facts.get(one.source.id, {})
    return {
        "source_id": one.source.id,
        "name": one.source.name,
        "releases": known.get("releases") or 0,
        "last_success": known.get("last_success"),
        "last_changed_at": known.get("last_changed_at"),
        "schedule": one.schedule,
        "next_run": _next_run(one.schedule),
        "open_incidents": known.get("incidents") or 0,
    }


def _next_run(schedule: str | None) -> datetime | None:
    if schedule is None:
        return None
    from cronsim import CronSim

    return next(CronSim(schedule, datetime.now(UTC)))


def show(options: Options, release: str, revision: int | None, fmt: str) -> int:
    """A release, its revisions and the text of one."""
    connection = connect_reader(settings_of(options).place)
    try:
        release_id = find_release(connection, release)
        found = _show(connection, release_id, revision)
    finally:
        connection.close()
    print_document(found, fmt)
    return OK


def _show(
    connection: duckdb.DuckDBPyConnection, release_id: str, revision: int | None
) -> dict[str, Any]:
    (release,) = _dicts(
        connection.execute("select * from releases where release_id = $1", [release_id])
    )
    revisions = list(
        _dicts(
            connection.execute(
                "select revision, change_class, reverts_to, seen_at, changed_after, published_on, "
                "words_added, words_removed, headline, paragraphs, revision_id from revisions "
                "where release_id = $1 order by revision",
                [release_id],
            )
        )
    )
    urls = [
        row["url"]
        for row in _dicts(
            connection.execute(
                "select url from release_urls where release_id = $1 order by role, url",
                [release_id],
            )
        )
    ]
    wanted = len(revisions) if revision is None else revision
    if not 1 <= wanted <= len(revisions):
        raise UsageError(f"{release_id} has revisions 1 to {len(revisions)}, not {wanted}")
    shown = revisions[wanted - 1]
    facts = {
        name: release[name]
        for name in (
            "release_id", "source_id", "url", "headline", "published_on", "published_text",
            "event_on", "place", "language", "kind", "status", "status_since", "first_seen_at",
            "last_seen_at", "last_changed_at",
        )
    }  # fmt: skip
    facts["headline"] = shown["headline"]
    facts["published_on"] = shown["published_on"]
    return {
        **facts,
        "urls": urls,
        "revision": wanted,
        "revisions": [
            {key: value for key, value in row.items() if key not in ("paragraphs", "headline")}
            for row in revisions
        ],
        "paragraphs": shown["paragraphs"],
    }


def _dicts(cursor: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    names = [column[0] for column in cursor.description or ()]
    return (dict(zip(names, row, strict=True)) for row in cursor.fetchall())
