"""Reading evidence again: captures a second, and where the time goes.

`python -m benchmarks.rereading [--releases N] [--looks N] [--bytes LEAST MOST] [--archive DIR]`: an
archive of pages, each seen several times in other bytes; then the source's parser changes and all
is read again. An archive kept in DIR is made once, and read again by yet another parser each time.
"""

import argparse
import resource
import shutil
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from benchmarks.intake import AT, ingest, measured, write
from flows import rereading
from flows.effects import Effects, utc_now
from flows.settings import load_settings
from parsers.model import Source
from tests.corpus.dice import Dice
from tests.corpus.pages import SIZE_BYTES, make_page, recosmetic


def make_archive(root: Path, releases: int, looks: int, size: tuple[int, int]) -> None:
    """Ingest the pages of every day."""
    folder = root / "pages"
    for day in range(looks):

        def body(seed: int, day: int = day) -> bytes:
            bytes_of = Dice(seed, f"size {day}").number(*size)
            page, truth = make_page(seed, size_bytes=bytes_of)
            if day == 0:
                return page
            return recosmetic(truth, seed + 1000 * day, markup=False, size_bytes=bytes_of)[0]

        write(folder, releases, body, "html")
        cost = ingest(root, folder, AT + timedelta(days=day))
        shutil.rmtree(folder)
        print(f"day {day}: ingested in {cost.wall_s:.0f} s, CPU {cost.cpu_s:.0f} s", flush=True)


def otherwise(source: Source, *, all_texts: bool) -> Source:
    """The source with layouts that drop one thing more, another each time; `all_texts`: one that
    every page shows, its date."""
    drop = [f".nothing-{time.time_ns()}", *([".news-date-time"] if all_texts else [])]
    layouts = tuple(replace(one, drop=(*one.drop, *drop)) for one in source.layouts)
    return replace(source, layouts=layouts)


def reread(root: Path, *, all_texts: bool) -> None:
    """Read all again, and print what it took."""
    settings = load_settings(None, root)
    source = settings.source("csto")
    assert source is not None
    publishing, publishing_cpu = 0.0, 0.0
    publish = rereading._publish

    def timed(*facts: object) -> None:
        nonlocal publishing, publishing_cpu
        started, before = time.perf_counter(), time.process_time()
        publish(*facts)  # type: ignore[arg-type]
        publishing = time.perf_counter() - started
        publishing_cpu = time.process_time() - before

    def progress(_source_id: str, bodies: int, of: int) -> None:
        if bodies % 10_000 < rereading.CHUNK_BODIES or bodies == of:
            print(f"{bodies} of {of}: {_peak_mb()} MB", flush=True)

    rereading._publish = timed
    source = otherwise(source, all_texts=all_texts)
    own = time.process_time()
    try:
        with measured() as cost:
            effects = Effects(utc_now, time.sleep, print, lambda *_: None)
            done = rereading.reread_source(settings, source, effects, progress)
    finally:
        rereading._publish = publish
    own = time.process_time() - own
    print(
        f"{done.bodies} bodies read again: {done.bodies / cost.wall_s:,.0f}/s, {cost.wall_s:.1f} s "
        f"({publishing:.1f} s of it to publish, under the lock); CPU {cost.cpu_s:.1f} s, "
        f"{own:.1f} s of it outside the parsers, {publishing_cpu:.1f} s to publish; "
        f"{done.looks_changed} looks changed; peak memory {_peak_mb()} MB"
    )


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=500)
    parser.add_argument("--looks", type=int, default=6)
    parser.add_argument("--bytes", type=int, nargs=2, default=SIZE_BYTES)
    parser.add_argument("--archive", type=Path)
    parser.add_argument("--all-texts", action="store_true", help="the parser changes every text")
    chosen = parser.parse_args()
    root = chosen.archive or Path(tempfile.mkdtemp(prefix="pressdiff-bench-"))
    try:
        if not (root / "data").exists():
            root.mkdir(exist_ok=True)
            make_archive(root, chosen.releases, chosen.looks, chosen.bytes)
        reread(root, all_texts=chosen.all_texts)
    finally:
        if chosen.archive is None:
            shutil.rmtree(root)


if __name__ == "__main__":
    main()
