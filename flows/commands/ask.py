"""Commands that only ask: `status`, `sql`, `show`."""

from datetime import datetime
from typing import Any

from flows.commands.shared import OK, Options, settings_of
from flows.effects import utc_now
from flows.output import print_document, print_rows, print_table
from flows.settings import Watched
from flows.timetable import late_s, next_run
from warehouse.query import run_query
from warehouse.readmodel import release_document, source_states


def sql(options: Options, query: str, fmt: str) -> int:
    """One SELECT over the views."""
    with run_query(settings_of(options).place, query) as result:
        print_table(result, fmt)
    return OK


def status(options: Options, fmt: str) -> int:
    """What is watched, last success, next run, open incidents."""
    settings = settings_of(options)
    states = source_states(settings.place)
    now = utc_now()
    rows = [_status_row(one, states.get(one.source.id, {}), now) for one in settings.watched]
    print_rows(list(rows[0]) if rows else ["source_id"], [tuple(row.values()) for row in rows], fmt)
    return OK


def _status_row(one: Watched, state: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "source_id": one.source.id,
        "name": one.source.name,
        "releases": state.get("releases") or 0,
        "last_success": state.get("last_success"),
        "last_changed_at": state.get("last_changed_at"),
        "schedule": one.schedule,
        "next_run": next_run(one.schedule, one.source.timezone, now),
        "late_s": late_s(one.schedule, one.source.timezone, state.get("last_success"), now),
        "open_incidents": state.get("open_incidents") or 0,
    }


def show(options: Options, release: str, revision: int | None, fmt: str) -> int:
    """A release, its revisions and the text of one."""
    print_document(release_document(settings_of(options).place, release, revision), fmt)
    return OK
