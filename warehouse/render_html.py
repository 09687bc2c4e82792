"""A diff as one HTML file: inline and side by side, light, dark, narrow and on paper.

The file is whole in itself: no script, no address is loaded, its one style sheet is allowed by its
digest (`STYLE_DIGEST`, for a server's Content-Security-Policy), and every word of a publisher
is escaped.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from hashlib import sha256
from html import escape

from warehouse.history.change import Change, Comparison, Diff
from warehouse.history.classify import compare
from warehouse.history.diff import diff
from warehouse.render_marks import (
    CLASS_WORDS,
    KIND_WORDS,
    DiffPage,
    Mark,
    blocks,
    day_words,
    marked,
    merged,
    stretches,
    summary,
)
from warehouse.render_style import STYLE

STYLE_DIGEST = "sha256-" + b64encode(sha256(STYLE.encode()).digest()).decode()
_LISTED_WORDS = 20
_LISTED_CHARACTERS = 400
"""Of an edit that replaced a whole page of words, or one word of a thousand letters."""
_OP_WORDS = {"insert": "added", "delete": "removed", "replace": "changed", "move": "moved"}
_UNSHOWN: dict[int, str | None] = {
    0: "\ufffd",
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)]),
}
_LEGEND = (
    '<p class="legend"><ins>added</ins> <del>removed</del> <span class="moved">moved</span></p>'
)


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


def _esc(text: str | None) -> str:
    """Escaped for text and attributes; a NUL, which HTML cannot hold, becomes U+FFFD, and marks
    that turn the writing direction are left out, so that text reads in the order it is stored."""
    return escape((text or "").translate(_UNSHOWN), quote=True)


def _header(page: DiffPage, comparison: Comparison, language: str) -> Iterator[str]:
    yield "<header>"
    if page.source_name:
        yield f'<p class="source">{_esc(page.source_name)}</p>'
    marks = marked(page.before.headline, page.after.headline)
    yield f'<h1 dir="auto"{language}>{_html_marks(marks)}</h1>'
    yield '<dl class="facts">'
    yield f"<div><dt>Before</dt><dd>{_esc(page.before_label)}</dd></div>"
    yield f"<div><dt>After</dt><dd>{_esc(page.after_label)}</dd></div>"
    dates = day_words(page.before.published_on), day_words(page.after.published_on)
    shown = f"<del>{dates[0]}</del> <ins>{dates[1]}</ins>" if dates[0] != dates[1] else dates[1]
    yield f"<div><dt>Date on the page</dt><dd>{shown}</dd></div>"
    if page.url:
        yield f"<div><dt>Address</dt><dd>{_link(page.url)}</dd></div>"
    yield "</dl>"
    word = CLASS_WORDS[comparison.change_class]
    yield (
        f'<p class="verdict"><strong class="{comparison.change_class or "none"}">{word}</strong> '
        f"<span>{_esc(summary(comparison))}</span></p>"
    )
    yield from (f'<p class="note">{_esc(note)}</p>' for note in page.notes)
    yield "</header>"


def _link(url: str) -> str:
    if url.startswith(("http://", "https://")):
        return f'<a href="{_esc(url)}" rel="noopener noreferrer nofollow">{_esc(url)}</a>'
    return _esc(url)


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
            f"<td>{KIND_WORDS[change.kind]} {_OP_WORDS[change.op]}</td>"
            f'<td dir="auto"{language}>{old}</td><td dir="auto"{language}>{new}</td></tr>'
        )
    yield "</tbody></table></section>"


def _shown(change: Change, text: str | None) -> str:
    """The words of a change, escaped; of a long passage the first, for it stands in full below."""
    if text is None:
        return ""
    if change.field == "published_on":
        return day_words(date.fromisoformat(text))
    words = text.split()
    if len(text) > _LISTED_CHARACTERS:
        return _esc(text[:_LISTED_CHARACTERS].rstrip()) + " \u2026"
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
    for number, came_from, hunks in blocks(page, body):
        marks = merged(stretches(page.before.paragraphs, page.after.paragraphs, hunks))
        kinds = {mark for text, mark in marks if text.strip()}
        css = kinds.pop() if len(kinds) == 1 else "mixed"
        label = f"{number}" if number is not None else "\u2212"
        origin = f'<span class="from">moved, was paragraph {came_from}</span>' if came_from else ""
        yield (
            f'<div class="block {css}"><span class="n">{label}</span>'
            f'<p dir="auto">{origin}{_html_marks(marks)}</p></div>'
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
    return [_html_marks(merged((text, mark) for _, text, mark in sorted(some))) for some in marks]


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
