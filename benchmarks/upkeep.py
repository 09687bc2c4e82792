"""A year of an hourly source's evidence packed, and what an unchanged look costs.

`python -m benchmarks.upkeep [--runs N] [--looks N]`: runs of a source whose pages are looked at
every hour and do not change, each with a WARC file and rows of its own; upkeep after every 30 days.
CPU time, and for the copying wall clock too.
"""

import argparse
import secrets
import tempfile
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

from parsers.model import digest_bytes
from warehouse.captures import EvidenceWriter, FirstSeen
from warehouse.discard import discard_copied
from warehouse.evidence import evidence_of
from warehouse.exchange import Exchange
from warehouse.growth import holdings
from warehouse.model import capture_id
from warehouse.parts import plan_packs
from warehouse.place import Place
from warehouse.repack import repack
from warehouse.rows import Row, Stamp
from warehouse.store import Store
from warehouse.upkeep import merge_files
from warehouse.verify import verify

START = datetime(2026, 1, 1, tzinfo=UTC)
UPKEEP_RUNS = 24 * 30
PAGE = "<html><h1>Совет</h1></html>".encode() * 40
REQUEST = (
    b"GET /news/1/ HTTP/1.1\r\nHost: lakes.test\r\n"
    b"User-Agent: pressdiff/0.1 (+https://example.org/why-we-fetch)\r\n"
    b"Accept-Encoding: gzip\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
)
ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: nginx/1.24.0\r\nDate: Sun, 01 Mar 2026 12:30:15 GMT\r\n"
    b"Content-Type: text/html; charset=UTF-8\r\nConnection: close\r\nVary: Accept-Encoding\r\n"
    b"X-Powered-CMS: Bitrix Site Manager (a1b2c3d4e5f60718293a4b5c6d7e8f90)\r\n"
    b"Set-Cookie: PHPSESSID=Qm9sZE1vdmVzQXJlRmluZQ; path=/; HttpOnly\r\n"
    b'ETag: "65e1c0f7-4d2a"\r\nCache-Control: no-store, no-cache, must-revalidate\r\n\r\n'
)
"""A head of the size that Bitrix sites send."""


def main() -> None:
    """Fill, pack, remove, check; print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=24 * 365)
    parser.add_argument("--looks", type=int, default=20)
    options = parser.parse_args()
    for length_bytes, runs_a_day in ((24_000, 24), (1_150_000, 24), (24_000, 960)):
        _simulate_nights(length_bytes, runs_a_day, 365)
    with tempfile.TemporaryDirectory() as folder:
        _measure(Place(Path(folder) / "data"), options.runs, options.looks)


def _measure(place: Place, runs: int, looks: int) -> None:
    store = Store.open(place, START)
    packed = records = length_bytes = 0
    cpu_s = wall_s = gone_s = 0.0
    now = START
    for first in range(0, runs, UPKEEP_RUNS):
        count = min(UPKEEP_RUNS, runs - first)
        store.begin()
        rows: list[Row] = []
        run_rows: list[Row] = []
        for number in range(first, first + count):
            now = START + timedelta(hours=number, seconds=number % 7)
            run_row, look_rows = _run(place, now, looks)
            run_rows.append(run_row)
            rows += look_rows
        store.append("run_log", run_rows)
        store.append("looks", rows)
        store.commit()
        merge_files(store)
        before = dict(evidence_of(place).sizes())
        started, started_cpu = time.perf_counter(), time.process_time()
        done = repack(place, f"u{first}", nullcontext, lambda now=now: now)
        wall_s += time.perf_counter() - started
        cpu_s += time.process_time() - started_cpu
        packed += done.files
        made = dict(evidence_of(place).sizes())
        length_bytes += sum(size for name, size in made.items() if name not in before)
        started_cpu = time.process_time()
        gone = discard_copied(place, nullcontext, now + timedelta(days=3))
        gone_s += time.process_time() - started_cpu
        assert not done.findings
        assert not gone.findings
        print(f"{first + count:6} runs: {len(made) - gone.files:4} evidence files", flush=True)
    merge_files(store)
    held = {one.name: one for one in holdings(store, place)}
    store.close()
    records = length_bytes // (held["evidence"].length_bytes // (runs * (2 * looks + 1)))
    print(f"evidence: {held['evidence'].length_bytes / (runs * looks):.0f} bytes a look")
    for name in ("looks", "run_log", "chain_log", "repacked"):
        one = held[name]
        print(f"{name}: {one.length_bytes / (runs * looks):.1f} bytes a look, {one.rows} rows")
    tables = sum(one.length_bytes for name, one in held.items() if name != "evidence")
    print(f"all tables: {tables / (runs * looks):.1f} bytes a look")
    print(
        f"packing: {packed} files, {length_bytes / 1e6:.0f} MB copied in {wall_s:.1f} s and "
        f"{cpu_s:.1f} s of CPU: {length_bytes / 1e6 / cpu_s:.0f} MB and {records / cpu_s:,.0f} "
        f"records a CPU second; proving copies and removing: {gone_s:.1f} s of CPU"
    )
    started_cpu = time.process_time()
    found = verify(place, lambda *_: None)
    assert not found.damaged
    print(f"verify: {found.captures} captures, {time.process_time() - started_cpu:.1f} s of CPU")


def _simulate_nights(length_bytes: int, runs_a_day: int, days: int) -> None:
    """The plan alone, night by night: how many files there are and how often bytes are copied."""
    files: dict[str, int] = {}
    most = copied = 0
    for day in range(days):
        for run in range(runs_a_day):
            files[f"2026/{day:04}{run:04}"] = length_bytes
        most = max(most, len(files))
        while plan := list(plan_packs(files)):
            for level, names in plan:
                total = sum(files.pop(name) for name in names)
                files[f"packs/{level}/{names[0].rpartition('/')[2]}"] = total
                copied += total
    print(
        f"{runs_a_day} runs a day of {length_bytes / 1e3:.0f} KB, packed every night: "
        f"{len(files)} files after {days} days, at most {most}; "
        f"each byte copied {copied / (length_bytes * runs_a_day * days):.1f} times"
    )


def _run(place: Place, at: datetime, looks: int) -> tuple[Row, list[Row]]:
    """A run that finds nothing changed: its evidence, its row and those of its looks."""
    run_id = f"{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    writer = EvidenceWriter(place.evidence, run_id, "pressdiff/bench")
    stamp = Stamp(run_id, at)
    rows = [_look(writer, stamp, number, at) for number in range(looks)]
    writer.close()
    written = writer.written
    assert written is not None
    run_row: Row = {
        "command": "run", "started_at": at, "finished_at": at, "status": "ok",
        "counts": [("unchanged", looks)], "pressdiff_version": "0",
        "warc_file": written.warc_file, "warc_bytes": written.length_bytes,
        "warc_digest": written.digest, **stamp.columns,
    }  # fmt: skip
    return run_row, rows


def _look(writer: EvidenceWriter, stamp: Stamp, number: int, at: datetime) -> Row:
    url = f"https://lakes.test/news/news_col/the-council-of-lakes-met-{number}/"
    taken_at = at + timedelta(seconds=1.2 * number, microseconds=secrets.randbelow(10**6))
    digest = digest_bytes(PAGE + str(number).encode())
    exchange = Exchange(
        url, taken_at, 0.25, "192.0.2.7:443", REQUEST, ANSWER, 200, (), PAGE, PAGE, None
    )
    location = writer.add_exchange_revisit(exchange, digest, FirstSeen(url, START))
    return {
        "capture_id": capture_id("lakes", url, taken_at, digest), "source_id": "lakes", "url": url,
        "captured_at": taken_at, "http_status": 200, "outcome": "unchanged", "digest": digest,
        "bytes": len(PAGE), "warc_file": location.warc_file, "warc_offset": location.offset,
        "address": url, "release_id": digest[:16],
        "etag": '"65e1c0f7-4d2a"', **stamp.columns,
    }  # fmt: skip


if __name__ == "__main__":
    main()
