"""The rows of `revision_readings`, as SQL over the tables that it is made from.

A look's reading can be found later (`redecided`), never exchanged for another: its id is a hash of
the bytes. What opened a revision was read by then, so a row holds as long as its entry does.
"""

from warehouse.schema import BY_NAME

OF_ENTRY = tuple(
    column.name for column in BY_NAME["revision_readings"].columns if column.name != "reading_id"
)
"""Columns that `revision_readings` has from `revision_log`; the other is the look's."""

READINGS_OF_ENTRIES = f"""
select {", ".join(f"r.{one}" for one in OF_ENTRY)},
    if(a.capture_id is null, l.reading_id, a.reading_id) as reading_id
from lake.revision_log as r
join lake.looks as l
    on l.capture_id = r.capture_id and l.source_id = r.source_id and l.captured_at = r.seen_at
left join (
    select capture_id, arg_max_null(reading_id, recorded_at) as reading_id
    from lake.redecided group by capture_id
) as a on a.capture_id = l.capture_id
where if(a.capture_id is null, l.reading_id, a.reading_id) is not null
"""
"""The rows of `revision_readings`, from the tables that the chain proves."""
