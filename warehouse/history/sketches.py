"""What tells most strangers apart before their shingles are looked at: 128 bytes a text.

A sketch has a bit set wherever one of the text's shingles falls. Of the shingles that fall on a
bit which another text lacks that text has none: their number bounds from below what the two do not
share, and `neighbours.may_relate` says what follows. The bound is sharp for texts of up to some
600 words; the sketch of a book has nearly all bits set and rules nothing out.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

U64: TypeAlias = npt.NDArray[np.uint64]
I64: TypeAlias = npt.NDArray[np.int64]

SKETCH_BITS = 1024
SKETCH_NUMBERS = SKETCH_BITS // 64
BELOW_PLACE = 64 - 10
"""A shingle falls on the bit that its hash's 10 highest bits name."""

_BLOCK = 1 << 12


def sketch(owners: I64, hashes: U64, count: int) -> U64:
    """(count, SKETCH_NUMBERS): the sketches of so many texts, given each shingle and its text."""
    seen = np.zeros((count, SKETCH_BITS), np.bool_)
    seen[owners, hashes >> np.uint64(BELOW_PLACE)] = True
    return np.packbits(seen, axis=1, bitorder="little").view(np.uint64)


def unshared(sketches: U64, left: I64, right: I64) -> tuple[I64, I64]:
    """Of every pair of rows: how many shingles of the left text the right one lacks at least, and
    the other way round."""
    found = np.empty((2, len(left)), np.int64)
    for start in range(0, len(left), _BLOCK):  # what is taken of both fits into the cache
        block = slice(start, start + _BLOCK)
        one, other = sketches[left[block]], sketches[right[block]]
        found[0, block] = _count(one & ~other)
        found[1, block] = _count(other & ~one)
    return found[0], found[1]


def _count(bits: U64) -> npt.NDArray[np.integer]:
    return np.bitwise_count(bits).sum(axis=1)
