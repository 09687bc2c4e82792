"""Does the chain hold: every commit's rows as they were, every link upon the one before."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from warehouse.chain import Link, RowSet, make_link, read_links, rows_of_commits
from warehouse.finding import Finding
from warehouse.row_marks import committed_rows, differing, read_marks, redacted_digests
from warehouse.schema import BY_NAME
from warehouse.snapshot import Asked

_SHOWN = 20


def check_chain(connection: Asked) -> tuple[list[Link], list[Finding]]:
    """The links, and what does not fit, the earliest commit first."""
    links = read_links(connection)
    if not links:
        return links, _notes(connection, None)
    found = rows_of_commits(connection, links[0].recorded_at)
    findings: list[Finding] = []
    more = 0
    for subject, sentence, table in _faults(links, found):
        if len(findings) == _SHOWN:
            more += 1
            continue
        if table is not None:
            sentence += _rows_that_differ(connection, *table)
        findings.append(Finding("damage", subject, sentence))
    if more:
        findings.append(Finding("damage", "chain", f"and {more} more that do not fit"))
    return links, findings + _notes(connection, links[0])


_Fault = tuple[str, str, tuple[Link, str] | None]
"""Subject, sentence, and the commit and table whose rows are not those of the link."""


def _faults(links: list[Link], found: Mapping[datetime, Mapping[str, RowSet]]) -> Iterator[_Fault]:
    previous: str | None = None
    for position, one in enumerate(links, 1):
        name = f"run {one.run_id}"
        if one.position != position:
            yield name, f"the chain has no link {position}: this is link {one.position}", None
            return  # all later ones would be said to be wrong
        if one.previous != previous:
            yield name, f"its link {position} is not tied to link {position - 1}", None
        made = make_link(position, one.run_id, one.recorded_at, one.previous, one.tables)
        if made.link != one.link:
            yield name, f"its link {position} is not the digest of what it says", None
        for table, said in _differences(one, found.get(one.recorded_at, {})):
            yield name, said, (one, table)
        previous = one.link
    for at in sorted(found.keys() - {one.recorded_at for one in links}):
        tables = ", ".join(f"{many.rows} of {table}" for table, many in sorted(found[at].items()))
        yield f"rows of {at.isoformat()}", f"no commit in the chain made these rows: {tables}", None


def _differences(one: Link, found: Mapping[str, RowSet]) -> Iterator[tuple[str, str]]:
    for table in sorted(one.tables.keys() | found.keys()):
        then, now = one.tables.get(table), found.get(table)
        if then == now:
            continue
        if then is None or now is None or then.rows != now.rows:
            was, is_ = (many.rows if many else 0 for many in (then, now))
            yield table, f"it committed {was} rows to {table}, and there are {is_}"
        else:
            yield table, f"of the {then.rows} rows it committed to {table} some were altered"


def _rows_that_differ(connection: Asked, one: Link, name: str) -> str:
    """The first row that is not as it was committed, and the first that is gone, in words."""
    marks = read_marks(connection, one.recorded_at)
    if marks is None:
        return ""  # committed before marks were kept
    table = BY_NAME[name]
    rows = committed_rows(connection, table, one.recorded_at)
    redacted = redacted_digests(connection, table, one.recorded_at)
    strange, gone = differing(marks.get(name, b""), rows, redacted)
    said = ""
    if strange:
        said += f"; not as it was committed: {strange[0]}{_and_more(strange)}"
    if len(gone) > len(strange):
        said += f"; gone: the row whose digest begins with {gone[0]}{_and_more(gone)}"
    return said


def _and_more(names: list[str]) -> str:
    return f" (and {len(names) - 1} more)" if len(names) > 1 else ""


def _notes(connection: Asked, first: Link | None) -> list[Finding]:
    before = connection.execute(
        "select count(*) from lake.run_log where $1::timestamptz is null or recorded_at < $1",
        [first.recorded_at if first else None],
    ).fetchone()
    if not before or not before[0]:
        return []
    sentence = f"{before[0]} runs were committed before the chain began; nothing proves their rows"
    return [Finding("note", "chain", sentence)]
