"""The rows of `edit_log`, as SQL over the tables that it is made from."""

from warehouse.schema import BY_NAME, CHANGE_COLUMNS

OF_REVISION = tuple(
    column.name for column in BY_NAME["edit_log"].columns if column.name not in CHANGE_COLUMNS
)
"""Columns that `edit_log` has from `revision_log`; the others are `CHANGE_COLUMNS`."""
_COLUMNS = ", ".join(
    [*(f"r.{one}" for one in OF_REVISION), *(f"c.{one}" for one in CHANGE_COLUMNS)]
)
_HELD = "lake.revision_log as r anti join lake.superseded as s on s.entry_id = r.entry_id"

EDITS_OF_HELD = f"""
select {_COLUMNS}
from (from {_HELD}) as r
join (
    -- a later classifier may have seen the pair otherwise
    select r.entry_id, max(p.recorded_at) as compared_at
    from (from {_HELD}) as r
    join lake.comparisons as p
        on p.before_text_id = r.before_text_id and p.text_id = r.text_id
        and p.recorded_at <= r.recorded_at
    group by r.entry_id
) as p on p.entry_id = r.entry_id
join lake.change_log as c
    on c.before_text_id = r.before_text_id and c.text_id = r.text_id
    and c.recorded_at = p.compared_at
"""
"""The rows of `edit_log` for the revisions that hold, from the tables that the chain proves."""
