"""Texts in Arrow buffers to keys and shingles, compiled by numba."""

import numpy as np

from warehouse.history import fingerprint
from warehouse.history.bulk_distinct import append_distinct, table_size
from warehouse.history.bulk_machine import bytes_equal, jit
from warehouse.history.bulk_words import AT_ONCE, UNSAFE, mix, read_words
from warehouse.history.sketches import BELOW_PLACE, SKETCH_BITS, SKETCH_NUMBERS

_u64 = np.uint64
_GOLDEN, _DIGEST_STEP = _u64(fingerprint.GOLDEN), _u64(fingerprint.DIGEST_STEP)
_FIRST, _SECOND, _THIRD = (
    _u64(fingerprint.FIRST),
    _u64(fingerprint.SECOND),
    _u64(fingerprint.THIRD),
)
_0, _1, _6, _52, _63, _1023, _4095 = (_u64(n) for n in (0, 1, 6, 52, 63, 1023, 4095))
_29, _31, _32 = (_u64(n) for n in (29, 31, 32))
_BELOW_PLACE = _u64(BELOW_PLACE)
_SORTS, _BAND, _COPY = _u64(fingerprint.SORT_BITS), _u64(fingerprint.BAND), _u64(fingerprint.COPY)


@jit
def _shingle(lowered, count, out):  # type: ignore[no-untyped-def]
    """The shingle hashes of `count` words into `out`; returns their number."""
    if count <= 0:  # empty, or UNSAFE
        return 0
    if count < 3:
        second = lowered[1] if count == 2 else _0
        out[0] = mix(lowered[0] * _FIRST + second * _SECOND)
        return 1
    for i in range(count - 2):
        out[i] = mix(lowered[i] * _FIRST + lowered[i + 1] * _SECOND + lowered[i + 2] * _THIRD)
    return count - 2


@jit
def _sketch(shingles, count, seen, out):  # type: ignore[no-untyped-def]
    """`sketches.sketch` of a text: bytes first, which are set without being read."""
    seen[:] = 0
    for i in range(count):
        seen[shingles[i] >> _BELOW_PLACE] = 1
    for i in range(len(out)):
        out[i] = bytes_equal(seen, 64 * i, 1)


@jit
def _digest(cased, count):  # type: ignore[no-untyped-def]
    """The two numbers of a text's digest: sums over its words, each mixed with its place."""
    one = two = _0
    for i in range(count):
        value = mix(cased[i] + _u64(i + 1) * _GOLDEN)
        one += value
        value = (value ^ (value >> _31)) * _DIGEST_STEP
        two += value ^ (value >> _29)
    return one, two


@jit
def _append_bands(least, bands, keys, at):  # type: ignore[no-untyped-def]
    """The band keys of a text's minima from `at` on; returns where they end."""
    rows = len(least) // bands
    for band in range(bands):
        key = _u64(band + 1) * _GOLDEN
        for j in range(band * rows, (band + 1) * rows):
            key = mix(key ^ _u64(least[j]))
        keys[at + band] = key & ~_SORTS | _BAND
    return at + bands


@jit
def _grams(shingles, count, out):  # type: ignore[no-untyped-def]
    """The passage keys of a text's shingles, one of each two that are three apart; how many."""
    n_grams = max(count - 3, 0)
    for i in range(n_grams):
        out[i] = mix(shingles[i] + shingles[i + 3] * _SECOND) & ~_SORTS
    return n_grams


@jit
def _least_hashes(shingles, count, factors, addends, least):  # type: ignore[no-untyped-def]
    """The minimum of every permutation over a text's shingles, four shingles at a step."""
    least[:] = np.uint32(0xFFFFFFFF)
    for i in range(0, count, 4):
        a, b = np.uint32(shingles[i] >> _32), np.uint32(shingles[min(i + 1, count - 1)] >> _32)
        c = np.uint32(shingles[min(i + 2, count - 1)] >> _32)
        d = np.uint32(shingles[min(i + 3, count - 1)] >> _32)
        for j in range(len(factors)):
            one = min(
                np.uint32(a * factors[j] + addends[j]), np.uint32(b * factors[j] + addends[j])
            )
            two = min(
                np.uint32(c * factors[j] + addends[j]), np.uint32(d * factors[j] + addends[j])
            )
            least[j] = min(least[j], min(one, two))


@jit
def _window_minima(grams, count, window, spare, out):  # type: ignore[no-untyped-def]
    """The least of every `window` grams in a row, runs of one value once, into `out`.

    Returns their number; `grams` and `spare` are used up. Minima of 2, 4, 8, ... in a row first,
    then those of the largest such width at both ends of the window: no branch depends on values.
    """
    width, turned = 1, False
    while width < window:
        step = min(width, window - width)
        if turned:  # numba counts references, atomically, where arrays change their names
            _lesser(spare, step, count - width - step + 1, grams)
        else:
            _lesser(grams, step, count - width - step + 1, spare)
        width, turned = width + step, not turned
    return _runs(grams if not turned else spare, count - window + 1, out)


@jit
def _lesser(values, step, count, out):  # type: ignore[no-untyped-def]
    """The lesser of every value and that `step` places on."""
    for i in range(count):
        out[_u64(i)] = min(values[_u64(i)], values[_u64(i + step)])


@jit
def _runs(values, count, out):  # type: ignore[no-untyped-def]
    """One value of every run; returns how many."""
    out[_0] = values[_0]
    kept = _1
    for i in range(1, count):
        out[kept] = values[_u64(i)]
        kept += _u64(values[_u64(i)] != values[_u64(i - 1)])
    return np.int64(kept)


@jit
def _longest(offsets):  # type: ignore[no-untyped-def]
    longest = 0
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    return longest


@jit
def sign_all(  # type: ignore[no-untyped-def]
    data, offsets, fold, lower, standing, factors, addends, bands, window, dense, filter_, months,
    keys, cut, marked, keep,
):  # fmt: skip
    """Digests, words and sketch of every text; a word count of UNSAFE where it was not read.

    `keys`, `cut` and `marked` are room: the keys go there, with `keep` also the shingles in text
    order and the marked words. Where each text's end is returned.
    """
    n = len(offsets) - 1
    longest = _longest(offsets)
    room = longest // 2 + 2  # no fold makes two words of one
    cased, lowered = np.empty(room, _u64), np.empty(room, _u64)
    marks = np.empty(room, _u64)
    grams = np.empty(room, _u64)
    edges, odd = np.empty(2 * room + AT_ONCE, np.int64), np.empty((longest >> 6) + 2, _u64)
    least = np.empty(len(factors), np.uint32)
    table = np.empty(table_size(room), _u64)
    digests, words = np.zeros((n, 2), _u64), np.zeros(n, np.int64)
    sketches, seen = np.zeros((n, SKETCH_NUMBERS), _u64), np.empty(SKETCH_BITS, np.uint8)
    ends = np.zeros(n, np.int64)
    cut_ends, marked_ends = np.zeros(n, np.int64), np.zeros(n, np.int64)
    at = cut_at = marked_at = 0
    for row in range(n):
        count = read_words(
            data, offsets[row], offsets[row + 1], fold, lower, standing,
            edges, odd, cased, lowered, marks,
        )  # fmt: skip
        words[row] = count
        shingles = cut[cut_at:]
        n_shingles = _shingle(lowered, count, shingles)
        if keep:
            marked_at = _append_marked(
                cased, lowered, marks, count, filter_, months, marked, marked_at
            )
            cut_at += n_shingles
            cut_ends[row], marked_ends[row] = cut_at, marked_at
        if count > 0:
            digests[row, 0], digests[row, 1] = _digest(cased, count)
            keys[at] = digests[row, 0] & ~_SORTS | _COPY
            _sketch(shingles, n_shingles, seen, sketches[row])
            _least_hashes(shingles, n_shingles, factors, addends, least)
            at = _append_bands(least, bands, keys, at + 1)
            n_grams = _grams(shingles, n_shingles, grams)
            if n_grams < dense:
                at = append_distinct(grams, n_grams, table, keys, at)
            else:
                kept = _window_minima(grams, n_grams, window, lowered, cased)
                at = append_distinct(cased, kept, table, keys, at)
        ends[row] = at
    return digests, words, ends, sketches, cut_ends, marked_ends


@jit
def _append_marked(cased, lowered, marks, count, filter_, months, out, at):  # type: ignore[no-untyped-def]
    """The marked ones of a text's words from `at` on; returns where they end."""
    end = _u64(at)
    for i in range(count):
        word = lowered[i]
        out[end] = word  # the next one goes over it unless it is marked: no branch to guess
        marked = _u64(marks[i] | (cased[i] ^ word) != _0)
        end += marked
        passes = filter_[word >> _6 & _1023] >> (word & _63) & _1
        if passes & ~marked != _0 and _holds(months, word):
            end += _1
    return np.int64(end)


@jit
def _holds(table, value):  # type: ignore[no-untyped-def]
    """Whether an open table with a place for each 12 highest bits has a value."""
    slot = value >> _52
    while table[slot] != _0 and table[slot] != value:
        slot = (slot + _1) & _4095
    return table[slot] == value


@jit
def cut_all(data, offsets, fold, lower, standing, filter_, months, cut, marked):  # type: ignore[no-untyped-def]
    """Shingles in text order and marked words of every text, where each text's end, and whether
    it was read: one that was not must go down the plain route. `cut` and `marked` are room.
    """
    n = len(offsets) - 1
    longest = _longest(offsets)
    room = longest // 2 + 2
    cased, lowered = np.empty(room, _u64), np.empty(room, _u64)
    marks = np.empty(room, _u64)
    edges, odd = np.empty(2 * room + AT_ONCE, np.int64), np.empty((longest >> 6) + 2, _u64)
    cut_ends, marked_ends = np.zeros(n, np.int64), np.zeros(n, np.int64)
    safe = np.ones(n, np.bool_)
    at = marked_at = 0
    for row in range(n):
        count = read_words(
            data, offsets[row], offsets[row + 1], fold, lower, standing,
            edges, odd, cased, lowered, marks,
        )  # fmt: skip
        safe[row] = count != UNSAFE
        at += _shingle(lowered, count, cut[at:])
        marked_at = _append_marked(cased, lowered, marks, count, filter_, months, marked, marked_at)
        cut_ends[row], marked_ends[row] = at, marked_at
    return cut[:at], cut_ends, marked[:marked_at], marked_ends, safe
