"""Incidents after they were opened: what waits, and how they end."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from warehouse.duck import Place, connect_for
from warehouse.errors import WarehouseError
from warehouse.holding import incident_row
from warehouse.known_live import HeldLook, KnownIncident
from warehouse.model import StagedLook
from warehouse.rows import Stamp
from warehouse.store import Store

HOLDING_KINDS = ("mass_change", "one_body", "layout")
"""Incidents that hold looks back."""

_LISTED = """
select i.incident_id, i.source_id, i.kind, i.opened_at, i.closed_at, i.decision,
    len(i.urls) as urls, i.detail
from incidents as i
where $all or i.closed_at is null
order by i.closed_at is not null, i.opened_at desc, i.incident_id
"""
_BY_ID = """
select incident_id, source_id, closed_at from incidents where starts_with(incident_id, lower($1))
order by incident_id
"""


class NoSuchIncidentError(WarehouseError):
    """No incident, more than one, or one that is closed, is called so; the message says which."""


def listed_incidents(place: Place, *, closed: bool) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and rows of the open incidents, newest first; with `closed` of all."""
    connection = connect_for(place, _LISTED)
    try:
        result = connection.execute(_LISTED, {"all": closed})
        return [one[0] for one in result.description or ()], result.fetchall()
    finally:
        connection.close()


def find_incident(place: Place, said: str) -> tuple[str, str]:
    """The id of the open incident that a person names, and its source. Raises
    NoSuchIncidentError."""
    connection = connect_for(place, _BY_ID)
    try:
        rows = connection.execute(_BY_ID, [said]).fetchall() if said else []
    finally:
        connection.close()
    if not rows:
        raise NoSuchIncidentError(
            f"no incident is called {said!r}; `pressdiff incidents` lists those that are open"
        )
    if len(rows) > 1:
        raise NoSuchIncidentError(f"{said!r} names {len(rows)} incidents: say more of its id")
    incident_id, source_id, closed_at = rows[0]
    if closed_at is not None:
        raise NoSuchIncidentError(f"incident {incident_id} was closed on {closed_at:%Y-%m-%d}")
    return incident_id, source_id


def close_incident(store: Store, stamp: Stamp, one: KnownIncident, decision: str) -> None:
    """Append that an incident ended. A list accepted as it is now is the next one's measure."""
    closed = replace(one, closed_at=stamp.recorded_at, decision=decision)
    store.append("incident_log", [incident_row(closed, stamp)])
    if one.kind == "listing" and one.key:
        store.append(
            "listing_log",
            [
                {
                    "source_id": one.source_id,
                    "url": one.key,
                    "items": 0,
                    "deep": False,
                    "complete": False,
                    **stamp.columns,
                }
            ],
        )


def close_repaired(store: Store, stamp: Stamp, source_ids: Iterable[str]) -> list[str]:
    """Close the incidents that hold nothing back any more; a sentence for each."""
    told: list[str] = []
    for source_id in source_ids:
        waiting = [
            one
            for one in store.incidents(source_id)
            if one.closed_at is None and one.kind in HOLDING_KINDS
        ]
        if not waiting:
            continue
        held = set(store.held_captures(one.incident_id for one in waiting).values())
        for one in waiting:
            if one.incident_id not in held:
                close_incident(store, stamp, one, "repaired")
                told.append(f"{source_id}: incident {one.incident_id} is repaired")
    return told


def held_again(one: HeldLook, source_id: str, read: StagedLook | None) -> StagedLook:
    """A held look to be decided; `read`: what today's parser reads in its bytes, if it was
    asked."""
    return StagedLook(
        capture_id=one.capture_id,
        source_id=source_id,
        url=one.url,
        captured_at=one.captured_at,
        digest=one.digest,
        length_bytes=None,
        warc_file=None,
        warc_offset=None,
        parser_version=read.parser_version if read else one.parser_version,
        reading_id=one.reading_id,
        reading=read.reading if read else None,
        text=read.text if read else None,
        http_status=one.http_status,
        address=one.address,
        link_text=one.link_text,
        held=True,
    )
