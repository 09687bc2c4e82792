"""Commands that compare: `changes` and `diff`."""

import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.commands.shared import OK, Options, as_utc, settings_of
from flows.errors import UsageError
from flows.output import print_rows
from flows.progress import is_terminal
from warehouse.history.change import TextState
from warehouse.readmodel import ChangeFilter, RevisionPair, recent_changes, revision_pair
from warehouse.render import DiffPage, render_html, render_json, render_segments, render_text

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SHOWN_WORDS = 12


def changes(
    options: Options,
    since: str | None,
    recorded_since: str | None,
    source_id: str | None,
    change_class: str | None,
    fmt: str,
    *,
    flapping: bool = True,
) -> int:
    """What changed, newest first."""
    wanted = ChangeFilter(
        moment(since), moment(recorded_since), source_id, change_class, flapping=flapping
    )
    rows = recent_changes(settings_of(options).place, wanted)
    if fmt == "table":
        told = [_told(row) for row in rows]
        print_rows(["when", "source", "release", "class", "+/-", "change", "headline"], told, fmt)
    else:
        names = list(rows[0]) if rows else ["release_id"]
        print_rows(names, [tuple(row.values()) for row in rows], fmt)
    return OK


def moment(said: str | None) -> datetime | None:
    """A time: ISO 8601, or how long ago (`90m`, `12h`, `7d`, `2w`). Raises UsageError.

    >>> moment("2026-03-01T12:00+02:00")
    datetime.datetime(2026, 3, 1, 10, 0, tzinfo=datetime.timezone.utc)
    """
    if said is None:
        return None
    ago = re.fullmatch(r"(\d{1,6})([mhdw])", said.strip())
    if ago:
        return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        return as_utc(datetime.fromisoformat(said))
    except ValueError:
        raise UsageError(
            f"{said!r} is no time: write 7d, 12h, or a date such as 2026-03-01"
        ) from None


def _told(row: dict[str, Any]) -> tuple[object, ...]:
    added, removed = row["words_added"], row["words_removed"]
    return (
        f"{row['seen_at']:%Y-%m-%d %H:%M}",
        row["source_id"],
        f"{row['release_id'][:8]} r{row['revision']}",
        row["change_class"] + (", flapping" if row["flapping"] else ""),
        None if added is None else f"+{added} -{removed}",
        _telling(row),
        row["headline"],
    )


def _telling(row: dict[str, Any]) -> str | None:
    """The most telling change in words."""
    if row["appeared_late"]:
        return f"appeared late: it bears the date {row['published_on']}"
    if row["op"] is None:
        return None
    before, after = _short(row["before"]), _short(row["after"])
    if row["op"] == "move":
        return f"moved: {before}"
    what = row["kind"]
    if row["field"] != "body":
        what = "published date" if row["field"] == "published_on" else f"{what} in the headline"
    if row["op"] == "insert":
        return f"{what}: + {after}"
    if row["op"] == "delete":
        return f"{what}: - {before}"
    return f"{what}: {before} → {after}"


def _short(text: str | None) -> str:
    words = (text or "").split()
    return " ".join(words[:_SHOWN_WORDS]) + (" …" if len(words) > _SHOWN_WORDS else "")


def diff(options: Options, release: str, span: str | None, fmt: str, *, whole: bool) -> int:
    """What changed between two revisions of a release; `whole`: unchanged paragraphs too."""
    first, last = revisions_of(span)
    page = _page(revision_pair(settings_of(options).place, release, first, last))
    if fmt == "html":
        sys.stdout.write(render_html(page))
    elif fmt == "json":
        sys.stdout.write(render_json(page).rstrip("\n") + "\n")
    elif is_terminal(sys.stdout):
        _paint(page, whole=whole)
    else:
        sys.stdout.write(render_text(page, whole=whole))
    return OK


def revisions_of(span: str | None) -> tuple[int | None, int | None]:
    """The two numbers of `A..B`; one number B means B and the one before it. Raises UsageError.

    >>> revisions_of("1..3"), revisions_of("3"), revisions_of(None)
    ((1, 3), (None, 3), (None, None))
    """
    if span is None:
        return None, None
    found = re.fullmatch(r"(?:(\d{1,9})\.\.)?(\d{1,9})", span.strip())
    if found is None:
        raise UsageError(f"{span!r} names no revisions: write 1..2")
    return int(found[1]) if found[1] else None, int(found[2])


def _page(pair: RevisionPair) -> DiffPage:
    return DiffPage(
        before=_state(pair.before),
        after=_state(pair.after),
        before_label=_label(pair.before),
        after_label=_label(pair.after),
        url=pair.url,
        source_name=pair.after["source_id"],
        language=pair.after["language"],
        notes=_notes(pair),
    )


def _state(revision: dict[str, Any]) -> TextState:
    return TextState(revision["headline"], revision["published_on"], tuple(revision["paragraphs"]))


def _label(revision: dict[str, Any]) -> str:
    at = revision["seen_at"]
    return f"Revision {revision['revision']}, first seen {at.day} {at:%B %Y, %H:%M} UTC"


def _notes(pair: RevisionPair) -> tuple[str, ...]:
    after = pair.after
    if after["revision"] != pair.before["revision"] + 1:
        return ()
    since = after["changed_after"]
    notes = [
        f"Edited after {since.day} {since:%B %Y, %H:%M} UTC and not later than "
        f"{after['seen_at'].day} {after['seen_at']:%B %Y, %H:%M} UTC."
    ]
    if after["announced"] is False:
        notes.append("Edited silently: no note, no new date.")
    if after["backdated"]:
        notes.append("Its date was moved to the past.")
    return tuple(notes)


_STYLES = {
    "title": "bold",
    "meta": "dim",
    "heading": "bold",
    "label": "dim",
    "inserted": "bold green underline",
    "deleted": "red strike",
    "moved": "yellow",
}


def _paint(page: DiffPage, *, whole: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    text = Text()
    for segment in render_segments(page, whole=whole):
        text.append(segment.text, style=_STYLES.get(segment.role, ""))
    Console().print(text, end="")
