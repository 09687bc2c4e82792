"""The diff of two bodies as hunks: what was kept, moved, inserted, deleted and replaced, where.

`diff` finds them, `apply` turns the old text into the new one from them, character for character.
Pairing lies in `align`, the words of an edited sentence in `words`; this module only writes down
what they found, in stored characters. Each hunk begins at a token and reaches to where the next
one of its paragraph begins, so that together they cover every character.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from warehouse.history.align import Alignment, Side, align
from warehouse.history.change import Diff, Hunk, HunkOp, Span
from warehouse.history.edited import tokenised, unlinked, word_ends
from warehouse.history.sentences import Link, Unit
from warehouse.history.similar import common_ends
from warehouse.history.tokens import Token, raw_starts

_Place = tuple[int, int]
"""A paragraph and an offset into its normal form."""


class _Piece(NamedTuple):
    """A hunk in the making: where it begins. `equal`: kept, but for typography."""

    op: HunkOp
    before: _Place | None
    after: _Place | None
    moved: bool = False


def diff(before: Sequence[str], after: Sequence[str]) -> Diff:
    """The hunks that lead from the paragraphs `before` to the paragraphs `after`.

    >>> [(hunk.op, hunk.text) for hunk in diff(["It met."], ["It met twice."]).hunks]
    [('keep', None), ('same', ' '), ('insert', 'twice'), ('keep', None)]
    >>> diff(["It met."], ["It met."]).hunks[0].op
    'keep'
    """
    alignment = align(before, after)
    return Diff(_hunks(alignment, list(_pieces(alignment))), len(alignment.after.paragraphs))


def apply(before: Sequence[str], change: Diff) -> tuple[str, ...]:
    """The paragraphs of the new text, exactly as stored."""
    parts: list[list[tuple[int, str]]] = [[] for _ in range(change.paragraph_count)]
    for hunk in change.hunks:
        if hunk.after is None:
            continue
        text = hunk.text
        if text is None:
            if hunk.before is None:
                raise ValueError("a kept hunk does not say what it keeps")
            text = before[hunk.before.paragraph][hunk.before.start : hunk.before.end]
        parts[hunk.after.paragraph].append((hunk.after.start, text))
    return tuple("".join(text for _, text in sorted(part)) for part in parts)


def _pieces(alignment: Alignment) -> Iterator[_Piece]:
    """All pieces, in reading order of the new text."""
    old, new = alignment.before.units, alignment.after.units
    gone = unlinked(alignment.before, [link.before for link in alignment.links], alignment)
    yield from (_Piece("delete", _place(old[i]), None) for i in gone.get(-1, ()))
    at = 0
    previous: Link | None = None
    for k, link in enumerate(alignment.links):
        if at < link.after[0]:
            yield from (_Piece("insert", None, _place(new[j])) for j in range(at, link.after[0]))
        (i, i_end), (j, j_end), moved, equal = link
        if not equal or i_end - i > 1 or j_end - j > 1:
            yield from _link_pieces(alignment, link)
        else:
            was, now = _place(old[i]), _place(new[j])
            if not was[1] or not now[1] or not _continues(alignment, previous, link):
                yield _Piece("same", was, now, moved)
        at = link.after[1]
        previous = link
        if k in gone:
            yield from (_Piece("delete", _place(old[i]), None) for i in gone[k])
            previous = None
    yield from (_Piece("insert", None, _place(unit)) for unit in new[at:])


def _place(unit: Unit) -> _Place:
    return unit[1:3]


def _continues(alignment: Alignment, previous: Link | None, link: Link) -> bool:
    """Whether a kept sentence follows a kept one on both sides in one paragraph: one hunk."""
    old, new = alignment.before.units, alignment.after.units
    return (
        previous is not None
        and previous.equal
        and previous.before[1] == link.before[0]
        and previous.after[1] == link.after[0]
        and previous.moved == link.moved
        and old[link.before[0] - 1].paragraph == old[link.before[0]].paragraph
        and new[link.after[0] - 1].paragraph == new[link.after[0]].paragraph
    )


def _link_pieces(alignment: Alignment, link: Link) -> Iterator[_Piece]:
    """The pieces of sentences that differ, with those left out at start and end as kept."""
    old, new = alignment.before.units, alignment.after.units
    plain = _one_word(old[slice(*link.before)], new[slice(*link.after)], link.moved)
    if plain:
        yield from plain
        return
    edited = tokenised(alignment, link, whole=False)
    left, right = edited.left, edited.right
    head, tail = edited.left_out
    if head:
        yield _Piece("same", _place(old[link.before[0]]), _place(new[link.after[0]]), link.moved)
    i = j = 0
    for i_edit, i_end, j_edit, j_end in (*edited.edits, (len(left), len(left), len(right), 0)):
        if i or j or not head:
            yield from _kept(left[i:i_edit], right[j:j_edit], link.moved)
        yield from _replaced(left[i_edit:i_end], right[j_edit:j_end])
        i, j = i_end, j_end
    if tail:
        was, now = old[link.before[0]], new[link.after[0]]
        places = (was.paragraph, was.end - tail), (now.paragraph, now.end - tail)
        yield _Piece("same", *places, link.moved)


def _one_word(old: Sequence[Unit], new: Sequence[Unit], moved: bool) -> list[_Piece]:
    """The pieces of sentences that differ in one plain word between two others, the commonest edit
    of all; empty if it is no such edit. A shortcut: the long way gives the same."""
    if len(old) > 1 or len(new) > 1:
        return []
    was, now = old[0], new[0]
    head, tail = word_ends(was.key, now.key)
    some, others = was.key[head : -tail - 1], now.key[head : -tail - 1]
    text = some + others
    if not (head and tail and some and others and text.isascii() and text.isalnum()):
        return []
    p, q = was.paragraph, now.paragraph
    return [
        _Piece("same", (p, was.start), (q, now.start), moved),
        _Piece("replace", (p, was.start + head), (q, now.start + head)),
        _Piece("same", (p, was.end - tail), (q, now.end - tail), moved),
    ]


def _kept(left: Sequence[Token], right: Sequence[Token], moved: bool) -> Iterator[_Piece]:
    """One piece, and another after each paragraph border of either side."""
    if not left:
        return
    if left[0].paragraph == left[-1].paragraph and right[0].paragraph == right[-1].paragraph:
        places = (left[0].paragraph, left[0].start), (right[0].paragraph, right[0].start)
        yield _Piece("same", *places, moved)
        return
    borders = None
    for old, new in zip(left, right, strict=True):
        if borders != (old.paragraph, new.paragraph):
            borders = old.paragraph, new.paragraph
            place = (new.paragraph, new.start)
            yield _Piece("same", (old.paragraph, old.start), place, moved)


def _replaced(left: Sequence[Token], right: Sequence[Token]) -> Iterator[_Piece]:
    """Paragraph by paragraph; where one side has more of them, the rest went or came."""
    some, others = _starts(left), _starts(right)
    for at in range(max(len(some), len(others))):
        old = some[at] if at < len(some) else None
        new = others[at] if at < len(others) else None
        op: HunkOp = "replace" if old and new else "delete" if old else "insert"
        yield _Piece(op, old, new)


def _starts(tokens: Sequence[Token]) -> list[_Place]:
    first: dict[int, int] = {}
    for token in tokens:
        first.setdefault(token.paragraph, token.start)
    return list(first.items())


def _hunks(alignment: Alignment, pieces: Sequence[_Piece]) -> tuple[Hunk, ...]:
    old = _spans(alignment.before, [piece.before for piece in pieces])
    new = _spans(alignment.after, [piece.after for piece in pieces])
    hunks: list[Hunk] = []
    for piece, was, now in zip(pieces, old, new, strict=True):
        if piece.op == "delete" or was is None or now is None:
            text = None if now is None else _cut(alignment.after, now)
            hunks.append(Hunk(piece.op, was, now, text, piece.moved))
        elif piece.op == "replace":
            hunks.append(Hunk("replace", was, now, _cut(alignment.after, now)))
        else:
            hunks += _kept_hunks(alignment, was, now, piece.moved)
    for paragraph, (normal, raw) in enumerate(
        zip(alignment.after.normals, alignment.after.paragraphs, strict=True)
    ):
        if raw and not normal:
            hunks.append(Hunk("same", None, Span(paragraph, 0, len(raw)), raw))
    return tuple(hunks)


def _spans(side: Side, places: Sequence[_Place | None]) -> list[Span | None]:
    """Each place's stretch of stored text: up to the next place of its paragraph, or its end."""
    starts: dict[int, list[int]] = defaultdict(list)
    for place in places:
        if place is not None:
            starts[place[0]].append(place[1])
    stretch: dict[_Place, Span] = {}
    for paragraph, found in starts.items():
        raw = side.paragraphs[paragraph]
        if len(found) == 1:
            stretch[paragraph, found[0]] = Span(paragraph, 0, len(raw))
            continue
        found.sort()
        edges = [0, *raw_starts(raw, side.normals[paragraph], found[1:]), len(raw)]
        for start, low, high in zip(found, edges, edges[1:], strict=False):
            stretch[paragraph, start] = Span(paragraph, low, high)
    return [None if place is None else stretch[place] for place in places]


def _cut(side: Side, span: Span) -> str:
    return side.paragraphs[span.paragraph][span.start : span.end]


def _kept_hunks(alignment: Alignment, was: Span, now: Span, moved: bool) -> Iterator[Hunk]:
    """`keep` where the stored characters are equal, `same` for the rest if they are not."""
    old, new = _cut(alignment.before, was), _cut(alignment.after, now)
    if old == new:
        yield Hunk("keep", was, now, None, moved)
        return
    head, _ = common_ends(old, new)
    p, start, end = was
    q, first, last = now
    if head:
        some, others = Span(p, start, start + head), Span(q, first, first + head)
        yield Hunk("keep", some, others, None, moved)
    yield Hunk("same", Span(p, start + head, end), Span(q, first + head, last), new[head:], moved)
