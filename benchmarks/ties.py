"""What the near-duplicate step costs a run: 50 new releases on an archive of many.

    python -m benchmarks.ties [--releases 20000] [--new 50] [--corpus FILE.parquet] [--keep FOLDER]

The archive is made of invented releases (or of the column `text` of a Parquet file), 40 % of them
variants of others. The step is timed in a process of its own, from the questions to the appended
rows; the commit of its five tables comes with the run's own.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from parsers.model import Sighting
from tests.neighbours.corpus import make_corpus
from warehouse.duck import Place
from warehouse.model import Revision, short_hash, text_of
from warehouse.rows import Stamp, revision_row, text_row
from warehouse.store import Store
from warehouse.ties import settle_ties

START = datetime(2020, 1, 1, tzinfo=UTC)
NEXT_RUN = Stamp("r1", START + timedelta(days=1))
TABLES = ("signature_keys", "signatures", "article_log", "neighbour_log", "cluster_log")
_AT_ONCE = 5000


def main() -> None:
    """Make the archive, then time one small run on it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--releases", type=int, default=20_000)
    parser.add_argument("--new", type=int, default=50)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--run-on", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run_on is not None:
        small_run(Place(options.run_on), options.new)
        return
    folder = options.keep or Path(tempfile.mkdtemp(prefix="pressdiff-ties-"))
    try:
        if not (folder / "catalog.sqlite").exists():
            make_archive(Place(folder), texts(options), options)
        own = [sys.executable, "-m", "benchmarks.ties", "--run-on", str(folder)]
        for new in (1, options.new):
            subprocess.run([*own, "--new", str(new)], check=True)
    finally:
        if options.keep is None:
            shutil.rmtree(folder)


def texts(options: argparse.Namespace) -> list[str]:
    """The archive's texts, then those of the small run."""
    if options.corpus is None:
        return make_corpus(options.releases, seed=3).texts
    table = pq.ParquetFile(options.corpus).iter_batches(10_000, columns=["text"])
    found: list[str] = []
    for batch in table:
        found += batch.column("text").to_pylist()
        if len(found) >= options.releases:
            break
    return found[: options.releases]


def make_archive(place: Place, found: Sequence[str], options: argparse.Namespace) -> None:
    """The archive, with the ties of all but the last releases, which the small run takes."""
    store = Store.open(place, START)
    first, stamp = len(found) - options.new, Stamp("r0", START)
    store.begin()
    append(store, stamp, found[:first], 0)
    start, wall = time.process_time(), time.perf_counter()
    ties = settle_ties(store, stamp, ())
    spent, waited = time.process_time() - start, time.perf_counter() - wall
    store.commit()
    store.begin()
    append(store, NEXT_RUN, found[first:], first)
    store.commit()
    sizes = {
        table: sum(
            path.stat().st_size for path in (place.files / "main" / table).rglob("*.parquet")
        )
        for table in ("signature_keys", "signatures", "article_log", "neighbour_log", "cluster_log")
    }
    store.close()
    print(f"{first} releases at once: {spent:.1f} s CPU, {waited:.1f} s, {ties} ties")
    told = ", ".join(f"{table} {size / first:.0f}" for table, size in sizes.items())
    print(f"bytes a release: {told}")


def append(store: Store, stamp: Stamp, found: Sequence[str], first: int) -> None:
    """Releases of one revision each, as a run would have recorded them."""
    for start in range(0, len(found), _AT_ONCE):
        rows = list(_rows(found[start : start + _AT_ONCE], first + start, stamp))
        store.append("texts", [text for text, _ in rows])
        store.append("revision_log", [revision for _, revision in rows])


def _rows(found: Sequence[str], first: int, stamp: Stamp) -> Iterator[tuple[Any, Any]]:
    for number, text in enumerate(found, first):
        day = date(2020, 1, 1) + timedelta(days=number % 1500)
        sighting = Sighting(f"Release {number}", tuple(text.split("\n\n")), day)
        stored = text_of("lakes", sighting, "")
        release_id = short_hash("lakes", number)
        revision = Revision(
            f"v{number}", release_id, "lakes", 1, None, None, stored.text_id, stored.text_digest,
            None, f"c{number}", f"c{number}", START + timedelta(minutes=number), None, "v1",
        )  # fmt: skip
        yield text_row(stored, stamp), revision_row(revision, stamp)


def small_run(place: Place, new: int) -> None:
    """Time the step for releases that were never compared; nothing is kept."""
    store = Store.open(place, START)
    asked = store.ask(
        "select release_id from lake.revision_log where release_id not in "
        f"(select release_id from lake.article_log) order by seen_at limit {new}"
    )
    store.begin()
    # what a run has paid for by then: catalog, Arrow's scanner
    store.ask("select 1 from wanted", wanted=pa.table({"key": ["none"]}))
    start, wall = time.process_time(), time.perf_counter()
    ties = settle_ties(store, NEXT_RUN, {row[0] for row in asked})
    spent, waited = time.process_time() - start, time.perf_counter() - wall
    store.rollback()
    store.close()
    print(f"{len(asked)} new: {spent:.2f} s CPU, {waited:.2f} s, {ties} ties")


if __name__ == "__main__":
    main()
