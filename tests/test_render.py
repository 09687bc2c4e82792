"""A diff page is safe whatever a publisher writes, and says what changed in every format."""

import json
import re
from base64 import b64encode
from datetime import date
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import many
from warehouse.history.change import TextState
from warehouse.render import (
    STYLE_DIGEST,
    DiffPage,
    render_html,
    render_json,
    render_segments,
    render_text,
)

EVIL = "</style><script>alert(1)</script><img src=x onerror=alert(1)>\"' & <b>"


def page(before: TextState, after: TextState, **more: str | None) -> DiffPage:
    return DiffPage(before, after, "Revision 1", "Revision 2", **more)  # type: ignore[arg-type]


PLAIN = page(
    TextState("40 papers signed", date(2024, 5, 14), ("It met in Minsk.", "All were present.")),
    TextState("14 papers signed", date(2024, 5, 15), ("All were present.", "It met in Osh.")),
)


class Outline(HTMLParser):
    """The tags of a page, their attributes, and the text outside the style sheet."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "input", "col"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)


ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "section", "article"),
    *("p", "h1", "h2", "dl", "div", "dt", "dd", "a", "strong", "span", "ins", "del", "table"),
    *("colgroup", "col", "thead", "tbody", "tr", "th", "td", "input", "label"),
}


@pytest.mark.parametrize("field", ["before_label", "after_label", "url", "source_name", "language"])
def test_hostile_text_stays_text(field: str) -> None:
    state = TextState(EVIL, None, (EVIL, f"{EVIL} 40"))
    other = TextState(f"{EVIL} 2", None, (f"{EVIL} 14", EVIL))
    values = {"before_label": "1", "after_label": "2"} | {field: EVIL}
    outline = Outline(render_html(DiffPage(state, other, notes=(EVIL,), **values)))  # type: ignore[arg-type]
    assert set(outline.tags) <= ALLOWED
    assert not [name for name, _ in outline.attributes if name.startswith("on") or name == "style"]
    assert outline.open == []
    assert "<script>alert(1)</script>" in "".join(outline.text)


@given(st.lists(st.text(max_size=40), max_size=4), st.lists(st.text(max_size=40), max_size=4))
@settings(max_examples=many(60))
def test_any_text_makes_a_well_formed_page(before: list[str], after: list[str]) -> None:
    shown = page(TextState("a", None, tuple(before)), TextState("b", None, tuple(after)))
    outline = Outline(render_html(shown))
    assert outline.open == []
    assert set(outline.tags) <= ALLOWED


def test_nothing_is_loaded_and_the_style_is_allowed_by_its_digest() -> None:
    html = render_html(PLAIN)
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    assert "sha256-" + b64encode(sha256(style[1].encode()).digest()).decode() == STYLE_DIGEST
    assert f"style-src '{STYLE_DIGEST}'" in html
    assert not re.search(r"\bsrc=|<link|@import|url\(", html)


@pytest.mark.parametrize(
    ("url", "linked"),
    [("https://example.org/a", True), ("javascript:alert(1)", False), ("data:text/html,x", False)],
)
def test_only_web_addresses_are_linked(url: str, linked: bool) -> None:
    html = render_html(page(PLAIN.before, PLAIN.after, url=url))
    assert ("<a href" in html) is linked


def test_the_text_of_both_sides_stands_on_the_page() -> None:
    html = render_html(PLAIN)
    for part in ("<del>40</del>", "<ins>14</ins>", "14 May 2024", "15 May 2024", "moved, was"):
        assert part in html


def test_plain_text_marks_every_edit() -> None:
    text = render_text(PLAIN)
    assert text.splitlines()[0] == "[-40-] {+14+} papers signed"
    assert "{~" in text
    assert "[-Minsk-] {+Osh+}" in text


LONG = tuple(f"Paragraph {number} stands as it stood." for number in range(12))


def test_unchanged_paragraphs_far_from_edits_are_counted() -> None:
    edited = (*LONG[:5], "Paragraph 5 fell.", *LONG[6:])
    shown = page(TextState("a", None, LONG), TextState("a", None, edited))
    text = render_text(shown)
    assert [line.split()[0] for line in text.splitlines() if line.startswith("[")] == [
        "[5]",
        "[6]",
        "[7]",
    ]
    assert "… 4 paragraphs unchanged …" in text
    assert "… 5 paragraphs unchanged …" in text
    assert text.index("… 4") < text.index("[5]") < text.index("… 5")
    whole = render_text(shown, whole=True)
    assert "unchanged" not in whole
    assert all(paragraph in whole for paragraph in LONG[:5] + LONG[6:])


def test_a_lone_unchanged_paragraph_is_shown_not_counted() -> None:
    edited = ("It began.", *LONG[1:4], "It ended.")
    text = render_text(page(TextState("a", None, LONG[:5]), TextState("a", None, edited)))
    assert LONG[2] in text
    assert "unchanged" not in text


def test_a_terminal_is_told_nothing_to_obey() -> None:
    evil = "It met \x1b[31m \u202etwice\n."
    shown = page(TextState("a\x07", None, ("It met.",)), TextState("b\x9b", None, (evil,)))
    text = "".join(segment.text for segment in render_segments(shown))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert "\\x1b[31m" in text
    assert "\\u202etwice" in text


def test_segments_hold_both_texts() -> None:
    segments = render_segments(PLAIN)
    shown = "".join(s.text for s in segments if s.role in ("kept", "moved", "inserted", "title"))
    for paragraph in PLAIN.after.paragraphs:
        assert "".join(paragraph.split()) in "".join(shown.split())


def test_json_holds_rows_and_hunks() -> None:
    document = json.loads(render_json(PLAIN))
    assert document["change_class"] == "substantive"
    assert [row["field"] for row in document["changes"][:2]] == ["headline", "published_on"]
    assert document["before"]["published_on"] == "2024-05-14"
    spans = [hunk["after"] for hunk in document["hunks"] if hunk["after"]]
    assert {span["paragraph"] for span in spans} == {0, 1}
