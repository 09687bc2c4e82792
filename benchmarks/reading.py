"""How much a reading costs: CPU time of `parsers.engine.read` against bs4 + lxml on the same pages.

`python -m benchmarks.reading [--pages N] [--dumps N]`. Only ratios within one run mean anything;
each is the median of a few rounds, in which the peer and the reader take turns.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import process_time

from bs4 import BeautifulSoup

from parsers.model import Capture, Outcome, Reading, Source
from tests.corpus.dumps import make_dump
from tests.corpus.hostile import NAMES, make_hostile
from tests.corpus.judge import capture
from tests.corpus.pages import make_page, recosmetic

ROUNDS = 5
HOSTILE_CPU_S = 2.0
"""What a hostile page may cost."""

Read = Callable[[Capture], Reading]


@dataclass(frozen=True, slots=True)
class Sample:
    """Captures of one kind, and what the reader must make of each."""

    name: str
    captures: Sequence[Capture]
    outcome: Outcome = Outcome.READ


def cpu_s(work: Callable[[Capture], object], captures: Sequence[Capture]) -> float:
    """CPU seconds for all captures."""
    began = process_time()
    for seen in captures:
        work(seen)
    return process_time() - began


def peer(seen: Capture) -> object:
    """The page as a BeautifulSoup tree of lxml, from str: nothing is read in it."""
    return BeautifulSoup(seen.body.decode("utf-8", "replace"), "lxml")


def pages(count: int, layout: str) -> Sample:
    """Pages of 60 to 200 KB."""
    made = (make_page(seed, layout) for seed in range(count))
    name = {"bitrix": "pages with a container", "blocks": "pages for the block reader"}[layout]
    return Sample(name, [capture(body, truth.content_type) for body, truth in made])


def compare(read: Read, sample: Sample) -> None:
    """Print the reader's cost beside the peer's."""
    right = sum(read(seen).outcome is sample.outcome for seen in sample.captures)
    ratios, costs = [], []
    for _ in range(ROUNDS):
        costs.append(cpu_s(read, sample.captures))
        ratios.append(cpu_s(peer, sample.captures) / costs[-1])
    cost_ms = 1000 * median(costs) / len(sample.captures)
    size_kb = sum(len(seen.body) for seen in sample.captures) / len(sample.captures) / 1000
    print(
        f"{sample.name:38} {size_kb:6.0f} KB {cost_ms:8.2f} ms a page, "
        f"bs4 + lxml alone costs {median(ratios):6.1f} times as much "
        f"({right} of {len(sample.captures)} {sample.outcome})"
    )


def compare_again(source: Source, count: int) -> None:
    """Print what a page costs that was read before: the same text in other bytes (the ladder's
    second step, by container digest), and the same bytes (its first, by digest)."""
    from parsers.engine import read

    known: list[tuple[Capture, Reading]] = []
    others = []
    for seed in range(count):
        body, truth = make_page(seed, "bitrix")
        seen = capture(body, truth.content_type)
        known.append((seen, read(seen, source)))
        other, other_truth = recosmetic(truth, seed + 9000, markup=False)
        others.append(capture(other, other_truth.content_type))
    digests = {id(seen): old.container_digest for seen, (_, old) in zip(others, known, strict=True)}

    def reread(seen: Capture) -> Reading:
        return read(seen, source, known_container=digests[id(seen)])

    compare(reread, Sample("the same text in other bytes", others, Outcome.SAME))
    digest = {seen.digest: old for seen, old in known}
    began = process_time()
    for seen, _ in known:
        assert capture(seen.body, seen.content_type).digest in digest
    cost_s = process_time() - began
    whole_s = cpu_s(peer, [seen for seen, _ in known])
    name, times = "the same bytes (digest alone)", whole_s / cost_s
    print(f"{name:38} bs4 + lxml costs {times:6.0f} times as much")


def dumps(read: Read, count: int) -> None:
    """Print dumps a second, and the cost beside splitting their lines."""
    seen = [capture(make_dump(seed)[0], None) for seed in range(count)]
    rates = [count / cpu_s(read, seen) for _ in range(ROUNDS)]
    print(f"{'text dumps':38} {median(rates):8.0f} a CPU second")


def hostile(read: Read) -> None:
    """Print what each costly hostile input costs, dearest first."""
    costs = []
    for name in NAMES:
        given = make_hostile(name)
        costs.append((cpu_s(read, [capture(given.body, given.content_type)]), name))
    for cost, name in sorted(costs, reverse=True)[:10]:
        mark = "  OVER" if cost > HOSTILE_CPU_S else ""
        print(f"  {cost:6.2f} s  {name}{mark}")


def main() -> None:
    """Measure all kinds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=__doc__)
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--dumps", type=int, default=1000)
    parser.add_argument("--no-hostile", action="store_true")
    asked = parser.parse_args()

    from parsers.engine import read, remembered
    from parsers.sources import load_shipped

    source = load_shipped("csto")

    def read_one(seen: Capture) -> Reading:
        remembered.forget()  # else only the first round would read anything
        return read(seen, source)

    compare(read_one, pages(asked.pages, "bitrix"))
    compare(read_one, pages(asked.pages, "blocks"))
    compare_again(source, asked.pages)
    dumps(read_one, asked.dumps)
    if not asked.no_hostile:
        hostile(read_one)


if __name__ == "__main__":
    main()
