"""Reading evidence again: captures a second, and where the time goes.

`python -m benchmarks.rereading [--releases N] [--looks N]`: an archive of pages of 60 to 200 KB,
each seen several times in other bytes; then the source's parser changes and all is read again.
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
from tests.corpus.pages import make_page, recosmetic


def make_archive(root: Path, releases: int, looks: int) -> None:
    """Ingest the pages of every day."""
    made = [make_page(seed) for seed in range(releases)]
    folder = root / "pages"
    for day in range(looks):
        bodies = (
            [body for body, _ in made]
            if day == 0
            else [
                recosmetic(truth, seed + 1000 * day, markup=False)[0]
                for seed, (_, truth) in enumerate(made)
            ]
        )
        write(folder, releases, bodies.__getitem__, "html")
        ingest(root, folder, AT + timedelta(days=day))


def otherwise(source: Source) -> Source:
    """The source with a layout that drops one thing more: another parser version."""
    layouts = tuple(replace(one, drop=(*one.drop, ".nothing-of-this")) for one in source.layouts)
    return replace(source, layouts=layouts, language="en" if source.language != "en" else "ru")


def reread(root: Path) -> None:
    """Read all again, and print what it took."""
    settings = load_settings(None, root)
    source = settings.source("csto")
    assert source is not None
    publishing = 0.0
    publish = rereading._publish

    def timed(*facts: object) -> None:
        nonlocal publishing
        started = time.perf_counter()
        publish(*facts)  # type: ignore[arg-type]
        publishing = time.perf_counter() - started

    rereading._publish = timed
    own = time.process_time()
    try:
        with measured() as cost:
            effects = Effects(utc_now, time.sleep, print, lambda *_: None)
            done = rereading.reread_source(settings, otherwise(source), effects, lambda *_: None)
    finally:
        rereading._publish = publish
    own = time.process_time() - own
    print(
        f"{done.bodies} bodies read again: {done.bodies / cost.wall_s:,.0f}/s, {cost.wall_s:.1f} s "
        f"({publishing:.1f} s of it to publish, under the lock); CPU {cost.cpu_s:.1f} s, "
        f"{own:.1f} s of it outside the parsers; {done.looks_changed} looks changed; "
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=500)
    parser.add_argument("--looks", type=int, default=6)
    chosen = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="pressdiff-bench-"))
    try:
        make_archive(root, chosen.releases, chosen.looks)
        reread(root)
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
