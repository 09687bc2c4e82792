"""What a monitor should watch of an archive, as gauges; see docs/monitoring.md."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from flows.openmetrics import Gauge
from flows.settings import Watched
from flows.timetable import late_s
from warehouse.health import LastRun

_Sample = tuple[dict[str, str], float]


def gauges(
    watched: tuple[Watched, ...],
    states: Mapping[str, Mapping[str, Any]],
    runs: Mapping[str, LastRun],
    sizes: Mapping[str, int],
    version: str,
    now: datetime,
) -> Iterator[Gauge]:
    """Every metric, in one order. Only watched sources appear.

    `states` is `readmodel.source_states`; `runs` and `sizes` are of `warehouse.health`.
    """
    ids = [one.source.id for one in watched]
    took = {source_id: runs[source_id] for source_id in ids if source_id in runs}
    yield Gauge("pressdiff_build_info", "1, with the version.", [({"version": version}, 1)])
    yield Gauge(
        "pressdiff_written_timestamp_seconds", "When these numbers were taken.",
        [({}, now.timestamp())],
    )  # fmt: skip
    yield Gauge(
        "pressdiff_source_last_success_timestamp_seconds",
        "When the last run that read something of the source was committed.",
        [
            ({"source": one}, at.timestamp())
            for one in ids
            if (at := _of(states, one, "last_success"))
        ],
    )
    yield Gauge(
        "pressdiff_source_late_seconds",
        "Time since the first run that was due after the last success; 0: none was due yet.",
        list(_late(watched, states, now)),
    )
    for name, key, meaning in (
        ("pressdiff_releases", "releases", "Releases in the archive."),
        ("pressdiff_open_incidents", "open_incidents", "Incidents that wait for a person."),
    ):
        samples = [({"source": one}, float(_of(states, one, key) or 0)) for one in ids]
        yield Gauge(name, meaning, samples)
    yield Gauge(
        "pressdiff_last_run_timestamp_seconds", "When the source's last run was committed.",
        [({"source": one}, run.finished_at.timestamp()) for one, run in took.items()],
    )  # fmt: skip
    yield Gauge(
        "pressdiff_last_run_looks", "Looks of the source's last run, by outcome.",
        list(_looks(took)),
    )  # fmt: skip
    yield Gauge(
        "pressdiff_last_run_failed", "Inputs of the last run in which nothing could be read.",
        [({"source": one}, run.failed) for one, run in took.items()],
    )  # fmt: skip
    yield Gauge(
        "pressdiff_waiting_pages", "Pages listed that the last run did not get to.",
        [({"source": one}, run.waiting) for one, run in took.items()],
    )  # fmt: skip
    yield Gauge(
        "pressdiff_warehouse_bytes", "Size of what lies in the warehouse's folder, by part.",
        [({"part": part}, size) for part, size in sizes.items()],
    )  # fmt: skip


def _of(states: Mapping[str, Mapping[str, Any]], source_id: str, key: str) -> Any:
    return states.get(source_id, {}).get(key)


def _late(
    watched: tuple[Watched, ...], states: Mapping[str, Mapping[str, Any]], now: datetime
) -> Iterator[_Sample]:
    for one in watched:
        last = _of(states, one.source.id, "last_success")
        late = late_s(one.schedule, one.source.timezone, last, now)
        if late is not None:
            yield {"source": one.source.id}, late


def _looks(took: Mapping[str, LastRun]) -> Iterator[_Sample]:
    for source_id, run in took.items():
        for outcome, many in sorted(run.outcomes.items()):
            yield {"source": source_id, "outcome": outcome}, many
