"""Trees to blocks: the rulings under "Text" in the design, and both libraries giving one answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.blocks import Block, BlockKind
from parsers.markup import blocks_of_lxml, blocks_of_soup
from parsers.page import make_soup, parse_page


def blocks_of(html: str) -> list[Block]:
    page = parse_page(html)
    assert page is not None
    return blocks_of_lxml(page.root)


def texts_of(html: str) -> list[str]:
    return [block.text for block in blocks_of(html)]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        # spec: <br><br> and block edges part paragraphs
        ("<p>One<p>Two", ["One", "Two"]),
        ("One<br><br>Two", ["One", "Two"]),
        ("One<br>\n &nbsp;<br/>Two", ["One", "Two"]),
        ("<b>One<br></b><br>Two", ["One", "Two"]),
        ("One<br>Two", ["One Two"]),
        ("<div>One<div>Two</div>Three</div>", ["One", "Two", "Three"]),
        # no date is glued by us, and none parted that the publisher glued
        ("<div>24.11.2022</div>On", ["24.11.2022", "On"]),
        ("<b>24.11.2022</b>On", ["24.11.2022On"]),
        # spec: a table row is one paragraph
        ("<table><tr><th>A<th>B<tr><td>1<td><p>2</p></table>", ["A | B", "1 | 2"]),
        ("<table><tr><td>1<td><td>3</table>", ["1 | 3"]),
        ("<table><tr><td>Only</table>", ["Only"]),
        ("<table><tr><td>Menu<td><h1>H</h1><p>A<p>B</table>", ["Menu", "H", "A", "B"]),
        ("<table><tr><td>x<td><table><tr><td>1<td>2</table></table>", ["x", "1 | 2"]),
        # spec: a list item is one without its bullet; a dash the publisher typed stays
        ("<ul><li>a<li>• b<li>- c</ul>", ["a", "b", "- c"]),
        ("<p>• typed", ["typed"]),
        # spec: quote and cite are two
        ("<blockquote>Q <cite>C</cite></blockquote>", ["Q", "C"]),
        ("<p>See <cite>the Act</cite> of 1990", ["See the Act of 1990"]),
        # not body
        ("<p>a<script>x</script><style>y</style><!-- z -->b", ["ab"]),
        ("<p>a<p hidden>x<p style='display: none'>y<noscript>z</noscript><template>t</template>",
         ["a"]),
        ("<select><option>x</select><button>y</button><textarea>z</textarea>a", ["a"]),
        # white space
        ("<p> a \n\t b\r\n c&nbsp;&nbsp;d &nbsp;", ["a b c\u00a0\u00a0d"]),
        ("<pre>a\nb\n\nc</pre>", ["a b", "c"]),
        ("<p>a</p> \n <p></p> <p>&nbsp;</p><p>b</p>", ["a", "b"]),
        ("", []),
    ],
)  # fmt: skip
def test_blocks(html: str, expected: list[str]) -> None:
    assert texts_of(f"<body>{html}</body>") == expected
    assert [b.text for b in blocks_of_soup(make_soup(f"<body>{html}</body>"))] == expected


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ("<h2>x</h2>", BlockKind.HEADING),
        ("<li>x", BlockKind.LIST_ITEM),
        ("<li><a href=/>x</a>", BlockKind.NAVIGATION),
        ("<div><a href=/>x</a> | <a href=/y>y</a></div>", BlockKind.NAVIGATION),
        ("<p>See <a href=/>x</a>", BlockKind.PARAGRAPH),
        ("<figure><img><figcaption>x</figcaption></figure>", BlockKind.CAPTION),
        ("<table><tr><td>a<td>b</table>", BlockKind.TABLE_ROW),
        ("<blockquote><p>x</blockquote>", BlockKind.QUOTE),
        ("<form><input type=PASSWORD></form>", BlockKind.PASSWORD),
    ],
)
def test_kind(html: str, kind: BlockKind) -> None:
    assert [block.kind for block in blocks_of(f"<body>{html}</body>")] == [kind]


_TAGS = st.sampled_from(
    [
        "p",
        "div",
        "b",
        "span",
        "br",
        "li",
        "ul",
        "td",
        "tr",
        "table",
        "h1",
        "h3",
        "blockquote",
        "cite",
        "a",
        "pre",
        "section",
        "script",
        "figure",
        "figcaption",
        "form",
        "input",
    ]
)
_PIECES = st.one_of(
    st.text("ab \n\u00a0•-", max_size=4),
    _TAGS.map(lambda tag: f"<{tag}>"),
    _TAGS.map(lambda tag: f"</{tag}>"),
    st.just('<p style="display:none">'),
)


@given(st.lists(_PIECES, max_size=30).map("".join))
def test_both_libraries_give_the_same_words(html: str) -> None:
    """Their trees may differ on tag soup, so blocks may be parted elsewhere; words are the same."""
    page = f"<html><body><p>start</p>{html}</body></html>"
    ours = " ".join(texts_of(page)).replace("|", " ").replace("•", " ").split()
    soup = " ".join(b.text for b in blocks_of_soup(make_soup(page)))
    assert "".join(ours) == "".join(soup.replace("|", " ").replace("•", " ").split())


def test_what_lxml_loses_is_noticed() -> None:
    deep = "<div><span>" * 1500 + "deep" + "</span></div>" * 1500
    page = parse_page(f"<html><body>{deep}</body></html>")
    assert page is not None
    assert not page.whole
    assert [block.text for block in blocks_of_soup(page.soup())] == ["deep"]


def test_a_huge_text_node_is_kept() -> None:
    page = parse_page("<html><body><p>" + "x" * 11_000_000 + "</p></body></html>")
    assert page is not None
    assert page.whole
    assert len(blocks_of_lxml(page.root)[0].text) == 11_000_000
