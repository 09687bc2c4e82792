"""Is all still there, and as it was? Evidence against rows, rows against each other, files against
the catalog. Reads only; names everything that does not fit."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import duckdb

from parsers.model import Kind
from parsers.normalise import digest_text, normalise, normalised_body
from warehouse.chain import Link
from warehouse.duck import Place, open_reader
from warehouse.finding import Finding as Finding
from warehouse.pinned import Pinned
from warehouse.snapshot import Asked, Snapshot
from warehouse.stale_gaps import found_otherwise, fresh_sources
from warehouse.verify_chain import check_chain
from warehouse.verify_copies import check_copies
from warehouse.verify_evidence import check_evidence, find_unnamed_evidence
from warehouse.verify_files import check_files, find_broken_files
from warehouse.views import create_views

_FETCH_ROWS = 5000


@dataclass(frozen=True, slots=True)
class Verified:
    """What was checked, and what was found."""

    captures: int
    texts: int
    files: int
    links: tuple[Link, ...]
    """The chain of commits, oldest first."""
    findings: tuple[Finding, ...]
    whole: bool
    """Whether the check came to its end; else the figures and the chain are of what it reached."""

    @property
    def damaged(self) -> bool:
        """Whether anything kept is lost or altered."""
        return any(one.severity == "damage" for one in self.findings)


def verify(place: Place, progress: Callable[[str, int], None]) -> Verified:
    """Check the whole warehouse; `progress` is told (what, how many) as it goes on."""
    findings: list[Finding] = []
    captures = texts = files = 0
    links: list[Link] = []
    whole = False
    try:
        connection, tables = open_reader(place)
        with closing(connection):
            files = check_files(place, connection, findings)
            create_views(connection, tables, "revisions", frozenset({"release_id", "revision"}))
            snapshot = Snapshot(connection, tables)  # one, whatever is committed meanwhile
            _check_references(snapshot, findings)
            check_copies(snapshot, findings)
            _check_gaps(connection, tables, snapshot, findings)
            texts = _check_texts(snapshot, findings, progress)
            captures = check_evidence(place, snapshot, findings, progress)
            find_unnamed_evidence(place, snapshot, findings)
            links, faults = check_chain(snapshot)
            findings += faults
            whole = True
    except duckdb.Error:
        broken = find_broken_files(place)
        if not broken:  # it was not a file
            raise
        subjects = {one.subject for one in broken}
        findings = [*(one for one in findings if one.subject not in subjects), *broken]
    return Verified(captures, texts, files, tuple(links), tuple(findings), whole)


def _check_gaps(
    connection: duckdb.DuckDBPyConnection,
    tables: Pinned,
    snapshot: Snapshot,
    findings: list[Finding],
) -> None:
    """What is kept of gaps, where it would be believed, against what is found."""
    otherwise = found_otherwise(connection, tables, fresh_sources(snapshot)).to_pylist()
    for source_id in sorted({row["source_id"] for row in otherwise}):
        strange = [row for row in otherwise if row["source_id"] == source_id]
        findings.append(
            Finding(
                "damage",
                "gap_log",
                f"{len(strange)} gaps of {source_id} are not those that are found anew, such as "
                f"`{strange[0]['gap']}` of {strange[0]['url'] or strange[0]['detail']}",
            )
        )


_REFERENCES = (
    ("looks", "reading_id", "reading_log", "reading_id"),
    ("looks", "run_id", "run_log", "run_id"),
    ("reading_log", "text_id", "texts", "text_id"),
    ("reading_log", "ticker_id", "tickers", "ticker_id"),
    ("revision_log", "text_id", "texts", "text_id"),
    ("revision_log", "capture_id", "looks", "capture_id"),
    ("superseded", "entry_id", "revision_log", "entry_id"),
    ("reassigned", "capture_id", "looks", "capture_id"),
    ("redecided", "capture_id", "looks", "capture_id"),
    ("redecided", "reading_id", "reading_log", "reading_id"),
    ("article_log", "text_id", "texts", "text_id"),
    ("signature_keys", "signature", "signatures", "signature"),
)
_UNIQUE = (
    ("looks", "capture_id"),
    ("run_log", "run_id"),
    ("texts", "text_id"),
    ("revision_log", "entry_id"),
    ("reading_log", "(reading_id, recorded_at)"),
    ("tickers", "(ticker_id, seq)"),
    ("signatures", "signature"),
)


def _check_references(connection: Asked, findings: list[Finding]) -> None:
    for table, column, target, key in _REFERENCES:
        lost = _count(
            connection,
            f"from lake.{table} as t anti join lake.{target} as o on o.{key} = t.{column} "
            f"select count(*) where t.{column} is not null",
        )
        if lost:
            sentence = f"{lost} rows name a {column} that {target} does not have"
            findings.append(Finding("damage", table, sentence))
    for table, key in _UNIQUE:
        twice = _count(connection, f"select count(*) - count(distinct {key}) from lake.{table}")
        if twice:
            findings.append(Finding("damage", table, f"{twice} rows repeat a {key}"))
    unlisted = _count(
        connection,
        "select count(*) "
        "from (select distinct source_id, captured_at::date as day from lake.looks) as l "
        "anti join lake.look_days as d on d.source_id = l.source_id and d.day = l.day",
    )
    if unlisted:
        sentence = f"{unlisted} days on which a source was looked at are missing"
        findings.append(Finding("damage", "look_days", sentence))
    split = _count(
        connection,
        "select count(*) from (select 1 from revisions group by release_id "
        "having max(revision) <> count(*) or count(distinct revision) <> count(*))",
    )
    if split:
        sentence = f"the revisions of {split} releases are not numbered 1, 2, 3, ..."
        findings.append(Finding("damage", "revision_log", sentence))


def _check_texts(
    connection: Asked,
    findings: list[Finding],
    progress: Callable[[str, int], None],
) -> int:
    """Recompute every stored text's digest."""
    checked = 0
    cursor = connection.execute(
        "select text_id, kind, headline, published_on, paragraphs, text_digest from lake.texts"
    )
    while rows := cursor.fetchmany(_FETCH_ROWS):
        for text_id, kind, headline, published_on, paragraphs, digest in rows:
            if kind == Kind.PDF:
                continue
            body = normalised_body(tuple(paragraphs))
            found = digest_text("\n".join((normalise(headline), str(published_on or ""), body)))
            if found != digest:
                sentence = "the stored text is not the one whose digest was recorded"
                findings.append(Finding("damage", f"text {text_id}", sentence))
        checked += len(rows)
        progress("texts", len(rows))
    return checked


def _count(connection: Asked, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
