"""`drop` on pages that the source's own reader reads: every selector of soupsieve's counts."""

from dataclasses import replace

import pytest

from parsers import css
from parsers.engine import read
from parsers.model import Layout, Outcome
from parsers.page import parse_page, select
from parsers.sources import load_shipped
from tests.parsers.dumps import capture_of

CSTO = load_shipped("csto")
BODY = (
    "<p>On May 14, in Minsk, the Secretary General met the ministers of the member states.</p>"
    "<p>The sides discussed the plan of consultations and the preparation of the summit.</p>"
)
PROMOTED = "Subscribe to the monthly digest of the organization and never miss a summit"
PAGE = f"""<html><head><title>Ministers met in Minsk | CSTO</title></head><body><div class="c">
<h1>Ministers met in Minsk</h1><p>14.05.2024</p>{BODY}<div class="promo" data-k="Digest">
<p>{PROMOTED}.</p></div></div></body></html>"""
DEEP = PAGE.replace('<div class="c">', "<div class='x'><b>" * 1500 + '<div class="c">')

SELECTORS = [
    ("supported", "div.promo"),
    ("bug: never dropped", "div:has(> p):not(:has(h1))"),
    ("bug: never dropped", 'div[data-k="digest" i]'),
    ("bug: never dropped", ".c > :last-child"),
    ("bug: never dropped", 'p:-soup-contains("monthly digest")'),
]


@pytest.mark.parametrize("html", [PAGE, DEEP], ids=["whole", "deeper than lxml goes"])
@pytest.mark.parametrize(("origin", "selector"), SELECTORS)
def test_what_is_dropped_is_in_no_body(origin: str, selector: str, html: str) -> None:
    page = parse_page(html)
    assert page is not None
    assert page.whole == (html is PAGE)
    source = replace(CSTO, layouts=(Layout("div.none-such", drop=(selector,)),))
    reading = read(capture_of(html, "a.html"), source)
    assert reading.outcome is Outcome.READ, reading.reason
    assert reading.sighting is not None
    text = "\n".join(reading.sighting.paragraphs)
    assert PROMOTED not in text, origin
    assert "preparation of the summit" in text
    kept = read(capture_of(html, "a.html"), replace(source, layouts=(Layout("div.none-such"),)))
    assert kept.sighting is not None
    assert PROMOTED in "\n".join(kept.sighting.paragraphs)  # the selector did it, nothing else


@pytest.mark.parametrize("selector", ["p:nth-of-type(2)", "div:has(p)", "p, :first-child"])
def test_selecting_by_number_leaves_the_tree_as_it_was(selector: str) -> None:
    page = parse_page(PAGE)
    assert page is not None
    before = [(one.tag, dict(one.attrib)) for one in page.root.iter()]
    found = select(page.root, selector)
    with pytest.raises(css.UnsupportedError):
        css.find(page.root, selector)
    same = page.soup().select(selector)
    assert [one.tag for one in found] == [tag.name for tag in same if tag.name != "html"]
    assert [(one.tag, dict(one.attrib)) for one in page.root.iter()] == before
