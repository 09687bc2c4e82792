"""What people are shown of the warehouse, as plain values: a release, the state of sources."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from warehouse.duck import Place, connect_for
from warehouse.errors import WarehouseError, WarehouseMissingError
from warehouse.lookup import LOOKUPS, find_release

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
    language, kind, status, status_since, first_seen_at, last_seen_at, last_changed_at,
    duplicate_of, duplicate_kind, cluster_id
from releases where release_id = $1
"""
_REVISIONS = """
select revision, change_class, flapping, appeared_late, reverts_to, seen_at, changed_after,
    words_added, words_removed, announced, published_on, headline, paragraphs, revision_id
from revisions where release_id = $1 order by revision
"""
_NEIGHBOURS = """
select
    if(release_id = $1, other_id, release_id) as release_id, kind, jaccard, containment,
    contained_id = $1 as contained, paragraph_from, paragraph_to, word_from, word_to, cosine
from neighbours
where release_id = $1 or other_id = $1
order by jaccard desc, containment desc, release_id
limit $2
"""
_RELATIVE = "select headline, published_on, url from releases where release_id = $1"
_SHOWN_NEIGHBOURS = 50
_URLS = "select url, role from release_urls where release_id = $1 order by role, url"


class NoSuchRevisionError(WarehouseError):
    """A release has fewer revisions; the message says which it has."""


def source_states(place: Place) -> dict[str, Document]:
    """last_success, releases, last_changed_at and open_incidents of each source that ran."""
    try:
        connection = connect_for(place, _SOURCES)
    except WarehouseMissingError:
        return {}
    try:
        return {row["source_id"]: row for row in _rows(connection, _SOURCES)}
    finally:
        connection.close()


def release_document(place: Place, said: str, revision: int | None) -> Document:
    """A release, its revisions, and the text of one of them (None: the newest).

    Raises NoSuchReleaseError and NoSuchRevisionError.
    """
    connection = connect_for(place, *LOOKUPS, _RELEASE, _REVISIONS, _URLS, _NEIGHBOURS, _RELATIVE)
    try:
        release_id = find_release(connection, said)
        (release,) = _rows(connection, _RELEASE, release_id)
        revisions = list(_rows(connection, _REVISIONS, release_id))
        urls = list(_rows(connection, _URLS, release_id))
        relatives = list(_relatives(connection, release_id))
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
        "neighbours": relatives,
        "revision": wanted,
        "revisions": [
            {key: value for key, value in one.items() if key not in ("headline", "paragraphs")}
            for one in revisions
        ],
        "paragraphs": shown["paragraphs"],
    }


def _relatives(connection: duckdb.DuckDBPyConnection, release_id: str) -> Iterator[Document]:
    """The releases that this one is tied to, the most alike first, each with why."""
    for tie in list(_rows(connection, _NEIGHBOURS, release_id, _SHOWN_NEIGHBOURS)):
        (found,) = _rows(connection, _RELATIVE, tie["release_id"])
        yield {
            "release_id": tie["release_id"],
            "kind": tie["kind"],
            "why": why_tied(tie),
            "jaccard": _short(tie["jaccard"]),
            "containment": _short(tie["containment"]),
            "cosine": _short(tie["cosine"]),
            **found,
        }


def _short(share: float | None) -> float | None:
    return None if share is None else round(share, 3)


def why_tied(tie: Document) -> str:
    """One sentence on a tie as a release sees it: kind, share of words, place of the passage.

    >>> why_tied({"kind": "teaser", "containment": 0.917, "contained": True,
    ...           "paragraph_from": 2, "paragraph_to": 2, "word_from": 40, "word_to": 88})
    '92 % of this text stands there, in paragraph 2 (words 40 to 88)'
    """
    kind = tie["kind"]
    if kind == "exact":
        return "the same text"
    if kind in ("teaser", "update"):
        held = f"{tie['containment']:.0%}".replace("%", " %")
        place = ""
        if tie["paragraph_from"] is not None:
            first, last = tie["paragraph_from"], tie["paragraph_to"]
            many = f"paragraphs {first} to {last}" if last > first else f"paragraph {first}"
            place = f", in {many} (words {tie['word_from']} to {tie['word_to']})"
        more = "; the later one says more" if kind == "update" else ""
        if tie["contained"]:
            return f"{held} of this text stands there{place}{more}"
        return f"{held} of that text stands here{place}{more}"
    if kind == "translation":
        near = f"{tie['cosine']:.2f}"
        return f"proposed: perhaps the same in another language (cosine {near}), not checked"
    alike = f"{tie['jaccard']:.0%} of both wordings is common".replace("%", " %")
    return alike if kind == "near" else f"{alike}, but a number, date or name differs"


_CHANGES = """
with wanted as materialized (
    select
        seen_at, recorded_at, source_id, release_id, revision, revision_id, change_class, headline,
        published_on, words_added, words_removed, announced, backdated, appeared_late, flapping,
        changed_after
    from revisions where {where}
),
told as (
    select
        revision_id,
        arg_max(
            {{'field': field, 'kind': kind, 'op': op, 'before': before, 'after': after}},
            (
                case when op = 'move' then 0
                    when kind in ('number', 'date', 'name', 'quote', 'negation') then 3
                    when kind = 'paragraph' then 2 else 1 end,
                op = 'replace',
                -seq
            )
        ) as telling
    from changes
    where revision_id in (select revision_id from wanted)
    group by revision_id
)
select r.seen_at, r.recorded_at, r.source_id, r.release_id, r.revision, r.change_class, r.headline,
    r.published_on, r.words_added, r.words_removed, r.announced, r.backdated, r.appeared_late,
    r.flapping, r.changed_after,
    t.telling.field as field, t.telling.kind as kind, t.telling.op as op,
    t.telling.before as before, t.telling.after as after
from wanted as r
left join told as t on t.revision_id = r.revision_id
order by r.seen_at desc, r.release_id, r.revision desc
"""
_WANTED = {
    "since": "seen_at >= $since",
    "recorded_since": "recorded_at >= $recorded_since",
    "source_id": "source_id = $source_id",
    "change_class": "change_class = $change_class",
}


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Which revisions are asked for; None: all."""

    since: datetime | None = None
    """By `seen_at`."""
    recorded_since: datetime | None = None
    """By arrival."""
    source_id: str | None = None
    change_class: str | None = None
    flapping: bool = True
    """Whether changes between two texts that stand there by turns are asked for too."""


def recent_changes(place: Place, wanted: ChangeFilter) -> list[Document]:
    """What happened, newest first: one row a revision, with its most telling change."""
    asked = {name: value for name in _WANTED if (value := getattr(wanted, name)) is not None}
    where = [
        _WANTED[name] for name in asked
    ]  # what is not asked for would hide the rest from DuckDB
    if not wanted.flapping:
        where.append("not flapping")
    query = _CHANGES.format(where=" and ".join(where) or "true")
    connection = connect_for(place, query)
    try:
        return list(_documents(connection.execute(query, asked)))
    finally:
        connection.close()


_STATES = """
select revision, headline, published_on, paragraphs, seen_at, changed_after, announced,
    announced_how, backdated, change_class, language, source_id
from revisions where release_id = $1 order by revision
"""


@dataclass(frozen=True, slots=True)
class RevisionPair:
    """Two revisions of one release, oldest first, as they are compared."""

    release_id: str
    url: str | None
    before: Document
    after: Document
    """Columns of `revisions`."""


def revision_pair(place: Place, said: str, first: int | None, last: int | None) -> RevisionPair:
    """The revisions to compare; without numbers the last two.

    Raises NoSuchReleaseError and NoSuchRevisionError.
    """
    connection = connect_for(place, *LOOKUPS, _RELEASE, _STATES)
    try:
        release_id = find_release(connection, said)
        (release,) = _rows(connection, _RELEASE, release_id)
        revisions = list(_rows(connection, _STATES, release_id))
    finally:
        connection.close()
    count = len(revisions)
    if last is None and first is None and count < 2:
        raise NoSuchRevisionError(f"{release_id} has one revision: there is nothing to compare")
    last = count if last is None else last
    first = last - 1 if first is None else first
    for number in (first, last):
        if not 1 <= number <= count:
            raise NoSuchRevisionError(
                f"{release_id} has revisions 1 to {count}, there is no {number}"
            )
    return RevisionPair(release_id, release["url"], revisions[first - 1], revisions[last - 1])


def _rows(
    connection: duckdb.DuckDBPyConnection, query: str, *parameters: object
) -> Iterator[Document]:
    return _documents(connection.execute(query, list(parameters)))


def _documents(cursor: duckdb.DuckDBPyConnection) -> Iterator[Document]:
    names = [column[0] for column in cursor.description or ()]
    return (dict(zip(names, row, strict=True)) for row in cursor.fetchall())
