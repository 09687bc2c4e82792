"""Is the evidence as it was: every record by its row's digest, every byte by its run's."""

from collections.abc import Callable, Iterator
from itertools import groupby

from warehouse.captures import Location
from warehouse.errors import WarcError
from warehouse.evidence import Evidence, evidence_of
from warehouse.finding import Finding
from warehouse.located import FILE_NOW, LOCATED, OFFSET_NOW
from warehouse.parts import Part, digest_of, named_files, read_parts
from warehouse.place import Place
from warehouse.snapshot import Asked
from warehouse.warc_reader import RecordReader

_FETCH_ROWS = 5000

_Look = tuple[str, str | None, str, str, int]
"""capture_id, digest, the file it was written to, the file that holds it, the offset there."""


def check_evidence(
    place: Place,
    connection: Asked,
    findings: list[Finding],
    progress: Callable[[str, int], None],
) -> int:
    """Read every record again and compare its digest with its row's, then all bytes of each run
    with the digest of its file, which covers headers and requests too. How many records."""
    evidence = evidence_of(place)
    there = {name for name, _ in evidence.sizes()}
    parts: dict[str, list[Part]] = {}
    for part in read_parts(connection):
        parts.setdefault(part.stored_in, []).append(part)
    checked = 0
    for warc_file, rows in groupby(_evidence_rows(connection), key=lambda row: row[3]):
        if warc_file not in there:
            lost = sum(1 for _ in rows)
            sentence = f"this evidence file is gone; {lost} captures rest on it"
            findings.append(Finding("damage", evidence.said(warc_file), sentence))
            continue
        before = checked
        bad: set[str] = set()
        with evidence.reader(warc_file) as reader:
            for row in rows:
                checked += 1
                fault = _fault(reader, evidence, row)
                if fault is not None:
                    bad.add(row[2])
                    findings.append(Finding("damage", f"capture {row[0]}", fault))
        findings += _check_bytes(evidence, [p for p in parts[warc_file] if p.warc_file not in bad])
        progress("captures", checked - before)
    return checked


def _fault(reader: RecordReader, evidence: Evidence, row: _Look) -> str | None:
    _, digest, _, warc_file, offset = row
    try:
        found = reader.read(Location(warc_file, offset)).digest
    except WarcError as error:
        return str(error)
    if digest is not None and found != digest:  # a 304 or redirect brought no body
        where = evidence.said(warc_file)
        return f"{where} at offset {offset} holds other bytes than were recorded"
    return None


def _check_bytes(evidence: Evidence, parts: list[Part]) -> Iterator[Finding]:
    """Runs of whose evidence each record is right, and something else in the file is not."""
    proved = [part for part in parts if part.digest is not None]
    if not proved:
        return
    with evidence.open(proved[0].stored_in) as file:
        for part in proved:
            if digest_of(file, part) != part.digest:
                sentence = (
                    f"the bytes that a run wrote as {part.warc_file} are others now; its payloads "
                    "are right: a header, a request or what lies between records was altered"
                )
                yield Finding("damage", evidence.said(part.stored_in), sentence)


def _evidence_rows(connection: Asked) -> Iterator[_Look]:
    cursor = connection.execute(
        f"select t.capture_id, t.digest, t.warc_file, {FILE_NOW} as held_in, "
        f"{OFFSET_NOW} as begins from lake.looks as t {LOCATED} "
        "where t.warc_file is not null order by held_in, begins"
    )
    while rows := cursor.fetchmany(_FETCH_ROWS):
        yield from rows


def find_unnamed_evidence(place: Place, connection: Asked, findings: list[Finding]) -> None:
    """Files that a writer left behind: a run, or a copy, that died before its commit."""
    evidence = evidence_of(place)
    named = named_files(connection)
    sentence = "no row names this evidence file (a run that died, or one under way)"
    findings += [
        Finding("note", evidence.said(name), sentence)
        for name, _ in evidence.sizes()
        if name not in named
    ]
    sentence = "this file is not evidence yet, and may never be (a writer that died, or works)"
    findings += [Finding("note", str(path), sentence) for path in evidence.left_behind()]
