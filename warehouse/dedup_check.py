"""The exact check of candidate pairs: true shingles, then the words themselves where they tell."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from warehouse.dedup_scratch import mapped
from warehouse.history.conflict import states_more
from warehouse.history.fingerprint import I64, Route, Shingles, Strings
from warehouse.history.neighbours import (
    ORDER,
    SAME_TEXT,
    Overlaps,
    Relation,
    Rules,
    join,
    kinds_of,
    least_shared,
)

PAIRS_AT_ONCE = 1 << 12


@dataclass(frozen=True, slots=True)
class Checked:
    """Every candidate pair with what it is. All arrays are (n,)."""

    left: I64
    right: I64
    kinds: npt.NDArray[np.int8]
    """Place in `ORDER`; -1 for strangers."""
    jaccard: npt.NDArray[np.float64]
    containment: npt.NDArray[np.float64]


class Evidence(Protocol):
    """What the check asks for of some ascending rows."""

    def __call__(self, rows: I64, /) -> tuple[Shingles, Callable[[I64], Strings]]:
        """Their distinct shingles, and what gives the texts of ascending ones among them."""


def check_pairs(
    left: I64,
    right: I64,
    equal: npt.NDArray[np.bool_],
    words: npt.NDArray[np.uint32],
    evidence: Evidence,
    rules: Rules,
    route: Route,
    threads: int,
    progress: Callable[[int], None],
) -> Checked:
    """What every candidate pair is; the shorter text counts as the earlier.

    Pairs of one connected component are checked together, so that a text is looked at about once;
    the texts of equal pairs are not looked at.
    """
    order = np.flatnonzero(~equal)
    # of a common key the first texts meet all others: by the right row each of those comes once
    order = order[np.lexsort((right[order], _components(left[order], right[order], len(words))))]
    kinds = np.where(equal, ORDER.index(Relation.EXACT), -1).astype(np.int8)
    jaccard, containment = equal.astype(np.float64), equal.astype(np.float64)
    chunks = np.array_split(order, -(-len(order) // PAIRS_AT_ONCE)) if len(order) else []

    def check(chunk: I64) -> tuple[npt.NDArray[np.int8], Overlaps]:
        return _check_chunk(left[chunk], right[chunk], words, evidence, rules, route)

    done = int(equal.sum())
    for chunk, (found, measured) in zip(chunks, mapped(check, chunks, threads), strict=True):
        kinds[chunk] = found
        jaccard[chunk], containment[chunk] = measured.jaccard, measured.containment
        done += len(chunk)
        progress(done)
    return Checked(left, right, kinds, jaccard, containment)


def _check_chunk(
    left: I64,
    right: I64,
    words: npt.NDArray[np.uint32],
    evidence: Evidence,
    rules: Rules,
    route: Route,
) -> tuple[npt.NDArray[np.int8], Overlaps]:
    rows, places = np.unique(np.concatenate([left, right]), return_inverse=True)
    one, other = places[: len(left)], places[len(left) :]
    known, texts = evidence(rows)
    sizes, lengths = known.sizes(), words[rows].astype(np.int64)
    both = lengths[one], lengths[other], sizes[one], sizes[other]
    shared, dubious = route.compare(other, one, known, least_shared(*both, rules))
    looked = 3 * shared >= sizes[one] + sizes[other]
    measured = Overlaps(
        *both, shared,
        equal=np.zeros(len(one), np.bool_),
        earlier=lengths[one] < lengths[other],
        dubious=dubious | ~looked,
    )  # fmt: skip

    def gains_paragraph(asked: I64) -> npt.NDArray[np.bool_]:
        places, sides = _asked(one, other, asked)
        counts = route.count_paragraphs(texts(places))[np.stack(sides)]
        longer = np.where(lengths[one[asked]] < lengths[other[asked]], 1, 0)
        picked = np.arange(len(asked))
        found: npt.NDArray[np.bool_] = counts[longer, picked] > counts[1 - longer, picked]
        return found

    def conflict(asked: I64) -> npt.NDArray[np.bool_]:
        places, (mine, theirs) = _asked(one, other, asked)
        found = texts(places)
        more = looked[asked].copy()
        for i in np.flatnonzero(~more).tolist():
            more[i] = states_more(*(str(found[int(side[i])].as_py()) for side in (mine, theirs)))
        more[more] = route.conflict(found, mine[more], theirs[more])
        return more

    return kinds_of(measured, rules, gains_paragraph, conflict), measured


def _asked(one: I64, other: I64, asked: I64) -> tuple[I64, tuple[I64, I64]]:
    """The distinct places in some pairs, ascending, and which of those each side of a pair is."""
    places, found = np.unique(np.concatenate([one[asked], other[asked]]), return_inverse=True)
    return places, (found[: len(asked)], found[len(asked) :])


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
