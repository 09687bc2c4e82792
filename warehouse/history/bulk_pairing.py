"""`pairing.meetings` and `parted` for many keys, compiled by numba: no array but the answer.

Functions that call each other stand in one file; see `bulk_machine`.
"""

from typing import Any

import numpy as np

from warehouse.history.bulk_machine import jit
from warehouse.history.fingerprint import I64, SORT_BITS, U64
from warehouse.history.pairing import MAX_ROWS, PAIR_BITS, PART_BITS, PARTS, ROW_BITS, Caps

_ROW_BITS, _PAIR_BITS = np.uint64(ROW_BITS), np.uint64(PAIR_BITS)
_PART_BITS, _BELOW_PARTS = np.uint64(PART_BITS), np.uint64(64 - PART_BITS)
_BELOW_KEY = np.uint64(ROW_BITS + 2)
_ROWS, _SORTS, _2 = np.uint64(MAX_ROWS - 1), np.uint64(SORT_BITS), np.uint64(2)


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
    out = np.empty(_count(entries, rooms, held), np.uint64)
    at = first = 0
    for i in range(len(entries)):
        key = entries[i] >> _ROW_BITS
        if key != entries[first] >> _ROW_BITS:
            first = i
        if first == i:
            continue
        sort = key & _SORTS
        room = rooms[sort] - (held[i] if len(held) else 0)
        right = ((entries[i] & _ROWS) + base) << _2 | sort
        for k in range(first, first + max(min(i - first, room), 0)):
            out[at] = ((entries[k] & _ROWS) + base) << (_PAIR_BITS + _2) | right
            at += 1
    return out


@jit
def _count(entries: Any, rooms: Any, held: Any) -> Any:
    count = first = 0
    for i in range(len(entries)):
        key = entries[i] >> _ROW_BITS
        if key != entries[first] >> _ROW_BITS:
            first = i
        if first != i:
            room = rooms[key & _SORTS] - (held[i] if len(held) else 0)
            count += max(min(i - first, room), 0)
    return count
