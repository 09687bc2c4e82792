"""Do the tables that repeat what others say, for those who read, say what those say?"""

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.edits import EDITS_OF_HELD, OF_REVISION
from warehouse.finding import Finding
from warehouse.revision_readings import OF_ENTRY, READINGS_OF_ENTRIES
from warehouse.schema import CHANGE_COLUMNS
from warehouse.snapshot import Asked


@dataclass(frozen=True, slots=True)
class _Copy:
    """A table whose rows can be made again from those that the chain proves."""

    table: str
    columns: Sequence[str]
    """In the order in which `made` has them."""
    made: str
    """A SELECT of the rows that there should be."""
    strange: str
    """What is said of the number of rows that there should not be; `missing` of the others."""
    missing: str
    held_only: bool = False
    """Whether only rows count whose entry no row of `superseded` closes."""

    @property
    def said(self) -> str:
        """A SELECT of the rows that there are."""
        held = "anti join lake.superseded as s on s.entry_id = t.entry_id" if self.held_only else ""
        columns = ", ".join(f"t.{name}" for name in self.columns)
        return f"select {columns} from lake.{self.table} as t {held}"


_COPIES = (
    _Copy(
        "edit_log",
        (*OF_REVISION, *CHANGE_COLUMNS),
        EDITS_OF_HELD,
        "{} rows are not what `change_log` tells of a revision",
        "{} changes of revisions that `change_log` tells of are missing",
        held_only=True,
    ),
    _Copy(
        "revision_readings",
        (*OF_ENTRY, "reading_id"),
        READINGS_OF_ENTRIES,
        "{} rows are not what `looks` tells of a row of `revision_log`",
        "the readings of {} rows of `revision_log` are missing",
    ),
)


def check_copies(connection: Asked, findings: list[Finding]) -> None:
    """Add what does not fit."""
    for copy in _COPIES:
        for these, those, sentence in (
            (copy.said, copy.made, copy.strange),
            (copy.made, copy.said, copy.missing),
        ):
            row = connection.execute(
                f"select count(*) from ({these} except all {those})"
            ).fetchone()
            if row and row[0]:
                findings.append(Finding("damage", copy.table, sentence.format(row[0])))
