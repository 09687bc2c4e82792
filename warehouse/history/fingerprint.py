"""What of a text is kept to find its near-duplicates: a digest, a length and a list of keys.

Two texts that may be neighbours share a key. All keys are plain 64-bit numbers, so that one
equi-join finds every candidate; the exact check on the true shingles comes after it. The two
lowest bits of a key tell its sort:

- The *copy key* is drawn from the digest: equal texts share it.
- *Band keys* find texts alike as a whole: 72 minimum hashes over the 3-word shingles in 24 bands
  of 3. A pair of Jaccard J shares one with probability 1 - (1 - J^3)^24: .96 at J = .5, .997 at
  .6, .0005 for the .03 of strangers.
- *Passage keys* find a text inside a longer one: of every 16 consecutive 6-word grams the
  smallest hash. Any 21 words in a row that two texts share give both the same key, always. Texts
  under 64 grams keep them all, so that shorter teasers have a chance too. Near texts share passage
  keys as well, which closes most of what the bands miss.

This module is the definition and the route for few texts: numpy alone, ready at once.
`warehouse.history.bulk` computes the same numbers for many. Nothing is random and nothing depends
on the machine: the same text gives the same keys everywhere.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Protocol, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.normalise import NORMALISER_VERSION, normalise
from warehouse.history.conflict import aligned_conflict, count_paragraphs, is_marked
from warehouse.history.shingles import SHINGLE_WORDS
from warehouse.history.sketches import sketch, unshared
from warehouse.history.tokens import split_words

U64: TypeAlias = npt.NDArray[np.uint64]
I64: TypeAlias = npt.NDArray[np.int64]
Strings: TypeAlias = "pa.Array[Any]"
"""An Arrow array; of strings unless said otherwise."""

PASSAGE_WORDS = 2 * SHINGLE_WORDS
"""A passage gram is two shingles side by side."""

MASK = (1 << 64) - 1
WORD_SEED, WORD_STEP = 0x243F6A8885A308D3, 0x9FB21C651E98DF25
MIX_1, MIX_2 = 0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53  # the finaliser of MurmurHash3
GOLDEN = 0x9E3779B97F4A7C15
FIRST, SECOND, THIRD = 0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3
DIGEST_STEP = 0xD6E8FEB86659FD93

PASSAGE, BAND, COPY = 0, 1, 2
"""The sort of a key: its two lowest bits."""
SORT_BITS = 3


@dataclass(frozen=True, slots=True)
class Scheme:
    """How texts are turned into keys. Keys of two schemes are never compared: texts are re-signed.

    The shingle (3 words of the lower-cased normalised text, split at white space) is part of the
    definition and has no setting.
    """

    bands: int = 24
    """Band keys of a text. More find more pairs and cost 5 bytes each in an index."""
    rows: int = 3
    """Minimum hashes a band is made of. More rows let fewer strangers through: J^rows."""
    window: int = 16
    """Grams of which one is kept; about 2 / (window + 1) of all become keys. A passage of
    window + 5 words that two texts share is always found."""
    dense_grams: int = 64
    """Texts with fewer grams than this keep every one as a key."""
    version: int = 2
    """Of the hash functions below and of what counts as a word."""

    def __post_init__(self) -> None:
        """Raise ValueError where a text that keeps not every gram may have no window of them."""
        if not 2 <= self.window <= self.dense_grams:
            raise ValueError(
                f"window {self.window} is not from 2 to dense_grams, {self.dense_grams}"
            )

    def __str__(self) -> str:
        """The name stored beside every key.

        >>> str(Scheme())
        's3-b24x3-p6w16d64-n1-v2'
        """
        return (
            f"s{SHINGLE_WORDS}-b{self.bands}x{self.rows}"
            f"-p{PASSAGE_WORDS}w{self.window}d{self.dense_grams}"
            f"-n{NORMALISER_VERSION}-v{self.version}"
        )


@dataclass(frozen=True, slots=True)
class Signatures:
    """The fingerprints of n texts, in their order."""

    digests: U64
    """(n, 2): 128 bits of the normalised text; equal digests are equal texts. Not
    cryptographic: it withstands chance, not somebody who forges one. (0, 0) for an empty text."""
    words: npt.NDArray[np.uint32]
    """(n,): words of the normalised text; 0 for an empty one."""
    keys: U64
    """All keys of all texts, each text's distinct and in no order; an empty text has none."""
    ends: I64
    """(n,): where each text's keys end in `keys`."""
    sketches: U64
    """(n, SKETCH_NUMBERS): see `sketches`. Not kept anywhere: it serves one run."""

    def __len__(self) -> int:
        return len(self.words)

    def keys_of(self, row: int) -> U64:
        """The keys of one text."""
        return self.keys[self.ends[row - 1] if row else 0 : self.ends[row]]


@dataclass(frozen=True, slots=True)
class Shingles:
    """What the exact check needs of n texts."""

    hashes: U64
    """Each text's distinct shingles, in no order that means anything."""
    ends: I64
    marked: U64
    """Hashes of each text's lower-cased words that may be a number, a name or a month."""
    marked_ends: I64

    def span(self, row: int) -> slice:
        """Where a text's shingles stand."""
        return slice(self.ends[row - 1] if row else 0, self.ends[row])

    def marked_of(self, row: int) -> U64:
        """A text's marked words."""
        return self.marked[self.marked_ends[row - 1] if row else 0 : self.marked_ends[row]]

    @classmethod
    def joined(cls, parts: Sequence["Shingles"]) -> "Shingles":
        """Those of one text after another's."""
        return cls(
            *_joined([(part.hashes, part.ends) for part in parts]),
            *_joined([(part.marked, part.marked_ends) for part in parts]),
        )

    def sizes(self) -> I64:
        """How many distinct shingles each text has."""
        return np.diff(self.ends, prepend=0)


@dataclass(frozen=True, slots=True)
class Keeping:
    """How a route signs and cuts texts at once, for those who can keep both."""

    sign: Callable[[Strings, Scheme], tuple[Signatures, Shingles]]
    """The shingles may repeat."""
    distinct: Callable[[Sequence[tuple[Shingles, I64]]], Shingles]
    """Those of some rows of every batch, each once."""


class Compare(Protocol):
    """Sets texts side by side."""

    def __call__(
        self, left: I64, right: I64, known: Shingles, least: I64 | None = None
    ) -> tuple[I64, npt.NDArray[np.bool_]]:
        """Of every pair of rows: the shingles they share, and whether a conflict is possible.

        A conflict is possible where each text has a marked word the other lacks; below J = .5 the
        answer may be False without a look. A pair that shares fewer than `least` shingles may be
        said to share still fewer.
        """


@dataclass(frozen=True, slots=True)
class Route:
    """One way to compute the numbers of this module; every route gives the same.

    Texts are Arrow string arrays without nulls.
    """

    sign: Callable[[Strings, Scheme], Signatures]
    shingles: Callable[[Strings], Shingles]
    compare: Compare
    keeping: Keeping
    conflict: Callable[[Strings, I64, I64], npt.NDArray[np.bool_]]
    """`aligned_conflict` of every pair of rows."""
    count_paragraphs: Callable[[Strings], I64]
    """`conflict.count_paragraphs` of every text."""
    unshared: Callable[[U64, I64, I64], tuple[I64, I64]]
    """`sketches.unshared`."""


def _joined(parts: Sequence[tuple[U64, I64]]) -> tuple[U64, I64]:
    """Ragged arrays as one."""
    starts = np.cumsum([0, *(len(values) for values, _ in parts)])
    ends = [part_ends + start for (_, part_ends), start in zip(parts, starts, strict=False)]
    return np.concatenate([values for values, _ in parts]), np.concatenate(ends)


def mix_64(value: int) -> int:
    """A number's bits spread over 64: a bijection."""
    value ^= value >> 33
    value = value * MIX_1 & MASK
    value ^= value >> 33
    value = value * MIX_2 & MASK
    return value ^ value >> 33


@lru_cache(maxsize=1 << 17)
def hash_word(word: str) -> int:
    """64 bits of a word's UTF-8: eight bytes at a time, two times at least, then its length."""
    data = word.encode("utf-8", "surrogatepass")
    value = WORD_SEED
    for start in range(0, max(len(data), 16), 8):
        value = (value ^ int.from_bytes(data[start : start + 8], "little")) * WORD_STEP & MASK
        value ^= value >> 29
    return mix_64(value ^ len(data))


@lru_cache(maxsize=8)
def permutations(count: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """`count` multipliers (odd) and addends of 32 bits, taken from the golden sequence."""
    drawn = [mix_64(GOLDEN * i & MASK) for i in range(1, count + 1)]
    factors = np.array([(d >> 32) | 1 for d in drawn], np.uint32)
    return factors, np.array([d & 0xFFFFFFFF for d in drawn], np.uint32)


def mix(values: U64) -> U64:
    """`mix_64` of every value."""
    out = values ^ values >> np.uint64(33)
    out *= np.uint64(MIX_1)
    out ^= out >> np.uint64(33)
    out *= np.uint64(MIX_2)
    out ^= out >> np.uint64(33)
    return out


class _WordIndex(dict[str, int]):
    """A word's number, given in order of first sight."""

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


def _read(texts: Sequence[str]) -> tuple[_WordIndex, npt.NDArray[np.intp], I64]:
    """The distinct words, the texts as numbers of words in one row, and each text's length."""
    index = _WordIndex()
    numbers: list[int] = []
    counts = np.zeros(len(texts), np.int64)
    for row, text in enumerate(texts):
        plain = text.isascii()  # then it need not be put together again to be cut
        words = text.replace("`", "'").split() if plain else split_words(normalise(text))
        numbers += map(index.__getitem__, words)
        counts[row] = len(words)
    return index, np.array(numbers, np.intp), counts


def sign(texts: Sequence[str], scheme: Scheme) -> Signatures:
    """The fingerprints of a few texts: some 200 us each, nothing to load or compile first."""
    return _sign(texts, scheme)[0]


def sign_and_cut(texts: Sequence[str], scheme: Scheme) -> tuple[Signatures, Shingles]:
    """The fingerprints, and what `distinct` makes the same shingles of as `shingles` gives."""
    signed, read = _sign(texts, scheme)
    return signed, _cut(read)


def shingles(texts: Sequence[str]) -> Shingles:
    """The distinct shingles and the marked words of a few texts."""
    index, at, counts = _read(texts)
    cased, lowered = _word_hashes(index)
    read = _Read(index, at, counts, cased, lowered, *_shingle_hashes(lowered[at], counts))
    return distinct([(_cut(read), np.arange(len(texts)))])


@dataclass(frozen=True, slots=True)
class _Read:
    """Texts as they were read, for all that is made of them."""

    index: _WordIndex
    at: npt.NDArray[np.intp]
    counts: I64
    cased: U64
    lowered: U64
    owners: I64
    hashes: U64
    """One shingle each, of the text that owns it."""


def _sign(texts: Sequence[str], scheme: Scheme) -> tuple[Signatures, _Read]:
    index, at, counts = _read(texts)
    cased, lowered = _word_hashes(index)
    digests = _digests(cased[at], counts)
    owners, hashes = _shingle_hashes(lowered[at], counts)
    written = np.flatnonzero(counts)
    found = [
        (written, digests[written, 0] & ~np.uint64(SORT_BITS) | np.uint64(COPY)),
        _band_keys(owners, hashes, scheme),
        _passage_keys(owners, hashes, counts, scheme),
    ]
    rows, keys = np.concatenate([r for r, _ in found]), np.concatenate([k for _, k in found])
    signed = Signatures(
        digests, counts.astype(np.uint32), *_grouped(rows, keys, len(texts)),
        sketch(owners, hashes, len(texts)),
    )  # fmt: skip
    return signed, _Read(index, at, counts, cased, lowered, owners, hashes)


def _cut(read: _Read) -> Shingles:
    """All shingles in text order, and the marked words."""
    count = len(read.counts)
    marked = np.array([is_marked(word) for word in read.index], bool)[read.at]
    owners = np.repeat(np.arange(count), read.counts)[marked]
    return Shingles(
        read.hashes, np.cumsum(np.bincount(read.owners, minlength=count)),
        read.lowered[read.at][marked], np.cumsum(np.bincount(owners, minlength=count)),
    )  # fmt: skip


def distinct(parts: Sequence[tuple[Shingles, I64]]) -> Shingles:
    """Each shingle of some rows of every part once, and their marked words."""
    whole = Shingles.joined(
        [
            Shingles(
                *_chosen(cut.hashes, cut.ends, rows), *_chosen(cut.marked, cut.marked_ends, rows)
            )
            for cut, rows in parts
        ]
    )
    owners = np.repeat(np.arange(len(whole.ends)), whole.sizes())
    hashes, ends = _grouped(owners, whole.hashes, len(whole.ends))
    return Shingles(hashes, ends, whole.marked, whole.marked_ends)


def _chosen(values: U64, ends: I64, rows: I64) -> tuple[U64, I64]:
    """The values of some rows of a ragged array."""
    sizes = np.diff(ends, prepend=0)[rows]
    new_ends = np.cumsum(sizes)
    at = np.arange(new_ends[-1] if len(rows) else 0) + np.repeat(ends[rows] - new_ends, sizes)
    return values[at], new_ends


def compare(
    left: I64, right: I64, known: Shingles, least: I64 | None = None
) -> tuple[I64, npt.NDArray[np.bool_]]:
    """As `Compare` states it; all shared shingles are counted, whatever `least` says."""
    del least
    sizes = known.sizes()
    shared = np.zeros(len(left), np.int64)
    for start, stop in pairwise([0, *(np.flatnonzero(np.diff(left)) + 1).tolist(), len(left)]):
        mine = np.sort(known.hashes[known.span(int(left[start]))]) if start < stop else known.hashes
        if len(mine):
            theirs, ends = _chosen(known.hashes, known.ends, right[start:stop])
            place = np.minimum(np.searchsorted(mine, theirs), len(mine) - 1)
            met = np.append(0, np.cumsum(mine[place] == theirs))
            shared[start:stop] = np.diff(met[ends], prepend=0)
    possible = np.zeros(len(left), bool)
    for pair in np.flatnonzero(3 * shared >= sizes[left] + sizes[right]).tolist():
        one, other = known.marked_of(int(left[pair])), known.marked_of(int(right[pair]))
        if not np.array_equal(one, other):
            balance = Counter(one.tolist())
            balance.subtract(other.tolist())
            possible[pair] = max(balance.values()) > 0 > min(balance.values())
    return shared, possible


def _word_hashes(words: Iterable[str]) -> tuple[U64, U64]:
    """The hashes of words as they stand and of their lower-cased forms."""
    cased = list(words)
    lowered = [word.lower() for word in cased]
    hashes = hash_words(cased)
    changed = [i for i, word in enumerate(cased) if word != lowered[i]]
    lower = hashes.copy()
    lower[changed] = hash_words([lowered[i] for i in changed])
    return hashes, lower


def hash_words(words: Sequence[str]) -> U64:
    """`hash_word` of every word; those of up to 16 bytes all at once."""
    data = [word.encode("utf-8", "surrogatepass") for word in words]
    sizes = np.fromiter(map(len, data), np.uint64, len(data))
    parts = np.array(data, "S16").view("<u8").reshape(-1, 2)
    state = np.full(len(data), WORD_SEED, np.uint64)
    for part in (parts[:, 0], parts[:, 1]):
        state = (state ^ part) * np.uint64(WORD_STEP)
        state ^= state >> np.uint64(29)
    hashes = mix(state ^ sizes)
    for i in np.flatnonzero(sizes > 16).tolist():
        hashes[i] = hash_word(words[i])
    return hashes


def _digests(words: U64, counts: I64) -> U64:
    """(n, 2): two sums over the words, each mixed with its place."""
    ends = np.cumsum(counts)
    place = np.arange(len(words)) - np.repeat(ends - counts, counts) + 1
    one = mix(words + place.astype(np.uint64) * np.uint64(GOLDEN))
    two = (one ^ one >> np.uint64(31)) * np.uint64(DIGEST_STEP)
    two ^= two >> np.uint64(29)
    sums = np.zeros((len(counts), 2), np.uint64)
    some = counts > 0
    starts = (ends - counts)[some]
    if len(starts):
        sums[some, 0] = np.add.reduceat(one, starts)
        sums[some, 1] = np.add.reduceat(two, starts)
    return sums


def _shingle_hashes(words: U64, counts: I64) -> tuple[I64, U64]:
    """The row and the hash of every shingle, in text order; a missing word counts as 0."""
    shingles = np.where(counts > 0, np.maximum(counts - SHINGLE_WORDS + 1, 1), 0)
    owners = np.repeat(np.arange(len(counts)), shingles)
    first = np.arange(len(owners)) - np.repeat(np.cumsum(shingles) - shingles, shingles)
    at = first + (np.cumsum(counts) - counts)[owners]
    padded = np.concatenate([words, np.zeros(SHINGLE_WORDS, np.uint64)])
    second, third = padded[at + 1], padded[at + 2]
    second[counts[owners] < 2] = 0
    third[counts[owners] < 3] = 0
    sums = padded[at] * np.uint64(FIRST) + second * np.uint64(SECOND) + third * np.uint64(THIRD)
    return owners, mix(sums)


def _band_keys(owners: I64, hashes: U64, scheme: Scheme) -> tuple[I64, U64]:
    """The row and the key of every band."""
    rows, starts = np.unique(owners, return_index=True)
    if not len(rows):
        return rows, hashes
    high = (hashes >> np.uint64(32)).astype(np.uint32)
    factors, addends = permutations(scheme.bands * scheme.rows)
    keys = np.zeros((len(rows), scheme.bands), np.uint64)
    for band in range(scheme.bands):
        key = np.full(len(rows), (band + 1) * GOLDEN & MASK, np.uint64)
        for i in range(band * scheme.rows, (band + 1) * scheme.rows):
            least = np.minimum.reduceat(high * factors[i] + addends[i], starts)
            key = mix(key ^ least)
        keys[:, band] = key & ~np.uint64(SORT_BITS) | np.uint64(BAND)
    return np.repeat(rows, scheme.bands), keys.ravel()


def _passage_keys(owners: I64, hashes: U64, counts: I64, scheme: Scheme) -> tuple[I64, U64]:
    """The row and the key of every kept gram: all of a short text, window minima of a long one."""
    gap = SHINGLE_WORDS
    whole = np.flatnonzero(owners[:-gap] == owners[gap:]) if len(owners) > gap else owners[:0]
    rows, grams = owners[whole], mix(hashes[whole] + hashes[whole + gap] * np.uint64(SECOND))
    grams &= ~np.uint64(SORT_BITS)  # PASSAGE is 0
    dense = (counts - PASSAGE_WORDS + 1 < scheme.dense_grams)[rows]
    span = scheme.window - 1
    if len(rows) <= span:
        return rows[dense], grams[dense]
    minima = np.lib.stride_tricks.sliding_window_view(grams, scheme.window).min(axis=1)
    inside = (rows[:-span] == rows[span:]) & ~dense[:-span]
    kept_rows, kept = rows[:-span][inside], minima[inside]
    return np.concatenate([rows[dense], kept_rows]), np.concatenate([grams[dense], kept])


def _grouped(rows: I64, keys: U64, count: int) -> tuple[U64, I64]:
    """The keys by row, sorted and distinct within it, and where each row's end."""
    order = np.argsort(keys)
    # 16 bits are sorted by radix, in a tenth of the time that `lexsort` takes
    owners = rows[order].astype(np.uint16 if count <= 1 << 16 else np.int64)
    order = order[np.argsort(owners, kind="stable")]
    rows, keys = rows[order], keys[order]
    new = np.ones(len(keys), bool)
    new[1:] = (rows[1:] != rows[:-1]) | (keys[1:] != keys[:-1])
    return keys[new], np.cumsum(np.bincount(rows[new], minlength=count))


def strings(texts: Strings) -> list[str]:
    """The values of a string array without nulls."""
    return cast(list[str], texts.to_pylist())


def conflict(texts: Strings, left: I64, right: I64) -> npt.NDArray[np.bool_]:
    """`aligned_conflict` of every pair of rows."""
    found = [
        aligned_conflict(str(texts[one].as_py()), str(texts[other].as_py()))
        for one, other in zip(left.tolist(), right.tolist(), strict=True)
    ]
    return np.array(found, np.bool_)


PLAIN = Route(
    lambda texts, scheme: sign(strings(texts), scheme),
    lambda texts: shingles(strings(texts)),
    compare,
    Keeping(lambda texts, scheme: sign_and_cut(strings(texts), scheme), distinct),
    conflict,
    lambda texts: np.array([*map(count_paragraphs, strings(texts))], np.int64),
    unshared,
)
"""This module's own route, for few texts."""
