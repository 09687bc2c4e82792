"""Texts side by side, compiled by numba: distinct shingles, and what pairs share of them.

Functions that call each other stand in one file; see `bulk_machine`.
"""

import numpy as np

from warehouse.history.bulk_machine import jit

_u64 = np.uint64
_0, _1 = _u64(0), _u64(1)


@jit
def _table_size(count):  # type: ignore[no-untyped-def]
    """The size of an open table that so many values leave three quarters empty or more."""
    size = 16
    while size < 4 * count:
        size *= 2
    return size


@jit
def _append_distinct(values, count, table, out, at):  # type: ignore[no-untyped-def]
    """The distinct values from `at` on; returns where they end. A value of 0 would be lost."""
    size = _table_size(count)
    table[:size] = _0
    for i in range(count):
        value = values[i]
        slot = value & _u64(size - 1)
        while table[slot] != _0 and table[slot] != value:
            slot = (slot + _1) & _u64(size - 1)
        if table[slot] == _0:
            table[slot] = value
            out[at] = value
            at += 1
    return at


@jit
def _longest(offsets):  # type: ignore[no-untyped-def]
    longest = 0
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    return longest


@jit
def add_distinct(values, ends, rows, out, at, out_ends):  # type: ignore[no-untyped-def]
    """The distinct values of each of some rows from `at` on, in order of first sight.

    Each row's end goes into `out_ends`; returns the last one.
    """
    longest = 0
    for row in rows:
        longest = max(longest, ends[row] - (ends[row - 1] if row else 0))
    table = np.empty(_table_size(longest), _u64)
    for i, row in enumerate(rows):
        start = ends[row - 1] if row else 0
        at = _append_distinct(values[start : ends[row]], ends[row] - start, table, out, at)
        out_ends[i] = at
    return at


@jit
def add_chosen(values, ends, rows, out, at, out_ends):  # type: ignore[no-untyped-def]
    """The values of each of some rows from `at` on, as `add_distinct` does."""
    for i, row in enumerate(rows):
        for place in range(ends[row - 1] if row else 0, ends[row]):
            out[at] = values[place]
            at += 1
        out_ends[i] = at
    return at


@jit
def _fill_table(values, start, end, table):  # type: ignore[no-untyped-def]
    """Distinct values into an open table; returns it, larger if need be, and its size."""
    size = _table_size(end - start)
    if size > len(table):
        table = np.zeros(size, _u64)
    table[:size] = _0
    for i in range(start, end):
        slot = values[i] & _u64(size - 1)
        while table[slot] != _0:
            slot = (slot + _1) & _u64(size - 1)
        table[slot] = values[i]
    return table, size


@jit
def compare_pairs(left, right, hashes, ends, marked, marked_ends, least):  # type: ignore[no-untyped-def]
    """Shared shingles of every pair, and whether each side has a marked word the other lacks.

    Pairs ordered by `left` reuse its table. A pair that cannot reach its `least` any more is
    given up: what was counted by then is below it too.
    """
    n = len(left)
    shared = np.zeros(n, np.int64)
    suspicious = np.zeros(n, np.bool_)
    table = np.zeros(16, _u64)
    size = 16
    held = -1
    for pair in range(n):
        one, other = left[pair], right[pair]
        start = ends[one - 1] if one else 0
        if one != held:
            held = one
            table, size = _fill_table(hashes, start, ends[one], table)
        first, last = (ends[other - 1] if other else 0), ends[other]
        found = 0
        for block in range(first, last, 32):
            if found + last - block < least[pair]:
                break
            for i in range(block, min(block + 32, last)):
                value = hashes[i]
                slot = value & _u64(size - 1)
                while table[slot] != _0 and table[slot] != value:
                    slot = (slot + _1) & _u64(size - 1)
                found += table[slot] == value
        shared[pair] = found
        if 2 * found >= ends[one] - start + last - first - found:
            suspicious[pair] = _both_have_more(
                marked[(marked_ends[one - 1] if one else 0) : marked_ends[one]],
                marked[(marked_ends[other - 1] if other else 0) : marked_ends[other]],
            )
    return shared, suspicious


@jit
def _both_have_more(one, other):  # type: ignore[no-untyped-def]
    """Whether neither multiset of words contains the other."""
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
