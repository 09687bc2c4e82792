"""What the compiled route looks up: how each code point folds, and which words are months."""

import unicodedata
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from parsers.normalise import normalise
from warehouse.history import fingerprint
from warehouse.history.conflict import EDGES, MONTHS
from warehouse.history.fingerprint import U64
from warehouse.history.tokens import is_unspaced

TABLE_END = 0x3000
SMALL, CAPITAL, ODD = 1, 2, 3
DIGIT_BIT, UNSAFE_BIT, SPACE_BIT = (np.uint64(1 << bit) for bit in (60, 61, 62))


@lru_cache(maxsize=1)
def fold_tables() -> tuple[U64, U64]:
    """Per code point its folded and its lower-cased folded UTF-8, up to 7 bytes in one number.

    (TABLE_END + 1,) each: the bytes from the low end, their count from bit 56, and in the first
    table the flags below. A text that holds an unsafe code point goes down the plain route.
    """
    tables = np.zeros((2, TABLE_END + 1), np.uint64)
    tables[0, TABLE_END] = UNSAFE_BIT
    for point in range(TABLE_END):
        char = chr(point)
        if char.isspace():
            tables[0, point] = SPACE_BIT
            continue
        folded = normalise(f"\x00{char}\x00\u00ad")[1:-1]
        forms = folded.encode(), folded.lower().encode()
        if is_unspaced(folded) or " " in folded or any(map(_joins, folded)):
            tables[0, point] = UNSAFE_BIT
            continue
        if max(map(len, forms)) > 7:
            tables[0, point] = UNSAFE_BIT
            continue
        for table, form in zip(tables, forms, strict=True):
            table[point] = int.from_bytes(form, "little") | len(form) << 56
        if any(map(str.isdigit, folded)):
            tables[0, point] |= DIGIT_BIT
    return tables[0], tables[1]


@lru_cache(maxsize=1)
def standing() -> npt.NDArray[np.bool_]:
    """Per code point whether folding leaves it alone; above ASCII whether lower-casing does too
    and it is no digit."""
    fold, lower = fold_tables()
    found = np.zeros(TABLE_END + 1, np.bool_)
    for point in range(TABLE_END):
        form = chr(point).encode("utf-8", "surrogatepass")
        itself = np.uint64(int.from_bytes(form, "little") | len(form) << 56)
        found[point] = fold[point] == itself and lower[point] == itself
        if point < 0x80:
            found[point] = fold[point] & ~DIGIT_BIT == itself
    return found


@lru_cache(maxsize=1)
def cases() -> npt.NDArray[np.uint8]:
    """Per code point whether it is a small letter (SMALL), a capital (CAPITAL) or neither (0); ODD
    where that says too little: no reading by bytes is sure of a word with it."""
    found = np.zeros(TABLE_END + 1, np.uint8)
    found[TABLE_END] = ODD
    for point in range(TABLE_END):
        char = chr(point)
        folded = normalise(f"\x00{char}\x00\u00ad")[1:-1]
        if char.islower():
            found[point] = SMALL
        elif char.isupper():
            found[point] = CAPITAL
        if any(map(_has_odd_case, folded)) or any(
            not one.isascii() and one.isdigit() for one in folded
        ):
            found[point] = ODD
    return found


def _has_odd_case(char: str) -> bool:
    return (
        ord(char) >= TABLE_END
        or char.istitle() != char.isupper()
        or (char.isupper() and char == char.lower())
    )


def _joins(char: str) -> bool:
    """Whether a character's normal or lower-cased form depends on what stands beside it."""
    return (
        unicodedata.category(char) in ("Mn", "Mc", "Me")
        or unicodedata.combining(char) != 0
        or "\u1100" <= char <= "\u11ff"
        or char == "\u03a3"
    )


@lru_cache(maxsize=1)
def months() -> tuple[U64, U64]:
    """A quick filter, and an open table of the hashes of the months, alone and with punctuation.

    In the filter's 2^16 bits (64 a number) that of the low 16 bits of each hash is set. In the
    table of 2^12 a hash stands at its 12 highest bits or in the next free place.
    """
    forms = (word + ending for word in MONTHS for ending in ("", *EDGES))
    hashes = np.unique(np.array([fingerprint.hash_word(form) for form in forms], np.uint64))
    passes = np.zeros(1 << 16, np.bool_)
    passes[hashes & np.uint64(0xFFFF)] = True
    table = np.zeros(1 << 12, np.uint64)
    for value in hashes:
        slot = int(value) >> 52
        while table[slot]:
            slot = (slot + 1) % len(table)
        table[slot] = value
    return np.packbits(passes, bitorder="little").view(np.uint64), table
