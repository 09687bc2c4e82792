"""Look-alikes told from their bytes, compiled by numba: most of them state another number.

`surely_conflict` follows `conflict._conflict_in_step` through two texts as long as that is plain:
no character whose normal form depends on its neighbours or is nothing at all, and sentences that
stand at equal places and surely belong together. It says yes once two of
those set a number against another where all other words stand face to face. It never says no:
what it leaves open is asked of `conflict.aligned_conflict`, which is the definition.

Why words face to face are the alignment: two sentences of equal length that differ at d places,
with each differing word found nowhere in the other sentence, cannot be aligned with fewer than d
edits, and with d only by replacing those very words."""

from typing import Any

import numpy as np

from warehouse.history.bulk_machine import code_point, eight_bytes, jit, zeros_below
from warehouse.history.bulk_tables import CAPITAL, ODD, SMALL, SPACE_BIT, UNSAFE_BIT
from warehouse.history.conflict import EDGES, MONTHS, SURELY_PAIRED_SHARE

_MOST_WORDS = 256
"""Of a sentence; longer ones are left open."""
_MOST_DIGITS = 18
_SEED, _STEP = np.uint64(0x243F6A8885A308D3), np.uint64(0x9FB21C651E98DF25)
_0, _1, _3, _29 = (np.uint64(n) for n in (0, 1, 3, 29))
_EACH, _TOPS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_MANY = -2
_LEAST_SHARE = SURELY_PAIRED_SHARE


def _hash(word: str) -> int:
    """`_hash_lowered` of a lower-cased word."""
    state = int(_SEED)
    for byte in word.encode():
        state = (state ^ byte) * int(_STEP) & (1 << 64) - 1
        state ^= state >> 29
    return state


MONTH_HASHES = np.array([_hash(name) for name in MONTHS], np.uint64)

EDGE = np.array([chr(byte) in EDGES for byte in range(256)])
"""Which bytes are edge punctuation."""


@jit
def surely_conflict(
    data: Any, offsets: Any, left: Any, right: Any,
    edge: Any, months: Any, fold: Any, lower: Any, cases: Any,
) -> Any:  # fmt: skip
    """Whether each pair of texts conflicts for sure. `fold`, `lower`, `cases`: `bulk_tables`."""
    count = len(offsets) - 1
    folded = np.empty(2 * (offsets[count] - offsets[0]) + 64, np.uint8)
    bounds = np.zeros(count + 1, np.int64)
    plain = np.empty(count, np.bool_)
    longest = 0
    for row in range(count):
        end = _fold(data, offsets[row], offsets[row + 1], fold, cases, folded, bounds[row])
        plain[row] = end >= 0
        bounds[row + 1] = max(end, bounds[row])
        longest = max(longest, bounds[row + 1] - bounds[row])
    words = np.empty((4, longest // 2 + 2), np.int64)
    hashes = np.empty((4, _MOST_WORDS), np.uint64)
    numbers = np.empty((2, _MOST_WORDS), np.int64)
    found = np.zeros(len(left), np.bool_)
    for pair in range(len(left)):
        one, other = left[pair], right[pair]
        if plain[one] and plain[other]:
            found[pair] = _texts_conflict(
                folded, bounds[one], bounds[one + 1], bounds[other], bounds[other + 1],
                edge, months, lower, cases, words, hashes, numbers,
            )  # fmt: skip
    return found


@jit
def _fold(data: Any, start: Any, end: Any, fold: Any, cases: Any, out: Any, at: Any) -> Any:
    """A text with its special characters folded, from `at` on; where it ends.

    White space stays as wide as it is. -1 where the folded form is not that of its characters one
    by one, or too long.
    """
    most = at + 2 * (end - start)
    if _is_plain(data, start, end):
        out[at : at + end - start] = data[start:end]
        return at + end - start
    while start < end:
        byte = data[start]
        if byte < 128 and byte != 96:
            out[at] = byte
            at += 1
            start += 1
            continue
        point, width = code_point(data, start)
        start += width
        packed = fold[point]
        size = np.int64(packed >> np.uint64(56) & np.uint64(7))
        if packed & SPACE_BIT != _0:
            packed, size = np.uint64(32), np.int64(1)
        elif packed & UNSAFE_BIT != _0 or size == 0 or cases[point] == ODD:
            return -1
        if at + size + end - start > most:
            return -1
        for k in range(size):
            out[at] = np.uint8(packed >> np.uint64(8 * k) & np.uint64(255))
            at += 1
    return at


@jit
def count_plain_paragraphs(data: Any, offsets: Any) -> Any:
    """The paragraphs of every text; -1 where it is not ASCII or begins or ends in white space."""
    counts = np.full(len(offsets) - 1, -1, np.int64)
    for row in range(len(counts)):
        start, end = offsets[row], offsets[row + 1]
        if start == end:
            counts[row] = 0
        elif not (
            _is_space(data[start]) or _is_space(data[end - 1]) or not _is_plain(data, start, end)
        ):
            counts[row] = 1 + _borders(data, start, end)
    return counts


@jit
def _borders(data: Any, start: Any, end: Any) -> Any:
    """How many stretches of white space inside a plain text hold two line ends or more."""
    count = 0
    at = start
    while at < end:
        block = eight_bytes(data, at)  # type: ignore[call-arg, var-annotated]
        found = _zeros(block ^ (_EACH * np.uint64(10)))
        if not found:
            at += 8
            continue
        at += np.int64(zeros_below(found) >> _3) + 1
        lines = 1
        while at < end and _is_space(data[at]):
            lines += data[at] == 10
            at += 1
        count += lines > 1
    return count


@jit
def _texts_conflict(
    data: Any, at: Any, end: Any, other_at: Any, other_end: Any,
    edge: Any, months: Any, lower: Any, cases: Any, words: Any, hashes: Any, numbers: Any,
) -> Any:  # fmt: skip
    start, other_start = at, other_at
    starts, ends, other_starts, other_ends = words[0], words[1], words[2], words[3]
    while True:
        count, at = _read_paragraph(data, at, end, starts, ends)
        other_count, other_at = _read_paragraph(data, other_at, other_end, other_starts, other_ends)
        if not count or not other_count:
            return False
        if count == other_count and _equal_words(
            data, starts, ends, 0, other_starts, other_ends, 0, count
        ):
            continue
        first = other_first = 0
        while first < count and other_first < other_count:
            last = _sentence_end(data, starts, ends, first, count, cases)
            other_last = _sentence_end(
                data, other_starts, other_ends, other_first, other_count, cases
            )
            size, other_size = last - first, other_last - other_first
            if not 0 < size <= _MOST_WORDS or not 0 < other_size <= _MOST_WORDS:
                return False
            # the stop that ends a sentence is not kept unless it ends the paragraph
            ends[last - 1] -= last < count
            other_ends[other_last - 1] -= other_last < other_count
            if size != other_size or not _equal_words(
                data, starts, ends, first, other_starts, other_ends, other_first, size
            ):
                _lowered(data, starts, ends, first, size, lower, hashes[0])
                _lowered(data, other_starts, other_ends, other_first, other_size, lower, hashes[1])
                if not (
                    _overlap(hashes[0], size, hashes[1], other_size) >= _LEAST_SHARE
                    and _lacks(data, other_start, other_end, starts, ends, first, size)
                    and _lacks(data, start, end, other_starts, other_ends, other_first, other_size)
                ):
                    return False
                if size == other_size:
                    _forms(data, starts, ends, first, size, edge, lower, hashes[2])
                    _forms(
                        data, other_starts, other_ends, other_first, size, edge, lower, hashes[3]
                    )
                    if _face_to_face(hashes[2], hashes[3], size) and (
                        _numbers_differ(
                            data, starts, ends, first, other_starts, other_ends, other_first, size,
                            hashes[2], hashes[3], numbers[0], numbers[1],
                        )
                        or _names_differ(
                            data, starts, ends, first, other_starts, other_ends, other_first, size,
                            hashes[2], hashes[3], edge, months, cases,
                        )
                    ):  # fmt: skip
                        return True
            first, other_first = last, other_last
        if first < count or other_first < other_count:
            return False


@jit
def _is_plain(data: Any, start: Any, end: Any) -> Any:
    """Whether a text is ASCII without a backtick: normalising leaves its words alone."""
    odd = _0
    at = start
    while at + 8 <= end:
        block = eight_bytes(data, at)  # type: ignore[call-arg, var-annotated]
        odd |= block | _zeros(block ^ (_EACH * np.uint64(96)))
        at += 8
    while at < end:
        odd |= np.uint64(128 * (data[at] >= 128 or data[at] == 96))
        at += 1
    return odd & _TOPS == _0


@jit
def _zeros(block: Any) -> Any:
    """The top bits of the bytes that are 0."""
    return ~(((block & ~_TOPS) + ~_TOPS) | block) & _TOPS


@jit
def _is_space(byte: Any) -> Any:
    return byte == 32 or 9 <= byte <= 13 or 28 <= byte <= 31


@jit
def _read_paragraph(data: Any, at: Any, end: Any, starts: Any, ends: Any) -> Any:
    """Where the words of the next paragraph begin and end; how many, and where reading goes on."""
    count = lines = 0
    while at < end:
        if _is_space(data[at]):
            lines += data[at] == 10
            at += 1
            continue
        if lines > 1 and count:
            break
        lines = 0
        starts[count] = at
        while at < end and not _is_space(data[at]):
            at += 1
        ends[count] = at
        count += 1
    return count, at


@jit
def _case(data: Any, at: Any, cases: Any) -> Any:
    point, _ = code_point(data, at)
    return cases[point]


@jit
def _sentence_end(data: Any, starts: Any, ends: Any, first: Any, count: Any, cases: Any) -> Any:
    """Behind the last word of the sentence that begins at a word; -1 after a stop by itself."""
    for i in range(first, count - 1):
        if data[ends[i] - 1] == 46:
            if ends[i] - starts[i] == 1:
                return -1
            if _case(data, starts[i + 1], cases) != SMALL:
                return i + 1
    return count


@jit
def _equal_words(
    data: Any, starts: Any, ends: Any, first: Any,
    other_starts: Any, other_ends: Any, other_first: Any, size: Any,
) -> Any:  # fmt: skip
    for i in range(size):
        at, other = starts[first + i], other_starts[other_first + i]
        length = ends[first + i] - at
        if length != other_ends[other_first + i] - other:
            return False
        for k in range(length):
            if data[at + k] != data[other + k]:
                return False
    return True


@jit
def _hash_lowered(data: Any, start: Any, end: Any, lower: Any) -> Any:
    state = _SEED
    at = start
    while at < end:
        byte = np.int64(data[at])
        if byte < 128:
            state = _hash_byte(state, byte + 32 * (65 <= byte <= 90))
            at += 1
            continue
        point, width = code_point(data, at)
        at += width
        packed = lower[point]
        for k in range(np.int64(packed >> np.uint64(56) & np.uint64(7))):
            state = _hash_byte(state, packed >> np.uint64(8 * k) & np.uint64(255))
    return state


@jit
def _hash_byte(state: Any, byte: Any) -> Any:
    state = (state ^ np.uint64(byte)) * _STEP
    return state ^ (state >> _29)


@jit
def _lowered(data: Any, starts: Any, ends: Any, first: Any, size: Any, lower: Any, out: Any) -> Any:
    """Hashes of a sentence's lower-cased words."""
    for i in range(size):
        out[i] = _hash_lowered(data, starts[first + i], ends[first + i], lower)


@jit
def _forms(
    data: Any, starts: Any, ends: Any, first: Any, size: Any, edge: Any, lower: Any, out: Any
) -> Any:
    """Hashes of the forms in which words are aligned: `conflict._form`."""
    for i in range(size):
        start, end = _bare(data, starts[first + i], ends[first + i], edge)
        out[i] = _hash_lowered(data, start, end, lower)


@jit
def _bare(data: Any, start: Any, end: Any, edge: Any) -> Any:
    """Where `conflict._bare` of a word begins and ends."""
    while start < end and edge[data[start]]:
        start += 1
    while start < end and edge[data[end - 1]]:
        end -= 1
    if end - start >= 2 and data[end - 1] == 115 and data[end - 2] == 39:
        end -= 2
    return start, end


@jit
def _has(values: Any, size: Any, value: Any) -> Any:
    for i in range(size):  # noqa: SIM110 - numba compiles no generator
        if values[i] == value:
            return True
    return False


@jit
def _overlap(words: Any, size: Any, others: Any, other_size: Any) -> Any:
    """Distinct words in both over those of the side with more."""
    mine = theirs = shared = 0
    for i in range(size):
        if not _has(words, i, words[i]):
            mine += 1
            shared += _has(others, other_size, words[i])
    for i in range(other_size):
        theirs += not _has(others, i, others[i])
    return shared / max(mine, theirs)


@jit
def _lacks(data: Any, start: Any, end: Any, starts: Any, ends: Any, first: Any, size: Any) -> Any:
    """Whether a sentence stands nowhere in the other text, however that is spaced.

    The first and the last byte of its first word are looked for at eight places at once.
    """
    begin, stop = starts[first], ends[first + size - 1]
    length = ends[first] - begin
    head, tail = _EACH * np.uint64(data[begin]), _EACH * np.uint64(data[ends[first] - 1])
    block = start
    while block + length <= end:
        found = _zeros(eight_bytes(data, block) ^ head)  # type: ignore[call-arg]
        if found:
            last = eight_bytes(data, block + length - 1)
            found &= _zeros(last ^ tail)
        while found:
            place = block + np.int64(zeros_below(found) >> _3)
            found &= found - _1
            if _stands_at(data, place, end, begin, stop):
                return False
        block += 8
    return True


@jit
def _stands_at(data: Any, place: Any, end: Any, at: Any, stop: Any) -> Any:
    """Whether the bytes from `at` to `stop` stand at a place, white space of any width alike."""
    while at < stop and place < end:
        if _is_space(data[at]):
            if not _is_space(data[place]):
                return False
            while _is_space(data[at]):
                at += 1
            while place < end and _is_space(data[place]):
                place += 1
        elif data[at] == data[place]:
            at += 1
            place += 1
        else:
            return False
    return at == stop


@jit
def _face_to_face(forms: Any, others: Any, size: Any) -> Any:
    """Whether words that differ from the one at their place stand nowhere in the other sentence."""
    for i in range(size):
        if forms[i] != others[i] and (_has(others, size, forms[i]) or _has(forms, size, others[i])):
            return False
    return True


@jit
def _number(data: Any, start: Any, end: Any) -> Any:
    """The number in a word: -1 without a digit, _MANY when it may not be one number."""
    value = -1
    digits = 0
    for at in range(start, end):
        if 48 <= data[at] <= 57:
            if value >= 0 and not 48 <= data[at - 1] <= 57:
                return _MANY
            value = max(value, 0) * 10 + data[at] - 48
            digits += 1
            if digits > _MOST_DIGITS:
                return _MANY
    return value


@jit
def _numbers_differ(
    data: Any, starts: Any, ends: Any, first: Any,
    other_starts: Any, other_ends: Any, other_first: Any, size: Any,
    forms: Any, others: Any, mine: Any, theirs: Any,
) -> Any:  # fmt: skip
    """Whether in some stretch of differing words each side has a number that the other lacks."""
    count = other_count = 0
    clear = True
    for i in range(size + 1):
        if i < size and forms[i] != others[i]:
            one = _number(data, starts[first + i], ends[first + i])
            other = _number(data, other_starts[other_first + i], other_ends[other_first + i])
            clear &= one != _MANY and other != _MANY
            if one >= 0:
                mine[count] = one
                count += 1
            if other >= 0:
                theirs[other_count] = other
                other_count += 1
            continue
        if (
            clear
            and _has_more(mine, count, theirs, other_count)
            and _has_more(theirs, other_count, mine, count)
        ):
            return True
        count = other_count = 0
        clear = True
    return False


@jit
def _names_differ(
    data: Any, starts: Any, ends: Any, first: Any,
    other_starts: Any, other_ends: Any, other_first: Any, size: Any,
    forms: Any, others: Any, edge: Any, months: Any, cases: Any,
) -> Any:  # fmt: skip
    """Whether in some stretch of differing words each side has names, as many as are no acronym
    of the others. What the start of a sentence or an initial leaves unclear is not counted on."""
    names = other_names = 0
    clear = True
    for i in range(size + 1):
        if i < size and forms[i] != others[i]:
            one = _is_name(data, starts[first + i], ends[first + i], forms[i], edge, months, cases)
            other = _is_name(
                data, other_starts[other_first + i], other_ends[other_first + i], others[i],
                edge, months, cases,
            )  # fmt: skip
            clear &= one != _MANY and other != _MANY and not (i == 0 and (one or other))
            names += one
            other_names += other
            continue
        if clear and names and other_names and (names == 1) == (other_names == 1):
            return True
        names = other_names = 0
        clear = True
    return False


@jit
def _is_name(data: Any, start: Any, end: Any, form: Any, edge: Any, months: Any, cases: Any) -> Any:
    """1 for a name inside a sentence, 0 for none, _MANY for what may be a short form or a month."""
    bare, stop = _bare(data, start, end, edge)
    if bare == stop or _case(data, bare, cases) != CAPITAL:
        return 0
    size = 0
    for at in range(bare, stop):
        size += data[at] & 0xC0 != 0x80
    if _has(months, len(months), form) or size < 2:
        return _MANY
    return _MANY if data[end - 1] == 46 and size <= 3 else 1


@jit
def _has_more(values: Any, size: Any, others: Any, other_size: Any) -> Any:
    """Whether some value stands more often on one side than on the other."""
    for i in range(size):
        balance = 0
        for k in range(size):
            balance += values[k] == values[i]
        for k in range(other_size):
            balance -= others[k] == values[i]
        if balance > 0:
            return True
    return False
