"""What is held back, looked at again: when the parser has changed, or a person has decided."""

import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from importlib.metadata import version

from flows.effects import Effects
from flows.evidence import CHUNK_BODIES, EvidenceReader
from flows.parse_pool import ParsePool
from flows.settings import Settings
from parsers.engine import parser_version
from parsers.model import Source
from warehouse.duck import Place
from warehouse.encoder import installed_encoder
from warehouse.incident_desk import (
    HOLDING_KINDS,
    close_incident,
    find_incident,
    held_again,
)
from warehouse.kept_gaps import keep_gaps
from warehouse.lock import writing
from warehouse.model import KeptBody, StagedLook
from warehouse.recorder import Recorder
from warehouse.rows import Row, Stamp
from warehouse.store import Store
from warehouse.ties import settle_ties


def take_held(store: Store, place: Place, source: Source, pool: ParsePool) -> list[StagedLook]:
    """The held looks of a source that may be decided now, with what today's parser reads in
    them. None while nothing has changed since they were held."""
    waiting = {
        one.incident_id: one
        for one in store.incidents(source.id)
        if one.closed_at is None and one.kind in HOLDING_KINDS
    }
    if not waiting:
        return []
    held = store.held_looks(waiting)
    names = {one.reading_id for one in held}
    bodies = store.bodies_to_read_again(source.id, parser_version(source), names)
    reader = EvidenceReader(store, place, source, pool)
    read = {look.reading_id: look for _, looks in reader.read(_in_chunks(bodies)) for look in looks}
    return [
        held_again(one, source.id, read.get(one.reading_id))
        for one in held
        if one.reading_id in read
        or (one.is_read and waiting[one.incident_id].kind == "layout")  # `reparse` read it since
    ]


def _in_chunks(bodies: list[KeptBody]) -> Iterator[list[KeptBody]]:
    for start in range(0, len(bodies), CHUNK_BODIES):
        yield bodies[start : start + CHUNK_BODIES]


def settle_incident(
    settings: Settings, said: str, decision: str, effects: Effects
) -> tuple[str, Counter[str]]:
    """End an incident as a person decided: `accepted` makes its captures history with their own
    times, `dismissed` keeps them out. Its id, and what came of its captures."""
    place = settings.place
    started_at = effects.now()
    incident_id, source_id = find_incident(place, said)
    with ExitStack() as stack:
        stack.enter_context(
            writing(place, "incidents", settings.lock_wait_s, effects.sleep, effects.say)
        )
        store = Store.open(place, started_at)
        stack.callback(store.close)
        store.begin()
        try:
            stamp = Stamp(_run_id(effects), store.next_recorded_at(effects.now()))
            recorder = Recorder(store, stamp)
            outcomes: Counter[str] = Counter()
            if decision == "accepted":
                looks = [
                    held_again(one, source_id, None) for one in store.held_looks([incident_id])
                ]
                outcomes = recorder.record(source_id, looks, hold=False) if looks else outcomes
            settle_ties(store, recorder.begun, recorder.touched, encoder=installed_encoder())
            (incident,) = [
                one for one in store.incidents(source_id) if one.incident_id == incident_id
            ]
            close_incident(store, recorder.stamp, incident, decision)
            store.append("run_log", [_run_row(recorder.stamp, started_at, outcomes)])
        except BaseException:
            store.rollback()
            raise
        store.commit()
        keep_gaps(store, [source_id])
    return incident_id, outcomes


def _run_id(effects: Effects) -> str:
    return f"{effects.now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def _run_row(stamp: Stamp, started_at: datetime, outcomes: Counter[str]) -> Row:
    return {
        "run_id": stamp.run_id,
        "command": "incidents",
        "started_at": started_at,
        "finished_at": stamp.recorded_at,
        "status": "ok",
        "counts": sorted(outcomes.items()),
        "pressdiff_version": version("pressdiff"),
        "recorded_at": stamp.recorded_at,
    }
