"""What every form of a diff is made of: the page's facts, marked stretches of text, and wording."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from warehouse.history.change import Comparison, Diff, Hunk, TextState
from warehouse.history.diff import diff

Mark = Literal["kept", "inserted", "deleted", "moved"]
Marked = list[tuple[str, Mark]]
Block = tuple[int | None, int | None, list[Hunk]]
"""A paragraph's number from 1 (None: it went), its old number if it moved, and its hunks."""
KIND_WORDS = {
    "number": "Number",
    "date": "Date",
    "name": "Name",
    "quote": "Quotation",
    "negation": "Negation",
    "wording": "Wording",
    "typo": "Typing error",
    "paragraph": "Passage",
}
CLASS_WORDS = {
    "substantive": "Substantive edit",
    "minor": "Minor edit",
    "reordered": "Reordered",
    None: "No change",
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
"""Not `strftime`: what is written must not depend on the machine's locale."""


@dataclass(frozen=True, slots=True)
class DiffPage:
    """What is shown: two states of one release and what is known of them."""

    before: TextState
    after: TextState
    before_label: str
    """Such as "Revision 1, first seen 14 May 2024, 10:00 UTC"."""
    after_label: str
    url: str | None = None
    """Linked only if it begins with http:// or https://."""
    source_name: str | None = None
    language: str | None = None
    """ISO 639-1, for hyphenation and screen readers."""
    notes: tuple[str, ...] = ()
    """Sentences above the text, such as "Edited silently: no note, no new date."."""


def day_words(day: date | None) -> str:
    if day is None:
        return "none"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def summary(comparison: Comparison) -> str:
    """Such as "2 numbers, 1 name; 3 words added, 4 removed"."""
    kinds = Counter(KIND_WORDS[change.kind].lower() for change in comparison.changes)
    counted = ", ".join(f"{count} {_plural(kind, count)}" for kind, count in kinds.items())
    words = f"{comparison.words_added} words added, {comparison.words_removed} removed"
    return f"{counted}; {words}" if counted else words


def _plural(word: str, count: int) -> str:
    return word if count == 1 or word == "wording" else f"{word}s"


def marked(before: str, after: str) -> Marked:
    """A headline as stretches."""
    return merged(stretches((before,), (after,), diff((before,), (after,)).hunks))


def stretches(
    before: Sequence[str], after: Sequence[str], hunks: Iterable[Hunk]
) -> Iterator[tuple[str, Mark]]:
    for hunk in hunks:
        old = "" if hunk.before is None else before[hunk.before[0]][hunk.before[1] : hunk.before[2]]
        new = "" if hunk.after is None else after[hunk.after[0]][hunk.after[1] : hunk.after[2]]
        if hunk.op in ("keep", "same"):
            yield new, "moved" if hunk.moved else "kept"
            continue
        if old:
            yield old, "deleted"
        if new:
            yield new, "inserted"


def merged(stretches: Iterable[tuple[str, Mark]]) -> Marked:
    """Neighbours of one mark joined, and a space between a word and what replaced it."""
    whole: Marked = []
    for text, mark in stretches:
        if not text:
            continue
        if whole and whole[-1][1] == mark:
            whole[-1] = whole[-1][0] + text, mark
            continue
        if mark == "inserted" and whole and whole[-1][1] == "deleted":
            whole[-1] = whole[-1][0].rstrip() + " ", "deleted"
        whole.append((text, mark))
    return whole


def blocks(page: DiffPage, body: Diff) -> Iterator[Block]:
    """The new text paragraph by paragraph; what went as a whole paragraph has no number."""
    current: list[Hunk] = []
    paragraph: int | None = None
    for hunk in body.hunks:
        is_whole = hunk.op == "delete" and _fills(page.before.paragraphs, hunk)
        starts = hunk.after is not None and hunk.after.paragraph != paragraph
        if (starts or is_whole) and current:
            yield _block(paragraph, current)
            current = []
        if is_whole:
            yield None, None, [hunk]
            continue
        if hunk.after is not None:
            paragraph = hunk.after.paragraph
        current.append(hunk)
    if current:
        yield _block(paragraph, current)


def _block(paragraph: int | None, hunks: list[Hunk]) -> Block:
    moved = next((hunk.before for hunk in hunks if hunk.moved and hunk.before), None)
    number = None if all(hunk.after is None for hunk in hunks) else paragraph
    return (
        None if number is None else number + 1,
        None if moved is None else moved.paragraph + 1,
        hunks,
    )


def _fills(paragraphs: Sequence[str], hunk: Hunk) -> bool:
    span = hunk.before
    return span is not None and not (
        paragraphs[span.paragraph][: span.start].strip()
        or paragraphs[span.paragraph][span.end :].strip()
    )
