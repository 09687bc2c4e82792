"""What changed between two states, as typed rows; the rules are told in docs/changes.md.

`compare` puts together what the other modules find: `align` the sentences that came, went, moved
or were edited, `words` and `passage` the edits, `kinds` what each of them is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from warehouse.history.align import Alignment, Side, align
from warehouse.history.change import (
    SUBSTANTIVE,
    Change,
    ChangeClass,
    Comparison,
    Field,
    Kind,
    Op,
    Span,
    TextState,
)
from warehouse.history.edited import EditedLink, edited_links, unlinked
from warehouse.history.kinds import Vocabulary, kind_of
from warehouse.history.passage import passage, widened
from warehouse.history.tokens import Token, count_words, has_word, raw_offsets
from warehouse.history.words import Edit

CLASSIFIER_VERSION = "1"
"""Stored beside every change; bump it when a rule, a vocabulary or the pairing changes."""

_Words = tuple[int, int]
"""Added and removed."""


@dataclass(frozen=True, slots=True)
class _Text:
    """One field's alignment, and what names are looked up in."""

    alignment: Alignment
    field: Field
    vocabulary: Vocabulary


def compare(before: TextState, after: TextState) -> Comparison:
    """The typed changes between two states, their class and the words that came and went.

    >>> old = TextState("Talks held", None, ("It cost 1,000 dollars.",))
    >>> new = TextState("Talks held", None, ("It cost $1,500.",))
    >>> change = compare(old, new).changes[0]
    >>> change.kind, change.before, change.after
    ('number', '1,000 dollars', '$1,500')
    """
    changes: list[Change] = []
    added = removed = 0
    vocabulary = Vocabulary((*before.paragraphs, *after.paragraphs))
    for field, old, new in (
        ("headline", (before.headline,), (after.headline,)),
        ("body", before.paragraphs, after.paragraphs),
    ):
        if old != new:
            text = _Text(align(old, new), "headline" if field == "headline" else "body", vocabulary)
            found, words = _text_changes(text)
            changes += found
            added, removed = added + words[0], removed + words[1]
        if field == "headline":
            changes += _date_changes(before, after)
    numbered = tuple(replace(change, seq=at) for at, change in enumerate(changes, 1))
    return Comparison(numbered, class_of(numbered), added, removed)


def class_of(changes: Sequence[Change]) -> ChangeClass | None:
    """The weightiest class among changes: substantive, minor, reordered; None of no change."""
    if not changes:
        return None
    if any(change.op != "move" and change.kind in SUBSTANTIVE for change in changes):
        return "substantive"
    return "reordered" if all(change.op == "move" for change in changes) else "minor"


def _date_changes(before: TextState, after: TextState) -> Iterator[Change]:
    old, new = before.published_on, after.published_on
    if old != new:
        op: Op = "insert" if old is None else "delete" if new is None else "replace"
        some, others = (None if day is None else day.isoformat() for day in (old, new))
        yield Change(0, "published_on", op, "date", some, others, None, None)


def _text_changes(text: _Text) -> tuple[list[Change], _Words]:
    """The changes of one field in reading order, and its words added and removed."""
    alignment = text.alignment
    edited = {link.link.after: link for link in edited_links(alignment)}
    gone = unlinked(alignment.before, [link.before for link in alignment.links], alignment)
    came = unlinked(alignment.after, [link.after for link in alignment.links], alignment)
    changes = list(_blocks(text, gone.get(-1, []), came.get(-1, [])))
    shown: set[int] = set()
    for k, link in enumerate(alignment.links):
        if link.moved and k not in shown:
            changes.append(_move(text, k, shown))
        if link.after in edited:
            changes += _edits(text, edited[link.after])
        changes += _blocks(text, gone.get(k, []), came.get(k, []))
    return changes, _count(alignment, (gone, came), edited.values())


def _count(
    alignment: Alignment,
    blocks: tuple[dict[int, list[int]], dict[int, list[int]]],
    edited: Iterable[EditedLink],
) -> _Words:
    removed, added = (
        sum(count_words(side.units[at].key) for units in block.values() for at in units)
        for side, block in zip((alignment.before, alignment.after), blocks, strict=True)
    )
    for link in edited:
        for i, k, j, m in link.edits:
            removed += sum(has_word(token.text) for token in link.left[i:k])
            added += sum(has_word(token.text) for token in link.right[j:m])
    return added, removed


def _blocks(text: _Text, gone: Sequence[int], came: Sequence[int]) -> Iterator[Change]:
    """Sentences or paragraphs that went and came at one place. The first that went was replaced
    by the first that came, and so on; what is left over was deleted or inserted."""
    old = _by_paragraph(text.alignment.before, gone)
    new = _by_paragraph(text.alignment.after, came)
    for at in range(max(len(old), len(new))):
        some = old[at] if at < len(old) else None
        others = new[at] if at < len(new) else None
        yield _change(text, "paragraph", some, others)


def _by_paragraph(side: Side, units: Sequence[int]) -> list[tuple[int, int, int]]:
    """Neighbouring units of one paragraph as one stretch: paragraph, start and end (normalised)."""
    stretches: list[tuple[int, int, int]] = []
    for at, unit in enumerate(units):
        _, paragraph, start, end = side.units[unit]
        if at and units[at - 1] == unit - 1 and stretches[-1][0] == paragraph:
            stretches[-1] = paragraph, stretches[-1][1], end
        else:
            stretches.append((paragraph, start, end))
    return stretches


def _move(text: _Text, k: int, shown: set[int]) -> Change:
    """One row for all neighbouring sentences that moved from one paragraph into one other; what
    moved across a border has a stretch a paragraph."""
    links, old, new = text.alignment.links, text.alignment.before.units, text.alignment.after.units
    last = k
    while (
        last + 1 < len(links)
        and links[last + 1].moved
        and links[last + 1].before[0] == links[last].before[1]
        and links[last + 1].after[0] == links[last].after[1]
        and old[links[last + 1].before[0]].paragraph == old[links[k].before[0]].paragraph
        and new[links[last + 1].after[0]].paragraph == new[links[k].after[0]].paragraph
    ):
        last += 1
    shown.update(range(k, last + 1))
    was = _by_paragraph(text.alignment.before, range(links[k].before[0], links[last].before[1]))
    now = _by_paragraph(text.alignment.after, range(links[k].after[0], links[last].after[1]))
    return replace(_change(text, "paragraph", was, now), op="move")


def _edits(text: _Text, edited: EditedLink) -> Iterator[Change]:
    """The edits of one sentence."""
    if not edited.edits:
        return
    old, new = text.alignment.before, text.alignment.after
    left, right = passage(old, edited.left), passage(new, edited.right)
    for edit in widened(edited, left, right):
        kind = kind_of(edit, left, right, text.vocabulary)
        i, k, j, m = edit
        pieces = _stretches(edited.left[i:k]), _stretches(edited.right[j:m])
        yield _change(text, kind, *pieces, places=_places(edited, edit))


_Stretch = tuple[int, int, int]


def _stretches(tokens: Sequence[Token]) -> list[_Stretch]:
    """Tokens as one stretch a paragraph."""
    stretches = []
    for paragraph, group in groupby(tokens, key=lambda token: token.paragraph):
        some = list(group)
        stretches.append((paragraph, some[0].start, some[-1].end))
    return stretches


def _places(edited: EditedLink, edit: Edit) -> tuple[int | None, int | None]:
    """The paragraph on each side, also of words that only came or only went."""
    i, _, j, _ = edit
    left, right = edited.left, edited.right
    return (
        left[min(i, len(left) - 1)].paragraph if left else None,
        right[min(j, len(right) - 1)].paragraph if right else None,
    )


def _change(
    text: _Text,
    kind: Kind,
    some: _Stretch | list[_Stretch] | None,
    others: _Stretch | list[_Stretch] | None,
    places: tuple[int | None, int | None] = (None, None),
) -> Change:
    was, before = _stored(text.alignment.before, some)
    now, after = _stored(text.alignment.after, others)
    op: Op = "insert" if before is None else "delete" if after is None else "replace"
    in_body = text.field == "body"
    from_one = [
        None if at is None or not in_body else at + 1
        for at in (was.paragraph if was else places[0], now.paragraph if now else places[1])
    ]
    return Change(0, text.field, op, kind, before, after, from_one[0], from_one[1], was, now)


def _stored(
    side: Side, stretches: _Stretch | list[_Stretch] | None
) -> tuple[Span | None, str | None]:
    """The first stretch in stored characters, and the stored words of all."""
    if not stretches:
        return None, None
    spans = []
    for paragraph, start, end in [stretches] if isinstance(stretches, tuple) else stretches:
        raw, normal = side.paragraphs[paragraph], side.normals[paragraph]
        offsets = raw_offsets(raw, normal)
        low, high = offsets[start], offsets[end]
        spans.append(Span(paragraph, low, low + len(raw[low:high].rstrip())))
    words = [side.paragraphs[span.paragraph][span.start : span.end] for span in spans]
    return spans[0], " ".join(words)
