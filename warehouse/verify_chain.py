"""Does the chain hold: every commit's rows as they were, every link upon the one before."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import duckdb

from warehouse.chain import Link, RowSet, make_link, read_links, rows_of_commits
from warehouse.finding import Finding

_SHOWN = 20


def check_chain(connection: duckdb.DuckDBPyConnection) -> tuple[list[Link], list[Finding]]:
    """The links, and what does not fit, the earliest commit first."""
    links = read_links(connection)
    if not links:
        return links, _notes(connection, None)
    found = rows_of_commits(connection, links[0].recorded_at)
    faults = [*_faults(links, found)]
    findings = [Finding("damage", subject, sentence) for subject, sentence in faults[:_SHOWN]]
    if len(faults) > _SHOWN:
        sentence = f"and {len(faults) - _SHOWN} more that do not fit"
        findings.append(Finding("damage", "chain", sentence))
    return links, findings + _notes(connection, links[0])


def _faults(
    links: list[Link], found: Mapping[datetime, Mapping[str, RowSet]]
) -> Iterator[tuple[str, str]]:
    previous: str | None = None
    for position, one in enumerate(links, 1):
        name = f"run {one.run_id}"
        if one.position != position:
            yield name, f"the chain has no link {position}: this is link {one.position}"
            return  # all later ones would be said to be wrong
        if one.previous != previous:
            yield name, f"its link {position} is not tied to link {position - 1}"
        made = make_link(position, one.run_id, one.recorded_at, one.previous, one.tables)
        if made.link != one.link:
            yield name, f"its link {position} is not the digest of what it says"
        yield from ((name, said) for said in _differences(one, found.get(one.recorded_at, {})))
        previous = one.link
    for at in sorted(found.keys() - {one.recorded_at for one in links}):
        tables = ", ".join(f"{many.rows} of {table}" for table, many in sorted(found[at].items()))
        yield f"rows of {at.isoformat()}", f"no commit in the chain made these rows: {tables}"


def _differences(one: Link, found: Mapping[str, RowSet]) -> Iterator[str]:
    for table in sorted(one.tables.keys() | found.keys()):
        then, now = one.tables.get(table), found.get(table)
        if then == now:
            continue
        if then is None or now is None or then.rows != now.rows:
            was, is_ = (many.rows if many else 0 for many in (then, now))
            yield f"it committed {was} rows to {table}, and there are {is_}"
        else:
            yield f"of the {then.rows} rows it committed to {table} some were altered"


def _notes(connection: duckdb.DuckDBPyConnection, first: Link | None) -> list[Finding]:
    before = connection.execute(
        "select count(*) from lake.run_log where $1::timestamptz is null or recorded_at < $1",
        [first.recorded_at if first else None],
    ).fetchone()
    if not before or not before[0]:
        return []
    sentence = f"{before[0]} runs were committed before the chain began; nothing proves their rows"
    return [Finding("note", "chain", sentence)]
