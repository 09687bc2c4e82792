"""Which releases may be translations of each other: proposed from what needs no dictionary.

A model turns the opening of a text into a vector that is much the same in every language it knows.
Vectors alone take two elections, or an exercise's opening and its end, for one thing; the marks of
a text, numbers and names, tell those apart: they are written alike in all languages, names once
they are spelt by their consonants. What comes out is proposed, never asserted.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from parsers.normalise import normalise

Vector: TypeAlias = npt.NDArray[np.int8]

OPENING_VERSION = 1
"""Of what an opening and its marks are; part of the name under which vectors are stored."""

OPENING_WORDS = 80
"""So many words say what a release is about; more cost time and blur it."""

_NUMBER = re.compile(r"\d+(?:[.,\u00a0 ]\d{3})*(?!\d)")
_THOUSANDS = re.compile(r"(\d+)[\u00a0 ](?:thousand|тысяч|тыс)", re.IGNORECASE)
_ROMAN = re.compile(r"\b[IVXL]{2,7}\b")
_ROMAN_VALUE = {"I": 1, "V": 5, "X": 10, "L": 50}
_NAME = re.compile(r"(?<=[\w,;:)\"'-] )[\"'(]*([^\W\d_][\w'-]*)")

_LETTERS = {
    "б": "b", "в": "v", "г": "g", "д": "d", "ж": "z", "з": "z", "к": "k", "л": "l", "м": "m",
    "н": "n", "п": "p", "р": "r", "с": "s", "т": "t", "ф": "f", "х": "h", "ц": "s", "ч": "s",
    "ш": "s", "щ": "s", "ґ": "g", "ќ": "k", "ђ": "d", "љ": "l", "њ": "n", "ћ": "s", "џ": "z",
    "w": "v", "q": "k", "c": "k", "j": "z",
}  # fmt: skip
"""Consonants of either script to a common, coarse alphabet; what is missing and no letter of it
(vowels, signs, y) is left out."""
_GROUPS = [
    (re.compile(pattern), put)
    for pattern, put in (
        ("дж|dzh", "z"), ("shch|sch|tch|tsch|tsh|sh|ch|ts|tz|cz|sz", "s"), ("zh", "z"),
        ("kh", "h"), ("ph", "f"), ("th", "t"), ("ck", "k"), ("x", "ks"), ("c(?=[eiy])", "s"),
    )
]  # fmt: skip
_KEPT = set("bvgdzklmnprstfh")
_LEAST = 3
"""A name of fewer consonants is too like others."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a text has in common with its translations, whatever their languages."""

    numbers: frozenset[str]
    names: frozenset[str]
    """By their consonants."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A text as it is compared with those in other languages. `text_id` tells it apart."""

    text_id: str
    language: str
    dated_on: date | None
    """The day it states as its own, else its event's; None: it may be of any."""
    marks: Marks
    vector: Vector
    """Of its opening, made by `quantised`."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """When two openings in two languages may say the same.

    Of 20 translations and 57 other pairs of one week (tests/neighbours/translations.toml),
    translations reach .78 to .87 between English and Russian, .63 to .75 between others; the
    others reach .76, without a conflict of numbers .65 but for one pair.
    """

    likely: float = 0.70
    """Cosine from which on a pair is one, if names do not speak against it."""
    sure: float = 0.77
    """Cosine from which on names are not asked."""
    margin: float = 0.05
    """So much closer than the next best a translation is."""
    days: int = 7
    """So many days may lie between the dates of both; a text without one is near to any."""

    def __str__(self) -> str:
        """The name of these rules, stored with what was found by them."""
        return f"o{OPENING_VERSION} L{self.likely:g}/{self.sure:g} d{self.days}"


@dataclass(frozen=True, slots=True)
class Reader:
    """A release as a candidate: what of it settles whose translation it is."""

    release_id: str
    language: str
    body_digest: str
    age: tuple[date, datetime, str]
    """Sorts the older first."""


def opening_of(headline: str, paragraphs: Sequence[str]) -> str:
    """Headline and first paragraphs, OPENING_WORDS words at most.

    >>> opening_of("Talks held", ["They met.", "", "They parted."])
    'Talks held\\nThey met.\\nThey parted.'
    """
    lines: list[str] = []
    room = OPENING_WORDS
    for line in (headline, *paragraphs):
        words = normalise(line).split(" ")[:room]
        if words != [""]:
            lines.append(" ".join(words))
            room -= len(words)
        if not room:
            break
    return "\n".join(lines)


def marks_of(opening: str) -> Marks:
    """The numbers and names of an opening.

    >>> sorted(marks_of("The XVI meeting, with 1,000 guests").numbers)
    ['1000', '16']
    >>> marks_of("Встреча в Ереване").names == marks_of("A meeting in Yerevan").names
    True
    """
    text = _THOUSANDS.sub(lambda found: f"{found[1]}000", opening)
    numbers = {re.sub(r"\D", "", found).lstrip("0") for found in _NUMBER.findall(text)}
    numbers |= {str(_roman(found)) for found in _ROMAN.findall(text)}
    words = (word for word in _NAME.findall(opening) if word[0].isupper() and not word.isupper())
    names = {consonants(word) for word in words}
    return Marks(frozenset(numbers - {""}), frozenset(n for n in names if len(n) >= _LEAST))


def _roman(numeral: str) -> int:
    values = [_ROMAN_VALUE[letter] for letter in numeral]
    following = [*values[1:], 0]
    return sum(-v if v < after else v for v, after in zip(values, following, strict=True))


def consonants(word: str) -> str:
    """A name by its consonants, much the same however it is spelt in Latin or Cyrillic letters.

    >>> consonants("Tasmagambetov"), consonants("Тасмагамбетов")
    ('tsmgmbtv', 'tsmgmbtv')
    >>> consonants("Edelweiss"), consonants("Эдельвейс")
    ('dlvs', 'dlvs')
    """
    text = word.lower()
    for pattern, put in _GROUPS:
        text = pattern.sub(put, text)
    spelt = (_LETTERS.get(letter, letter) for letter in text)
    kept = [letter for letter in spelt if letter in _KEPT]
    return "".join(k for k, before in zip(kept, ["", *kept], strict=False) if k != before)


def quantised(vectors: npt.NDArray[np.float32]) -> Vector:
    """Vectors (n, d) in a byte a number: 512 bytes a text, cosines off by some thousandths.

    From here on all is computed in whole numbers, so that a pair's cosine is the same whichever
    text came first and whatever machine computes it.
    """
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    return np.rint(vectors / np.where(largest > 0, largest, 1) * 127).astype(np.int8)


def alike(
    new: Sequence[Opening], known: Sequence[Opening], rules: Likeness
) -> dict[tuple[str, str], float]:
    """The pairs (text ids, ordered) of one of `new` and one of `known` that may be translations,
    with their cosine."""
    if not new or not known:
        return {}
    rows, lengths = _matrix(new)
    others, other_lengths = _matrix(known)
    cosines = rows @ others.T / np.outer(lengths, other_lengths)
    near = cosines >= rules.likely - 1e-3
    near &= _languages(new)[:, None] != _languages(known)
    near &= ~(np.abs(_days(new)[:, None] - _days(known)) > rules.days)
    found: dict[tuple[str, str], float] = {}
    for i, j in np.argwhere(near).tolist():
        one, other = new[i], known[j]
        cosine = _cosine(one.vector, other.vector)
        if may_translate(one.marks, other.marks, cosine, rules):
            pair = sorted((one.text_id, other.text_id))
            found[pair[0], pair[1]] = cosine
    return found


def _matrix(openings: Sequence[Opening]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    rows = np.stack([one.vector for one in openings]).astype(np.float32)
    return rows, np.maximum(np.linalg.norm(rows, axis=1), 1).astype(np.float32)


def _languages(openings: Sequence[Opening]) -> npt.NDArray[np.str_]:
    return np.array([one.language for one in openings])


def _days(openings: Sequence[Opening]) -> npt.NDArray[np.float64]:
    """Ordinals; NaN, which is not further than any number of days from anything, without a date."""
    return np.array([one.dated_on.toordinal() if one.dated_on else np.nan for one in openings])


def _cosine(one: Vector, other: Vector) -> float:
    left, right = one.astype(np.int64), other.astype(np.int64)
    size = float(left @ left) * float(right @ right)
    return round(float(left @ right) / size**0.5, 4) if size else 0.0


def may_translate(one: Marks, other: Marks, cosine: float, rules: Likeness) -> bool:
    """Whether two openings may say the same: they share a mark, neither states a number where the
    other states another, and names do not speak against it where the cosine alone is not enough.
    """
    numbers, others = one.numbers, other.numbers
    if cosine < rules.likely or (numbers - others and others - numbers):
        return False
    here, there = _shared(one.names, other.names), _shared(other.names, one.names)
    if cosine >= rules.sure:
        return bool(here or numbers & others)
    missing = min(len(one.names) - here, len(other.names) - there)
    return bool(here or numbers & others) and min(here, there) >= missing


def _shared(names: Iterable[str], others: Iterable[str]) -> int:
    """How many of these names stand among the others, whatever their grammatical endings."""
    return sum(any(_same_name(name, other) for other in others) for name in names)


def _same_name(one: str, other: str) -> bool:
    """One begins with the other: case endings, and "Kyrgyz" beside "Kyrgyzstan", add to a name."""
    return one.startswith(other) or other.startswith(one)


def proposals(
    cosines: Mapping[tuple[str, str], float],
    releases: Mapping[str, Reader],
    same_text: Iterable[tuple[str, str]],
    rules: Likeness,
) -> dict[tuple[str, str], float]:
    """Of pairs of releases with their cosine those to propose: each is the other's best by a
    margin.

    Another form of the best (in `same_text`, or with an equal body) is no rival to it: of those
    the most alike is taken, the oldest of equals. A pure function of its arguments, whatever their
    order; every pair of a release in a proposal must be given.
    """
    joined = {frozenset(pair) for pair in same_text}
    partners: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for (one, other), cosine in cosines.items():
        for mine, theirs in ((one, other), (other, one)):
            key = (mine, releases[theirs].language)
            partners.setdefault(key, []).append((cosine, theirs))

    def best(release_id: str, language: str) -> str | None:
        ranked = sorted(
            partners[release_id, language], key=lambda one: (-one[0], releases[one[1]].age)
        )
        first_cosine, first = ranked[0]
        for cosine, rival in ranked[1:]:
            if first_cosine - cosine >= rules.margin:
                break
            same_body = releases[rival].body_digest == releases[first].body_digest
            if not same_body and frozenset((rival, first)) not in joined:
                return None
        return first

    return {
        (one, other): cosine
        for (one, other), cosine in cosines.items()
        if best(one, releases[other].language) == other
        and best(other, releases[one].language) == one
    }
