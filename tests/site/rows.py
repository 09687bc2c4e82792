"""What a tracker's warehouse holds, as plain rows: only views of the contract are asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
Sql = Callable[[str], list[Row]]

QUERIES = {
    "releases": "select release_id, url, headline, published_on, status, kind, text, revision"
    " from releases",
    "revisions": "select release_id, revision, cause, change_class, reverts_to, headline,"
    " published_on, text, seen_at from revisions",
    "urls": "select release_id, url, role from release_urls",
    "changes": "select release_id, revision, field from changes",
    "captures": "select run_id, release_id, url, captured_at, outcome from captures",
    "incidents": "select incident_id, kind, opened_at from incidents",
    "neighbours": "select release_id, other_id, kind from neighbours",
    "coverage": "select run_id, source_id, listed, fetched from coverage",
    "runs": "select run_id, started_at from runs",
}
"""One question a table; columns are the contract's."""


@dataclass(frozen=True, slots=True)
class Warehouse:
    """What the views hold."""

    releases: list[Row]
    revisions: list[Row]
    urls: list[Row]
    changes: list[Row]
    captures: list[Row]
    incidents: list[Row]
    neighbours: list[Row]
    coverage: list[Row]
    runs: list[Row]

    @classmethod
    def read(cls, sql: Sql) -> "Warehouse":
        """All of it, through a function that answers a query with rows of JSON values."""
        rows = ask_together(sql, QUERIES)
        rows["revisions"].sort(key=lambda row: (row["release_id"], row["revision"]))
        return cls(**rows)


def ask_together(sql: Sql, queries: Mapping[str, str]) -> dict[str, list[Row]]:
    """The answers to several questions, asked as one: opening a warehouse takes longer than any.
    Rows come in no order."""
    columns = (f"(select list(q) from ({query}) AS q) AS {name}" for name, query in queries.items())
    row = sql(f"select {', '.join(columns)}")[0]
    return {name: row[name] or [] for name in queries}
