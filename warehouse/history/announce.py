"""Whether an edit was announced to readers, and whether a date was set back.

Announced: the visible date moved on, or an "updated" line or correction note came or changed,
together with the text. Everything else was edited silently, unless the page's `dateModified` moved
on: how far it had to depends on when the old text was last seen, which later evidence may change,
so `sql/_revisions.sql` judges that. A date moved to the past announces nothing: it is flagged.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from warehouse.history.change import Change, Comparison, TextState
from warehouse.history.tokens import sentence_around

How = Literal["published_on", "updated_line", "correction_note"]

LATE = timedelta(days=7)
"""A release first seen so long after its own date, on a source then watched, was back-dated. A week
covers weekends, time zones and a re-check plan; measured on nothing yet, so a setting."""

_UPDATED = re.compile(
    r"^\W*(?:(?:this (?:page|release|text|article|statement) (?:was|has been) )?(?:last |latest )?"
    r"(?:updated?|revised|amended|modified)"
    r"|обновлено|обновлен[оа]?|изменено|mise? à jour|actualizado|aktualisiert|stand|更新)"
    r"\s*(?:$|[:;,.(/-]|on\b|at\b|as of\b|от\b|le\b|el\b|am\b|\d|\w+day\b|[A-Z])",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    r"^\W*(?:corrections?|corrected|clarification|erratum|corrigendum|editor'?s note"
    r"|исправление|исправлено|уточнение|поправка|rectificatif|corrección|fe de erratas|korrektur"
    r"|berichtigung|更正|訂正)\s*(?:$|[:;,.(/-]|on\b|to\b|\d)"
    r"|\b(?:an earlier|a previous|the original) version of this\b"
    r"|\bthis (?:page|release|text|article|statement) (?:was|has been) corrected\b"
    r"|\bв (?:прежней|предыдущей) версии\b",
    re.IGNORECASE,
)
_SHORT_WORDS = 15
"""An "updated" line is short; a sentence that merely begins with "Revised" goes on."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """How openly one revision replaced another."""

    announced: bool
    how: tuple[How, ...]
    """Empty when the edit was silent."""
    backdated: bool
    """The published date moved to the past. Says nothing of why: a slip may have been put right."""


def announcement(before: TextState, after: TextState, comparison: Comparison) -> Announcement:
    """How openly the edit was made; `comparison` is that of the two states."""
    how: list[How] = []
    old, new = before.published_on, after.published_on
    if old is not None and new is not None and new > old:
        how.append("published_on")
    notes = [note for change in comparison.changes for note in _notes(after, change)]
    if any(_UPDATED.search(note) and len(note.split()) <= _SHORT_WORDS for note in notes):
        how.append("updated_line")
    if any(_CORRECTION.search(note) for note in notes):
        how.append("correction_note")
    return Announcement(bool(how), tuple(how), old is not None and new is not None and new < old)


def _notes(state: TextState, change: Change) -> list[str]:
    """The sentences, as they stand now, that a change touched, and the paragraphs that came."""
    span = change.span_after
    if span is None or change.op == "move":
        return []
    text = state.headline if change.field == "headline" else state.paragraphs[span.paragraph]
    return [text, sentence_around(text, span.start, span.end)]


def appeared_late(
    published_on: date | None,
    first_seen_at: datetime,
    watched_since: datetime | None,
    late: timedelta = LATE,
) -> bool:
    """Whether a release turned up long after the date it bears, though its source was watched then.

    `watched_since`: the first complete look at the source; None when there was none. A release
    dated before it proves nothing, for it may have stood there unseen.

    >>> from datetime import UTC
    >>> seen, watched = datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
    >>> appeared_late(date(2024, 5, 2), seen, watched)
    True
    >>> appeared_late(date(2023, 5, 2), seen, watched)
    False
    """
    if published_on is None or watched_since is None or published_on <= watched_since.date():
        return False
    return first_seen_at.date() - published_on > late
