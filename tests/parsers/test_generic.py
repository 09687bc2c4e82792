"""The fallback: any page, any text file. Pages are invented; rules are the design's section 3."""

from datetime import date

import pytest

from parsers.engine import read
from parsers.model import Kind, Outcome, Reading
from parsers.sources import load_shipped
from tests.parsers.dumps import capture_of
from tests.parsers.pages import document

GENERIC = load_shipped("generic")
SENTENCES = [
    f"Paragraph number {word} tells how the council of lakes went on with its survey of the shore, "
    f"what was measured there and who measured it, in a sentence of some length."
    for word in ("one", "two", "three", "four", "five")
]
MENU = (
    "<nav><ul>"
    + "".join(f"<li><a href='/{n}'>Menu {n}</a></li>" for n in range(12))
    + "</ul></nav>"
)
TICKER = "".join(
    f"<div class='t'><time>0{n}.05.2025</time> <a href='/n/{n}'>Other news item {n}</a></div>"
    for n in range(1, 6)
)


def read_page(head: str = "", before: str = "", title: str = "The lake rose | Council") -> Reading:
    inner = f"""{MENU}<div class="side">{TICKER}</div><article><h1>The lake rose</h1>{before}
    {"".join(f"<p>{s}</p>" for s in SENTENCES)}</article><footer>Imprint</footer>"""
    return read(capture_of(document(title, inner, head), "a.html"), GENERIC)


def test_a_page() -> None:
    reading = read_page()
    assert reading.layout == "generic"
    assert reading.sighting
    assert reading.sighting.headline == "The lake rose"
    assert reading.sighting.paragraphs == tuple(SENTENCES)
    assert reading.sighting.published_on is None, "never the ticker's date, nor the clock's"
    assert reading.sighting.language == "en"


@pytest.mark.parametrize(
    ("head", "before", "expected"),
    [
        ('<script type="application/ld+json">{"@graph":[{"datePublished":"2026-03-04T23:00:00Z"}]}'
         "</script>", "", date(2026, 3, 4)),
        ('<script type="application/ld+json">{not json</script>', "", None),
        ('<meta property="article:published_time" content="2026-03-04">', "", date(2026, 3, 4)),
        ("", "<p>04.03.2026</p>", date(2026, 3, 4)),
        ("", '<p>By us, <time datetime="2026-03-04">Wednesday</time></p>', date(2026, 3, 4)),
        ("", "<p>On May 5, 2019, the council met to hear of the lake and its shore.</p>", None),
    ],
)  # fmt: skip
def test_the_date_a_page_states(head: str, before: str, expected: date | None) -> None:
    sighting = read_page(head, before).sighting
    assert sighting
    assert sighting.published_on == expected


def test_a_page_without_a_headline_is_unreadable() -> None:
    inner = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
    assert read(capture_of(document("x", inner), "a.html"), GENERIC).outcome is Outcome.UNREADABLE


def test_og_title_names_the_headline() -> None:
    inner = (
        f"<h1>Council</h1><h2>The lake rose again</h2>{''.join(f'<p>{s}</p>' for s in SENTENCES)}"
    )
    head = '<meta property="og:title" content="The lake rose again - Council of Lakes">'
    reading = read(capture_of(document("News", inner, head), "a.html"), GENERIC)
    assert reading.sighting
    assert reading.sighting.headline == "The lake rose again"


@pytest.mark.parametrize(
    ("text", "headline", "paragraphs", "day"),
    [
        ("Title\n\nOne.\nTwo.", "Title", ("One.", "Two."), None),
        ("# Title #\n\n04.03.2026\n\nOne.", "Title", ("One.",), date(2026, 3, 4)),
        ("Intro\n# Title\nOne.", "Title", ("One.",), None),
        ("Title\n=====\nOne.", "Title", ("One.",), None),
        ("Title\n24.11.2022On Monday", "Title", ("On Monday",), date(2022, 11, 24)),
        ("Title\n\nThe council of lakes met on the shore of the lake and\n"
         "heard what was measured there by the survey of the year,\nand went home.", "Title",
         ("The council of lakes met on the shore of the lake and heard what was measured there by "
          "the survey of the year, and went home.",), None),
    ],
)  # fmt: skip
def test_a_text_file(
    text: str, headline: str, paragraphs: tuple[str, ...], day: date | None
) -> None:
    sighting = read(capture_of(text), GENERIC).sighting
    assert sighting
    assert (sighting.headline, sighting.paragraphs, sighting.published_on) == (
        headline, paragraphs, day,
    )  # fmt: skip
    assert sighting.kind is Kind.TEXT
