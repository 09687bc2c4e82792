"""Whole ingests, evidence and commit included, against BeautifulSoup alone in the same run.

`python -m benchmarks.intake [--dumps N] [--pages N]`. CPU seconds are those of this process and of
the parsing process; the wall clock is given beside them.
"""

import argparse
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bs4 import BeautifulSoup

from flows.effects import Effects, utc_now
from flows.inputs import find_inputs
from flows.parse_pool import shared_pool
from flows.pipeline import execute
from flows.plan import SourcePlan
from flows.settings import load_settings
from tests.corpus.dumps import make_dump
from tests.corpus.pages import make_page, recosmetic

AT = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(slots=True)
class Cost:
    """What something took."""

    wall_s: float = 0.0
    cpu_s: float = 0.0


@contextmanager
def measured() -> Iterator[Cost]:
    """The cost of a block. The parsing process is ended in it, so that its CPU is counted."""
    cost = Cost()
    started, before = time.perf_counter(), _cpu_s()
    yield cost
    shared_pool().close()
    shared_pool.cache_clear()
    cost.wall_s = time.perf_counter() - started
    cost.cpu_s = _cpu_s() - before


def _cpu_s() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def ingest(root: Path, folder: Path, at: datetime) -> Cost:
    """One ingest of a folder captured at a time."""
    settings = load_settings(None, root)
    source = settings.source("csto")
    assert source is not None
    with measured() as cost:
        inputs = find_inputs([folder], root, at, named=True)
        effects = Effects(utc_now, time.sleep, print, lambda *_: None)
        execute(settings, "ingest", [SourcePlan(source, inputs)], effects)
    return cost


def dumps(root: Path, number: int) -> None:
    """Text dumps of all variants."""
    folder = root / "dumps"
    write(folder, number, lambda seed: make_dump(seed)[0], "txt")
    cost = ingest(root, folder, AT)
    print(
        f"{number} dumps: {number / cost.wall_s:,.0f} documents/s, {cost.wall_s:.1f} s, "
        f"{cost.cpu_s:.1f} s CPU, {1e3 * cost.cpu_s / number:.2f} ms CPU each, "
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )


def pages(root: Path, number: int) -> None:
    """Pages of 60 to 200 KB: new, byte-identical, the same text in other bytes."""
    made = [make_page(seed) for seed in range(number)]
    bodies = [body for body, _ in made]
    before = _cpu_s()
    for body in bodies:
        BeautifulSoup(body.decode("utf-8", "replace"), "lxml")
    alone = _cpu_s() - before
    print(f"{number} pages, BeautifulSoup alone: {1e3 * alone / number:.1f} ms CPU each")
    folder = root / "pages"
    write(folder, number, lambda seed: bodies[seed], "html")
    report("new pages", ingest(root, folder, AT), number, alone)
    report("byte-identical", ingest(root, folder, AT + timedelta(days=1)), number, alone)
    truths = [truth for _, truth in made]
    write(folder, number, lambda seed: recosmetic(truths[seed], seed, markup=False)[0], "html")
    report("other bytes", ingest(root, folder, AT + timedelta(days=2)), number, alone)


def report(name: str, cost: Cost, number: int, alone_s: float) -> None:
    """One line: what an ingest cost, and how many times BeautifulSoup alone costs that."""
    print(
        f"{name}: {1e3 * cost.cpu_s / number:.2f} ms CPU each, {cost.wall_s:.1f} s; "
        f"BeautifulSoup alone costs {alone_s / cost.cpu_s:.1f} times as much"
    )


def write(folder: Path, number: int, body: Callable[[int], bytes], suffix: str) -> None:
    """Files of a folder, one a seed."""
    folder.mkdir(exist_ok=True)
    for seed in range(number):
        (folder / f"{seed:06}.{suffix}").write_bytes(body(seed))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dumps", type=int, default=20_000)
    parser.add_argument("--pages", type=int, default=400)
    chosen = parser.parse_args()
    for measure, number in ((dumps, chosen.dumps), (pages, chosen.pages)):
        root = Path(tempfile.mkdtemp(prefix="pressdiff-bench-"))
        try:
            measure(root, number)
        finally:
            shutil.rmtree(root)


if __name__ == "__main__":
    main()
