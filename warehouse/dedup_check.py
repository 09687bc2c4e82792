"""The exact check of candidate pairs: true shingles, then the words themselves where they tell."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from warehouse.dedup_scratch import mapped
from warehouse.history.conflict import aligned_conflict, count_paragraphs
from warehouse.history.fingerprint import I64, Route, Strings
from warehouse.history.neighbours import SAME_TEXT, Overlaps, Relation, Rules, join, kinds_of

PAIRS_AT_ONCE = 1 << 15
ORDER = tuple(Relation)
"""Kinds are numbered as they stand in `Relation`."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Every candidate pair with what it is. All arrays are (n,)."""

    left: I64
    right: I64
    kinds: npt.NDArray[np.int8]
    """Place in `ORDER`; -1 for strangers."""
    jaccard: npt.NDArray[np.float64]
    containment: npt.NDArray[np.float64]


def check_pairs(
    left: I64,
    right: I64,
    equal: npt.NDArray[np.bool_],
    words: npt.NDArray[np.uint32],
    texts: Callable[[I64], Strings],
    rules: Rules,
    route: Route,
    threads: int,
    progress: Callable[[int], None],
) -> Checked:
    """What every candidate pair is; the shorter text counts as the earlier.

    Pairs of one connected component are checked together, so that a text is fetched and cut
    into shingles about once. Texts of equal pairs are not fetched at all.
    """
    order = np.flatnonzero(~equal)
    order = order[np.lexsort((left[order], _components(left[order], right[order], len(words))))]
    kinds = np.where(equal, ORDER.index(Relation.EXACT), -1).astype(np.int8)
    jaccard, containment = equal.astype(np.float64), equal.astype(np.float64)
    chunks = np.array_split(order, -(-len(order) // PAIRS_AT_ONCE)) if len(order) else []

    def check(chunk: I64) -> tuple[list[Relation | None], Overlaps]:
        return _check_chunk(left[chunk], right[chunk], words, texts, rules, route)

    done = int(equal.sum())
    for chunk, (found, measured) in zip(chunks, mapped(check, chunks, threads), strict=True):
        kinds[chunk] = [-1 if kind is None else ORDER.index(kind) for kind in found]
        jaccard[chunk], containment[chunk] = measured.jaccard, measured.containment
        done += len(chunk)
        progress(done)
    return Checked(left, right, kinds, jaccard, containment)


def _check_chunk(
    left: I64,
    right: I64,
    words: npt.NDArray[np.uint32],
    texts: Callable[[I64], Strings],
    rules: Rules,
    route: Route,
) -> tuple[list[Relation | None], Overlaps]:
    rows, places = np.unique(np.concatenate([left, right]), return_inverse=True)
    one, other = places[: len(left)], places[len(left) :]
    fetched = texts(rows)
    known = route.shingles(fetched)
    shared, dubious = route.compare(one, other, known)
    sizes, lengths = known.sizes(), words[rows].astype(np.int64)
    measured = Overlaps(
        lengths[one], lengths[other], sizes[one], sizes[other], shared,
        equal=np.zeros(len(one), np.bool_),
        earlier=lengths[one] < lengths[other],
        dubious=dubious,
    )  # fmt: skip

    def gains_paragraph(pair: int) -> bool:
        counts = sorted(
            (lengths[place], count_paragraphs(fetched[int(place)].as_py()))
            for place in (one[pair], other[pair])
        )
        return bool(counts[1][1] > counts[0][1])

    def conflict(pair: int) -> bool:
        return aligned_conflict(fetched[int(one[pair])].as_py(), fetched[int(other[pair])].as_py())

    return kinds_of(measured, rules, gains_paragraph, conflict), measured


def _components(left: I64, right: I64, rows: int) -> I64:
    """A number for each pair, equal for pairs that hang together (or nearly always so)."""
    label = np.arange(rows)
    for _ in range(8):  # enough for all but long chains, which only cost a second look
        least = np.minimum(label[left], label[right])
        np.minimum.at(label, left, least)
        np.minimum.at(label, right, least)
    found: I64 = label[left]
    return found


def cluster_rows(checked: Checked, order: Sequence[Relation]) -> tuple[I64, I64]:
    """The rows that share a cluster, ascending, and the first row of each one's cluster."""
    del order
    same = np.isin(checked.kinds, [ORDER.index(kind) for kind in SAME_TEXT])
    joining = np.flatnonzero(same)
    exact = checked.kinds[joining] != ORDER.index(Relation.EXACT)
    joining = joining[
        np.lexsort(
            (
                checked.right[joining], checked.left[joining],
                -checked.containment[joining], -checked.jaccard[joining], exact,
            )
        )
    ]  # fmt: skip
    apart = np.flatnonzero(checked.kinds == ORDER.index(Relation.LOOKALIKE))
    groups = join(
        zip(checked.left[joining].tolist(), checked.right[joining].tolist(), strict=True),
        zip(checked.left[apart].tolist(), checked.right[apart].tolist(), strict=True),
    )
    found = sorted((row, min(group)) for group in groups for row in group)
    members = np.array([row for row, _ in found], np.int64)
    return members, np.array([first for _, first in found], np.int64)
