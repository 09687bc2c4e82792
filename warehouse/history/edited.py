"""The edited sentences of an alignment as tokens, and the sentences that have no partner."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from warehouse.history.align import Alignment, Side
from warehouse.history.sentences import Link, Unit
from warehouse.history.similar import common_ends
from warehouse.history.tokens import Token, sentence_spans, tokenise
from warehouse.history.words import Edit, word_edits

_ROOM = 40
"""Characters kept around the edits of a sentence; see `word_ends`."""


@dataclass(frozen=True, slots=True)
class EditedLink:
    """A link whose two sides differ, as tokens, and the words that do."""

    link: Link
    left: tuple[Token, ...]
    right: tuple[Token, ...]
    edits: tuple[Edit, ...]
    left_out: tuple[int, int] = (0, 0)
    """Characters at start and end, equal on both sides, that were not cut into tokens."""


def edited_links(alignment: Alignment) -> list[EditedLink]:
    """The links whose sides differ. One that differs by spaces beside Chinese characters alone
    has no edits."""
    return [tokenised(alignment, link, whole=True) for link in alignment.links if not link.equal]


def unlinked(
    side: Side, linked: Sequence[tuple[int, int]], alignment: Alignment
) -> dict[int, list[int]]:
    """The units of one side that came or went, by the link that stayed before them; -1: none did.

    `linked` are that side's spans of the alignment's links.
    """
    if sum(end - start for start, end in linked) == len(side.units):
        return {}
    stayed = sorted((span, k) for k, span in enumerate(linked) if not alignment.links[k].moved)
    firsts = [span[0] for span, _ in stayed]
    taken = {at for span in linked for at in range(*span)}
    found: dict[int, list[int]] = defaultdict(list)
    for unit in range(len(side.units)):
        if unit not in taken:
            at = bisect_right(firsts, unit) - 1
            found[stayed[at][1] if at >= 0 else -1].append(unit)
    return dict(found)


def tokenised(alignment: Alignment, link: Link, *, whole: bool) -> EditedLink:
    """The tokens around the edits; with `whole` those of the sentences the edits lie in."""
    old, new = alignment.before, alignment.after
    some, others = old.units[slice(*link.before)], new.units[slice(*link.after)]
    if len(some) > 1 or len(others) > 1:
        left, right = _tokens(old, some), _tokens(new, others)
        return EditedLink(link, tuple(left), tuple(right), tuple(word_edits(left, right)))
    head, tail = word_ends(some[0].key, others[0].key)
    start, end = _sentences_around(some[0].key, head, tail) if whole else (head, tail)
    left = _tokens(old, [_narrowed(some[0], start, end)])
    right = _tokens(new, [_narrowed(others[0], start, end)])
    cut, kept = _among(left, _narrowed(some[0], head, tail))
    edits = word_edits(kept, _among(right, _narrowed(others[0], head, tail))[1])
    if whole:
        edits = [(i + cut, k + cut, j + cut, m + cut) for i, k, j, m in edits]
        head = tail = 0
    return EditedLink(link, tuple(left), tuple(right), tuple(edits), (head, tail))


def _among(tokens: Sequence[Token], unit: Unit) -> tuple[int, Sequence[Token]]:
    """Of a unit's tokens those between two spaces, and how many stand before them."""
    low = bisect_left(tokens, unit.start, key=itemgetter(2))
    high = bisect_right(tokens, unit.end, key=itemgetter(3))
    return low, tokens[low:high]


def _sentences_around(text: str, head: int, tail: int) -> tuple[int, int]:
    """How many characters lie before and after the sentences that hold what `head` and `tail`
    leave."""
    spans = sentence_spans(text)
    start = max(low for low, _ in spans if low <= head)
    end = min(high for _, high in spans if high >= len(text) - tail)
    return start, len(text) - end


def word_ends(left: str, right: str) -> tuple[int, int]:
    """How many characters to leave out at start and end: equal, at a space, and where words only
    came or only went, so far from them that the edit can slide over its own length."""
    head, tail = common_ends(left, right)
    shorter, longer = sorted((len(left), len(right)))
    room = 0 if shorter > head + tail else longer - shorter + _ROOM
    head = left.rfind(" ", 0, max(head - room, 0)) + 1
    at = left.find(" ", len(left) - max(tail - room, 0))
    return head, len(left) - at - 1 if tail > room and at >= 0 else 0


def _narrowed(unit: Unit, head: int, tail: int) -> Unit:
    return unit._replace(start=unit.start + head, end=unit.end - tail)


def _tokens(side: Side, units: Sequence[Unit]) -> list[Token]:
    return [
        token
        for _, paragraph, start, end in units
        for token in tokenise(side.normals[paragraph], paragraph, start, end)
    ]
