"""A diff as a person reads it: one HTML file, plain text, or JSON. Strings in, a string out.

The HTML file is whole in itself: no script, no address is loaded, its one style sheet is allowed
by its digest (`STYLE_DIGEST`, for a server's Content-Security-Policy), and every word of a
publisher is escaped. Terminal output is a list of `Segment`s, which the command line colours.
"""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from html import escape
from typing import Literal

from warehouse.history.change import Change, Comparison, Diff, Hunk, TextState
from warehouse.history.classify import CLASSIFIER_VERSION, compare
from warehouse.history.diff import diff
from warehouse.render_style import STYLE

STYLE_DIGEST = "sha256-" + b64encode(sha256(STYLE.encode()).digest()).decode()

Role = Literal["title", "meta", "heading", "kept", "inserted", "deleted", "moved", "label"]
Mark = Literal["kept", "inserted", "deleted", "moved"]

_KIND_WORDS = {
    "number": "Number",
    "date": "Date",
    "name": "Name",
    "quote": "Quotation",
    "negation": "Negation",
    "wording": "Wording",
    "typo": "Typing error",
    "paragraph": "Passage",
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
"""Not `strftime`: what is written must not depend on the machine's locale."""
_LISTED_WORDS = 20
_OP_WORDS = {"insert": "added", "delete": "removed", "replace": "changed", "move": "moved"}
_CLASS_WORDS = {
    "substantive": "Substantive edit",
    "minor": "Minor edit",
    "reordered": "Reordered",
    None: "No change",
}


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


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of terminal output and its role."""

    text: str
    role: Role


def render_html(page: DiffPage) -> str:
    """One self-contained HTML document: summary, list of changes, inline and side by side text."""
    comparison = compare(page.before, page.after)
    body = diff(page.before.paragraphs, page.after.paragraphs)
    policy = f"default-src 'none'; style-src '{STYLE_DIGEST}'; base-uri 'none'; form-action 'none'"
    language = f' lang="{_esc(page.language)}"' if page.language else ""
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        '<head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{_esc(page.after.headline)}: what changed</title>",
        f"<style>{STYLE}</style></head>",
        "<body><main>",
        *_header(page, comparison, language),
        *_change_list(comparison.changes, language),
        '<input type="radio" name="view" id="v-inline" checked>',
        '<input type="radio" name="view" id="v-side">',
        '<div class="views" role="group" aria-label="View">',
        '<label for="v-inline">Inline</label><label for="v-side">Side by side</label></div>',
        _LEGEND,
        f'<article class="inline"{language}>',
        *_inline(page, body),
        "</article>",
        *_side_by_side(page, body, language),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


_UNSHOWN: dict[int, str | None] = {
    0: "\ufffd",
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)]),
}

_LEGEND = (
    '<p class="legend"><ins>added</ins> <del>removed</del> <span class="moved">moved</span></p>'
)


def _esc(text: str | None) -> str:
    """Escaped for text and attributes; a NUL, which HTML cannot hold, becomes U+FFFD, and marks
    that turn the writing direction are left out, so that text reads in the order it is stored."""
    return escape((text or "").translate(_UNSHOWN), quote=True)


def _header(page: DiffPage, comparison: Comparison, language: str) -> Iterator[str]:
    yield "<header>"
    if page.source_name:
        yield f'<p class="source">{_esc(page.source_name)}</p>'
    marks = _marked(page.before.headline, page.after.headline)
    yield f'<h1 dir="auto"{language}>{_html_marks(marks)}</h1>'
    yield '<dl class="facts">'
    yield f"<div><dt>Before</dt><dd>{_esc(page.before_label)}</dd></div>"
    yield f"<div><dt>After</dt><dd>{_esc(page.after_label)}</dd></div>"
    dates = _day(page.before.published_on), _day(page.after.published_on)
    shown = f"<del>{dates[0]}</del> <ins>{dates[1]}</ins>" if dates[0] != dates[1] else dates[1]
    yield f"<div><dt>Date on the page</dt><dd>{shown}</dd></div>"
    if page.url:
        yield f"<div><dt>Address</dt><dd>{_link(page.url)}</dd></div>"
    yield "</dl>"
    word = _CLASS_WORDS[comparison.change_class]
    yield (
        f'<p class="verdict"><strong class="{comparison.change_class or "none"}">{word}</strong> '
        f"<span>{_esc(_summary(comparison))}</span></p>"
    )
    yield from (f'<p class="note">{_esc(note)}</p>' for note in page.notes)
    yield "</header>"


def _day(day: date | None) -> str:
    if day is None:
        return "none"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _link(url: str) -> str:
    if url.startswith(("http://", "https://")):
        return f'<a href="{_esc(url)}" rel="noopener noreferrer nofollow">{_esc(url)}</a>'
    return _esc(url)


def _summary(comparison: Comparison) -> str:
    """Such as "2 numbers, 1 name; 3 words added, 4 removed"."""
    kinds = Counter(_KIND_WORDS[change.kind].lower() for change in comparison.changes)
    counted = ", ".join(f"{count} {_plural(kind, count)}" for kind, count in kinds.items())
    words = f"{comparison.words_added} words added, {comparison.words_removed} removed"
    return f"{counted}; {words}" if counted else words


def _plural(word: str, count: int) -> str:
    return word if count == 1 or word == "wording" else f"{word}s"


def _change_list(changes: Sequence[Change], language: str) -> Iterator[str]:
    if not changes:
        return
    yield "<section><h2>What changed</h2>"
    yield '<table class="changes"><colgroup><col class="c-where"><col class="c-kind">'
    yield '<col><col></colgroup><thead><tr><th scope="col">Where</th><th scope="col">What</th>'
    yield '<th scope="col">Before</th><th scope="col">After</th></tr></thead><tbody>'
    for change in changes:
        old, new = (_shown(change, text) for text in (change.before, change.after))
        old = f"<del>{old}</del>" if old else ""
        new = f"<ins>{new}</ins>" if new else ""
        if change.op == "move":
            old = f'<span class="moved">{_shown(change, change.before)}</span>'
            new = f'<span class="more">now paragraph {change.paragraph_after}</span>'
        yield (
            f"<tr><td>{_where(change)}</td>"
            f"<td>{_KIND_WORDS[change.kind]} {_OP_WORDS[change.op]}</td>"
            f'<td dir="auto"{language}>{old}</td><td dir="auto"{language}>{new}</td></tr>'
        )
    yield "</tbody></table></section>"


def _shown(change: Change, text: str | None) -> str:
    """The words of a change, escaped; of a long passage the first, for it stands in full below."""
    if text is None:
        return ""
    if change.field == "published_on":
        return _day(date.fromisoformat(text))
    words = text.split()
    if change.kind != "paragraph" or len(words) <= _LISTED_WORDS + 5:
        return _esc(text)
    return _esc(" ".join(words[:_LISTED_WORDS])) + " \u2026"


def _where(change: Change) -> str:
    if change.field == "headline":
        return "Headline"
    if change.field == "published_on":
        return "Date on the page"
    old, new = change.paragraph_before, change.paragraph_after
    if old is None or new is None or old == new:
        return f"Paragraph {new if new is not None else old}"
    return f"Paragraph {old} \u2192 {new}"


_Marked = list[tuple[str, Mark]]


def _marked(before: str, after: str) -> _Marked:
    """A headline as stretches."""
    return _merged(_stretches((before,), (after,), diff((before,), (after,)).hunks))


def _stretches(
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


def _merged(stretches: Iterable[tuple[str, Mark]]) -> _Marked:
    """Neighbours of one mark joined, and a space between a word and what replaced it."""
    whole: _Marked = []
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


_TAGS = {
    "kept": ("", ""),
    "inserted": ("<ins>", "</ins>"),
    "deleted": ("<del>", "</del>"),
    "moved": ('<span class="moved">', "</span>"),
}


def _html_marks(marks: Iterable[tuple[str, Mark]]) -> str:
    parts = []
    for text, mark in marks:
        opening, closing = _TAGS[mark]
        core = text.rstrip()
        parts.append(f"{opening}{_esc(core)}{closing}{text[len(core) :]}" if core else text)
    return "".join(parts).strip()


def _inline(page: DiffPage, body: Diff) -> Iterator[str]:
    for number, came_from, hunks in _blocks(page, body):
        marks = _merged(_stretches(page.before.paragraphs, page.after.paragraphs, hunks))
        kinds = {mark for text, mark in marks if text.strip()}
        css = kinds.pop() if len(kinds) == 1 else "mixed"
        label = f"{number}" if number is not None else "\u2212"
        origin = f'<span class="from">moved, was paragraph {came_from}</span>' if came_from else ""
        yield (
            f'<div class="block {css}"><span class="n">{label}</span>'
            f'<p dir="auto">{origin}{_html_marks(marks)}</p></div>'
        )


def _blocks(page: DiffPage, body: Diff) -> Iterator[tuple[int | None, int | None, list[Hunk]]]:
    """The new text paragraph by paragraph: its number from 1, the old number if it moved, and its
    hunks. What went as a whole paragraph is a block without a number."""
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


def _block(paragraph: int | None, hunks: list[Hunk]) -> tuple[int | None, int | None, list[Hunk]]:
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


def _side_by_side(page: DiffPage, body: Diff, language: str) -> Iterator[str]:
    yield '<table class="side"><colgroup><col class="c-n"><col class="c-text"><col class="c-n">'
    yield '<col class="c-text"></colgroup><thead><tr><th></th><th scope="col">'
    yield f'{_esc(page.before_label)}</th><th></th><th scope="col">{_esc(page.after_label)}</th>'
    yield "</tr></thead><tbody>"
    old = _cells(page.before.paragraphs, body, old=True)
    new = _cells(page.after.paragraphs, body, old=False)
    for left, right in _rows(body, len(old), len(new)):
        cells = "".join(
            f'<td class="n">{"" if at is None else at + 1}</td>'
            f'<td dir="auto"{language}>{"" if at is None else side[at]}</td>'
            for at, side in ((left, old), (right, new))
        )
        yield f"<tr>{cells}</tr>"
    yield "</tbody></table>"


def _cells(paragraphs: Sequence[str], body: Diff, *, old: bool) -> list[str]:
    """Each paragraph of one side as marked HTML."""
    marks: list[list[tuple[int, str, Mark]]] = [[] for _ in paragraphs]
    for hunk in body.hunks:
        span = hunk.before if old else hunk.after
        if span is not None:
            text = paragraphs[span.paragraph][span.start : span.end]
            kept: Mark = "moved" if hunk.moved else "kept"
            edited: Mark = "deleted" if old else "inserted"
            mark = kept if hunk.op in ("keep", "same") else edited
            marks[span.paragraph].append((span.start, text, mark))
    return [_html_marks(_merged((text, mark) for _, text, mark in sorted(some))) for some in marks]


def _rows(body: Diff, old_count: int, new_count: int) -> Iterator[tuple[int | None, int | None]]:
    """Which paragraphs stand side by side; one that moved stands alone in both places."""
    partner: dict[int, int] = {}
    moved_old: set[int] = set()
    moved_new: set[int] = set()
    for hunk in body.hunks:
        if hunk.before and hunk.after:
            if hunk.moved:
                moved_old.add(hunk.before.paragraph)
                moved_new.add(hunk.after.paragraph)
            else:
                partner.setdefault(hunk.after.paragraph, hunk.before.paragraph)
    old_at = new_at = 0
    for new in [*range(new_count), new_count]:
        old = partner.get(new, -1) if new < new_count else old_count
        if old < old_at and new < new_count:
            continue
        went = [(k, k in moved_old) for k in range(old_at, old)]
        came = [(k, k in moved_new) for k in range(new_at, new)]
        yield from _beside(went, came)
        if new < new_count:
            yield old, new
        old_at, new_at = old + 1, new + 1


def _beside(
    went: list[tuple[int, bool]], came: list[tuple[int, bool]]
) -> Iterator[tuple[int | None, int | None]]:
    """Paragraphs without a partner: what went beside what came, what moved alone."""
    while went or came:
        if went and (went[0][1] or not came):
            yield went.pop(0)[0], None
        elif came and (came[0][1] or not went):
            yield None, came.pop(0)[0]
        else:
            yield went.pop(0)[0], came.pop(0)[0]


def render_segments(page: DiffPage) -> tuple[Segment, ...]:
    """The diff for a terminal: stretches with a role each, line ends included. No colours."""
    comparison = compare(page.before, page.after)
    body = diff(page.before.paragraphs, page.after.paragraphs)
    lines: list[Segment] = []
    lines += _line(_marked(page.before.headline, page.after.headline), "title")
    lines.append(Segment(f"{page.before_label}  \u2192  {page.after_label}\n", "meta"))
    dates = _day(page.before.published_on), _day(page.after.published_on)
    if dates[0] != dates[1]:
        lines += _line([("Date on the page: ", "kept"), (dates[0], "deleted")], None)[:-1]
        lines += _line([(" ", "kept"), (dates[1], "inserted")], None)
    lines += [Segment(f"{note}\n", "meta") for note in page.notes]
    verdict = f"{_CLASS_WORDS[comparison.change_class]}: {_summary(comparison)}\n\n"
    lines.append(Segment(verdict, "heading"))
    for number, came_from, hunks in _blocks(page, body):
        marks = _merged(_stretches(page.before.paragraphs, page.after.paragraphs, hunks))
        origin = f" (was {came_from})" if came_from else ""
        label = f"[{number if number is not None else '-'}]{origin} "
        lines += [Segment(label, "label"), *_line(marks, None), Segment("\n", "kept")]
    return tuple(lines)


def _line(marks: Iterable[tuple[str, Mark]], plain: Role | None) -> list[Segment]:
    """Stretches of one line; `plain` is the role of what was kept."""
    some = [
        Segment(" ".join(text.split("\n")), plain if plain and mark == "kept" else mark)
        for text, mark in marks
    ]
    return [*some, Segment("\n", "kept")]


def render_text(page: DiffPage) -> str:
    """The diff as plain text: `[-removed-]`, `{+added+}`, `{~moved~}`."""
    brackets = {"inserted": "{+%+}", "deleted": "[-%-]", "moved": "{~%~}"}
    parts = []
    for segment in render_segments(page):
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
