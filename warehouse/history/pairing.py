"""From keys to candidate pairs by sorting: an equi-join that needs 8 bytes a key and no table.

A key and its text's row are packed into one 64-bit entry, so that plain sorting brings equal keys
together with their rows in order. Entries are parted by the top bits of the key; a part is
whatever fits in memory at once. Every pair a part yields carries a count by sort of key; counts
are added up over the parts before strangers are dropped.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from warehouse.history.fingerprint import BAND, COPY, I64, PASSAGE, PASSAGE_WORDS, SORT_BITS, U64

PART_BITS = 6
PARTS = 1 << PART_BITS
ROW_BITS = 28
MAX_ROWS = 1 << ROW_BITS
PAIR_BITS = 31
"""Of a row in a pair, where an index's documents count too."""
_BLOCK = 1 << 17
_BELOW_KEY = np.uint64(ROW_BITS + 2)

PASSAGE_HIT, BAND_HIT, COPY_HIT = 1, 1 << 12, 1 << 24
"""What one shared key of a sort adds to a pair's hits."""

GRAMS_PER_HIT = 85
"""Passage keys alone make a candidate when there is one for so many grams of the shorter text:
long texts keep 2 grams of 17, so that is a tenth of what they could share; a short one needs 1."""

SHORT_WORDS = 64
"""One band in common makes a candidate of texts of which one is shorter; longer ones need a second
band or a passage key besides. A pair of Jaccard .5 lacks both with probability .001, a pair of
strangers that met in one band nearly always."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How many of the texts that share a key meet all the others: those that came first.

    Whatever comes later meets those alone, so a key in every text (a boilerplate paragraph) costs
    each text that many pairs and no more. Whether texts arrive together or one by one, the same
    pairs are found as long as their order is the same.
    """

    copies: int = 1000
    """Equal texts: the later ones still meet these, so that no copy is lost."""
    bands: int = 200
    passages: int = 32

    def of(self, sort: npt.NDArray[np.intp]) -> I64:
        """The cap of each sort of key."""
        caps = np.zeros(SORT_BITS + 1, np.int64)
        caps[[PASSAGE, BAND, COPY]] = self.passages, self.bands, self.copies
        return caps[sort]


AddUp = Callable[[Sequence[U64]], tuple[U64, npt.NDArray[np.uint32]]]


@dataclass(slots=True)
class Pairs:
    """Candidate pairs as they add up. `compact_at` bounds how many wait unsorted."""

    added_up: AddUp
    """`added_up` or its equal."""
    compact_at: int = 1 << 24
    _waiting: list[U64] = field(default_factory=list)
    """One entry a shared key: left row, right row, and the key's sort in the lowest bits."""
    _count: int = 0
    _keys: U64 = field(default_factory=lambda: np.zeros(0, np.uint64))
    _hits: npt.NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))

    def add(self, entries: U64) -> None:
        """Take pairs in, as `meetings` and `pack_pairs` give them."""
        self._waiting.append(entries)
        self._count += len(entries)
        if self._count > self.compact_at:
            self._compact()

    def _compact(self) -> None:
        """Add what waits up; what was added up before joins by place."""
        if not self._count:
            return
        keys, hits = self.added_up(self._waiting)
        self._waiting, self._count = [], 0
        if len(self._keys):
            place = np.searchsorted(self._keys, keys)
            met = self._keys[np.minimum(place, len(self._keys) - 1)] == keys
            self._hits[place[met]] += hits[met]
            keys = np.insert(self._keys, place[~met], keys[~met])
            hits = np.insert(self._hits, place[~met], hits[~met])
        self._keys, self._hits = keys, hits

    def result(self) -> tuple[I64, I64, npt.NDArray[np.uint32]]:
        """Left rows, right rows and hits of the distinct pairs, ordered by both rows."""
        self._compact()
        left = self._keys >> np.uint64(PAIR_BITS)
        right = self._keys & np.uint64((1 << PAIR_BITS) - 1)
        # two keys of one text may agree in all bits that an entry has
        two = left != right
        return left[two].astype(np.int64), right[two].astype(np.int64), self._hits[two]


def added_up(waiting: Sequence[U64]) -> tuple[U64, npt.NDArray[np.uint32]]:
    """The distinct pairs of some entries in ascending order, and the hits of each."""
    entries = np.concatenate(waiting)
    entries.sort()
    keys, hits = (
        np.concatenate(found) for found in zip(*map(_added_up, _blocks(entries)), strict=True)
    )
    return keys, hits


def _blocks(entries: U64) -> Iterator[U64]:
    """Sorted entries in parts that the processor's cache can hold; no pair is in two of them."""
    start = 0
    while start < len(entries):
        last = entries[min(start + _BLOCK, len(entries)) - 1]
        stop = int(np.searchsorted(entries, last | np.uint64(SORT_BITS), "right"))
        yield entries[start:stop]
        start = stop


def _added_up(entries: U64) -> tuple[U64, npt.NDArray[np.uint32]]:
    """The distinct pairs among sorted entries, and the hits of each."""
    hits = hits_of((entries & np.uint64(SORT_BITS)).astype(np.intp))
    pairs = entries >> np.uint64(2)
    starts = np.flatnonzero(np.diff(pairs, prepend=~pairs[:1]))
    return pairs[starts], np.add.reduceat(hits, starts, dtype=np.uint32)


def pack(keys: U64, rows: npt.NDArray[np.integer]) -> tuple[npt.NDArray[np.uint8], U64]:
    """The part of each key and its entry: 34 further bits of the key, its sort, its row."""
    entries = (keys << np.uint64(PART_BITS)) >> _BELOW_KEY << _BELOW_KEY
    entries |= (keys & np.uint64(SORT_BITS)) << np.uint64(ROW_BITS)
    entries |= rows.astype(np.uint64)
    return (keys >> np.uint64(64 - PART_BITS)).astype(np.uint8), entries


def parted(keys: U64, ends: I64, first: int) -> tuple[U64, I64]:
    """The entries of some texts' keys by part, and where each part begins and the last ends.

    `ends` says where each text's keys end; `first` is the first text's row.
    """
    rows = np.repeat(np.arange(first, first + len(ends)), np.diff(ends, prepend=0))
    parts, entries = pack(keys, rows)
    order = np.argsort(parts, kind="stable")
    bounds: I64 = np.searchsorted(parts[order], np.arange(PARTS + 1))
    return entries[order], bounds


def in_order(entries: U64) -> U64:
    """The entries of one part in ascending order, given those of each key by row. Uses them up."""
    entries.sort()
    return entries


def unpack(part: int, entries: U64) -> tuple[U64, npt.NDArray[np.intp], I64]:
    """The top 40 bits of the key, its sort and its row, of the entries of one part."""
    keys = entries >> _BELOW_KEY << np.uint64(ROW_BITS + 2 - PART_BITS)
    keys |= np.uint64(part << (64 - PART_BITS))
    sort = (entries >> np.uint64(ROW_BITS) & np.uint64(SORT_BITS)).astype(np.intp)
    return keys, sort, (entries & np.uint64(MAX_ROWS - 1)).astype(np.int64)


def meetings(entries: U64, caps: Caps, held: I64 | None = None, base: int = 0) -> U64:
    """The pairs of rows that share a key among the sorted entries of one part, for `Pairs`.

    `held` says how many texts outside of them, all earlier, each entry has met already; they
    count towards the cap. `base` is added to every row.
    """
    keys = entries >> np.uint64(ROW_BITS)
    equal = keys[1:] == keys[:-1]
    members = np.flatnonzero(np.append(equal, False) | np.append(False, equal))
    if not len(members):
        return entries[:0]
    keys = keys[members]
    rows = (entries[members] & np.uint64(MAX_ROWS - 1)).astype(np.int64) + base
    starts = np.flatnonzero(np.diff(keys, prepend=~keys[:1]))
    first = np.repeat(starts, np.diff(starts, append=len(keys)))
    rank = np.arange(len(keys)) - first
    sort = (keys & np.uint64(SORT_BITS)).astype(np.intp)
    room = caps.of(sort) if held is None else np.maximum(caps.of(sort) - held[members], 0)
    met = np.minimum(rank, room)
    right = np.repeat(np.arange(len(keys)), met)
    left = first[right] + np.arange(len(right)) - np.repeat(np.cumsum(met) - met, met)
    return pack_pairs(rows[left], rows[right], sort[right])


def pack_pairs(left: I64, right: I64, sort: npt.NDArray[np.integer]) -> U64:
    """Pairs that share a key of such a sort, for `Pairs`; rows are below 2^31."""
    entries = left.astype(np.uint64)
    entries <<= np.uint64(PAIR_BITS)
    entries |= right.astype(np.uint64)
    entries <<= np.uint64(2)
    entries |= sort.astype(np.uint64)
    return entries


def hits_of(sort: npt.NDArray[np.intp]) -> npt.NDArray[np.uint32]:
    """What one shared key of each sort adds."""
    hits = np.zeros(SORT_BITS + 1, np.uint32)
    hits[[PASSAGE, BAND, COPY]] = PASSAGE_HIT, BAND_HIT, COPY_HIT
    return hits[sort]


def worth_checking(
    hits: npt.NDArray[np.uint32], words: npt.NDArray[np.integer], others: npt.NDArray[np.integer]
) -> npt.NDArray[np.bool_]:
    """Which candidates go to the exact check, from their hits and the lengths of both texts."""
    shortest = np.minimum(words, others).astype(np.int64)
    passages = (hits & np.uint32(BAND_HIT - 1)).astype(np.int64)
    found: npt.NDArray[np.bool_] = (
        (hits >= 2 * BAND_HIT)
        | ((hits >= BAND_HIT) & ((passages > 0) | (shortest < SHORT_WORDS)))
        | (passages * GRAMS_PER_HIT >= shortest - (PASSAGE_WORDS - 1))
    )
    return found
