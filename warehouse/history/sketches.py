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


def sketch(owners: I64, hashes: U64, count: int) -> U64:
    """(count, SKETCH_NUMBERS): the sketches of so many texts, given each shingle and its text."""
    seen = np.zeros((count, SKETCH_BITS), np.bool_)
    seen[owners, hashes >> np.uint64(BELOW_PLACE)] = True
    return np.packbits(seen, axis=1, bitorder="little").view(np.uint64)


def unshared(sketches: U64, left: I64, right: I64) -> tuple[I64, I64]:
    """Of every pair of rows: how many shingles of the left text the right one lacks at least, and
    the other way round."""
    one, other = sketches[left], sketches[right]
    return _count(one & ~other), _count(other & ~one)


def _count(bits: U64) -> I64:
    found: I64 = np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
    return found
