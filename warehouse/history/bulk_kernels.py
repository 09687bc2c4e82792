"""Texts in Arrow buffers to keys and shingles, compiled by numba.

Functions that call each other stand in one file; see `bulk_machine`.
"""

import numpy as np

from warehouse.history import fingerprint
from warehouse.history.bulk_machine import (
    bytes_below,
    bytes_equal,
    eight_bytes,
    jit,
    zeros_below,
)
from warehouse.history.bulk_tables import DIGIT_BIT, SPACE_BIT, TABLE_END, UNSAFE_BIT

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
_29, _31, _32, _33, _56 = (_u64(n) for n in (29, 31, 32, 33, 56))
_ALL_32 = _u64(0xFFFFFFFF)
_EACH, _TOPS, _BYTES = _u64(0x0101010101010101), _u64(0x8080808080808080), _u64((1 << 56) - 1)

_SORTS, _BAND, _COPY = _u64(fingerprint.SORT_BITS), _u64(fingerprint.BAND), _u64(fingerprint.COPY)


@jit
def _mix(value):  # type: ignore[no-untyped-def]
    value ^= value >> _33
    value *= _MIX_1
    value ^= value >> _33
    value *= _MIX_2
    return value ^ (value >> _33)


@jit
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


@jit
def _close(state, part, size):  # type: ignore[no-untyped-def]
    """A word's hash at its end: at least two steps of 8 bytes."""
    if size & _7 != _0:
        state = (state ^ part) * _STEP
        state ^= state >> _29
    if size <= _8:
        state *= _STEP
        state ^= state >> _29
    return _mix(state ^ size)


@jit
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


@jit
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
        if packed & (SPACE_BIT | UNSAFE_BIT) != _0:
            break
        c_hash, c_part, c_size = _push(c_hash, c_part, c_size, packed)
        l_hash, l_part, l_size = _push(l_hash, l_part, l_size, lower[point])
    if flags & UNSAFE_BIT != _0:
        at = UNSAFE
    return (
        _close(c_hash, c_part, c_size), _close(l_hash, l_part, l_size),
        c_size, flags & DIGIT_BIT != _0, at,
    )  # fmt: skip


@jit
def _find_stops(data, start, end, stops):  # type: ignore[no-untyped-def]
    """Where a text's white space stands, its end last, and whether it is plain ASCII.

    Not plain: a byte above ASCII, a backtick (which is folded), or a control character that is no
    white space. Returns (count, plain); plain and a count of 0 when such a control character
    makes the stops wrong.
    """
    count = _0
    ordinary, ticks = _ALL_32, _0
    at = start
    while at + 32 <= end:
        found = bytes_below(data, at, 33)
        if found != found & bytes_equal(data, at, 32) and _is_odd_control(data, at, at + 32):
            return _0, True
        ordinary &= bytes_below(data, at, 128)
        ticks |= bytes_equal(data, at, 96)
        while found != _0:
            stops[count] = at + np.int64(zeros_below(found))  # type: ignore[call-arg]
            count += _1
            found &= found - _1
        at += 32
    if _is_odd_control(data, at, end):
        return _0, True
    while at < end:
        byte = data[at]
        ordinary &= _ALL_32 * _u64(byte < 128)
        ticks |= _u64(byte == 96)
        if byte <= 32:
            stops[count] = at
            count += _1
        at += 1
    stops[count] = end
    return count + _1, ordinary == _ALL_32 and ticks == _0


@jit
def _is_odd_control(data, start, end):  # type: ignore[no-untyped-def]
    """Whether a control character that is no white space stands there."""
    for at in range(start, end):
        byte = data[at]
        if byte < 32 and not (9 <= byte <= 13 or 28 <= byte <= 31):
            return True
    return False


@jit
def _lower(block):  # type: ignore[no-untyped-def]
    """Eight ASCII bytes with their capitals made small: 0x3F marks from "A" on, 0x25 above "Z"."""
    return block | ((block + _EACH * _u64(0x3F)) & ~(block + _EACH * _u64(0x25)) & _TOPS) >> _2


@jit
def _digits(block):  # type: ignore[no-untyped-def]
    """The top bits of the bytes that are digits: 0x50 marks from "0" on, 0x46 above "9"."""
    return (block + _EACH * _u64(0x50)) & ~(block + _EACH * _u64(0x46)) & _TOPS


@jit
def _first_bytes(count):  # type: ignore[no-untyped-def]
    """A mask for that many bytes, 0 to 8; in two shifts, since one by 64 has no meaning."""
    half = _u64(count) << _2
    return (_1 << half << half) - _1


@jit
def _step(state, block):  # type: ignore[no-untyped-def]
    state = (state ^ block) * _STEP
    return state ^ (state >> _29)


@jit
def _hash_ascii(data, start, length):  # type: ignore[no-untyped-def]
    """An ASCII word's hash, that of its lower-cased form, and a number above 0 if it has a digit.

    Without a branch on the length up to 16 bytes, as words of 3 and of 12 letters come in no order
    to learn; most words have no capital.
    """
    one = eight_bytes(data, start) & _first_bytes(min(length, 8))  # type: ignore[call-arg]
    two = eight_bytes(data, start + 8) & _first_bytes(min(max(length - 8, 0), 8))
    low_one, low_two = _lower(one), _lower(two)
    cased = lowered = _step(_step(_SEED, one), two)
    if (low_one ^ one) | (low_two ^ two):
        lowered = _step(_step(_SEED, low_one), low_two)
    digits = _digits(one) | _digits(two)
    at = 16
    while at < length:
        more = eight_bytes(data, start + at)
        more &= _first_bytes(min(length - at, 8))
        cased, lowered = _step(cased, more), _step(lowered, _lower(more))
        digits |= _digits(more)
        at += 8
    cased_hash = _mix(cased ^ _u64(length))
    return cased_hash, cased_hash if cased == lowered else _mix(lowered ^ _u64(length)), digits


@jit
def _read_words(data, start, end, fold, lower, stops, cased, lowered, digit):  # type: ignore[no-untyped-def]
    """Hashes of a text's words into `cased` and `lowered`, `digit` where one holds a digit.

    An empty `digit` is left alone. Returns the number of words, or UNSAFE.
    """
    n_stops, plain = _find_stops(data, start, end, stops)
    if n_stops == _0:
        n_stops, plain = _1, False
        stops[0] = end
    count = _0
    begin = start
    for i in range(n_stops):
        after = stops[i]
        length = after - begin
        if length > 0:
            if plain or _is_plain(data, begin, after):
                cased[count], lowered[count], digits = _hash_ascii(data, begin, length)
                if len(digit):
                    digit[count] = digits != _0
                count += _1
            else:
                at = begin
                while at < after:
                    c_hash, l_hash, size, seen, at = _read_slowly(data, at, after, fold, lower)
                    if at == UNSAFE:
                        return UNSAFE
                    if size != _0:
                        cased[count], lowered[count] = c_hash, l_hash
                        if len(digit):
                            digit[count] = seen
                        count += _1
        begin = after + 1
    return np.int64(count)


@jit
def _is_plain(data, start, end):  # type: ignore[no-untyped-def]
    """Whether a word is ASCII that folds to itself."""
    for at in range(start, end):  # noqa: SIM110 - numba compiles no generator
        if data[at] >= 128 or data[at] == 96:
            return False
    return True


@jit
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
    width = 1
    one, other = grams, spare
    while 2 * width <= window:
        for i in range(count - 2 * width + 1):
            other[_u64(i)] = min(one[_u64(i)], one[_u64(i + width)])
        one, other = other, one
        width *= 2
    for i in range(count - window + 1):
        other[_u64(i)] = min(one[_u64(i)], one[_u64(i + window - width)])
    out[_0] = other[_0]
    kept = _1
    for i in range(1, count - window + 1):
        out[kept] = other[_u64(i)]
        kept += _u64(other[_u64(i)] != other[_u64(i - 1)])
    return np.int64(kept)


@jit
def _table_size(count):  # type: ignore[no-untyped-def]
    """The size of an open table that so many values leave three quarters empty or more."""
    size = 16
    while size < 4 * count:
        size *= 2
    return size


@jit
def _append_distinct(values, count, table, out, at):  # type: ignore[no-untyped-def]
    """The distinct values from `at` on; returns where they end. A value of 0 would be lost."""
    size = _table_size(count)
    table[:size] = _0
    for i in range(count):
        value = values[i]
        slot = value & _u64(size - 1)
        while table[slot] != _0 and table[slot] != value:
            slot = (slot + _1) & _u64(size - 1)
        if table[slot] == _0:
            table[slot] = value
            out[at] = value
            at += 1
    return at


@jit
def _longest(offsets):  # type: ignore[no-untyped-def]
    longest = 0
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    return longest


@jit
def sign_all(  # type: ignore[no-untyped-def]
    data, offsets, fold, lower, factors, addends, bands, window, dense, filter_, months,
    keys, cut, marked, keep,
):  # fmt: skip
    """Digests, words, keys and ends of every text; a word count of UNSAFE where it was not read.

    With `keep` also its shingles in text order, its marked words, and where each text's end.
    `keys`, `cut` and `marked` are room for what is found; see `bulk._room`.
    """
    n = len(offsets) - 1
    longest = _longest(offsets)
    room = longest // 2 + 2  # no fold makes two words of one
    cased, lowered = np.empty(room, _u64), np.empty(room, _u64)
    grams, spare = np.empty(room, _u64), np.empty(room, _u64)
    digit = np.empty(room if keep else 0, np.uint8)
    stops = np.empty(longest + 16, np.int64)
    least = np.empty(len(factors), np.uint32)
    rows = len(factors) // bands
    table = np.empty(_table_size(room), _u64)
    digests, words = np.zeros((n, 2), _u64), np.zeros(n, np.int64)
    ends = np.zeros(n, np.int64)
    cut_ends, marked_ends = np.zeros(n, np.int64), np.zeros(n, np.int64)
    at = cut_at = marked_at = 0
    for row in range(n):
        count = _read_words(
            data, offsets[row], offsets[row + 1], fold, lower, stops, cased, lowered, digit
        )
        words[row] = count
        shingles = cut[cut_at:]
        n_shingles = _shingle(lowered, count, shingles)
        if keep:
            marked_at = _append_marked(
                cased, lowered, digit, count, filter_, months, marked, marked_at
            )
            cut_at += n_shingles
            cut_ends[row], marked_ends[row] = cut_at, marked_at
        if count > 0:
            one = two = _0
            for i in range(count):
                value = _mix(cased[i] + _u64(i + 1) * _GOLDEN)
                one += value
                value = (value ^ (value >> _31)) * _DIGEST_STEP
                two += value ^ (value >> _29)
            digests[row, 0], digests[row, 1] = one, two
            keys[at] = one & ~_SORTS | _COPY
            at += 1
            _least_hashes(shingles, n_shingles, factors, addends, least)
            for band in range(bands):
                key = _u64(band + 1) * _GOLDEN
                for j in range(band * rows, (band + 1) * rows):
                    key = _mix(key ^ _u64(least[j]))
                keys[at] = key & ~_SORTS | _BAND
                at += 1
            n_grams = max(n_shingles - 3, 0)
            for i in range(n_grams):
                grams[i] = _mix(shingles[i] + shingles[i + 3] * _SECOND) & ~_SORTS
            if n_grams < dense:
                at = _append_distinct(grams, n_grams, table, keys, at)
            else:
                kept = _window_minima(grams, n_grams, window, spare, cased)
                at = _append_distinct(cased, kept, table, keys, at)
        ends[row] = at
    return (
        digests, words, keys[:at], ends,
        cut[:cut_at], cut_ends, marked[:marked_at], marked_ends,
    )  # fmt: skip


@jit
def _append_marked(cased, lowered, digit, count, filter_, months, out, at):  # type: ignore[no-untyped-def]
    """The marked ones of a text's words from `at` on; returns where they end."""
    for i in range(count):
        if (
            digit[i]
            or cased[i] != lowered[i]
            or (filter_[lowered[i] & _u64(0xFFFF)] and _holds(months, lowered[i]))
        ):
            out[at] = lowered[i]
            at += 1
    return at


@jit
def _holds(values, value):  # type: ignore[no-untyped-def]
    """Whether an ascending array has a value."""
    place = np.searchsorted(values, value)
    return place < len(values) and values[place] == value


@jit
def cut_all(data, offsets, fold, lower, filter_, months, cut, marked):  # type: ignore[no-untyped-def]
    """Shingles in text order and marked words of every text, where each text's end, and whether
    it was read: one that was not must go down the plain route. `cut` and `marked` are room.
    """
    n = len(offsets) - 1
    longest = _longest(offsets)
    room = longest // 2 + 2
    cased, lowered = np.empty(room, _u64), np.empty(room, _u64)
    digit = np.empty(room, np.uint8)
    stops = np.empty(longest + 16, np.int64)
    cut_ends, marked_ends = np.zeros(n, np.int64), np.zeros(n, np.int64)
    safe = np.ones(n, np.bool_)
    at = marked_at = 0
    for row in range(n):
        count = _read_words(
            data, offsets[row], offsets[row + 1], fold, lower, stops, cased, lowered, digit
        )
        safe[row] = count != UNSAFE
        at += _shingle(lowered, count, cut[at:])
        marked_at = _append_marked(cased, lowered, digit, count, filter_, months, marked, marked_at)
        cut_ends[row], marked_ends[row] = at, marked_at
    return cut[:at], cut_ends, marked[:marked_at], marked_ends, safe


@jit
def add_distinct(values, ends, rows, out, at, out_ends):  # type: ignore[no-untyped-def]
    """The distinct values of each of some rows from `at` on, in order of first sight.

    Each row's end goes into `out_ends`; returns the last one.
    """
    longest = 0
    for row in rows:
        longest = max(longest, ends[row] - (ends[row - 1] if row else 0))
    table = np.empty(_table_size(longest), _u64)
    for i, row in enumerate(rows):
        start = ends[row - 1] if row else 0
        at = _append_distinct(values[start : ends[row]], ends[row] - start, table, out, at)
        out_ends[i] = at
    return at


@jit
def add_chosen(values, ends, rows, out, at, out_ends):  # type: ignore[no-untyped-def]
    """The values of each of some rows from `at` on, as `add_distinct` does."""
    for i, row in enumerate(rows):
        for place in range(ends[row - 1] if row else 0, ends[row]):
            out[at] = values[place]
            at += 1
        out_ends[i] = at
    return at


@jit
def _fill_table(values, start, end, table):  # type: ignore[no-untyped-def]
    """Distinct values into an open table; returns it, larger if need be, and its size."""
    size = _table_size(end - start)
    if size > len(table):
        table = np.zeros(size, _u64)
    table[:size] = _0
    for i in range(start, end):
        slot = values[i] & _u64(size - 1)
        while table[slot] != _0:
            slot = (slot + _1) & _u64(size - 1)
        table[slot] = values[i]
    return table, size


@jit
def compare_pairs(left, right, hashes, ends, marked, marked_ends, least):  # type: ignore[no-untyped-def]
    """Shared shingles of every pair, and whether each side has a marked word the other lacks.

    Pairs ordered by `left` reuse its table. A pair that cannot reach its `least` any more is
    given up: what was counted by then is below it too.
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
            table, size = _fill_table(hashes, start, ends[one], table)
        first, last = (ends[other - 1] if other else 0), ends[other]
        found = 0
        for block in range(first, last, 32):
            if found + last - block < least[pair]:
                break
            for i in range(block, min(block + 32, last)):
                value = hashes[i]
                slot = value & _u64(size - 1)
                while table[slot] != _0 and table[slot] != value:
                    slot = (slot + _1) & _u64(size - 1)
                found += table[slot] == value
        shared[pair] = found
        if 2 * found >= ends[one] - start + last - first - found:
            suspicious[pair] = _both_have_more(
                marked[(marked_ends[one - 1] if one else 0) : marked_ends[one]],
                marked[(marked_ends[other - 1] if other else 0) : marked_ends[other]],
            )
    return shared, suspicious


@jit
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
