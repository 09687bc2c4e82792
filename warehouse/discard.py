"""Removes evidence files that are needed no more: those whose records were copied days ago into a
larger one that is proved to hold them, drafts of a copy that died, and, when a person asks for it,
what no row names.

Two days is longer than any reader holds a place, and a catalog restored from yesterday's backup
still finds what it names.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb

from warehouse.duck import open_reader
from warehouse.evidence import Evidence, evidence_of, is_locked
from warehouse.finding import Finding
from warehouse.parts import Part, digest_of, named_files
from warehouse.place import Place
from warehouse.repack import LOST, Locked

_LOG = logging.getLogger(__name__)

KEEP = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Discarded:
    """What was removed, and why something was not."""

    files: int
    length_bytes: int
    findings: tuple[Finding, ...]


def discard_copied(place: Place, locked: Locked, now: datetime) -> Discarded:
    """Remove the files whose records all lie elsewhere since two days ago.

    Each copy is read again first, outside the lock: it is about to be the only one.
    """
    evidence = evidence_of(place)
    there = dict(evidence.sizes())
    connection, _ = open_reader(place)
    try:
        outdated = {
            name: parts
            for name, parts in outdated_files(connection, now - KEEP).items()
            if name in there
        }
    finally:
        connection.close()
    bad = _bad_copies(evidence, {part for parts in outdated.values() for part in parts})
    findings = []
    removable = []
    for name, parts in sorted(outdated.items()):
        lost = next((part for part in parts if part in bad), None)
        if lost is None:
            removable.append(name)
            continue
        sentence = (
            f"kept: the copy of {lost.warc_file} in {evidence.said(lost.stored_in)} is damaged"
        )
        findings.append(Finding("damage", evidence.said(name), sentence))
    removed = []
    if removable:
        with locked():
            removed = [name for name in removable if evidence.remove(name)]
    _LOG.info("removed copied evidence: files=%d kept=%d", len(removed), len(findings))
    return Discarded(len(removed), sum(there[name] for name in removed), tuple(findings))


def outdated_files(
    connection: duckdb.DuckDBPyConnection, before: datetime
) -> dict[str, list[Part]]:
    """Files that hold nothing needed since before a time, and where what they held lies now."""
    rows = connection.execute(
        """
        with moved as (
            select * from lake.repacked
            qualify row_number() over (partition by warc_file order by recorded_at desc) = 1
        ),
        held as (
            select warc_file as name, warc_file from lake.repacked
            union select stored_in, warc_file from lake.repacked
        )
        select h.name, m.warc_file, m.stored_in, m.offset_shift, m.length_bytes, m.digest
        from held as h join moved as m on m.warc_file = h.warc_file
        where h.name not in (select stored_in from moved)
        qualify max(m.recorded_at) over (partition by h.name) < $1
        order by h.name, m.stored_in, m.offset_shift
        """,
        [before],
    ).fetchall()
    found: dict[str, list[Part]] = {}
    for name, *part in rows:
        found.setdefault(name, []).append(Part(*part))
    return found


def _bad_copies(evidence: Evidence, parts: Iterable[Part]) -> set[Part]:
    """Those of these parts whose bytes are not where they should be."""
    bad = set()
    by_file: dict[str, list[Part]] = {}
    for part in parts:
        by_file.setdefault(part.stored_in, []).append(part)
    for name, many in sorted(by_file.items()):
        try:
            with evidence.open(name) as file:
                bad |= {part for part in many if digest_of(file, part) != part.digest}
        except OSError as error:
            if error.errno not in LOST:
                raise  # the service, not the file
            bad |= set(many)
    return bad


def discard_drafts(place: Place, now: datetime) -> int:
    """Remove what a copy that died had not finished; how many files."""
    drafts = [
        path
        for path in evidence_of(place).left_behind()
        if path.suffix == ".part" and _is_old(path.stat().st_mtime, now)
    ]
    for path in drafts:
        path.unlink(missing_ok=True)
    return len(drafts)


def discard_unnamed(place: Place, now: datetime) -> int:
    """Remove evidence that no row names and nobody has written to for two days; how many files.

    Hold the writer's lock. Not without being asked: a catalog put back from an older backup does
    not name the runs after it either, and their files are all that is left of them.
    """
    evidence = evidence_of(place)
    connection, _ = open_reader(place)
    try:
        named = named_files(connection)
    finally:
        connection.close()
    removed = sum(
        evidence.remove(one.name)
        for one in evidence.files()
        if one.name not in named and now - one.modified_at > KEEP
    )
    for path in evidence.left_behind():
        if _is_old(path.stat().st_mtime, now) and not is_locked(path):
            path.unlink(missing_ok=True)
            removed += 1
    _LOG.info("removed unnamed evidence: files=%d", removed)
    return removed


def _is_old(modified_s: float, now: datetime) -> bool:
    return now - datetime.fromtimestamp(modified_s, UTC) > KEEP
