"""Whether two texts that are much alike speak of different things: a look-alike is no copy.

A yearly meeting and last year's share four words in five, as much as a re-post with some words
changed; what tells them apart is a number against a number, a date against a date or a name
against a name *at the same place*. So sentences are paired first (a moved one is no conflict),
words are aligned inside a pair, and each stretch of differing words is judged alone.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import zip_longest

from parsers.normalise import normalise
from warehouse.history.tokens import split_words

_MONTH_NAMES = """
january february march april may june july august september october november december
jan feb mar apr may jun jul aug sep oct nov dec
январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
январе феврале марте апреле мае июне июле августе сентябре октябре ноябре декабре
"""

MONTHS = {
    name: 1 + place % 12
    for line in _MONTH_NAMES.strip().splitlines()
    for place, name in enumerate(line.split())
}
"""Lower-cased month names of the languages that write them as ordinary words or with a capital."""

HAN_NUMERALS = frozenset("〇零一二三四五六七八九十百千万亿两")

PAIRED_SHARE = 0.5
"""Sentences are paired when at least this share of the longer one's words is in the other."""

SURELY_PAIRED_SHARE = 0.7
"""Sentences at the same place with so much in common are not compared with any other."""

SHORT_WORDS = 8
"""Unlike sentences up to this long are compared too when both neighbours of theirs are paired:
a dateline ("Minsk, 25 December") may have no word in common with last year's."""

SURELY_VISIBLE = 64
"""A block with more characters than this is taken for a paragraph as it stands."""

_BLANK_LINE = re.compile(r"\n\s*\n")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
EDGES = "\"'()[]{}<>.,;:!?-*/"


@dataclass(frozen=True, slots=True)
class Token:
    """A word as it is compared: its form without case and edge punctuation, and what it states."""

    form: str
    numbers: tuple[str, ...] = ()
    month: int | None = None
    name: bool = False
    """Written with a capital that the start of a sentence does not explain."""
    initial: bool = False
    """Written short, with a full stop after it: an initial or an abbreviation."""


def conflicts(text: str, other: str) -> bool:
    """Whether an aligned number, date or name differs between two texts.

    Something on one side only is no conflict, nor is a name against an ordinary word, nor
    anything that merely moved: both texts must state something that the other does not.

    >>> conflicts("The 16th session was held in Minsk.", "The 17th session was held in Minsk.")
    True
    >>> conflicts("A session was held in Minsk today.", "A session was held in Minsk on 5 May.")
    False
    >>> conflicts("It met on 13.11.2023 in Minsk.", "It met on 13 November 2023 in Minsk.")
    False
    """
    return states_more(text, other) and aligned_conflict(text, other)


def aligned_conflict(text: str, other: str) -> bool:
    """The second half of `conflicts`, for texts that are known to state more than each other."""
    texts = sorted((text, other))  # so that the answer does not depend on their order
    answer = _conflict_in_step(*texts)
    return _conflict_anywhere(*texts) if answer is None else answer


def _conflict_anywhere(text: str, other: str) -> bool:
    """Whether sentences that belong together conflict, wherever they stand."""
    left, right = _without_common(paragraphs_of(text), paragraphs_of(other))
    return any(
        _sentences_conflict(one, two, (text, other))
        for one, two in _paired(_sentences(left), _sentences(right))
    )


def _conflict_in_step(text: str, other: str) -> bool | None:
    """The same answer while sentences stand at equal places, as in next year's edition.

    None as soon as `_paired` might pair otherwise: a sentence that differs from its counterpart
    must stand nowhere in the other text (nor does its paragraph then), and have so much in common
    with it that it is compared with no other. It ends at the first conflict, with most of both
    texts unread.
    """
    whole, other_whole = _Whole(text), _Whole(other)
    for one, two in zip_longest(_lazy_paragraphs(text), _lazy_paragraphs(other)):
        if one is None or two is None:
            return None
        if one == two:
            continue
        if "。" in one or "。" in two:  # which ends a sentence without being kept as it is
            return None
        for pair in _sentences_in_step(_sentences([one]), _sentences([two]), whole, other_whole):
            if pair is None:
                return None
            if _sentences_conflict(*pair, (text, other)):
                return True
    return False


class _Whole:
    """A text that sentences are looked for in."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words_stand = text.isascii() and "`" not in text
        self._normal: str | None = None

    def lacks(self, sentence: str) -> bool:
        """Whether a normalised sentence stands nowhere in it. A word that is missing says so
        sooner than reading all of the text does."""
        if self._words_stand and any(word not in self._text for word in sentence.split(" ")):
            return True
        if self._normal is None:
            self._normal = normalise(self._text)
        return sentence not in self._normal


def _lazy_paragraphs(text: str) -> Iterator[str]:
    """`paragraphs_of`, one at a time."""
    start = 0
    for border in _BLANK_LINE.finditer(text):
        if paragraph := normalise(text[start : border.start()]):
            yield paragraph
        start = border.end()
    if paragraph := normalise(text[start:]):
        yield paragraph


def _sentences_in_step(
    left: Sequence[str], right: Sequence[str], whole: _Whole, other_whole: _Whole
) -> Iterator[tuple[str, str] | None]:
    """The pairs of differing sentences at equal places, None where another pair is possible."""
    for one, two in zip_longest(left, right):
        if one is None or two is None:
            yield None
        elif one != two:
            sure = other_whole.lacks(one) and whole.lacks(two)
            sure = sure and _overlap(_distinct(one), _distinct(two)) >= SURELY_PAIRED_SHARE
            yield (one, two) if sure else None


def _sentences_conflict(one: str, two: str, texts: Sequence[str]) -> bool:
    return any(_differ(mine, theirs) for mine, theirs in _differing(one, two, texts))


def paragraphs_of(text: str) -> list[str]:
    """The normalised paragraphs of a text, which blank lines part; none for an empty text."""
    return [p for block in _BLANK_LINE.split(text) if (p := normalise(block))]


def count_paragraphs(text: str) -> int:
    """How many paragraphs a text has, without reading those that can only be one.

    >>> count_paragraphs("A.\\n \\nB.\\n\\n\\u200b"), count_paragraphs("")
    (2, 0)
    """
    return sum(len(b) > SURELY_VISIBLE or bool(normalise(b)) for b in _BLANK_LINE.split(text))


def _without_common(left: list[str], right: list[str]) -> tuple[list[str], list[str]]:
    """Both lists without what stands in either, each time it does."""
    once = set(left), set(right)
    if len(once[0]) == len(left) and len(once[1]) == len(right):
        return [p for p in left if p not in once[1]], [p for p in right if p not in once[0]]
    common = Counter(left) & Counter(right)
    return _without(left, common.copy()), _without(right, common)


def _without(parts: list[str], unwanted: Counter[str]) -> list[str]:
    kept = []
    for part in parts:
        if unwanted[part]:
            unwanted[part] -= 1
        else:
            kept.append(part)
    return kept


def states_more(text: str, other: str) -> bool:
    """Whether each text has a number, month or capitalised word more often than the other."""
    balance = Counter(split_words(normalise(text)))
    balance.subtract(split_words(normalise(other)))
    lowered: Counter[str] = Counter()
    for word, count in balance.items():
        if count and is_marked(word):
            lowered[word.lower()] += count
    return any(n > 0 for n in lowered.values()) and any(n < 0 for n in lowered.values())


def is_marked(word: str) -> bool:
    """Whether a word may be a number, a name or a month: a capital, a digit, or a month's name.

    >>> is_marked("Minsk"), is_marked("5th"), is_marked("мая,"), is_marked("said")
    (True, True, True, False)
    >>> is_marked("六"), is_marked("会")
    (True, False)
    """
    if word != word.lower():
        return True
    if word.isalpha():
        return word in MONTHS or word in HAN_NUMERALS
    if any(map(str.isdigit, word)):
        return True
    return word in HAN_NUMERALS or (word[-1:] in EDGES and word[:-1] in MONTHS)


def _sentences(paragraphs: Iterable[str]) -> list[str]:
    """The sentences of normalised paragraphs: a full stop, a space, and no small letter; or 。"""
    found: list[str] = []
    for part in paragraphs:
        open_ = False
        for piece in part.replace("。", ". ").split(". "):
            if open_ and piece[:1].islower():
                found[-1] += ". " + piece
            elif piece:
                found.append(piece)
            open_ = bool(found)
    return found


def _paired(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Sentences that differ but belong together, each used once."""
    partner = _equal_partners(left, right)
    taken = set(partner.values())
    rest = {i: _distinct(s) for i, s in enumerate(right) if i not in taken}
    for place, sentence in enumerate(left):
        if place in partner or not rest:
            continue
        found = _partner(_distinct(sentence), place, rest)
        if found is not None:
            partner[place] = found
            del rest[found]
            yield sentence, right[found]
    yield from _short_leftovers(left, right, partner, rest)


def _partner(words: frozenset[str], place: int, rest: dict[int, frozenset[str]]) -> int | None:
    """The most alike of the sentences that are left, the nearest of equals; None without any."""
    if place in rest and _overlap(words, rest[place]) >= SURELY_PAIRED_SHARE:
        return place
    share, _, found = max((_overlap(words, rest[i]), -abs(i - place), i) for i in rest)
    return found if share >= PAIRED_SHARE else None


def _short_leftovers(
    left: Sequence[str], right: Sequence[str], partner: dict[int, int], rest: Iterable[int]
) -> Iterator[tuple[str, str]]:
    """Short sentences without a partner whose neighbours on both sides are each other's."""
    for place, sentence in enumerate(left):
        found = partner.get(place - 1, -1 if not place else None)
        after = partner.get(place + 1, len(right) if place + 1 == len(left) else None)
        if place in partner or found is None or found + 1 not in rest or after != found + 2:
            continue
        if max(len(split_words(s)) for s in (sentence, right[found + 1])) <= SHORT_WORDS:
            yield sentence, right[found + 1]


def _equal_partners(left: Sequence[str], right: Sequence[str]) -> dict[int, int]:
    """For each sentence of the left that stands in the right too: where, first come first."""
    places: dict[str, list[int]] = {}
    for i in range(len(right) - 1, -1, -1):
        places.setdefault(right[i], []).append(i)
    return {i: places[s].pop() for i, s in enumerate(left) if places.get(s)}


def _distinct(sentence: str) -> frozenset[str]:
    return frozenset(split_words(sentence.lower()))


def _overlap(words: frozenset[str], others: frozenset[str]) -> float:
    return len(words & others) / max(len(words), len(others))


def _token(place: int, word: str, texts: Sequence[str]) -> Token:
    """A word of a sentence; a capital at its start makes a name only of a known one."""
    token = _inner_token(word)
    if place or not token.name or any(_stands_inside(_bare(word), text) for text in texts):
        return token
    return replace(token, name=False)


@lru_cache(maxsize=1 << 14)
def _inner_token(word: str) -> Token:
    """A word inside a sentence; names and numbers recur."""
    bare, form = _bare(word), _form(word)
    month = None if form == "may" and bare != "May" else MONTHS.get(form)
    return Token(
        form or word,
        tuple(_numbers(bare)),
        month,
        month is None and bare != form and bare[:1].isupper(),
        word.endswith(".") and 0 < len(bare) <= 3,
    )


def _bare(word: str) -> str:
    return word.strip(EDGES).removesuffix("'s")


@lru_cache(maxsize=1 << 15)
def _form(word: str) -> str:
    return _bare(word).lower()


def _stands_inside(word: str, text: str) -> bool:
    """Whether a capitalised word also stands inside a sentence, where only names do."""
    at = text.find(word, 1)
    while at > 0:
        before = text[max(0, at - 3) : at].rstrip(" \t\"'(")
        if text[at - 1].isspace() and before and before[-1] not in ".!?:;\n\u2026":
            return True
        at = text.find(word, at + 1)
    return False


def _numbers(word: str) -> Iterator[str]:
    """The numbers in a word; of a full date its day, month and year as numbers of their own."""
    if word in HAN_NUMERALS:
        yield word
    if word.isalpha():
        return
    for match in _NUMBER.findall(word):
        if date := _DAY_FIRST.fullmatch(match):
            yield from (date[1].lstrip("0"), f"month {int(date[2])}", date[3])
        elif date := _YEAR_FIRST.fullmatch(match):
            yield from (date[3].lstrip("0"), f"month {int(date[2])}", date[1])
        else:
            whole = match.replace(",", "") if _THOUSANDS.fullmatch(match) else match
            yield whole.lstrip("0") or "0"


def _differing(
    sentence: str, other: str, texts: Sequence[str]
) -> Iterator[tuple[list[Token], list[Token]]]:
    """The stretches between words that two sentences share in order."""
    left, right = split_words(sentence), split_words(other)
    start, end = _common_ends(left, right)
    a = [_form(word) for word in left[start : len(left) - end]]
    b = [_form(word) for word in right[start : len(right) - end]]
    mine: list[Token] = []
    theirs: list[Token] = []
    from rapidfuzz.distance import Levenshtein  # a tenth of a second that most runs do not need

    for op in Levenshtein.opcodes(a, b):
        if op.tag != "equal":
            mine += _tokens(left, start + op.src_start, start + op.src_end, texts)
            theirs += _tokens(right, start + op.dest_start, start + op.dest_end, texts)
        elif mine or theirs:
            yield mine, theirs
            mine, theirs = [], []
    if mine or theirs:
        yield mine, theirs


def _common_ends(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    """How many words two sentences share at their start, and at the end of what is left."""
    start = _common_start(zip(left, right, strict=False))
    rest = zip(reversed(left[start:]), reversed(right[start:]), strict=False)
    return start, _common_start(rest)


def _common_start(pairs: Iterable[tuple[str, str]]) -> int:
    count = 0
    for word, other in pairs:
        if word != other and _form(word) != _form(other):
            break
        count += 1
    return count


def _tokens(words: Sequence[str], start: int, end: int, texts: Sequence[str]) -> list[Token]:
    return [_token(i, words[i], texts) for i in range(start, end)]


def _differ(left: list[Token], right: list[Token]) -> bool:
    """Whether a stretch sets a number against another, a month against another or names so."""
    if not left or not right:
        return False
    for mine, theirs in zip(_stated(left), _stated(right), strict=True):
        if mine and theirs and Counter(mine) - Counter(theirs) and Counter(theirs) - Counter(mine):
            return True
    return _names_differ([t for t in left if t.name], [t for t in right if t.name])


def _stated(tokens: Iterable[Token]) -> tuple[list[str], list[str]]:
    """The numbers and the months of a stretch, dates in figures and in words alike."""
    numbers: list[str] = []
    months: list[str] = []
    for token in tokens:
        for number in token.numbers:
            (months if number.startswith("month ") else numbers).append(number)
        if token.month is not None:
            months.append(f"month {token.month}")
    return numbers, months


def _names_differ(left: list[Token], right: list[Token]) -> bool:
    """Whether each side has a name that the other lacks, short forms taken for the long ones."""
    mine = [t for t in left if not any(_same_name(t, o) for o in right)]
    theirs = [t for t in right if not any(_same_name(t, o) for o in left)]
    if not mine or not theirs:
        return False
    return not (_is_acronym(mine, theirs) or _is_acronym(theirs, mine))


def _same_name(one: Token, other: Token) -> bool:
    """Whether two tokens may be one name: equal, or one the other's initial.

    >>> _same_name(Token("kh", initial=True), Token("khasan"))
    True
    """
    if one.initial and other.form.startswith(one.form):
        return True
    return one.form == other.form or (other.initial and one.form.startswith(other.form))


def _is_acronym(short: list[Token], long: list[Token]) -> bool:
    """Whether one word is made of the others' first letters."""
    return len(short) == 1 and short[0].form == "".join(t.form[:1] for t in long)
