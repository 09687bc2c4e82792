"""Does `edit_log` say what the tables say that it is made from?"""

from warehouse.edits import EDITS_OF_HELD, OF_REVISION
from warehouse.finding import Finding
from warehouse.schema import CHANGE_COLUMNS
from warehouse.snapshot import Asked

_SAID = f"""
select {", ".join(f"e.{name}" for name in (*OF_REVISION, *CHANGE_COLUMNS))}
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
