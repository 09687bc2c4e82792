"""The numbers of `warehouse.history.fingerprint` for many texts at once, compiled by numba.

Importing this module costs about a second of CPU, so callers with a few thousand texts or less
do not. The texts stay in their Arrow buffers: one pass over the bytes folds, lower-cases, splits
and hashes. Code points whose normal form depends on their neighbours (combining marks, Hangul
letters, the capital sigma), that are written without spaces (Thai) or that lie above U+2FFF
(Chinese, Japanese) send their text down the plain route.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from warehouse.history import fingerprint
from warehouse.history.bulk_kernels import UNSAFE, compare_pairs, distinct_shingles, sign_all
from warehouse.history.bulk_tables import fold_tables, months
from warehouse.history.fingerprint import I64, U64, Route, Scheme, Shingles, Signatures, Strings


def sign(texts: Strings, scheme: Scheme) -> Signatures:
    """The fingerprints of a string array without nulls; as `fingerprint.sign` gives them."""
    data, offsets = _buffers(texts)
    factors, addends = fingerprint.permutations(scheme.bands * scheme.rows)
    digests, words, keys, ends = sign_all(
        data, offsets, *fold_tables(), factors, addends,
        scheme.bands, scheme.window, scheme.dense_grams,
    )  # fmt: skip
    plain = np.flatnonzero(words == UNSAFE)
    if not len(plain):
        return Signatures(digests, words.astype(np.uint32), keys, ends)
    signed = fingerprint.sign(fingerprint.strings(texts.take(plain)), scheme)
    digests[plain], words[plain] = signed.digests, signed.words
    keys, ends = _spliced(keys, ends, plain, signed.keys, signed.ends)
    return Signatures(digests, words.astype(np.uint32), keys, ends)


def shingles(texts: Strings) -> Shingles:
    """The distinct shingles and marked words of a string array without nulls."""
    data, offsets = _buffers(texts)
    hashes, ends, marked, marked_ends, safe = distinct_shingles(
        data, offsets, *fold_tables(), *months()
    )
    plain = np.flatnonzero(~safe)
    if len(plain):
        read = fingerprint.shingles(fingerprint.strings(texts.take(plain)))
        hashes, ends = _spliced(hashes, ends, plain, read.hashes, read.ends)
        marked, marked_ends = _spliced(marked, marked_ends, plain, read.marked, read.marked_ends)
    return Shingles(hashes, ends, marked, marked_ends)


def compare(left: I64, right: I64, known: Shingles) -> tuple[I64, npt.NDArray[np.bool_]]:
    """Of every pair of rows: the shingles they share, and whether a conflict is possible.

    Quickest when the pairs are ordered by `left`. Conflicts as in `fingerprint.compare`.
    """
    shared, suspicious = compare_pairs(
        left, right, known.hashes, known.ends, known.marked, known.marked_ends
    )
    return shared, suspicious


def _buffers(texts: Strings) -> tuple[Any, I64]:
    """The bytes and offsets of a string array, with 16 bytes or more behind the last text.

    Arrow pads its own buffers; others, and slices, are copied once.
    """
    large = pa.types.is_large_string(texts.type)
    buffers: list[Any] = texts.buffers()
    stated = np.frombuffer(buffers[1], np.int64 if large else np.int32)
    ends: I64 = stated[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    first, last = int(ends[0]), int(ends[-1])
    if buffers[2] is None or buffers[2].size < last + 16 or first:
        data = np.zeros(last - first + 16, np.uint8)
        if buffers[2] is not None:
            data[: last - first] = np.frombuffer(buffers[2], np.uint8)[first:last]
        return data, ends - first
    return np.frombuffer(buffers[2], np.uint8), ends


def _spliced(values: U64, ends: I64, rows: I64, new: U64, new_ends: I64) -> tuple[U64, I64]:
    """A ragged array with the empty `rows` filled from another."""
    sizes = np.diff(ends, prepend=0)
    at = np.repeat(ends[rows], np.diff(new_ends, prepend=0))
    sizes[rows] = np.diff(new_ends, prepend=0)
    return np.insert(values, at, new), np.cumsum(sizes)


COMPILED = Route(sign, shingles, compare)
"""This module's route, for many texts."""
