"""What the lake knows of live sites: moves, states, incidents, what is held. Asked by key."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from warehouse.history.moves import Move
from warehouse.history.states import Presence, State
from warehouse.located import FILE_NOW, LOCATED, OFFSET_NOW


@dataclass(frozen=True, slots=True)
class KnownIncident:
    """An incident as it stands."""

    incident_id: str
    source_id: str
    kind: str
    key: str | None
    detail: str
    urls: tuple[str, ...]
    opened_at: datetime
    closed_at: datetime | None
    decision: str | None
    """accepted, dismissed, repaired or recovered; None: open."""


@dataclass(frozen=True, slots=True)
class SitePage:
    """A release's page, or an address that was found, as a visit needs to know it."""

    url: str
    """Of a release its canonical one."""
    release_id: str | None
    """None: no release was read there yet."""
    first_known_at: datetime
    published_on: date | None
    last_edit_at: datetime | None
    edits: int
    status: str
    """live, missing or withdrawn."""
    last_look_at: datetime | None
    """The last look that was answered by a page or its absence; None: there was none."""
    looks: int
    link_text: str | None


@dataclass(frozen=True, slots=True)
class PageLook:
    """One earlier answer at a URL."""

    captured_at: datetime
    http_status: int
    digest: str | None
    """Of the body; None for a 304."""
    text_digest: str | None
    """Of the text read in it; None where none was."""
    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, slots=True)
class HeldLook:
    """A look that is held back, as the lake has it."""

    capture_id: str
    incident_id: str
    url: str
    captured_at: datetime
    digest: str
    http_status: int | None
    address: str | None
    link_text: str | None
    reading_id: str
    parser_version: str
    """The parser that last read it."""
    is_read: bool
    """Whether that one read a release in it."""


class Asked(Protocol):
    """What these questions need of a store."""

    def match(
        self,
        table: str,
        column: str,
        keys: Iterable[str],
        select: str,
        where: str = "true",
        join: str = "",
        **parameters: object,
    ) -> list[tuple[Any, ...]]:
        """Rows of a table whose column is one of keys."""
        ...


class LiveKnowledge:
    """The part of a store that answers for live sites."""

    def moves(self: Asked, source_id: str) -> list[Move]:
        """Every move of a source."""
        rows = self.match(
            "move_log", "source_id", [source_id], "distinct t.moved_at, t.from_url, t.to_url"
        )
        return [Move(*row) for row in rows]

    def release_states(self: Asked, release_ids: Iterable[str]) -> dict[str, set[State]]:
        """The changes of status of each of these releases that hold today."""
        rows = self.match(
            "state_log", "release_id", release_ids,
            "t.release_id, t.status, t.since, t.capture_id",
            "true qualify row_number() over "
            "(partition by t.release_id, t.since order by t.recorded_at desc) = 1",
        )  # fmt: skip
        found: dict[str, set[State]] = {}
        for release_id, *state in rows:
            found.setdefault(release_id, set())
            if state[0] != "none":
                found[release_id].add(State(*state))
        return found

    def presences(self: Asked, source_id: str, urls: Iterable[str]) -> list[tuple[str, Presence]]:
        """(address, what it says) of every look at one of these addresses on the site."""
        return [
            (row[0], Presence(*row[1:]))
            for row in self.match(
                "looks", "address", urls,
                "t.address, t.captured_at, t.capture_id, t.run_id, "
                "coalesce(s.outcome, t.outcome) as outcome",
                "t.source_id = $source and not starts_with(t.url, 'file:')",
                join=f"left join ({_NEWEST_OUTCOMES}) as s on s.capture_id = t.capture_id",
                source=source_id,
            )
        ]  # fmt: skip

    def incidents(self: Asked, source_id: str) -> list[KnownIncident]:
        """Every incident of a source, as it stands."""
        rows = self.match("incident_log", "source_id", [source_id], _INCIDENT, _NEWEST)
        return [_incident(row) for row in rows]

    def held_captures(self: Asked, incident_ids: Iterable[str]) -> dict[str, str]:
        """The incident of every look still held for one of these."""
        rows = self.match(
            "held_log", "incident_id", incident_ids, "t.capture_id, t.incident_id",
            "not exists (select 1 from lake.redecided as s where s.capture_id = t.capture_id)",
        )  # fmt: skip
        return dict(rows)

    def listing_items(self: Asked, source_id: str) -> dict[str, int]:
        """How many releases each listing of a source named when it was last got."""
        rows = self.match(
            "listing_log", "source_id", [source_id],
            "t.url, arg_max(t.items, t.recorded_at)", "true group by t.url",
        )  # fmt: skip
        return dict(rows)

    def site_pages(self: Asked, source_id: str) -> list[SitePage]:
        """Every address of a source where a release is, was, or may be."""
        rows = self.match(
            "url_log", "source_id", [source_id], _PAGES, _PAGES_WHERE, _PAGES_JOIN,
            source=source_id,
        )  # fmt: skip
        named = self.match("url_log", "source_id", [source_id], "distinct t.url")
        known = {url for (url,) in named}
        found = self.match(
            "found_log", "source_id", [source_id], _FOUND, "true", _FOUND_JOIN, source=source_id
        )
        return [SitePage(*row) for row in (*rows, *(one for one in found if one[0] not in known))]

    def addresses_named(self: Asked, source_id: str) -> set[str]:
        """Every address that a release of a source has or had."""
        return {one for (one,) in self.match("url_log", "source_id", [source_id], "distinct t.url")}

    def addresses_found(self: Asked, source_id: str) -> set[str]:
        """Every address that a list of a source ever named."""
        rows = self.match("found_log", "source_id", [source_id], "distinct t.url")
        return {one for (one,) in rows}

    def page_looks(
        self: Asked, source_id: str, urls: Iterable[str], newest: int = 12
    ) -> dict[str, list[PageLook]]:
        """The newest answers with a body at each of these URLs, in no order.

        Not those in which the source's not-found page or nothing was read: their validators would
        make a 304 of it, and that would claim that the release is there.
        """
        rows = self.match(
            "looks", "url", urls,
            "t.url, t.captured_at, t.http_status, t.digest, x.text_digest, t.etag, "
            "t.last_modified",
            "t.source_id = $source and t.http_status = 200 and t.digest is not null "
            "and t.outcome not in ('incomplete', 'failed', 'held', 'missing', 'unreadable') "
            "qualify row_number() over (partition by t.url order by t.captured_at desc) <= $newest",
            join=f"left join ({_NEWEST_READINGS}) as g on g.reading_id = t.reading_id "
            "left join lake.texts as x on x.text_id = g.text_id",
            source=source_id, newest=newest,
        )  # fmt: skip
        found: dict[str, list[PageLook]] = {}
        for url, *look in rows:
            found.setdefault(url, []).append(PageLook(*look))
        return found

    def bodies(self: Asked, source_id: str, digests: Iterable[str]) -> dict[str, tuple[str, int]]:
        """The evidence file and offset of the record that holds each of these bodies."""
        rows = self.match(
            "looks", "digest", digests,
            f"t.digest, arg_min(({FILE_NOW}, {OFFSET_NOW}), (t.recorded_at, t.warc_offset))",
            "t.source_id = $source and t.warc_file is not null group by t.digest", LOCATED,
            source=source_id,
        )  # fmt: skip
        return {row[0]: (row[1][0], row[1][1]) for row in rows}

    def held_looks(self: Asked, incident_ids: Iterable[str]) -> list[HeldLook]:
        """The looks still held for these incidents, oldest first."""
        rows = self.match(
            "held_log", "incident_id", incident_ids,
            "t.capture_id, t.incident_id, l.url, l.captured_at, l.digest, l.http_status, "
            "l.address, l.link_text, l.reading_id, g.parser_version, g.text_id is not null",
            "not exists (select 1 from lake.redecided as s where s.capture_id = t.capture_id) "
            "qualify row_number() over "
            "(partition by t.capture_id order by g.recorded_at desc, t.recorded_at) = 1 "
            "order by l.captured_at, t.capture_id",
            join="join lake.looks as l on l.capture_id = t.capture_id "
            "join lake.reading_log as g on g.reading_id = l.reading_id",
        )  # fmt: skip
        return [HeldLook(*row) for row in rows]

    def last_deep_walk(self: Asked, source_id: str) -> datetime | None:
        """When every listing of a source was last walked to its end; None: never, or the newest
        walk was not complete."""
        rows = self.match(
            "listing_log", "source_id", [source_id],
            "max(t.recorded_at) filter (where t.deep), "
            "arg_max(t.complete, (t.recorded_at, not t.complete))",  # of a run's lists the worst
            "true group by t.source_id",
        )  # fmt: skip
        return rows[0][0] if rows and rows[0][1] else None


_PAGES = """
    t.url, t.release_id, any_value(s.first_known_at), any_value(r.published_on),
    any_value(r.last_edit_at), coalesce(any_value(r.edits), 0),
    coalesce(any_value(st.status), 'live'), any_value(s.last_look_at),
    coalesce(any_value(s.looks), 0), any_value(s.link_text)
"""
_PAGES_WHERE = """
    t.role = 'canonical' and r.release_id is not null and not exists (
        select 1 from lake.url_log as later
        where later.release_id = t.release_id and later.url = t.url
            and later.recorded_at > t.recorded_at and later.role <> 'canonical'
    )
    group by t.url, t.release_id
"""
_LOOKED = """
    select
        url,
        min(captured_at) as first_known_at,
        max(captured_at) filter (
            where outcome not in ('failed', 'incomplete', 'refused')
        ) as last_look_at,
        count(*) filter (where outcome not in ('failed', 'incomplete', 'refused')) as looks,
        arg_max(link_text, captured_at) as link_text
    from lake.looks
    where source_id = $source
    group by url
"""
_PAGES_JOIN = f"""
    left join ({_LOOKED}) as s on s.url = t.url
    left join (
        select
            l.release_id,
            max(l.seen_at) filter (where l.revision > 1) as last_edit_at,
            max(l.revision) - 1 as edits,
            arg_max(x.published_on, l.revision) as published_on
        from lake.revision_log as l
        join lake.texts as x on x.text_id = l.text_id
        where not exists (select 1 from lake.superseded as p where p.entry_id = l.entry_id)
        group by l.release_id
    ) as r on r.release_id = t.release_id
    left join (
        select release_id, arg_max(status, since) as status
        from (
            select release_id, since, arg_max(status, recorded_at) as status
            from lake.state_log group by release_id, since
        )
        where status <> 'none'
        group by release_id
    ) as st on st.release_id = t.release_id
"""
_NEWEST_READINGS = """
    select reading_id, arg_max(text_id, recorded_at) as text_id
    from lake.reading_log
    where source_id = $source
    group by reading_id
"""
"""As two parsers read the same bytes they are no two answers."""
_FOUND = """
    t.url, null, coalesce(s.first_known_at, t.recorded_at), t.dated_on, null, 0, 'live',
    s.last_look_at, coalesce(s.looks, 0), coalesce(t.link_text, s.link_text)
"""
_FOUND_JOIN = f"left join ({_LOOKED}) as s on s.url = t.url"
_NEWEST_OUTCOMES = """
    select capture_id, arg_max(outcome, recorded_at) as outcome
    from lake.redecided
    group by capture_id
"""
_INCIDENT = (
    "t.incident_id, t.source_id, t.kind, t.key, t.detail, t.urls, t.opened_at, t.closed_at, "
    "t.decision"
)
_NEWEST = (
    "true qualify row_number() over (partition by t.incident_id order by t.recorded_at desc) = 1"
)


def _incident(row: tuple[Any, ...]) -> KnownIncident:
    incident_id, source_id, kind, key, detail, urls, opened_at, closed_at, decision = row
    return KnownIncident(
        incident_id, source_id, kind, key, detail, tuple(urls), opened_at, closed_at, decision
    )
