"""Does `edit_log` say what `revision_log` and `change_log` say together?"""

from warehouse.finding import Finding
from warehouse.schema import CHANGE_COLUMNS
from warehouse.snapshot import Asked

_HELD = "lake.revision_log as r anti join lake.superseded as s on s.entry_id = r.entry_id"
_SAME = " and ".join(f"c.{name} is not distinct from e.{name}" for name in CHANGE_COLUMNS)
_SAME_REVISION = " and ".join(
    f"e.{name} = r.{name}"
    for name in ("release_id", "revision", "revision_id", "before_revision_id", "seen_at")
)

_STRANGE = f"""
select count(*)
from (select r.* from {_HELD}) as r
join lake.edit_log as e on e.entry_id = r.entry_id
anti join (
    select r.entry_id, c.* from {_HELD}
    join lake.change_log as c
        on c.before_text_id = r.before_text_id and c.text_id = r.text_id
) as c on c.entry_id = e.entry_id and {_SAME} and {_SAME_REVISION}
"""
_MISSING = f"""
with found as (
    -- more than one number of changes where a later classifier saw the pair otherwise
    select r.entry_id, c.run_id, count(*) as changes
    from {_HELD}
    join lake.change_log as c
        on c.before_text_id = r.before_text_id and c.text_id = r.text_id
    group by r.entry_id, c.run_id
)
select count(distinct f.entry_id)
from found as f
anti join (
    select f.entry_id
    from found as f
    join (select entry_id, count(*) as changes from lake.edit_log group by entry_id) as e
        on e.entry_id = f.entry_id and e.changes = f.changes
) as e on e.entry_id = f.entry_id
"""


def check_edits(connection: Asked, findings: list[Finding]) -> None:
    """Add what does not fit."""
    for query, sentence in (
        (_STRANGE, "{} rows are not what `change_log` tells of the revision"),
        (_MISSING, "of {} revisions it has another number of changes than `change_log`"),
    ):
        row = connection.execute(query).fetchone()
        if row and row[0]:
            findings.append(Finding("damage", "edit_log", sentence.format(row[0])))
