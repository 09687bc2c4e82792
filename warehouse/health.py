"""How a warehouse fares: the last run of each source, and the bytes of each part of its folder."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from warehouse.duck import Place, connect_for

_LAST = """
with last as (
    select c.source_id, arg_max(c, (r.finished_at, r.run_id)) as c,
        max(r.finished_at) as finished_at
    from coverage as c join runs as r on r.run_id = c.run_id
    group by c.source_id
)
select source_id, finished_at, c.run_id, c.listed, c.fetched, c.failed, c.never_fetched from last
"""
_OUTCOMES = """
select source_id, outcome, count(*) from captures
where (run_id, source_id) in (select (run_id, source_id) from (select unnest($1) as run_id,
    unnest($2) as source_id))
group by source_id, outcome
"""


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last committed run that took a source."""

    run_id: str
    finished_at: datetime
    listed: int
    fetched: int
    failed: int
    waiting: int
    """Pages listed and never looked at."""
    outcomes: Counter[str]
    """Looks by outcome; files that had not changed are no looks."""


def last_runs(place: Place) -> dict[str, LastRun]:
    """The last run of every source that ever ran, by source id."""
    if not place.exists:
        return {}
    connection = connect_for(place, _LAST, _OUTCOMES)
    try:
        rows = connection.execute(_LAST).fetchall()
        outcomes: dict[str, Counter[str]] = {row[0]: Counter() for row in rows}
        asked = [[row[2] for row in rows], [row[0] for row in rows]]
        for source_id, outcome, many in connection.execute(_OUTCOMES, asked).fetchall():
            outcomes[source_id][outcome] = many
    finally:
        connection.close()
    return {
        source_id: LastRun(
            run_id, finished_at, listed, fetched, failed, waiting, outcomes[source_id]
        )
        for source_id, finished_at, run_id, listed, fetched, failed, waiting in rows
    }


def bytes_by_part(root: Path) -> dict[str, int]:
    """Bytes of each folder and file directly below a warehouse's folder, by name.

    What vanishes while it is counted counts nothing.
    """
    if not root.is_dir():
        return {}
    return {one.name: sum(_sizes(one)) for one in sorted(root.iterdir())}


def _sizes(path: Path) -> Iterator[int]:
    for one in (path, *path.rglob("*")):
        try:
            if one.is_file():
                yield one.stat().st_size
        except FileNotFoundError:
            continue
