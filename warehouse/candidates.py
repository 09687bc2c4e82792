"""From keys that bodies share to pairs worth an exact check: new ones against all in the lake.

The lake keeps keys flat, one row a (signature, key), in order of arrival; one equi-join in DuckDB
finds who shares one. A key there is 32 bits: by chance one of 3,400 new keys meets one of 7 million
known ones five times, and the exact check drops those. Equal bodies have one signature, so no key
is needed to find them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from warehouse.history.fingerprint import BAND, COPY, SORT_BITS, U64, Signatures
from warehouse.history.pairing import BAND_HIT, PASSAGE_HIT, Caps, worth_checking

U32 = npt.NDArray[np.uint32]
_LAKE_BITS = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys as the lake has them; both arrays are (n,)."""

    signatures: U32
    keys: U32


@dataclass(frozen=True, slots=True)
class Met:
    """Pairs of signatures that share keys, a new one first; all arrays are (n,)."""

    new: U32
    other: U32
    hits: npt.NDArray[np.uint32]
    """Shared keys by sort, as `pairing` counts them."""


def lake_keys(signed: Signatures, first: int) -> Keys:
    """The keys of some signatures, numbered from `first` on; no copy keys."""
    counts = np.diff(signed.ends, prepend=0)
    numbers = np.repeat(np.arange(first, first + len(signed)), counts)
    kept = (signed.keys & np.uint64(SORT_BITS)) != np.uint64(COPY)
    keys: U64 = signed.keys[kept]
    packed = keys >> np.uint64(64 - _LAKE_BITS) & ~np.uint64(SORT_BITS)
    packed |= keys & np.uint64(SORT_BITS)
    return Keys(numbers[kept].astype(np.uint32), packed.astype(np.uint32))


def capped(known: Keys, caps: Caps) -> tuple[Keys, U32]:
    """Of every key the signatures that came first, as many as its sort allows; and those of them
    that keep others away from a key."""
    order = np.lexsort((known.signatures, known.keys))
    signatures, keys = known.signatures[order], known.keys[order]
    starts = np.flatnonzero(np.diff(keys.astype(np.int64), prepend=-1))
    counts = np.diff(starts, append=len(keys))
    limits = caps.of((keys[starts] & np.uint32(SORT_BITS)).astype(np.intp))
    kept = np.arange(len(keys)) - np.repeat(starts, counts) < np.repeat(limits, counts)
    crowded = kept & np.repeat(counts > limits, counts)
    return Keys(signatures[kept], keys[kept]), np.unique(signatures[crowded])


def meet(new: Keys, known: Keys) -> Met:
    """The pairs that share a key; `known` is ordered by key, each distinct within a signature."""
    order = np.argsort(new.keys)  # in order each is found next to the one before it
    new = Keys(new.signatures[order], new.keys[order])
    first = np.searchsorted(known.keys, new.keys, "left")
    found = np.searchsorted(known.keys, new.keys, "right") - first
    ramp = np.arange(found.sum()) - np.repeat(np.cumsum(found) - found, found)
    others = known.signatures[np.repeat(first, found) + ramp].astype(np.uint64)
    news = np.repeat(new.signatures, found).astype(np.uint64)
    sort = np.repeat(new.keys & np.uint32(SORT_BITS), found)
    hits = np.where(sort == BAND, BAND_HIT, PASSAGE_HIT)
    pairs, place = np.unique(news << np.uint64(32) | others, return_inverse=True)
    sums = np.bincount(place, hits, len(pairs)).astype(np.uint32)
    one, other = (pairs >> np.uint64(32)).astype(np.uint32), pairs.astype(np.uint32)
    apart = one != other
    return Met(one[apart], other[apart], sums[apart])


def promising(met: Met, words: dict[int, int]) -> list[tuple[int, int]]:
    """The pairs worth an exact check. `words` has the length of every signature in them."""
    lengths, others = (
        np.array([words[number] for number in side.tolist()], np.int64)
        for side in (met.new, met.other)
    )
    kept = worth_checking(met.hits, lengths, others)
    return list(zip(met.new[kept].tolist(), met.other[kept].tolist(), strict=True))
