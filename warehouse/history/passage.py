"""An edited sentence laid out for judging: its text, tokens, values and quotations on both sides.

Edits are widened here so that each shows whole things: a date or number that an edit touches lies
in it from end to end, and a mark goes with the word before it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import itemgetter

from warehouse.history.align import Side
from warehouse.history.edited import EditedLink
from warehouse.history.quotes import quoted_spans
from warehouse.history.tokens import GLUED, Token, has_word
from warehouse.history.values import Value, hints_value, values
from warehouse.history.words import Edit

_Range = tuple[int, int]


_TITLE_CASE_SHARE = 0.6
"""Of the words of four letters or more that begin with a capital: above it capitals are a style."""


@dataclass(frozen=True)
class Passage:
    """One side of an edited sentence. What few edits ask for is read when one does."""

    side: Side
    tokens: tuple[Token, ...]
    values: tuple[tuple[int, int, Value], ...]
    """Each with the tokens it lies in; in order, never overlapping."""

    @cached_property
    def capitals_are_style(self) -> bool:
        """Whether most words have one, as in many headlines."""
        return _capitals_are_style(self.tokens)

    def is_quoted(self, start: int, end: int) -> bool:
        """Whether any of these tokens stands in quotation marks, the marks included."""
        for token in self.tokens[start:end]:
            marked = quoted_spans(self.side.normals[token.paragraph])
            at = bisect_right(marked, token.start, key=itemgetter(0)) - 1
            if at >= 0 and token.start < marked[at][1]:
                return True
        return False

    def values_in(self, start: int, end: int) -> tuple[tuple[int, int, Value], ...]:
        """The values that share a token with `start:end`."""
        low = bisect_right(self.values, start, key=itemgetter(1))
        return self.values[low : bisect_left(self.values, end, key=itemgetter(0))]


def passage(side: Side, tokens: Sequence[Token]) -> Passage:
    """The tokens of some sentences with what is read in them."""
    text, starts, ends = _laid_out(side, tokens)
    found: list[tuple[int, int, Value]] = []
    for low_token, high_token in _hinted(tokens):
        shift = starts[low_token]
        for value in values(text[shift : ends[high_token - 1]]):
            low = bisect_right(ends, value.start + shift)
            high = bisect_left(starts, value.end + shift)
            # Two values of one token ("20-May") count as the first.
            if low < high and (not found or found[-1][1] <= low):
                found.append((low, high, value))
    return Passage(side, tuple(tokens), tuple(found))


_AROUND_HINT = 6
"""Tokens. No value reaches further from the digit or word that makes it one: "in early" before a
year and "per cent" after a number are two."""


def _hinted(tokens: Sequence[Token]) -> list[_Range]:
    """The stretches of tokens in which a value may stand; most of a text holds none."""
    stretches: list[_Range] = []
    for at, token in enumerate(tokens):
        if hints_value(token[0]):
            low, high = max(at - _AROUND_HINT, 0), min(at + _AROUND_HINT + 1, len(tokens))
            if stretches and low <= stretches[-1][1]:
                stretches[-1] = stretches[-1][0], high
            else:
                stretches.append((low, high))
    return stretches


def _capitals_are_style(tokens: Sequence[Token]) -> bool:
    texts = [token[0].removeprefix(GLUED) for token in tokens]
    words = [text for text in texts if len(text) > 3 and text.isalpha()]
    capitals = sum(not word[0].islower() for word in words)
    return len(words) > 2 and capitals > _TITLE_CASE_SHARE * len(words)


def _laid_out(side: Side, tokens: Sequence[Token]) -> tuple[str, list[int], list[int]]:
    """The text from the first token to the last, paragraphs joined by a space, and where in it each
    token begins and ends."""
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    length = 0
    for paragraph, group in groupby(tokens, key=itemgetter(1)):
        some = list(group)
        first, last = some[0].start, some[-1].end
        shift = length - first
        starts += [token[2] + shift for token in some]
        ends += [token[3] + shift for token in some]
        parts.append(side.normals[paragraph][first:last])
        length += last - first + 1
    return " ".join(parts), starts, ends


def widened(edited: EditedLink, left: Passage, right: Passage) -> list[Edit]:
    """The edits of a sentence, each showing whole dates, numbers and words; in order."""
    edits = list(edited.edits)
    while True:
        wider = _around(edits, [(low, high) for low, high, _ in left.values])
        mirrored = [(j, m, i, k) for i, k, j, m in wider]
        wider = _around(mirrored, [(low, high) for low, high, _ in right.values])
        wider = [(i, k, j, m) for j, m, i, k in wider]
        if wider == edits:
            break
        edits = wider
    return _with_words(edits, edited.left, edited.right)


def _around(edits: Sequence[Edit], spans: Sequence[_Range]) -> list[Edit]:
    """The edits; those that touch a span of left tokens are one with it."""
    grown: list[Edit] = []
    at = 0
    for edit in edits:
        # Spans that end before this edit begins touch neither it nor a later one.
        while at < len(spans) and spans[at][1] <= edit[0]:
            at += 1
        grown.append(edit)
        k = at
        while k < len(spans) and spans[k][0] < grown[-1][1]:
            grown[-1] = _grown(grown[-1], spans[k])
            k += 1
        while len(grown) > 1 and grown[-2][1] > grown[-1][0]:
            grown[-2:] = [_union(grown[-2], grown[-1])]
    return grown


def _grown(edit: Edit, span: _Range) -> Edit:
    """The edit with as many tokens more on both sides as the span has beyond it."""
    i, k, j, m = edit
    before, after = max(i - span[0], 0), max(span[1] - k, 0)
    return i - before, k + after, j - before, m + after


def _union(one: Edit, other: Edit) -> Edit:
    """Two edits, the first before the second, that overlap because one grew over the other.

    What stands before the first and after the second is equal on both sides, so there, and only
    there, left and right bounds go together.
    """
    i, k = min(one[0], other[0]), max(one[1], other[1])
    return i, k, one[2] - (one[0] - i), other[3] + (k - other[1])


def _with_words(edits: Sequence[Edit], left: Sequence[Token], right: Sequence[Token]) -> list[Edit]:
    """An edit of marks or spaces alone takes in the token before it, back to a word."""
    done: list[Edit] = []
    for i, k, j, m in edits:
        floor = done[-1][1] if done else 0
        while i > floor and not any(has_word(t.text) for t in (*left[i:k], *right[j:m])):
            i, j = i - 1, j - 1
        while _begins_glued(left, i, k) and _begins_glued(right, j, m) and i > floor:
            i, j = i - 1, j - 1
        done.append((i, k, j, m))
    return done


def _begins_glued(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether the stretch begins within a word as printed: `U.S.` is one to a reader."""
    return (
        start < end
        and tokens[start].key.startswith(GLUED)
        and has_word(tokens[start].text)
        and start > 0
        and tokens[start - 1].text in "./&"
    )
