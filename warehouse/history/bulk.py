"""The numbers of `warehouse.history.fingerprint` for many texts at once, compiled by numba.

Importing this module costs about a second of CPU, so callers with a few thousand texts or less
do not. The texts stay in their Arrow buffers: one pass over the bytes folds, lower-cases, splits
and hashes. Code points whose normal form depends on their neighbours (combining marks, Hangul
letters, the capital sigma), that are written without spaces (Thai) or that lie above U+2FFF
(Chinese, Japanese) send their text down the plain route.
"""

from collections.abc import Sequence
from threading import local
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from warehouse.history import conflict as definition
from warehouse.history import fingerprint
from warehouse.history.bulk_compare import (
    add_chosen,
    add_distinct,
    compare_pairs,
    count_unshared,
)
from warehouse.history.bulk_conflict import (
    EDGE,
    MONTH_HASHES,
    count_plain_paragraphs,
    surely_conflict,
)
from warehouse.history.bulk_kernels import cut_all, sign_all
from warehouse.history.bulk_tables import cases, fold_tables, months, standing
from warehouse.history.bulk_words import UNSAFE
from warehouse.history.fingerprint import (
    I64,
    U64,
    Keeping,
    Route,
    Scheme,
    Shingles,
    Signatures,
    Strings,
)


def sign(texts: Strings, scheme: Scheme) -> Signatures:
    """The fingerprints of a string array without nulls; as `fingerprint.sign` gives them."""
    return _sign(texts, scheme, keep=False)[0]


def sign_and_cut(texts: Strings, scheme: Scheme) -> tuple[Signatures, Shingles]:
    """The fingerprints, and what `distinct` makes the same shingles of as `shingles` gives."""
    return _sign(texts, scheme, keep=True)


def _sign(texts: Strings, scheme: Scheme, *, keep: bool) -> tuple[Signatures, Shingles]:
    data, offsets = _buffers(texts)
    factors, addends = fingerprint.permutations(scheme.bands * scheme.rows)
    # what is not kept is cut in one place, text after text
    longest = int(np.diff(offsets).max()) if len(texts) else 0
    size = int(offsets[-1] - offsets[0])
    most = _most_words(size if keep else longest, len(offsets))
    keys = _ROOM.take("keys", len(texts) * (1 + scheme.bands + scheme.dense_grams) + size // 2)
    cut = np.empty(most, np.uint64) if keep else _ROOM.take("cut", most)
    marked = _ROOM.take("marked", most)
    digests, words, ends, sketches, cut_ends, marked_ends = sign_all(
        data, offsets, *fold_tables(), standing(), factors, addends,
        scheme.bands, scheme.window, scheme.dense_grams, *months(), keys, cut, marked, keep,
    )  # fmt: skip
    keys = keys[: _last(ends)].copy()
    if keep:  # the shingles are many: what lies behind them is given back, and they stay
        cut.resize(_last(cut_ends), refcheck=False)
    kept = Shingles(cut, cut_ends, marked[: _last(marked_ends)].copy(), marked_ends)
    plain = np.flatnonzero(words == UNSAFE)
    if len(plain):
        slow = fingerprint.strings(texts.take(plain))
        signed = fingerprint.sign(slow, scheme)
        digests[plain], words[plain] = signed.digests, signed.words
        sketches[plain] = signed.sketches
        keys, ends = _spliced(keys, ends, plain, signed.keys, signed.ends)
        kept = _with_plain(kept, plain, slow) if keep else kept
    return Signatures(digests, words.astype(np.uint32), keys, ends, sketches), kept


def shingles(texts: Strings) -> Shingles:
    """The distinct shingles and marked words of a string array without nulls."""
    data, offsets = _buffers(texts)
    room = _cut_room(_most_words(int(offsets[-1] - offsets[0]), len(offsets)))
    *cut, safe = cut_all(data, offsets, *fold_tables(), standing(), *months(), *room)
    found = distinct([(Shingles(*cut), np.arange(len(texts)))])
    plain = np.flatnonzero(~safe)
    if not len(plain):
        return found
    return _with_plain(found, plain, fingerprint.strings(texts.take(plain)))


def _last(ends: I64) -> int:
    return int(ends[-1]) if len(ends) else 0


class _Room(local):
    """Room for what is found before it is known how much; each thread uses its own again.

    Memory that was never touched costs the system more than what is then written there: it hands
    out zeroed pages only.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, U64] = {}

    def take(self, name: str, count: int) -> U64:
        """An array of at least so many numbers, in use until the name is asked for again."""
        held = self._arrays.get(name)
        if held is None or len(held) < count:
            self._arrays[name] = held = np.empty(count + count // 4, np.uint64)
        return held


_ROOM = _Room()


def _cut_room(words: int) -> tuple[U64, U64]:
    return _ROOM.take("cut", words), _ROOM.take("marked", words)


def _most_words(size: int, texts: int) -> int:
    """Of so many bytes in all."""
    return size // 2 + texts


def _with_plain(found: Shingles, rows: I64, texts: list[str]) -> Shingles:
    """The same with the empty `rows` cut by the plain route."""
    read = fingerprint.shingles(texts)
    return Shingles(
        *_spliced(found.hashes, found.ends, rows, read.hashes, read.ends),
        *_spliced(found.marked, found.marked_ends, rows, read.marked, read.marked_ends),
    )


def distinct(parts: Sequence[tuple[Shingles, I64]]) -> Shingles:
    """Each shingle of some rows of every part once, and their marked words."""
    return Shingles(
        *_gathered(add_distinct, [(cut.hashes, cut.ends, rows) for cut, rows in parts]),
        *_gathered(add_chosen, [(cut.marked, cut.marked_ends, rows) for cut, rows in parts]),
    )


def _gathered(add: Any, parts: Sequence[tuple[U64, I64, I64]]) -> tuple[U64, I64]:
    """What `add` takes of every part, in one ragged array."""
    most = sum(
        int((ends[rows] - np.where(rows > 0, ends[rows - 1], 0)).sum()) for _, ends, rows in parts
    )
    found = np.empty(most, np.uint64)
    found_ends = np.empty(sum(len(rows) for _, _, rows in parts), np.int64)
    at = done = 0
    for values, ends, rows in parts:
        at = add(values, ends, rows, found, at, found_ends[done:])
        done += len(rows)
    return found[:at], found_ends


def compare(
    left: I64, right: I64, known: Shingles, least: I64 | None = None
) -> tuple[I64, npt.NDArray[np.bool_]]:
    """As `Compare` states it; quickest when the pairs are ordered by `left`."""
    shared, suspicious = compare_pairs(
        left, right, known.hashes, known.ends, known.marked, known.marked_ends,
        np.zeros(len(left), np.int64) if least is None else least,
    )  # fmt: skip
    return shared, suspicious


def unshared(sketches: U64, left: I64, right: I64) -> tuple[I64, I64]:
    """As `sketches.unshared` states it."""
    found, other_found = count_unshared(sketches, left, right)
    return found, other_found


def conflict(texts: Strings, left: I64, right: I64) -> npt.NDArray[np.bool_]:
    """`aligned_conflict` of every pair of rows; what is not plain is asked of the definition."""
    tables = EDGE, MONTH_HASHES, *fold_tables(), cases()
    found: npt.NDArray[np.bool_] = surely_conflict(*_padded(texts), left, right, *tables)
    found[~found] = fingerprint.conflict(texts, left[~found], right[~found])
    return found


def count_paragraphs(texts: Strings) -> I64:
    """The paragraphs of every text; what is not plain is asked of the definition."""
    found: I64 = count_plain_paragraphs(*_padded(texts))
    for row in np.flatnonzero(found < 0).tolist():
        found[row] = definition.count_paragraphs(str(texts[row].as_py()))
    return found


def _buffers(texts: Strings) -> tuple[Any, I64]:
    """The bytes of a string array as they lie, and where each text begins and the last ends."""
    large = pa.types.is_large_string(texts.type)
    buffers: list[Any] = texts.buffers()
    stated = np.frombuffer(buffers[1], np.int64 if large else np.int32)
    ends: I64 = stated[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    return np.frombuffer(buffers[2] or b"", np.uint8), ends


def _padded(texts: Strings) -> tuple[Any, I64]:
    """The same with 16 bytes or more behind the last text: copied if need be."""
    data, ends = _buffers(texts)
    first, last = int(ends[0]), int(ends[-1])
    if len(data) >= last + 16:
        return data, ends
    return np.concatenate([data[first:last], np.zeros(16, np.uint8)]), ends - first


def _spliced(values: U64, ends: I64, rows: I64, new: U64, new_ends: I64) -> tuple[U64, I64]:
    """A ragged array with the empty `rows` filled from another."""
    sizes = np.diff(ends, prepend=0)
    at = np.repeat(ends[rows], np.diff(new_ends, prepend=0))
    sizes[rows] = np.diff(new_ends, prepend=0)
    return np.insert(values, at, new), np.cumsum(sizes)


COMPILED = Route(
    sign, shingles, compare, Keeping(sign_and_cut, distinct), conflict, count_paragraphs, unshared
)
"""This module's route, for many texts."""
