"""Does `edit_log` say what the tables say that it is made from?"""

from warehouse.finding import Finding
from warehouse.schema import BY_NAME, CHANGE_COLUMNS
from warehouse.snapshot import Asked

_COLUMNS = BY_NAME["edit_log"].arrow.names
_CHANGE = ", ".join(f"c.{name}" for name in CHANGE_COLUMNS)
_OF_REVISION = ", ".join(f"r.{name}" for name in _COLUMNS if name not in CHANGE_COLUMNS)
_HELD = "lake.revision_log as r anti join lake.superseded as s on s.entry_id = r.entry_id"

EDITS_OF_HELD = f"""
select {_OF_REVISION}, {_CHANGE}
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

_SAID = f"""
select {", ".join(f"e.{name}" for name in _COLUMNS if name not in CHANGE_COLUMNS)},
    {", ".join(f"e.{name}" for name in CHANGE_COLUMNS)}
from lake.edit_log as e
anti join lake.superseded as s on s.entry_id = e.entry_id
"""
_STRANGE = f"select count(*) from ({_SAID} except all {EDITS_OF_HELD})"
_MISSING = f"select count(*) from ({EDITS_OF_HELD} except all {_SAID})"


def check_edits(connection: Asked, findings: list[Finding]) -> None:
    """Add what does not fit."""
    for query, sentence in (
        (_STRANGE, "{} rows are not what `change_log` tells of a revision"),
        (_MISSING, "{} changes of revisions that `change_log` tells of are missing"),
    ):
        row = connection.execute(query).fetchone()
        if row and row[0]:
            findings.append(Finding("damage", "edit_log", sentence.format(row[0])))
