"""The numbers of `warehouse.history.fingerprint` for many texts at once, compiled by numba.

Importing this module costs about a second of CPU, so callers with a few thousand texts or less
do not. The texts stay in their Arrow buffers: one pass over the bytes folds, lower-cases, splits
and hashes. Code points whose normal form depends on their neighbours (combining marks, Hangul
letters, the capital sigma) or that lie above U+2FFF send their text down the plain route.
"""

import unicodedata
from functools import lru_cache
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.normalise import normalise
from warehouse.history import fingerprint
from warehouse.history.conflict import EDGES, MONTHS
from warehouse.history.fingerprint import I64, U64, Route, Scheme, Shingles, Signatures

TABLE_END = 0x3000
UNSAFE = -1

_u64 = np.uint64
_MIX_1, _MIX_2 = _u64(fingerprint.MIX_1), _u64(fingerprint.MIX_2)
_SEED, _STEP = _u64(fingerprint.WORD_SEED), _u64(fingerprint.WORD_STEP)
_GOLDEN, _DIGEST_STEP = _u64(fingerprint.GOLDEN), _u64(fingerprint.DIGEST_STEP)
_FIRST, _SECOND, _THIRD = (
    _u64(fingerprint.FIRST),
    _u64(fingerprint.SECOND),
    _u64(fingerprint.THIRD),
)
_0, _1, _2, _3, _7, _8 = (_u64(n) for n in (0, 1, 2, 3, 7, 8))
_29, _31, _32, _33, _56, _64 = (_u64(n) for n in (29, 31, 32, 33, 56, 64))
_EACH, _TOPS, _BYTES = _u64(0x0101010101010101), _u64(0x8080808080808080), _u64((1 << 56) - 1)
_DIGIT_BIT, _UNSAFE_BIT, _SPACE_BIT = _u64(1 << 60), _u64(1 << 61), _u64(1 << 62)

_SORTS, _BAND, _COPY = _u64(fingerprint.SORT_BITS), _u64(fingerprint.BAND), _u64(fingerprint.COPY)

_jit: Any = numba.njit(nogil=True, cache=True, boundscheck=False)


@lru_cache(maxsize=1)
def _fold_tables() -> tuple[U64, U64]:
    """Per code point its folded and its lower-cased folded UTF-8, up to 7 bytes in one number.

    (TABLE_END + 1,) each: the bytes from the low end, their count from bit 56, and in the first
    table the flags below. A text that holds an _UNSAFE code point goes down the plain route.
    """
    tables = np.zeros((2, TABLE_END + 1), _u64)
    tables[0, TABLE_END] = _UNSAFE_BIT
    for point in range(TABLE_END):
        char = chr(point)
        if char.isspace():
            tables[0, point] = _SPACE_BIT
            continue
        folded = normalise(f"\x00{char}\x00\u00ad")[1:-1]
        forms = folded.encode(), folded.lower().encode()
        if " " in folded or any(map(_joins, folded)) or max(map(len, forms)) > 7:
            tables[0, point] = _UNSAFE_BIT
            continue
        for table, form in zip(tables, forms, strict=True):
            table[point] = int.from_bytes(form, "little") | len(form) << 56
        if any(map(str.isdigit, folded)):
            tables[0, point] |= _DIGIT_BIT
    return tables[0], tables[1]


def _joins(char: str) -> bool:
    """Whether a character's normal or lower-cased form depends on what stands beside it."""
    return (
        unicodedata.category(char) in ("Mn", "Mc", "Me")
        or unicodedata.combining(char) != 0
        or "\u1100" <= char <= "\u11ff"
        or char == "\u03a3"
    )


@lru_cache(maxsize=1)
def _month_filter() -> npt.NDArray[np.bool_]:
    """True at the low 16 bits of a lower-cased month's hash, alone or with punctuation after it.

    About one ordinary word in 250 falls on one of them too: marked words are only looked at.
    """
    passes = np.zeros(1 << 16, np.bool_)
    for word in MONTHS:
        for ending in ("", *EDGES):
            passes[fingerprint.hash_word(word + ending) & 0xFFFF] = True
    return passes


@_jit
def _mix(value):  # type: ignore[no-untyped-def]
    value ^= value >> _33
    value *= _MIX_1
    value ^= value >> _33
    value *= _MIX_2
    return value ^ (value >> _33)


@_jit
def _push(state, part, size, packed):  # type: ignore[no-untyped-def]
    """A word's hash, open part and size after the bytes of one table entry."""
    data, length = packed & _BYTES, packed >> _56 & _7
    used = size & _7
    part |= data << (used << _3)
    size += length
    if used + length >= _8:
        state = (state ^ part) * _STEP
        state ^= state >> _29
        part = data >> ((_8 - used) << _3) if used else _0
    return state, part, size


@_jit
def _close(state, part, size):  # type: ignore[no-untyped-def]
    """A word's hash at its end."""
    if size & _7 != _0:
        state = (state ^ part) * _STEP
        state ^= state >> _29
    return _mix(state ^ size)


@_jit
def _code_point(data, at):  # type: ignore[no-untyped-def]
    """The code point at a place and its width; TABLE_END for all from there on."""
    byte = np.int64(data[at])
    if byte < 0x80:
        return byte, 1
    second = np.int64(data[at + 1]) & 63
    if byte < 0xE0:
        return (byte & 31) << 6 | second, 2
    point = (byte & 15) << 12 | second << 6 | (np.int64(data[at + 2]) & 63)
    return (TABLE_END if byte >= 0xF0 else min(point, TABLE_END)), 3


@_jit
def _read_slowly(data, at, end, fold, lower):  # type: ignore[no-untyped-def]
    """One word of any script from `at` on: its two hashes, size, digit flag and where it ends.

    A size of 0: nothing visible stood there. An end of UNSAFE: it must go down the plain route.
    """
    c_hash = l_hash = _SEED
    c_part = l_part = c_size = l_size = flags = _0
    while at < end:
        point, width = _code_point(data, at)
        at += width
        packed = fold[point]
        flags |= packed
        if packed & (_SPACE_BIT | _UNSAFE_BIT) != _0:
            break
        c_hash, c_part, c_size = _push(c_hash, c_part, c_size, packed)
        l_hash, l_part, l_size = _push(l_hash, l_part, l_size, lower[point])
    if flags & _UNSAFE_BIT != _0:
        at = UNSAFE
    return (
        _close(c_hash, c_part, c_size), _close(l_hash, l_part, l_size),
        c_size, flags & _DIGIT_BIT != _0, at,
    )  # fmt: skip


@_jit
def _eight_bytes(blocks, at):  # type: ignore[no-untyped-def]
    """The 8 bytes from `at` on, of data seen as aligned blocks of 8."""
    shift = _u64(at & 7) << _3
    low = blocks[at >> 3]
    if shift == _0:
        return low
    return low >> shift | blocks[(at >> 3) + 1] << (_64 - shift)


@_jit
def _read_ascii(blocks, at, end):  # type: ignore[no-untyped-def]
    """As `_read_slowly`, eight bytes at a step; an end of UNSAFE: read this word slowly.

    In each byte of a step the top bit answers a question: adding 0x5F sets it for all above a
    space, 0x3F from "A" on, 0x25 above "Z", 0x50 from "0" on, 0x46 above "9".
    """
    c_hash = l_hash = _SEED
    size, digit = _0, _0
    while True:
        block = _eight_bytes(blocks, at)
        stop = ~(((block & ~_TOPS) + _EACH * _u64(0x5F)) | block) & _TOPS
        if end - at < 8:
            stop |= _u64(0x80) << _u64((end - at) << 3)
        lowest = stop & (~stop + _1)
        inside = (lowest >> _7) - _1 if stop != _0 else ~_0
        ticks = block ^ (_EACH * _u64(0x60))
        ticks = ~(((ticks & ~_TOPS) + ~_TOPS) | ticks) & _TOPS
        if (block & _TOPS | ticks) & inside != _0:
            return c_hash, l_hash, size, False, UNSAFE
        block &= inside
        length = _8 if stop == _0 else ((((lowest - _1) & _EACH) * _EACH) >> _56) - _1
        if length != _0:
            upper = (block + _EACH * _u64(0x3F)) & ~(block + _EACH * _u64(0x25)) & _TOPS
            digit |= (block + _EACH * _u64(0x50)) & ~(block + _EACH * _u64(0x46)) & _TOPS
            c_hash = (c_hash ^ block) * _STEP
            c_hash ^= c_hash >> _29
            l_hash = (l_hash ^ (block | upper >> _2)) * _STEP
            l_hash ^= l_hash >> _29
        size += length
        at += np.int64(length)
        if stop != _0:
            return _mix(c_hash ^ size), _mix(l_hash ^ size), size, digit != _0, at


@_jit
def _read_words(data, blocks, start, end, fold, lower, cased, lowered, digit):  # type: ignore[no-untyped-def]
    """Hashes of a text's words into `cased` and `lowered`, `digit` where one holds a digit.

    Returns their number, or UNSAFE.
    """
    count = 0
    at = start
    while at < end:
        if data[at] == 32:
            at += 1
            continue
        c_hash, l_hash, size, seen, after = _read_ascii(blocks, at, end)
        if after == UNSAFE or (after < end and fold[data[after]] & _SPACE_BIT == _0):
            c_hash, l_hash, size, seen, after = _read_slowly(data, at, end, fold, lower)
            if after == UNSAFE:
                return UNSAFE
        elif size == _0:
            after += 1
        if size != _0:
            cased[count], lowered[count], digit[count] = c_hash, l_hash, seen
            count += 1
        at = after
    return count


@_jit
def _shingle(lowered, count, out):  # type: ignore[no-untyped-def]
    """The shingle hashes of `count` words into `out`; returns their number."""
    if count <= 0:  # empty, or UNSAFE
        return 0
    if count < 3:
        second = lowered[1] if count == 2 else _0
        out[0] = _mix(lowered[0] * _FIRST + second * _SECOND)
        return 1
    for i in range(count - 2):
        out[i] = _mix(lowered[i] * _FIRST + lowered[i + 1] * _SECOND + lowered[i + 2] * _THIRD)
    return count - 2


@_jit
def _append_keys(
    shingles, n_shingles, factors, addends, bands, window, dense, grams, least, out, at
):  # type: ignore[no-untyped-def]
    """Band and passage keys behind the copy key at `at`, all sorted; returns where they end."""
    start = at
    at += 1
    rows = len(factors) // bands
    least[:] = np.uint32(0xFFFFFFFF)
    for i in range(n_shingles):
        high = np.uint32(shingles[i] >> _32)
        for j in range(len(factors)):
            least[j] = min(least[j], np.uint32(high * factors[j] + addends[j]))
    for band in range(bands):
        key = _u64(band + 1) * _GOLDEN
        for j in range(band * rows, (band + 1) * rows):
            key = _mix(key ^ _u64(least[j]))
        out[at] = key & ~_SORTS | _BAND
        at += 1
    n_grams = n_shingles - 3
    for i in range(n_grams):
        grams[i] = _mix(shingles[i] + shingles[i + 3] * _SECOND) & ~_SORTS
    if n_grams < dense:
        for i in range(n_grams):
            out[at] = grams[i]
            at += 1
    else:
        place = -1
        for i in range(n_grams - window + 1):
            last = i + window - 1
            if place < i:
                place = i
                for j in range(i + 1, last + 1):
                    if grams[j] < grams[place]:
                        place = j
            elif grams[last] < grams[place]:
                place = last
            else:
                continue
            out[at] = grams[place]
            at += 1
    found = np.sort(out[start:at])
    at = start
    for i in range(len(found)):
        if i == 0 or found[i] != found[i - 1]:
            out[at] = found[i]
            at += 1
    return at


@_jit
def _sign(data, blocks, offsets, fold, lower, factors, addends, bands, window, dense):  # type: ignore[no-untyped-def]
    """Digests, words, keys and ends of every text; a word count of UNSAFE where it was not read."""
    n = len(offsets) - 1
    longest = 0
    for row in range(n):
        longest = max(longest, offsets[row + 1] - offsets[row])
    room = longest // 2 + 2  # no fold makes two words of one
    cased, lowered = np.empty(room, _u64), np.empty(room, _u64)
    shingles, grams = np.empty(room, _u64), np.empty(room, _u64)
    digit = np.empty(room, np.uint8)
    least = np.empty(len(factors), np.uint32)
    digests, words = np.zeros((n, 2), _u64), np.zeros(n, np.int64)
    keys = np.empty(n * (1 + bands + dense) + (offsets[n] - offsets[0]) // 2, _u64)
    ends = np.zeros(n, np.int64)
    at = 0
    for row in range(n):
        count = _read_words(
            data, blocks, offsets[row], offsets[row + 1], fold, lower, cased, lowered, digit
        )
        words[row] = count
        if count > 0:
            one = two = _0
            for i in range(count):
                value = _mix(cased[i] + _u64(i + 1) * _GOLDEN)
                one += value
                value = (value ^ (value >> _31)) * _DIGEST_STEP
                two += value ^ (value >> _29)
            digests[row, 0], digests[row, 1] = one, two
            keys[at] = one & ~_SORTS | _COPY
            n_shingles = _shingle(lowered, count, shingles)
            at = _append_keys(
                shingles, n_shingles, factors, addends, bands, window, dense, grams, least, keys, at
            )
        ends[row] = at
    return digests, words, keys[:at].copy(), ends


@_jit
def _distinct_shingles(data, blocks, offsets, fold, lower, months):  # type: ignore[no-untyped-def]
    """Distinct shingles and marked words of every text; an end of UNSAFE where it was not read."""
    n = len(offsets) - 1
    longest = 0
    for row in range(n):
        longest = max(longest, offsets[row + 1] - offsets[row])
    room = longest // 2 + 2
    cased, lowered, shingles = np.empty(room, _u64), np.empty(room, _u64), np.empty(room, _u64)
    digit = np.empty(room, np.uint8)
    table = np.zeros(16, _u64)
    room_for_all = (offsets[n] - offsets[0]) // 2 + n
    hashes, marked = np.empty(room_for_all, _u64), np.empty(room_for_all, _u64)
    ends, marked_ends = np.zeros(n, np.int64), np.zeros(n, np.int64)
    safe = np.ones(n, np.bool_)
    at = marked_at = 0
    for row in range(n):
        count = _read_words(
            data, blocks, offsets[row], offsets[row + 1], fold, lower, cased, lowered, digit
        )
        safe[row] = count != UNSAFE
        size = 16
        while size < 2 * count:
            size *= 2
        if size > len(table):
            table = np.zeros(size, _u64)
        table[:size] = _0
        for i in range(_shingle(lowered, count, shingles)):
            value = shingles[i]
            slot = value & _u64(size - 1)
            while table[slot] != _0 and table[slot] != value:
                slot = (slot + _1) & _u64(size - 1)
            if table[slot] == _0:
                table[slot] = value
                hashes[at] = value
                at += 1
        for i in range(count):
            if digit[i] or cased[i] != lowered[i] or months[lowered[i] & _u64(len(months) - 1)]:
                marked[marked_at] = lowered[i]
                marked_at += 1
        ends[row], marked_ends[row] = at, marked_at
    return hashes[:at].copy(), ends, marked[:marked_at].copy(), marked_ends, safe


@_jit
def _compare(left, right, hashes, ends, marked, marked_ends):  # type: ignore[no-untyped-def]
    """Shared shingles of every pair, and whether each side has a marked word the other lacks.

    Pairs ordered by `left` reuse its table.
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
            size = 16
            while size < 2 * (ends[one] - start):
                size *= 2
            if size > len(table):
                table = np.zeros(size, _u64)
            table[:size] = _0
            for i in range(start, ends[one]):
                slot = hashes[i] & _u64(size - 1)
                while table[slot] != _0:
                    slot = (slot + _1) & _u64(size - 1)
                table[slot] = hashes[i]
        found = 0
        for i in range(ends[other - 1] if other else 0, ends[other]):
            value = hashes[i]
            slot = value & _u64(size - 1)
            while table[slot] != _0 and table[slot] != value:
                slot = (slot + _1) & _u64(size - 1)
            found += table[slot] == value
        shared[pair] = found
        total = ends[one] - start + ends[other] - (ends[other - 1] if other else 0) - found
        if 2 * found >= total:
            suspicious[pair] = _both_have_more(
                marked[(marked_ends[one - 1] if one else 0) : marked_ends[one]],
                marked[(marked_ends[other - 1] if other else 0) : marked_ends[other]],
            )
    return shared, suspicious


@_jit
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


def sign(texts: pa.Array, scheme: Scheme) -> Signatures:
    """The fingerprints of a string array without nulls; as `fingerprint.sign` gives them."""
    data, blocks, offsets = _buffers(texts)
    factors, addends = fingerprint.permutations(scheme.bands * scheme.rows)
    digests, words, keys, ends = _sign(
        data, blocks, offsets, *_fold_tables(), factors, addends,
        scheme.bands, scheme.window, scheme.dense_grams,
    )  # fmt: skip
    plain = np.flatnonzero(words == UNSAFE)
    if not len(plain):
        return Signatures(digests, words.astype(np.uint32), keys, ends)
    signed = fingerprint.sign(texts.take(pa.array(plain)).to_pylist(), scheme)
    digests[plain], words[plain] = signed.digests, signed.words
    keys, ends = _spliced(keys, ends, plain, signed.keys, signed.ends)
    return Signatures(digests, words.astype(np.uint32), keys, ends)


def shingles(texts: pa.Array) -> Shingles:
    """The distinct shingles and marked words of a string array without nulls."""
    data, blocks, offsets = _buffers(texts)
    hashes, ends, marked, marked_ends, safe = _distinct_shingles(
        data, blocks, offsets, *_fold_tables(), _month_filter()
    )
    plain = np.flatnonzero(~safe)
    if len(plain):
        read = fingerprint.shingles(texts.take(pa.array(plain)).to_pylist())
        hashes, ends = _spliced(hashes, ends, plain, read.hashes, read.ends)
        marked, marked_ends = _spliced(marked, marked_ends, plain, read.marked, read.marked_ends)
    return Shingles(hashes, ends, marked, marked_ends)


def compare(left: I64, right: I64, known: Shingles) -> tuple[I64, npt.NDArray[np.bool_]]:
    """Of every pair of rows: the shingles they share, and whether a conflict is possible.

    Quickest when the pairs are ordered by `left`. Conflicts as in `fingerprint.compare`.
    """
    shared, suspicious = _compare(
        left, right, known.hashes, known.ends, known.marked, known.marked_ends
    )
    return shared, suspicious


def _buffers(texts: pa.Array) -> tuple[npt.NDArray[np.uint8], U64, I64]:
    """The bytes, the same bytes in blocks of 8, and the offsets of a string array.

    Arrow pads and aligns its own buffers; others, and slices, are copied once.
    """
    large = pa.types.is_large_string(texts.type)
    _, offsets, buffer = texts.buffers()
    ends = np.frombuffer(offsets, np.int64 if large else np.int32)
    ends = ends[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    first, last = int(ends[0]), int(ends[-1])
    padded = (last + 15) & ~7
    if buffer is None or buffer.address % 8 or buffer.size < padded or first:
        data = np.zeros((last - first + 15) & ~7, np.uint8)
        if buffer is not None:
            data[: last - first] = np.frombuffer(buffer, np.uint8)[first:last]
        return data, data.view(_u64), ends - first
    data = np.frombuffer(buffer, np.uint8)[:padded]
    return data, data.view(_u64), ends


def _spliced(values: U64, ends: I64, rows: I64, new: U64, new_ends: I64) -> tuple[U64, I64]:
    """A ragged array with the empty `rows` filled from another."""
    sizes = np.diff(ends, prepend=0)
    at = np.repeat(ends[rows], np.diff(new_ends, prepend=0))
    sizes[rows] = np.diff(new_ends, prepend=0)
    return np.insert(values, at, new), np.cumsum(sizes)


COMPILED = Route(sign, shingles, compare)
"""This module's route, for many texts."""
