"""Words in an Arrow buffer to hashes, compiled by numba: white space, case and script.

`read_words` finds where words begin and end, 64 bytes at a step; takes the first 16 bytes of each;
and hashes all words of the text in one loop without a branch, which the compiler makes many at once
of. Words for which that is not enough are hashed one by one before: longer ones, and those with a
character that is something else once folded or lower-cased (`bulk_tables.standing`).
"""

import numpy as np

from warehouse.history import fingerprint
from warehouse.history.bulk_machine import (
    bits_set,
    bytes_below,
    bytes_equal,
    code_point,
    eight_bytes,
    jit,
    zeros_below,
)
from warehouse.history.bulk_tables import DIGIT_BIT, SPACE_BIT, UNSAFE_BIT

UNSAFE = -1
AT_ONCE = 8
"""Places are written so many at a step: room behind the last one."""

_u64 = np.uint64
_MIX_1, _MIX_2 = _u64(fingerprint.MIX_1), _u64(fingerprint.MIX_2)
_SEED, _STEP = _u64(fingerprint.WORD_SEED), _u64(fingerprint.WORD_STEP)
_0, _1, _2, _3, _6, _7, _8 = (_u64(n) for n in (0, 1, 2, 3, 6, 7, 8))
_29, _32, _33, _56, _63, _64 = (_u64(n) for n in (29, 32, 33, 56, 63, 64))
_ALL = _u64((1 << 64) - 1)
_EACH, _TOPS, _BYTES = _u64(0x0101010101010101), _u64(0x8080808080808080), _u64((1 << 56) - 1)
_HASHED = _u64(1 << 63)
"""Instead of a word's size: it is hashed already."""


@jit
def mix(value):  # type: ignore[no-untyped-def]
    """`fingerprint.mix_64`."""
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
    return mix(state ^ size)


@jit
def _read_slowly(data, at, end, fold, lower):  # type: ignore[no-untyped-def]
    """One word of any script from `at` on: its two hashes, size, digit flag and where it ends.

    A size of 0: nothing visible stood there. An end of UNSAFE: it must go down the plain route.
    """
    c_hash = l_hash = _SEED
    c_part = l_part = c_size = l_size = flags = _0
    while at < end:
        point, width = code_point(data, at)
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
        c_size, _HASHED | _u64(flags & DIGIT_BIT != _0), at,
    )  # fmt: skip


@jit
def _find_words(data, start, end, edges, odd):  # type: ignore[no-untyped-def]
    """Where the words of a text begin and end, in turn; how many, and whether no byte is odd.

    Odd bytes may not stand; `odd` gets a bit for each byte of the text. A control character that
    is no white space may join words or not: the whole text then counts as an odd one.
    """
    count = blocks = 0
    any_odd = after_small = _0
    after_space = _1  # or at the start
    at = start
    while at + 64 <= end:
        space = bytes_below(data, at, 33)
        if space != bytes_equal(data, at, 32) and _has_odd_control(data, at):
            return _whole(start, end, edges, odd)
        count = _put_places(space ^ (space << _1 | after_space), at, edges, count)
        after_space = space >> _63
        odd[blocks] = above = ~bytes_below(data, at, 128)
        if above != _0 and at + 65 <= len(data):
            small = _small_cyrillic(data, at)
            odd[blocks] &= ~(small | small << _1 | after_small)
            after_small = small >> _63
        odd[blocks] |= bytes_equal(data, at, 96)
        any_odd |= odd[blocks]
        blocks += 1
        at += 64
    space, odd[blocks] = _ALL, _0
    for i in range(end - at):
        byte = data[at + i]
        if byte < 32 and not (9 <= byte <= 13 or byte >= 28):
            return _whole(start, end, edges, odd)
        odd[blocks] |= _u64(byte >= 128 or byte == 96) << _u64(i)
        space ^= _u64(byte > 32) << _u64(i)
    count = _put_places(space ^ (space << _1 | after_space), at, edges, count)
    return count >> 1, (any_odd | odd[blocks]) == _0


@jit
def _small_cyrillic(data, at):  # type: ignore[no-untyped-def]
    """Which of 64 bytes begin a letter from "а" (D0 B0) to "я" (D1 8F): those stand."""
    to_p = bytes_equal(data, at, 0xD0) & ~bytes_below(data, at + 1, 0xB0)
    return to_p | bytes_equal(data, at, 0xD1) & bytes_below(data, at + 1, 0x90)


@jit
def _has_odd_control(data, at):  # type: ignore[no-untyped-def]
    """Whether a control character that is no white space is among 64 bytes."""
    below = bytes_below(data, at, 9) | (bytes_below(data, at, 28) & ~bytes_below(data, at, 14))
    return below != _0


@jit
def _whole(start, end, edges, odd):  # type: ignore[no-untyped-def]
    edges[0], edges[1] = start, end
    odd[0] = _ALL
    return np.int64(end > start), False


@jit
def _put_places(bits, at, out, count):  # type: ignore[no-untyped-def]
    """Append `at` plus the place of every bit set; returns where that ends.

    Eight at a step, as the number of bits comes in no order that a processor could learn.
    """
    after = count + np.int64(bits_set(bits))  # type: ignore[call-arg]
    while count < after:
        for i in range(AT_ONCE):
            out[_u64(count + i)] = at + np.int64(zeros_below(bits))
            bits &= bits - _1
        count += AT_ONCE
    return after


@jit
def _lower(block):  # type: ignore[no-untyped-def]
    """Eight bytes with the ASCII capitals among them made small.

    0x3F marks from "A" on, 0x25 above "Z".
    """
    low = block & ~_TOPS
    return block | ((low + _EACH * _u64(0x3F)) & ~(low + _EACH * _u64(0x25)) & ~block & _TOPS) >> _2


@jit
def _digits(block):  # type: ignore[no-untyped-def]
    """The top bits of the bytes that are ASCII digits: 0x50 marks from "0" on, 0x46 above "9"."""
    low = block & ~_TOPS
    return (low + _EACH * _u64(0x50)) & ~(low + _EACH * _u64(0x46)) & ~block & _TOPS


@jit
def _first_bytes(count):  # type: ignore[no-untyped-def]
    """A mask for that many bytes, 0 to 8; in two shifts, since one by 64 has no meaning."""
    half = _32 - (count << _2)
    return _ALL >> half >> half


@jit
def _step(state, block):  # type: ignore[no-untyped-def]
    state = (state ^ block) * _STEP
    return state ^ (state >> _29)


@jit
def _hash_taken(cased, lowered, marks, count):  # type: ignore[no-untyped-def]
    """Hashes of the words whose first 16 bytes are in `cased` and `lowered`, in their place.

    `marks` holds their sizes and gets what is not 0 where a word has an ASCII capital or digit.
    """
    for i in range(count):
        size = marks[i]
        one = cased[i] & _first_bytes(min(size, _8))
        two = lowered[i] & _first_bytes(min(max(size, _8) - _8, _8))
        low_one, low_two = _lower(one), _lower(two)
        hashed = mix(_step(_step(_SEED, one), two) ^ size)
        low_hashed = mix(_step(_step(_SEED, low_one), low_two) ^ size)
        mark = _digits(one) | _digits(two) | (low_one ^ one) | (low_two ^ two)
        done = size >= _HASHED
        cased[i] = cased[i] if done else hashed
        lowered[i] = lowered[i] if done else low_hashed
        marks[i] = size << _1 if done else mark


@jit
def _hash_long(data, start, length):  # type: ignore[no-untyped-def]
    """A standing word's hash, that of its lower-cased form, and its mark for `_hash_taken`."""
    cased = lowered = _SEED
    digits = _0
    for at in range(0, max(length, 16), 8):
        block = eight_bytes(data, start + at) & _first_bytes(_u64(min(max(length - at, 0), 8)))  # type: ignore[call-arg]
        cased, lowered = _step(cased, block), _step(lowered, _lower(block))
        digits |= _digits(block)
    size = _u64(length)
    hashed = mix(cased ^ size)
    low_hashed = hashed if cased == lowered else mix(lowered ^ size)
    return hashed, low_hashed, _HASHED | _u64(digits != _0)


@jit
def _take(data, start, edges, found, odd, plain, fold, lower, standing, cased, lowered, marks):  # type: ignore[no-untyped-def]
    """Put words where `_hash_taken` finds them; long ones, and those that do not stand, hashed.

    Unless all is `plain` one that was found may turn out to be several words or none. Returns
    the number of words, or UNSAFE.
    """
    count = _0
    last = len(data) - 16  # a word that ends behind it is not read 16 bytes at a step
    for i in range(found):
        at, end = edges[_u64(2 * i)], edges[_u64(2 * i + 1)]
        size = end - at
        if end <= last and (
            plain or not _has_odd(odd, at - start, size) or _stands(data, at, end, standing)
        ):
            if size <= 16:
                cased[count], lowered[count] = eight_bytes(data, at), eight_bytes(data, at + 8)  # type: ignore[call-arg]
                marks[count] = size
            else:
                cased[count], lowered[count], marks[count] = _hash_long(data, at, size)
            count += _1
            continue
        while at < end:
            hashed, low_hashed, size, mark, at = _read_slowly(data, at, end, fold, lower)
            if at == UNSAFE:
                return UNSAFE
            if size != _0:
                cased[count], lowered[count], marks[count] = hashed, low_hashed, mark
                count += _1
    return np.int64(count)


@jit
def _has_odd(odd, at, size):  # type: ignore[no-untyped-def]
    """Whether one of some bytes of a text is odd; of more than 64 one may be."""
    block, inside = _u64(at) >> _6, _u64(at) & _63
    bits = odd[block] >> inside | odd[block + _1] << _1 << (_63 - inside)
    return size > 64 or bits << (_64 - _u64(size)) != _0


@jit
def _stands(data, at, end, standing):  # type: ignore[no-untyped-def]
    """Whether a word's bytes are those of its folded form, and of the lower-cased one but for
    ASCII."""
    while at < end:
        point, width = code_point(data, at)
        if not standing[point]:
            return False
        at += width
    return True


@jit
def read_words(  # type: ignore[no-untyped-def]
    data, start, end, fold, lower, standing, edges, odd, cased, lowered, marks
):
    """Hashes of a text's words into `cased` and `lowered`; `marks` is not 0 where one has a digit
    or an ASCII capital.

    Returns the number of words, or UNSAFE. All from `edges` on is room: there for all places
    and AT_ONCE more, in `odd` for a bit a byte and 64 more.
    """
    found, plain = _find_words(data, start, end, edges, odd)
    count = _take(
        data, start, edges, found, odd, plain, fold, lower, standing, cased, lowered, marks
    )
    _hash_taken(cased, lowered, marks, count)
    return count
