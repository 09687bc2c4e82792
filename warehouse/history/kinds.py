"""Which kind an edit of words is. The rules, first match wins (docs/changes.md has examples):

number, date, name, quote, negation, typo, wording.

A rule looks at what differs between the two sides once equal values and equal words (whatever
their capitals) are struck out; so a date written another way, or a sentence that now begins with
another word's capital, changes nothing but wording.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz.distance import OSA

from warehouse.history.change import Kind
from warehouse.history.passage import Passage
from warehouse.history.tokens import Token, has_word, is_unspaced
from warehouse.history.values import Value
from warehouse.history.vocabulary import COMMON_ENDINGS, NEGATIONS, NEGATIVE_PREFIXES, OPENERS
from warehouse.history.words import Edit

_TYPO_LETTERS = 2
_WORD = re.compile(r"\w+(?:['\u2019-]\w+)*")
_INSIDE = re.compile(r"(?:(?<=[^\W\d_A-Z] )|(?<=, ))\w+(?:['\u2019-]\w+)*")


class Vocabulary:
    """The words of some paragraphs, read when first asked for: most edits need none of them."""

    def __init__(self, paragraphs: Iterable[str]) -> None:
        self._paragraphs = paragraphs

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word as it stands."""
        return frozenset(word for text in self._paragraphs for word in _WORD.findall(text))

    @cached_property
    def capitalised_inside(self) -> frozenset[str]:
        """The words that follow a word of small letters or a comma and begin with a capital."""
        return frozenset(
            word
            for text in self._paragraphs
            for word in _INSIDE.findall(text)
            if not word[0].islower()
        )


@dataclass(frozen=True, slots=True)
class _Part:
    """One side of an edit: the passage it stands in, and its tokens from `start` to `end`."""

    within: Passage
    start: int
    end: int

    @property
    def tokens(self) -> Sequence[Token]:
        return self.within.tokens[self.start : self.end]


def kind_of(edit: Edit, left: Passage, right: Passage, vocabulary: Vocabulary) -> Kind:
    """The kind of an edit of words. `vocabulary` is that of both bodies."""
    i, k, j, m = edit
    before, after = _Part(left, i, k), _Part(right, j, m)
    value_kind = _value_kind(before, after)
    if value_kind is not None:
        return "typo" if _is_misspelt_value(before, after) else value_kind
    came, went = _differing(before, after), _differing(after, before)
    if any(_is_name(part.within, at, vocabulary) for part, places in (came, went) for at in places):
        return "name"
    if (came[1] or went[1] or _marks(before) != _marks(after)) and _is_quote(before, after):
        return "quote"
    if _is_negation(came, went):
        return "negation"
    return "typo" if _is_typo(before, after) else "wording"


def _value_kind(before: _Part, after: _Part) -> Kind | None:
    """`number` or `date` where a value on one side is missing on the other."""
    some, others = _values(before), _values(after)
    if not some and not others:
        return None
    lost = Counter(value.meaning for value in some) - Counter(value.meaning for value in others)
    gained = Counter(value.meaning for value in others) - Counter(value.meaning for value in some)
    if bool(lost) != bool(gained) and all(
        value.end - value.start > 1 for value in some + others if value.meaning == "1"
    ):
        # "one of them" against "each of them" counts nothing; nor does "for the first time".
        lost.pop("1", None)
        gained.pop("1", None)
    kinds = {v.kind for v in some + others if v.meaning in lost or v.meaning in gained}
    if "number" in kinds:
        return "number"
    return "date" if kinds else None


def _is_misspelt_value(before: _Part, after: _Part) -> bool:
    """Whether a number word became no number by a slip of the hand: "fourth", "fouurth"."""
    words = [token.text for part in (before, after) for token in part.tokens]
    one_sided = bool(_values(before)) != bool(_values(after))
    return one_sided and min(map(len, words)) > 4 and _is_typo(before, after)


def _values(part: _Part) -> list[Value]:
    return [value for _, _, value in part.within.values_in(part.start, part.end)]


def _differing(part: _Part, other: _Part) -> tuple[_Part, list[int]]:
    """The words of one side, outside values, that the other does not have."""
    theirs: dict[str, int] = {}
    for token in other.tokens:
        word = token.text.casefold()
        theirs[word] = theirs.get(word, 0) + 1
    found = part.within.values_in(part.start, part.end)
    taken = {at for low, high, _ in found for at in range(low, high)}
    places = []
    for at in range(part.start, part.end):
        word = part.within.tokens[at].text.casefold()
        if theirs.get(word):
            theirs[word] -= 1
        elif at not in taken and has_word(word):
            places.append(at)
    return part, places


def _is_name(within: Passage, at: int, vocabulary: Vocabulary) -> bool:
    """Whether the word is capitalised for itself, not for its place."""
    word = within.tokens[at].text
    if word.islower() or not any(map(str.isupper, word)) or word == "I":
        return False
    if within.capitals_are_style:
        return word in vocabulary.capitalised_inside
    if any(map(str.isupper, word[1:])) or not _is_initial(within.tokens, at):
        return True
    lower = word.casefold()
    if lower in OPENERS or lower.endswith(COMMON_ENDINGS):
        return False
    return word[0].lower() + word[1:] not in vocabulary.words


def _is_initial(tokens: Sequence[Token], at: int) -> bool:
    """Whether a sentence or quotation begins with the word."""
    while at and not has_word(tokens[at - 1].text):
        if tokens[at - 1].text in ".!?:;…。":
            return True
        if tokens[at - 1].text == '"':
            return True
        if tokens[at - 1].text not in "([-":
            return False
        at -= 1
    return at == 0


def _marks(part: _Part) -> int:
    return sum(token.text == '"' for token in part.tokens)


def _is_quote(before: _Part, after: _Part) -> bool:
    """Whether quotation marks came or went, or the edit lies within quoted text."""
    if _marks(before) != _marks(after):
        return True
    return any(part.within.is_quoted(part.start, part.end) for part in (before, after))


def _is_negation(came: tuple[_Part, list[int]], went: tuple[_Part, list[int]]) -> bool:
    some, others = _words(came), _words(went)
    if _negations(some) != _negations(others):
        return True
    return any(
        longer == prefix + shorter and len(shorter) > 3
        for mine, theirs in ((some, others), (others, some))
        for longer in mine
        for shorter in theirs
        for prefix in NEGATIVE_PREFIXES
    )


def _words(side: tuple[_Part, list[int]]) -> list[str]:
    part, places = side
    return [part.within.tokens[at].text.casefold() for at in places]


def _negations(words: Iterable[str]) -> int:
    return sum(word in NEGATIONS or word.endswith("n't") for word in words)


def _is_typo(before: _Part, after: _Part) -> bool:
    """One word within two letters, and no more than half of them, without digit or capital; or the
    same letters parted otherwise."""
    some = [token.text for token in before.tokens if has_word(token.text)]
    others = [token.text for token in after.tokens if has_word(token.text)]
    old, new = "".join(some), "".join(others)
    if not old or not new or is_unspaced(old + new) or old == new:
        return bool(old) and old == new and len(some) != len(others)
    if len(some) != 1 or len(others) != 1 or any(map(str.isdigit, old + new)):
        return False
    if all(_is_initial(p.within.tokens, _first_word(p)) for p in (before, after)):
        old, new = old[0].lower() + old[1:], new[0].lower() + new[1:]
    if any(map(str.isupper, old + new)):
        return False
    distance = OSA.distance(old, new, score_cutoff=_TYPO_LETTERS)
    return distance <= min(_TYPO_LETTERS, max(len(old), len(new)) // 2)


def _first_word(part: _Part) -> int:
    return next(at for at in range(part.start, part.end) if has_word(part.within.tokens[at].text))
