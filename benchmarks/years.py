"""A source that is looked at every hour for a year: does a commit cost more at its end?

    python -m benchmarks.years [--commits 8760] [--looks 20] [--keep FOLDER]

What a visit asks of the warehouse and what a run commits, by the same functions and in the same
order, without network and parser; the time is given to them. Every 24 commits upkeep, as
`pressdiff maintain --no-check` does it. Of the looks nearly all find what was known; one in six
hours finds an edit, one in a day a new release. DuckLake stamps its snapshots with the real clock,
so the times in its catalog are moved to the ones played here before each upkeep.

CPU time, medians of a tenth of the commits; the ratio of the last tenth to the second (in the first
the tables are nearly empty) is the figure.
"""

import argparse
import resource
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from parsers.model import Outcome, Reading, Sighting, digest_bytes
from tests.corpus.texts import make_release
from warehouse.duck import Place, connect_for
from warehouse.incident_desk import close_repaired
from warehouse.lists import Found, ListRead, keep_lists
from warehouse.model import StagedLook, capture_id, reading_id, text_of
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.store import Store
from warehouse.ties import settle_ties
from warehouse.upkeep import forget_snapshots, merge_files, remove_old_files

START = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = "lakes"
PARSER = "3f9c2b1a7d5e"
FIRST_RELEASES = 200
KEEP_SNAPSHOTS_DAYS = 30
_LISTING = "https://lakes.example/news/"
_QUESTIONS = {
    "latest changes": "select * from changes order by seen_at desc limit 50",
    "latest releases": "select release_id, headline, published_on, status from releases "
    "order by last_changed_at desc limit 50",
}


@dataclass(slots=True)
class Site:
    """What is published: the text of each release, by its number."""

    texts: dict[int, Sighting] = field(default_factory=dict)

    def publish(self, number: int) -> None:
        """A new release."""
        made = make_release(number)
        self.texts[number] = Sighting(
            made.headline, made.paragraphs, made.published_on, language="en",
            canonical_url=f"{_LISTING}{number}/",
        )  # fmt: skip

    def edit(self, number: int, hour: int) -> None:
        """A sentence more."""
        was = self.texts[number]
        told = (*was.paragraphs, f"{hour} delegates took part.")
        self.texts[number] = Sighting(
            was.headline, told, was.published_on, language="en", canonical_url=was.canonical_url
        )

    def look(self, number: int, at: datetime, known: set[str]) -> StagedLook:
        """A look at a release; `known`: the readings that were made already."""
        sighting = self.texts[number]
        url = f"{_LISTING}{number}/"
        digest = digest_bytes(repr(sighting).encode())
        read = reading_id(SOURCE, url, digest, None)
        is_new = read not in known
        known.add(read)
        return StagedLook(
            capture_id=capture_id(SOURCE, url, at, digest), source_id=SOURCE, url=url,
            captured_at=at, digest=digest, length_bytes=40_000,
            warc_file=f"{at:%Y/%m}/{at:%Y%m%dT%H%M%SZ}-a1b2c3.warc.gz", warc_offset=number * 1200,
            parser_version=PARSER, reading_id=read,
            reading=Reading(Outcome.READ, sighting, (), None, "layout[0]", "utf-8", "utf-8",
                            digest[:32]) if is_new else None,
            text=text_of(SOURCE, sighting, digest) if is_new else None,
            http_status=200, address=url, etag=f'"{digest[:16]}"',
        )  # fmt: skip


@dataclass(slots=True)
class Spent:
    """CPU milliseconds of each commit and question."""

    commits: list[float] = field(default_factory=list)
    questions: dict[str, list[float]] = field(default_factory=dict)


def cpu_ms() -> float:
    """What this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return 1e3 * (used.ru_utime + used.ru_stime)


def timed(act: Callable[[], object]) -> float:
    """The CPU milliseconds it takes."""
    before = cpu_ms()
    act()
    return cpu_ms() - before


def commit(place: Place, site: Site, hour: int, numbers: list[int], known: set[str]) -> None:
    """One hour's run: what a visit asks, then what a run commits."""
    at = START + timedelta(hours=hour)
    store = Store.open(place, at)
    try:
        with store.reading():
            pages = store.site_pages(SOURCE)
            found = store.addresses_found(SOURCE)
            store.listing_items(SOURCE)
            store.last_deep_walk(SOURCE)
            urls = [f"{_LISTING}{number}/" for number in numbers]
            store.page_looks(SOURCE, urls)
            store.newest_digests(SOURCE, urls)
            store.has_other_parser(SOURCE, PARSER)
        assert hour == 0 or pages
        looks = [
            site.look(number, at + timedelta(seconds=place_in), known)
            for place_in, number in enumerate(numbers)
        ]
        store.begin()
        stamp = Stamp(
            f"{at:%Y%m%dT%H%M%SZ}-a1b2c3", store.next_recorded_at(at + timedelta(minutes=5))
        )
        recorder = Recorder(store, stamp)
        counts = recorder.record(SOURCE, looks, has_layouts=True)
        close_repaired(store, recorder.stamp, [SOURCE])
        settle_ties(store, recorder.begun, recorder.touched)
        keep_lists(
            store, recorder.stamp, SOURCE,
            [Found(url, "a headline", None, "listing") for url in urls if url not in found],
            [ListRead(_LISTING, 20, False, True)], (),
        )  # fmt: skip
        store.append("run_log", [{
            "run_id": stamp.run_id, "command": "run", "started_at": at,
            "finished_at": recorder.stamp.recorded_at, "status": "ok",
            "counts": sorted(counts.items()), "pressdiff_version": "0.1.0",
            "recorded_at": recorder.stamp.recorded_at,
        }])  # fmt: skip
        store.append("coverage_log", [{
            "source_id": SOURCE, "listed": len(looks), "fetched": len(looks),
            "unchanged": counts["unchanged"], "parsed": len(looks), "failed": 0,
            "never_fetched": 0, **recorder.stamp.columns,
        }])  # fmt: skip
        store.commit()
        store.merge_if_due()
    finally:
        store.close()


def move_catalog_times(place: Place, snapshots: int, at: datetime) -> int:
    """Give snapshots from a number on, and files put aside since, the time played; the next
    number."""
    with closing(sqlite3.connect(place.catalog)) as catalog, catalog:
        said = f"{at:%Y-%m-%d %H:%M:%S.%f}+00"
        catalog.execute(
            "update ducklake_snapshot set snapshot_time = ? where snapshot_id >= ?",
            (said, snapshots),
        )
        catalog.execute(
            "update ducklake_files_scheduled_for_deletion set schedule_start = ? "
            "where schedule_start > ?",
            (said, f"{START + timedelta(days=4000):%Y}" if at > datetime.now(UTC) else said),
        )
        (newest,) = catalog.execute("select max(snapshot_id) from ducklake_snapshot").fetchone()
    return int(newest) + 1


def upkeep(place: Place, at: datetime) -> None:
    """What `pressdiff maintain --no-check` does to the lake."""
    store = Store.open(place, at)
    try:
        remove_old_files(store, at)
        forget_snapshots(store, at, KEEP_SNAPSHOTS_DAYS)
        merge_files(store)
    finally:
        store.close()


def ask(place: Place, spent: Spent) -> None:
    """The questions as `pressdiff sql` asks them, each on a connection made for it and warm, in CPU
    time."""
    for name, query in _QUESTIONS.items():
        with closing(connect_for(place, query)) as connection:
            connection.execute(query).fetchall()
            least = min(timed(lambda q=query: connection.execute(q).fetchall()) for _ in range(3))
            spent.questions.setdefault(name, []).append(least)


def most_files(place: Place) -> tuple[int, int]:
    """The most Parquet files of the newest snapshot that a table has, and all on the disk."""
    with closing(sqlite3.connect(place.catalog)) as catalog:
        (most,) = catalog.execute(
            "select max(n) from (select count(*) as n from ducklake_data_file "
            "where end_snapshot is null group by table_id)"
        ).fetchone()
    return int(most), len([*place.files.rglob("*.parquet")])


def main() -> None:
    """Play the year and tell of each tenth."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commits", type=int, default=8760)
    parser.add_argument("--looks", type=int, default=20)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="pressdiff-years-"))
    try:
        play(Place(folder), options.commits, options.looks)
    finally:
        if options.keep is None:
            shutil.rmtree(folder)


def play(place: Place, commits: int, looks: int) -> None:
    """All commits, a line for each tenth, and the ratios."""
    site, known, spent = Site(), set[str](), Spent()
    for number in range(FIRST_RELEASES):
        site.publish(number)
    commit(place, site, 0, list(range(FIRST_RELEASES)), known)
    snapshots, most, tenth, started = 0, 0, max(commits // 10, 1), time.perf_counter()
    for hour in range(1, commits + 1):
        count = len(site.texts)
        numbers = [(hour * looks + n) % count for n in range(looks - 1)]
        if hour % 24 == 12:
            site.publish(count)
            numbers.append(count)
        if hour % 6 == 3:
            site.edit(numbers[hour % (looks - 1)], hour)
        spent.commits.append(timed(partial(commit, place, site, hour, numbers, known)))
        most = max(most, most_files(place)[0])
        if hour % 24 == 0:
            at = START + timedelta(hours=hour)
            snapshots = move_catalog_times(place, snapshots, at)
            upkeep(place, at)
        if hour % tenth == 0 or hour % tenth == tenth // 2:
            ask(place, spent)
        if hour % tenth == 0:
            tell(place, hour, spent, tenth, most, time.perf_counter() - started)
    first = slice(tenth, 2 * tenth)
    told = [("commit", statistics.median(spent.commits[-tenth:])
             / statistics.median(spent.commits[first]))]  # fmt: skip
    told += [
        (name, statistics.median(values[-2:]) / statistics.median(values[2:4]))
        for name, values in spent.questions.items()
    ]
    print("the last tenth to the second: "
          + ", ".join(f"{name} {ratio:.2f}" for name, ratio in told))  # fmt: skip


def tell(place: Place, hour: int, spent: Spent, tenth: int, most: int, wall_s: float) -> None:
    """A line on the tenth that ended."""
    commit_ms = statistics.median(spent.commits[-tenth:])
    questions = ", ".join(
        f"{name} {statistics.median(values[-2:]):.0f} ms"
        for name, values in spent.questions.items()
    )
    now, on_disk = most_files(place)
    print(
        f"{hour:6} commits: {commit_ms:.0f} ms a commit, {questions}; files of a table {now}, "
        f"most {most}, on the disk {on_disk}; catalog "
        f"{place.catalog.stat().st_size / 1e6:.1f} MB; {wall_s:.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    main()
