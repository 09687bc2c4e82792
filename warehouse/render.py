"""A diff as a person reads it: one HTML file, plain text, or JSON. Values in, a string out.

Terminal output is a list of `Segment`s, which the command line colours.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Literal

from warehouse.history.change import Change, Hunk, TextState
from warehouse.history.classify import CLASSIFIER_VERSION, compare
from warehouse.history.diff import diff
from warehouse.render_html import STYLE_DIGEST, render_html
from warehouse.render_marks import (
    CLASS_WORDS,
    Block,
    DiffPage,
    Mark,
    blocks,
    day_words,
    marked,
    merged,
    stretches,
    summary,
)
from warehouse.visible import visible

__all__ = [
    "STYLE_DIGEST",
    "DiffPage",
    "Segment",
    "render_html",
    "render_json",
    "render_segments",
    "render_text",
]


Role = Literal["title", "meta", "heading", "kept", "inserted", "deleted", "moved", "label"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of terminal output and its role."""

    text: str
    role: Role


_CONTEXT = 1
"""Unchanged paragraphs shown before and after an edited one: a release has up to hundreds."""


def render_segments(page: DiffPage, *, whole: bool = False) -> tuple[Segment, ...]:
    """The diff for a terminal: stretches with a role each, line ends included. No colours.

    Unchanged paragraphs that stand beside no edited one are counted, with `whole` shown.
    """
    comparison = compare(page.before, page.after)
    body = diff(page.before.paragraphs, page.after.paragraphs)
    lines: list[Segment] = []
    lines += _line(marked(page.before.headline, page.after.headline), "title")
    lines.append(Segment(f"{page.before_label}  \u2192  {page.after_label}\n", "meta"))
    dates = day_words(page.before.published_on), day_words(page.after.published_on)
    if dates[0] != dates[1]:
        lines += _line([("Date on the page: ", "kept"), (dates[0], "deleted")], None)[:-1]
        lines += _line([(" ", "kept"), (dates[1], "inserted")], None)
    lines += [Segment(f"{note}\n", "meta") for note in page.notes]
    verdict = f"{CLASS_WORDS[comparison.change_class]}: {summary(comparison)}\n\n"
    lines.append(Segment(verdict, "heading"))
    shown = list(blocks(page, body))
    for block in shown if whole else _near_edits(shown):
        if isinstance(block, int):
            many = "1 paragraph" if block == 1 else f"{block} paragraphs"
            lines.append(Segment(f"\u2026 {many} unchanged \u2026\n\n", "meta"))
            continue
        number, came_from, hunks = block
        marks = merged(stretches(page.before.paragraphs, page.after.paragraphs, hunks))
        origin = f" (was {came_from})" if came_from else ""
        label = f"[{number if number is not None else '-'}]{origin} "
        lines += [Segment(label, "label"), *_line(marks, None), Segment("\n", "kept")]
    return tuple(lines)


def _near_edits(shown: Sequence[Block]) -> Iterator[Block | int]:
    """The edited blocks and those beside them; the others as how many follow one another."""
    edited = [at for at, (_, _, hunks) in enumerate(shown) if any(map(_is_edit, hunks))]
    near = {at for one in edited for at in range(one - _CONTEXT, one + _CONTEXT + 1)}
    for is_near, group in groupby(range(len(shown)), near.__contains__):
        places = list(group)
        if is_near or len(places) == 1:
            yield from (shown[at] for at in places)
        else:
            yield len(places)


def _is_edit(hunk: Hunk) -> bool:
    return hunk.moved or hunk.op not in ("keep", "same")


def _line(marks: Iterable[tuple[str, Mark]], plain: Role | None) -> list[Segment]:
    """Stretches of one line; `plain` is the role of what was kept."""
    some = [
        Segment(visible(text), plain if plain and mark == "kept" else mark) for text, mark in marks
    ]
    return [*some, Segment("\n", "kept")]


def render_text(page: DiffPage, *, whole: bool = False) -> str:
    """The diff as plain text: `[-removed-]`, `{+added+}`, `{~moved~}`; `whole` as above."""
    brackets = {"inserted": "{+%+}", "deleted": "[-%-]", "moved": "{~%~}"}
    parts = []
    for segment in render_segments(page, whole=whole):
        core = segment.text.rstrip()
        pattern = brackets.get(segment.role, "%") if core else "%"
        parts.append(pattern.replace("%", core) + segment.text[len(core) :])
    return "".join(parts)


def render_json(page: DiffPage) -> str:
    """The diff as one JSON object: states, class, changes as rows, hunks of the body."""
    comparison = compare(page.before, page.after)
    body = diff(page.before.paragraphs, page.after.paragraphs)
    document = {
        "source": page.source_name,
        "url": page.url,
        "before": {"label": page.before_label, **_state(page.before)},
        "after": {"label": page.after_label, **_state(page.after)},
        "notes": list(page.notes),
        "classifier_version": CLASSIFIER_VERSION,
        "change_class": comparison.change_class,
        "words_added": comparison.words_added,
        "words_removed": comparison.words_removed,
        "changes": [_row(change) for change in comparison.changes],
        "hunks": [_hunk(hunk) for hunk in body.hunks],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _state(state: TextState) -> dict[str, object]:
    published = None if state.published_on is None else state.published_on.isoformat()
    return {**asdict(state), "published_on": published}


def _row(change: Change) -> dict[str, object]:
    row = asdict(change)
    for side in ("span_before", "span_after"):
        row[side] = _span(getattr(change, side))
    return row


def _span(span: tuple[int, int, int] | None) -> dict[str, int] | None:
    if span is None:
        return None
    return dict(zip(("paragraph", "start", "end"), span, strict=True))


def _hunk(hunk: Hunk) -> dict[str, object]:
    return {
        **hunk._asdict(),
        "before": _span(hunk.before),
        "after": _span(hunk.after),
    }
