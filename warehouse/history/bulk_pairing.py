"""The steps of `pairing` for many keys, compiled by numba."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from warehouse.history.bulk_machine import jit
from warehouse.history.fingerprint import I64, SORT_BITS, U64
from warehouse.history.pairing import (
    MAX_ROWS,
    PAIR_BITS,
    PART_BITS,
    PARTS,
    ROW_BITS,
    Caps,
    hits_of,
)

_ROW_BITS, _PAIR_BITS = np.uint64(ROW_BITS), np.uint64(PAIR_BITS)
_PART_BITS, _BELOW_PARTS = np.uint64(PART_BITS), np.uint64(64 - PART_BITS)
_BELOW_KEY = np.uint64(ROW_BITS + 2)
_ROWS, _SORTS = np.uint64(MAX_ROWS - 1), np.uint64(SORT_BITS)
_0, _1, _2 = (np.uint64(n) for n in range(3))
_PAIR_ROWS, _BELOW_LEFT = np.uint64((1 << PAIR_BITS) - 1), np.uint64(PAIR_BITS + 2)
_BELOW_LEFT_BITS = np.uint64((1 << (PAIR_BITS + 2)) - 1)
_BELOW_ROW = np.int64(ROW_BITS)
_DIGIT_BITS, _DIGIT = 12, np.uint64((1 << 12) - 1)
_MOST_MOVES = 16


def meetings(entries: U64, caps: Caps, held: I64 | None, base: int) -> U64:
    """As `pairing.meetings` states it."""
    rooms = caps.of(np.arange(SORT_BITS + 1))
    met = np.zeros(0, np.int64) if held is None else held
    found: U64 = _meet(entries, rooms, met, np.uint64(base))
    return found


def parted(keys: U64, ends: I64, first: int) -> tuple[U64, I64]:
    """As `pairing.parted` states it."""
    entries, bounds = _part(keys, ends, np.uint64(first))
    return entries, bounds


def in_order(entries: U64) -> U64:
    """As `pairing.in_order` states it."""
    found: U64 = _sort_stably(entries, _BELOW_ROW)
    return found


def added_up(waiting: Sequence[U64]) -> tuple[U64, npt.NDArray[np.uint32]]:
    """As `pairing.added_up` states it."""
    rows = max(_rows_of(entries) for entries in waiting)
    ends = np.zeros(rows + 1, np.int64)
    for entries in waiting:
        _count_left(entries, ends)
    ends = np.cumsum(ends)
    rights, place = np.empty(int(ends[-1]), np.uint64), ends[:-1].copy()
    for entries in waiting:
        _put_right(entries, place, rights)
    keys, hits = _add_up(ends, rights, hits_of(np.arange(SORT_BITS + 1)))
    return keys, hits


@jit
def _sort_stably(entries: Any, lowest: Any) -> Any:
    """Entries by their bits from `lowest` on; uses them up.

    The two highest digits by radix; hardly any two keys that differ agree in those, and where they
    do the later one is moved up. Many that do were made to: all is sorted then, which gives the
    same, as the rows below `lowest` ascend.
    """
    one, other = entries, np.empty_like(entries)
    for shift in range(64 - 2 * _DIGIT_BITS, 64, _DIGIT_BITS):
        places = np.zeros((1 << _DIGIT_BITS) + 1, np.int64)
        for entry in one:
            places[(entry >> np.uint64(shift) & _DIGIT) + np.uint64(1)] += 1
        places = np.cumsum(places)
        for entry in one:
            digit = entry >> np.uint64(shift) & _DIGIT
            other[places[digit]] = entry
            places[digit] += 1
        one, other = other, one
    below, moves = np.uint64(lowest), 0
    for i in range(1, len(entries)):
        if entries[i] >> below < entries[i - 1] >> below:
            moves += _move_up(entries, i, below)
            if moves > _MOST_MOVES * len(entries):
                entries.sort()
                break
    return entries


@jit
def _move_up(entries: Any, place: Any, below: Any) -> Any:
    """Move an entry before all that are higher; returns how many those are."""
    entry, start = entries[place], place
    while place and entry >> below < entries[place - 1] >> below:
        entries[place] = entries[place - 1]
        place -= 1
    entries[place] = entry
    return start - place


@jit
def _rows_of(entries: Any) -> Any:
    """One more than the highest row of some pairs, which is a right one."""
    highest = _0
    for entry in entries:
        highest = max(highest, entry >> _2 & _PAIR_ROWS)
    return np.int64(highest) + 1


@jit
def _count_left(entries: Any, counts: Any) -> Any:
    for entry in entries:
        counts[(entry >> _BELOW_LEFT) + _1] += 1


@jit
def _put_right(entries: Any, place: Any, rights: Any) -> Any:
    """Put the right rows, with the sorts of key, where those of each left row belong."""
    for entry in entries:
        left = entry >> _BELOW_LEFT
        rights[place[left]] = entry & _BELOW_LEFT_BITS
        place[left] += 1


@jit
def _add_up(ends: Any, rights: Any, worth: Any) -> Any:
    """The distinct pairs in order, and what the keys of each are worth together."""
    sums = np.zeros(len(ends), np.uint32)
    keys, hits = np.empty(len(rights), np.uint64), np.empty(len(rights), np.uint32)
    count = 0
    for left in range(len(ends) - 1):
        first = count
        for i in range(ends[left], ends[left + 1]):
            right = rights[i] >> _2
            if sums[right] == 0:
                at = count
                count += 1
                keys[at] = right
            sums[right] += worth[rights[i] & _SORTS]
        met = keys[first:count]
        met.sort()
        for i in range(first, count):
            right = keys[i]
            hits[i] = sums[right]
            sums[right] = 0
            keys[i] = np.uint64(left) << _PAIR_BITS | right
    return keys[:count].copy(), hits[:count].copy()


@jit
def _part(keys: Any, ends: Any, first: Any) -> Any:
    bounds = np.zeros(PARTS + 1, np.int64)
    for key in keys:
        bounds[(key >> _BELOW_PARTS) + np.uint64(1)] += 1
    bounds = np.cumsum(bounds)
    place = bounds.copy()
    entries = np.empty(len(keys), np.uint64)
    at = 0
    for row in range(len(ends)):
        while at < ends[row]:
            key = keys[at]
            part = key >> _BELOW_PARTS
            entries[place[part]] = (
                (key << _PART_BITS) >> _BELOW_KEY << _BELOW_KEY
                | (key & _SORTS) << _ROW_BITS
                | first + np.uint64(row)
            )
            place[part] += 1
            at += 1
    return entries, bounds


@jit
def _meet(entries: Any, rooms: Any, held: Any, base: Any) -> Any:
    out = np.empty(len(entries), np.uint64)
    at = first = 0
    for i in range(1, len(entries)):
        key = entries[i] >> _ROW_BITS
        if key != entries[first] >> _ROW_BITS:
            first = i
            continue
        sort = key & _SORTS
        room = rooms[sort] - (held[i] if len(held) else 0)
        last = first + max(min(i - first, room), 0)
        if at + last - first > len(out):
            out = _doubled(out, at + last - first)
        right = ((entries[i] & _ROWS) + base) << _2 | sort
        for k in range(first, last):
            out[at] = ((entries[k] & _ROWS) + base) << (_PAIR_BITS + _2) | right
            at += 1
    return out[:at].copy()


@jit
def _doubled(values: Any, least: Any) -> Any:
    """The values in an array of twice their number, or of `least`."""
    found = np.empty(max(2 * len(values), least), np.uint64)
    found[: len(values)] = values
    return found
