"""What a comparison of two revisions is made of: states in, hunks and typed changes out.

Positions come in two kinds and are never mixed. A `Span` counts paragraphs and characters from 0,
as Python slices the stored text. A `Change` counts paragraphs from 1, as `paragraphs[n]` does in
the analysts' SQL.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

Field = Literal["headline", "published_on", "body"]
Op = Literal["insert", "delete", "replace", "move"]
Kind = Literal["number", "date", "name", "quote", "negation", "wording", "typo", "paragraph"]
ChangeClass = Literal["substantive", "minor", "reordered"]
"""What `compare` can tell of two texts; `first` and `restored` need the other revisions."""
HunkOp = Literal["keep", "same", "insert", "delete", "replace"]

SUBSTANTIVE: frozenset[Kind] = frozenset(
    ("number", "date", "name", "quote", "negation", "paragraph")
)
"""Kinds that may change what a reader believes; `wording` and `typo` are minor."""


@dataclass(frozen=True, slots=True)
class TextState:
    """What of one revision a reader sees, as the publisher typed it."""

    headline: str
    published_on: date | None
    paragraphs: tuple[str, ...]


class Span(NamedTuple):
    """A stretch of one stored paragraph, as `paragraphs[paragraph][start:end]`. (Span and Hunk are
    tuples, made by the hundred: a tuple is made in half the time of a frozen dataclass.)"""

    paragraph: int
    start: int
    end: int


class Hunk(NamedTuple):
    """One step of the way from the old text to the new one.

    `keep` copies a stretch of the old text and holds no text of its own. `same` is a stretch that
    differs in typography alone (quotes, dashes, spaces): it is written anew, yet is no edit.
    """

    op: HunkOp
    before: Span | None
    """None for text that came; where `op` is `keep` or `same` never None but for white space."""
    after: Span | None
    """None for text that went."""
    text: str | None
    """The new stored text of `same`, `insert` and `replace`; None for `keep` and `delete`."""
    moved: bool = False
    """Whether the stretch stands in another place now, relative to what stayed."""


@dataclass(frozen=True, slots=True)
class Diff:
    """The hunks of a body, in reading order of the new text; what went stands where it stood.

    Together the `after` spans cover every character of the new text once, and the `before` spans
    of `keep`, `same`, `replace` and `delete` every word of the old text once.
    """

    hunks: tuple[Hunk, ...]
    paragraph_count: int
    """Of the new text: an empty paragraph has no hunk."""


@dataclass(frozen=True, slots=True)
class Change:
    """One edit as a row an analyst reads: whole words, typed, with its place on both sides."""

    seq: int
    """From 1: headline, published date, then the body in reading order of the new text."""
    field: Field
    op: Op
    kind: Kind
    before: str | None
    """The old words as stored; None exactly where `op` is `insert`."""
    after: str | None
    """The new words as stored; None exactly where `op` is `delete`. A move that was lightly edited
    has both, and its edits follow as rows of their own."""
    paragraph_before: int | None
    """From 1; None outside the body, and where the old text has no such place."""
    paragraph_after: int | None
    span_before: Span | None = None
    """Where `before` stands (counted from 0); of an edit across paragraphs the first piece. In
    the headline the paragraph is 0."""
    span_after: Span | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed between two states. Symmetric: compared the other way round, the same edits."""

    changes: tuple[Change, ...]
    change_class: ChangeClass | None
    """None when nothing changed, that is, when both states are equal once normalised."""
    words_added: int
    """Of headline and body; a moved word is neither added nor removed."""
    words_removed: int
