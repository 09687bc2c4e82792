"""Speed and correctness of diffs and typed changes: `python -m benchmarks.diffing`.

Times are CPU seconds of this process, the least of several runs; ratios are against difflib
(autojunk off, on words) in the same run. Texts are the paragraphs of the seeds and invented ones.
"""

import random
import sys
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from itertools import islice
from time import process_time

from tests.history.planted import (
    PLANTERS,
    Planted,
    cosmetic,
    invented_body,
    planted,
    seed_body,
)
from tests.history.texts import seed_paragraphs
from warehouse.history.change import TextState
from warehouse.history.classify import compare
from warehouse.history.diff import apply, diff

PLANTED_EACH = 1_000
COSMETIC = 10_000
PAIRS = 5_000
TOKENS = 5_000
MEGABYTE = 1_000_000


def main() -> None:
    """Print one line a figure."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    against_difflib()
    large_texts()
    compare_large()
    planted_edits()
    cosmetic_variants()
    throughput(pairs)


def cpu_s(work: Callable[[], object], runs: int = 5) -> float:
    """The least CPU time of some runs."""
    least = float("inf")
    for _ in range(runs):
        start = process_time()
        work()
        least = min(least, process_time() - start)
    return least


def long_body(rng: random.Random) -> list[str]:
    """About 5,000 words: the seeds' paragraphs once, then invented ones."""
    body = seed_paragraphs()
    while sum(len(text.split()) for text in body) < TOKENS:
        body += invented_body(rng)
    rng.shuffle(body)
    return body


def edited(rng: random.Random, text: str) -> str:
    """One word replaced."""
    words = text.split()
    words[rng.randrange(len(words))] = "altogether"
    return " ".join(words)


def against_difflib() -> None:
    """Revisions of 5,000 words, by how many paragraphs differ."""
    rng = random.Random(1)
    body = long_body(rng)
    vocabulary = [word for text in body for word in text.split()]
    chosen = set(rng.sample(range(len(body)), 5))
    cases = {
        "one paragraph differs": [edited(rng, t) if k == 7 else t for k, t in enumerate(body)],
        "five paragraphs differ": [
            edited(rng, text) if k in chosen else text for k, text in enumerate(body)
        ],
        "all paragraphs differ": [edited(rng, text) for text in body],
        "one paragraph moved": [*body[1:40], body[0], *body[40:]],
        "full rewrite": [" ".join(rng.choices(vocabulary, k=len(t.split()))) for t in body],
    }
    for name, after in cases.items():
        assert apply(body, diff(body, after)) == tuple(after)
        old, new = "\n".join(body).split(), "\n".join(after).split()
        peer = cpu_s(lambda: SequenceMatcher(None, old, new, autojunk=False).get_opcodes(), 3)  # noqa: B023
        ours = cpu_s(lambda: diff(body, after), 60)  # noqa: B023
        print(f"{name}: difflib {peer * 1e3:.1f} ms, diff {ours * 1e3:.2f} ms, {peer / ours:.0f}x")


def large_texts() -> None:
    """Texts of one megabyte, in paragraphs of 80 words and in a single one."""
    rng = random.Random(2)
    vocabulary = [word for text in seed_paragraphs() for word in text.split()]
    words: list[str] = []
    while sum(map(len, words)) + len(words) < MEGABYTE:
        words += rng.choices(vocabulary, k=5_000)
    some = [word if rng.random() > 0.05 else "altogether" for word in words]
    others = rng.choices(vocabulary, k=len(words))
    for layout, size in (("paragraphs of 80 words", 80), ("one paragraph", len(words))):
        body = _cut(words, size)
        for name, after in (("5 % of words", some), ("rewrite", others)):
            new = _cut(after, size)
            took = cpu_s(lambda: diff(body, new), 1)  # noqa: B023
            print(f"1 MB, {layout}, {name}: {took:.2f} s CPU")


def compare_large() -> None:
    """One megabyte in paragraphs of 80 words, 5 % of words replaced: every edit typed."""
    rng = random.Random(2)
    vocabulary = [word for text in seed_paragraphs() for word in text.split()]
    words: list[str] = []
    while sum(map(len, words)) + len(words) < MEGABYTE:
        words += rng.choices(vocabulary, k=5_000)
    some = [word if rng.random() > 0.05 else "altogether" for word in words]
    before = TextState("Talks", None, tuple(_cut(words, 80)))
    after = TextState("Talks", None, tuple(_cut(some, 80)))
    found = len(compare(before, after).changes)
    took = cpu_s(lambda: compare(before, after), 2)
    alone = cpu_s(lambda: diff(before.paragraphs, after.paragraphs), 2)
    print(f"1 MB, {found} changes typed: {took:.2f} s CPU, {took / alone:.1f} times the diff alone")


def _cut(words: Sequence[str], size: int) -> list[str]:
    return [" ".join(words[at : at + size]) for at in range(0, len(words), size)]


def planted_edits() -> None:
    """How many of a thousand planted edits of each kind are read as planted."""
    for planter in PLANTERS:
        edits = list(islice(planted(planter, seed=3), PLANTED_EACH))
        right = sum(map(_is_read, edits))
        print(f"planted {planter.__name__}: {right} of {len(edits)} read as planted")


def _is_read(edit: Planted) -> bool:
    found = compare(*edit.states())
    read = [(change.op, change.kind) for change in found.changes]
    return read == [(edit.op, edit.kind)] and found.change_class == edit.change_class


def cosmetic_variants() -> None:
    """How many variants in typography, spaces and borders count as changed: none."""
    rng = random.Random(4)
    changed = 0
    for turn in range(COSMETIC):
        body = (invented_body if turn % 2 else seed_body)(rng)
        after = cosmetic(rng, body)
        found = compare(TextState("Talks", None, tuple(body)), TextState("Talks", None, after))
        changed += bool(found.changes)
    print(f"cosmetic variants: {changed} changes in {COSMETIC}")


def throughput(pairs: int) -> None:
    """Revision pairs a CPU second, one process, edits of every kind in turn."""
    each = -(-pairs // len(PLANTERS))
    states = [
        edit.states() for planter in PLANTERS for edit in islice(planted(planter, seed=5), each)
    ]
    took = cpu_s(lambda: [compare(*pair) for pair in states], 1)
    words = sum(len(text.split()) for pair in states for text in pair[0].paragraphs) / len(states)
    print(f"classified {len(states)} pairs of {words:.0f} words: {len(states) / took:.0f} pairs/s")


if __name__ == "__main__":
    main()
