"""The keys of one segment of an index: five bytes each, found without reading the others.

    keys.npy        one entry a key, ascending: the rest of the key above the row
    buckets.npy     where the keys with each prefix begin

40 bits of a key are kept: the prefix is the place of its bucket, the rest stands in the entry.
The prefix has at least as many bits as a row, so both always fit, no bit is lost in a small
segment, and segments merge into exactly what one run would have written.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from warehouse.history.fingerprint import I64, U64
from warehouse.history.pairing import PART_BITS

ROW_BITS = 24
"""Of a row below a key in one number, as keys are handed over."""
MAX_ROWS = 1 << ROW_BITS
KEY_BITS = 64 - ROW_BITS
BUCKET_KEYS = 32
_ROWS = np.uint64(MAX_ROWS - 1)


def write_keys(folder: Path, entries: Iterable[U64], count: int, rows: int) -> None:
    """Write ascending entries (40 bits of key above 24 bits of row) of a segment."""
    row_bits = _row_bits(rows)
    prefix_bits = max(row_bits, (count // BUCKET_KEYS).bit_length())
    sizes = np.zeros((1 << prefix_bits) + 1, np.int64)
    packed = np.lib.format.open_memmap(folder / "keys.npy", "w+", np.uint8, (count, 5))
    at = 0
    for part in entries:
        if len(part):
            prefix = _prefix_of(part, prefix_bits)
            first = int(prefix[0])
            found = np.bincount(prefix - first)
            sizes[1 + first : 1 + first + len(found)] += found
        five = _rest_of(part, prefix_bits) << np.uint64(row_bits) | part & _ROWS
        packed[at : at + len(part)] = five.view(np.uint8).reshape(-1, 8)[:, :5]
        at += len(part)
    packed.flush()
    np.save(folder / "buckets.npy", np.cumsum(sizes).astype(np.uint32))


def probe_keys(folder: Path, rows: int, keys: U64, most: I64) -> tuple[I64, I64]:
    """For ascending keys, how many rows hold each (`most` at most) and those rows, in order.

    The files are mapped anew by every call, so that pages of earlier calls do not add up.
    """
    entries, buckets, prefix_bits = _open(folder)
    row_bits = np.uint64(_row_bits(rows))
    prefix = _prefix_of(keys, prefix_bits)
    rest = _rest_of(keys, prefix_bits) << row_bits
    begin, end = buckets[prefix].astype(np.int64), buckets[prefix + 1].astype(np.int64)
    first = _lower_bound(entries, begin, end, rest)
    after = _lower_bound(entries, first, end, rest + (np.uint64(1) << row_bits))
    found = np.minimum(after - first, most)
    numbers = _numbers(entries, np.repeat(first, found) + _ramp(found))
    return found, (numbers & (np.uint64(1) << row_bits) - np.uint64(1)).astype(np.int64)


def read_keys(folder: Path, rows: int, part: int) -> U64:
    """The entries of one part of the key space, as `write_keys` took them."""
    entries, buckets, prefix_bits = _open(folder)
    if prefix_bits >= PART_BITS:
        width = 1 << (prefix_bits - PART_BITS)
        low, high = part * width, (part + 1) * width
    else:
        low, high = 0, 1 << prefix_bits
    bounds = buckets[low : high + 1].astype(np.int64)
    numbers = _numbers(entries, np.arange(bounds[0], bounds[-1]))
    prefix = np.repeat(np.arange(low, high, dtype=np.uint64), np.diff(bounds))
    row_bits = np.uint64(_row_bits(rows))
    rest_bits = np.uint64(KEY_BITS - prefix_bits)
    keys = (prefix << rest_bits | numbers >> row_bits) << np.uint64(ROW_BITS)
    found: U64 = keys | numbers & (np.uint64(1) << row_bits) - np.uint64(1)
    inside: U64 = found[found >> np.uint64(64 - PART_BITS) == np.uint64(part)]
    return inside


def count_keys(folder: Path) -> int:
    """How many keys a segment has."""
    return len(np.load(folder / "keys.npy", mmap_mode="r"))


def _open(folder: Path) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint32], int]:
    """The mapped entries and buckets, and the bits of a prefix."""
    entries = np.load(folder / "keys.npy", mmap_mode="r").view(np.ndarray)
    buckets = np.load(folder / "buckets.npy", mmap_mode="r").view(np.ndarray)
    return entries, buckets, (len(buckets) - 1).bit_length() - 1


def _row_bits(rows: int) -> int:
    return max(rows - 1, 0).bit_length()


def _prefix_of(keys: U64, bits: int) -> I64:
    return (keys >> np.uint64(64 - bits)).astype(np.int64) if bits else np.zeros(len(keys), int)


def _rest_of(keys: U64, prefix_bits: int) -> U64:
    """The bits of a 40-bit key below its prefix."""
    return (keys << np.uint64(prefix_bits)) >> np.uint64(prefix_bits + ROW_BITS)


def _numbers(entries: npt.NDArray[np.uint8], at: I64) -> U64:
    """The entries at some places as numbers."""
    wide = np.zeros((len(at), 8), np.uint8)
    wide[:, :5] = entries[at]
    return wide.view(np.uint64).ravel()


def _lower_bound(entries: npt.NDArray[np.uint8], low: I64, high: I64, least: U64) -> I64:
    """For each probe the first place in [low, high) whose entry is not below `least`, or high."""
    low, high = low.copy(), high.copy()
    open_ = np.flatnonzero(low < high)
    while len(open_):
        middle = (low[open_] + high[open_]) >> 1
        below = _numbers(entries, middle) < least[open_]
        low[open_[below]] = middle[below] + 1
        high[open_[~below]] = middle[~below]
        open_ = open_[low[open_] < high[open_]]
    return low


def _ramp(counts: I64) -> I64:
    """0, 1, ... for every count in turn."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
