"""What the lake knows of live sites: moves, states, incidents, what is held. Asked by key."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from warehouse.history.moves import Move
from warehouse.history.states import Presence, State


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
                join="left join lake.settled as s on s.capture_id = t.capture_id",
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
            "not exists (select 1 from lake.settled as s where s.capture_id = t.capture_id)",
        )  # fmt: skip
        return dict(rows)

    def listing_items(self: Asked, source_id: str) -> dict[str, int]:
        """How many releases each listing of a source named when it was last got."""
        rows = self.match(
            "listing_log", "source_id", [source_id],
            "t.url, arg_max(t.items, t.recorded_at)", "true group by t.url",
        )  # fmt: skip
        return dict(rows)


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
