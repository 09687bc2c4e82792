"""An edited sentence laid out for judging: its text, tokens, values and quotations on both sides.

Edits are widened here so that each shows whole things: a date or number that an edit touches lies
in it from end to end, and a mark goes with the word before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.history.align import Side
from warehouse.history.edited import EditedLink
from warehouse.history.quotes import quoted_spans
from warehouse.history.tokens import GLUED, Token, has_word
from warehouse.history.values import Value, values
from warehouse.history.words import Edit

_Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Passage:
    """One side of an edited sentence."""

    tokens: tuple[Token, ...]
    values: tuple[tuple[int, int, Value], ...]
    """Each with the tokens it lies in."""
    quoted: tuple[bool, ...]
    """For each token whether it stands in quotation marks, the marks included."""


def passage(side: Side, tokens: Sequence[Token]) -> Passage:
    """The tokens of some sentences with what is read in them."""
    text, starts = _laid_out(tokens)
    found = []
    for value in values(text):
        low = next((k for k, start in enumerate(starts) if start >= value.start), len(starts))
        if low and starts[low - 1] + len(tokens[low - 1].text) > value.start:
            low -= 1
        high = low
        while high < len(starts) and starts[high] < value.end:
            high += 1
        if low < high:
            found.append((low, high, value))
    return Passage(tuple(tokens), tuple(found), tuple(_quoted(side, tokens)))


def _laid_out(tokens: Sequence[Token]) -> tuple[str, list[int]]:
    """The text from the first token to the last, paragraphs joined, and where each token begins."""
    parts: list[str] = []
    starts = []
    length = 0
    previous: Token | None = None
    for token in tokens:
        if previous is not None:
            same = previous.paragraph == token.paragraph
            gap = " " * (token.start - previous.end) if same else " "
            parts.append(gap)
            length += len(gap)
        starts.append(length)
        parts.append(token.text)
        length += len(token.text)
        previous = token
    return "".join(parts), starts


def _quoted(side: Side, tokens: Sequence[Token]) -> list[bool]:
    spans: dict[int, list[_Range]] = {}
    for token in tokens:
        if token.paragraph not in spans:
            spans[token.paragraph] = quoted_spans(side.normals[token.paragraph])
    return [
        any(start <= token.start < end for start, end in spans[token.paragraph]) for token in tokens
    ]


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
    grown = list(edits)
    for low, high in spans:
        touching = [
            edit
            for edit in grown
            if (edit[0] < high and edit[1] > low) or low < edit[0] == edit[1] < high
        ]
        if not touching:
            continue
        first, last = touching[0], touching[-1]
        i, k = min(low, first[0]), max(high, last[1])
        whole = i, k, first[2] - (first[0] - i), last[3] + (k - last[1])
        at = grown.index(first)
        grown[at : at + len(touching)] = [whole]
    return grown


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
