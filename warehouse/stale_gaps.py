"""Whose gaps have to be found anew, and how they differ from those that are kept (`kept_gaps`)."""

from datetime import datetime

import duckdb
import pyarrow as pa

from warehouse.duck import quoted
from warehouse.pinned import Pinned
from warehouse.snapshot import Asked
from warehouse.views import create_views, digest_of

_MARKS = """
select source_id, recorded_at
from (
    select source_id, arg_max(recorded_at, kept) as recorded_at, arg_max(rules, kept) as rules
    from lake.gap_log
    where gap is null
    group by source_id
)
where rules = $1
"""
_SOURCES = "select source_id from lake.looks union select source_id from lake.found_log"
_NEWER = " union all ".join(
    [
        *(
            f"select source_id, recorded_at from lake.{name} where recorded_at > $1"
            for name in ("looks", "found_log", "url_log", "reading_log", "revision_log", "texts")
        ),
        "select r.source_id, s.recorded_at from lake.superseded as s "
        "join lake.revision_log as r on r.entry_id = s.entry_id where s.recorded_at > $1",
        "select l.source_id, d.recorded_at from lake.redecided as d "
        "join lake.looks as l on l.capture_id = d.capture_id where d.recorded_at > $1",
    ]
)
"""Every row that gaps are found from, with its source. Files that hold none so new are not read."""

_FOUND_OTHERWISE = """
with found as materialized (from _found_gaps),
    kept as materialized (from _kept_gaps where _is_stale(source_id))
select f.source_id, f.url, f.gap, f.detail, f.since
from found as f
anti join kept as k
    on k.source_id = f.source_id and k.url is not distinct from f.url and k.gap = f.gap
    and k.detail is not distinct from f.detail and k.since is not distinct from f.since
union all
select k.source_id, k.url, k.gap, k.detail, null
from kept as k
anti join found as f
    on f.source_id = k.source_id and f.url is not distinct from k.url and f.gap = k.gap
    and f.detail is not distinct from k.detail
"""
"""What has to be appended about stale sources, so that what is kept is what is found."""


def stale_sources(asked: Asked) -> frozenset[str]:
    """The sources whose gaps have to be found: none were kept, or a row is newer than they are."""
    marks = _marks(asked)
    there = {source_id for (source_id,) in asked.execute(_SOURCES).fetchall()}
    if not marks:
        return frozenset(there)
    newer = asked.execute(
        f"select source_id, max(recorded_at) from ({_NEWER}) group by source_id",
        [min(marks.values())],
    ).fetchall()
    passed = {source_id for source_id, at in newer if source_id in marks and at > marks[source_id]}
    return frozenset((there - marks.keys()) | passed)


def fresh_sources(asked: Asked) -> frozenset[str]:
    """The sources whose kept gaps are those that would be found."""
    return frozenset(_marks(asked)) - stale_sources(asked)


def _marks(asked: Asked) -> dict[str, datetime]:
    """By source, the newest commit that was known when its gaps were looked for last; not if that
    was by other rules than today's."""
    return dict(asked.execute(_MARKS, [rules()]).fetchall())


def rules() -> str:
    """By what gaps are found: what an earlier pressdiff found by other SQL is not believed."""
    return digest_of("_found_gaps")


def among(stale: frozenset[str]) -> dict[str, str]:
    """The macro by which the views know these sources, and the condition on `id` that it stands for
    (`create_views(narrowed=...)`). Without sources DuckDB drops what hangs on it.

    >>> among(frozenset({"o'"})), among(frozenset())
    ({'_is_stale': "id in ('o''')"}, {'_is_stale': 'false'})
    """
    listed = ", ".join(map(quoted, sorted(stale)))
    return {"_is_stale": f"id in ({listed})" if stale else "false"}


def found_otherwise(
    connection: duckdb.DuckDBPyConnection, tables: Pinned, sources: frozenset[str]
) -> pa.Table:
    """How the gaps of these sources as found now differ from those kept: what rows of `gap_log` say
    of it, `since` NULL of those that are none."""
    create_views(connection, tables, _FOUND_OTHERWISE, narrowed=among(sources))
    return connection.execute(_FOUND_OTHERWISE).to_arrow_table()
