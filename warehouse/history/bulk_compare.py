"""Texts side by side, compiled by numba: distinct shingles, and what pairs share of them."""

import numpy as np

from warehouse.history.bulk_distinct import append_distinct, table_size
from warehouse.history.bulk_machine import bits_set, jit

_u64 = np.uint64
_0, _1 = _u64(0), _u64(1)


@jit
def add_distinct(values, ends, rows, out, at, out_ends):  # type: ignore[no-untyped-def]
    """The distinct values of each of some rows from `at` on, in order of first sight.

    Each row's end goes into `out_ends`; returns the last one.
    """
    longest = 0
    for row in rows:
        longest = max(longest, ends[row] - (ends[row - 1] if row else 0))
    table = np.empty(table_size(longest), _u64)
    for i, row in enumerate(rows):
        start = ends[row - 1] if row else 0
        at = append_distinct(values[start : ends[row]], ends[row] - start, table, out, at)
        out_ends[i] = at
    return at


@jit
def add_chosen(values, ends, rows, out, at, out_ends):  # type: ignore[no-untyped-def]
    """The values of each of some rows from `at` on, as `add_distinct` does."""
    for i, row in enumerate(rows):
        start = ends[row - 1] if row else 0
        for place in range(ends[row] - start):  # from 0: the compiler then copies many at a step
            out[_u64(at + place)] = values[_u64(start + place)]
        at += ends[row] - start
        out_ends[i] = at
    return at


@jit
def count_unshared(sketches, left, right):  # type: ignore[no-untyped-def]
    """As `sketches.unshared` states it."""
    found, other_found = np.zeros(len(left), np.int64), np.zeros(len(left), np.int64)
    for pair in range(len(left)):
        for i in range(sketches.shape[1]):
            one, other = sketches[left[pair], i], sketches[right[pair], i]
            found[pair] += np.int64(bits_set(one & ~other))  # type: ignore[call-arg]
            other_found[pair] += np.int64(bits_set(other & ~one))
    return found, other_found


@jit
def compare_pairs(left, right, hashes, ends, marked, marked_ends, least):  # type: ignore[no-untyped-def]
    """Shared shingles of every pair, and whether each side has a marked word the other lacks.

    A pair that cannot reach its `least` any more is given up: what was counted by then is below
    it too.
    """
    n = len(left)
    shared = np.zeros(n, np.int64)
    suspicious = np.zeros(n, np.bool_)
    longest = 0
    for row in range(len(ends)):
        longest = max(longest, ends[row] - (ends[row - 1] if row else 0))
    mine, theirs = np.empty(longest, _u64), np.empty(longest, _u64)
    table = np.empty(table_size(longest), _u64)
    for pair in range(n):
        one, other = left[pair], right[pair]
        start, first = (ends[one - 1] if one else 0), (ends[other - 1] if other else 0)
        size, other_size = ends[one] - start, ends[other] - first
        rest = _put_apart(hashes, start, first, min(size, other_size), mine, theirs)
        found = min(size, other_size) - rest
        for i in range(found + rest, size):
            mine[i - found] = hashes[start + i]
        for i in range(found + rest, other_size):
            theirs[i - found] = hashes[first + i]
        found += _count_shared(
            mine, size - found, theirs, other_size - found, table, least[pair] - found
        )
        shared[pair] = found
        if 2 * found >= size + other_size - found:
            suspicious[pair] = _both_have_more(
                marked[(marked_ends[one - 1] if one else 0) : marked_ends[one]],
                marked[(marked_ends[other - 1] if other else 0) : marked_ends[other]],
            )
    return shared, suspicious


@jit
def _put_apart(hashes, start, first, count, mine, theirs):  # type: ignore[no-untyped-def]
    """Shingles of two texts that differ from the one at the same place; how many.

    Near texts agree at most places, and there nothing has to be looked up.
    """
    rest = _0
    for i in range(count):
        one, other = hashes[_u64(start + i)], hashes[_u64(first + i)]
        mine[rest], theirs[rest] = one, other
        rest += _u64(one != other)
    return np.int64(rest)


@jit
def _count_shared(mine, size, theirs, other_size, table, least):  # type: ignore[no-untyped-def]
    """How many values are in both; fewer once it cannot be `least`. Each side's are distinct."""
    if not size or not other_size:
        return 0
    mask = _u64(table_size(size) - 1)
    table[: mask + _1] = _0
    for i in range(size):
        slot = mine[i] & mask
        while table[slot] != _0:
            slot = (slot + _1) & mask
        table[slot] = mine[i]
    found = 0
    for block in range(0, other_size, 32):
        if found + other_size - block < least:
            break
        for i in range(block, min(block + 32, other_size)):
            slot = theirs[i] & mask
            while table[slot] != _0 and table[slot] != theirs[i]:
                slot = (slot + _1) & mask
            found += table[slot] == theirs[i]
    return found


@jit
def _both_have_more(one, other):  # type: ignore[no-untyped-def]
    """Whether neither multiset of words contains the other."""
    first = 0  # from where on they differ
    while first < min(len(one), len(other)) and one[first] == other[first]:
        first += 1
    one, other = one[first:], other[first:]
    if not len(one) or not len(other):
        return False
    size = 16
    while size < 2 * (len(one) + len(other)):
        size *= 2
    words, balance = np.zeros(size, _u64), np.zeros(size, np.int32)
    for side in range(2):
        for value in one if side == 0 else other:
            slot = value & _u64(size - 1)
            while words[slot] != _0 and words[slot] != value:
                slot = (slot + _1) & _u64(size - 1)
            words[slot] = value
            balance[slot] += 1 - 2 * side
    return balance.max() > 0 and balance.min() < 0
