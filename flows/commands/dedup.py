"""`dedup`: the near-duplicate engine on anyone's table; no warehouse and no configuration."""

import os
from pathlib import Path

from flows.commands.shared import OK, Options
from flows.errors import UsageError
from flows.output import print_rows
from flows.progress import step_bar
from warehouse.dedup import KINDS, DedupSettings, DedupSummary, DedupUsageError
from warehouse.dedup import dedup as find_pairs

_MOST_THREADS = 4
"""Texts are signed and checked on so many cores at most: more only wait for the table."""


def dedup(
    options: Options,
    table: Path,
    id_column: str,
    text_column: str,
    output: Path,
    *,
    against: Path | None,
    add: bool,
    threshold: float | None,
    kinds: str | None,
    clusters: Path | None,
    fmt: str,
) -> int:
    """Every pair of near-duplicates of a table, written to another."""
    if against is None and not add:
        raise UsageError("--no-add needs --against: there is no index to add to")
    settings = DedupSettings(threads=min(os.cpu_count() or 1, _MOST_THREADS))
    chosen = KINDS if kinds is None else [name.strip() for name in kinds.split(",")]
    try:
        with step_bar(quiet=options.quiet) as show:
            summary = find_pairs(
                settings, table, id_column, text_column, output,
                against=against, add=add, kinds=chosen, threshold=threshold, clusters=clusters,
                progress=show,
            )  # fmt: skip
    except DedupUsageError as error:
        raise UsageError(str(error)) from error
    if not options.quiet:
        row = _told(summary)
        print_rows(list(row), [tuple(row.values())], fmt)
    return OK


def _told(summary: DedupSummary) -> dict[str, int]:
    """The summary as one row: pairs by kind; clusters and index only where they were asked for."""
    row = {"rows": summary.rows, "candidates": summary.candidates, **summary.pairs}
    if summary.clusters is not None:
        row["clusters"] = summary.clusters
    if summary.index_rows is not None:
        row |= {"added": summary.added, "index_rows": summary.index_rows}
    return row
