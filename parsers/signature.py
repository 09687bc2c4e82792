"""What a page without a release shows, so that two such pages can be told to be the same page."""

import re

from parsers.markup import blocks_of_lxml, blocks_of_soup
from parsers.normalise import normalise
from parsers.page import Page

MOST_BLOCKS = 200
_DIGITS = re.compile(r"\d+")


def shown_blocks(page: Page) -> tuple[str, ...]:
    """The page's title (it may be ""), then its distinct visible blocks in order, normalised and
    with numbers masked: times and counters are on every page."""
    blocks = blocks_of_lxml(page.root) if page.whole else blocks_of_soup(page.soup())
    seen = dict.fromkeys(mask(block.text) for block in blocks if block.text.strip())
    return (mask(page.title), *list(seen)[:MOST_BLOCKS])


def mask(text: str) -> str:
    """Text as it is compared between pages.

    >>> mask("Page 12 was not found ")
    'page # was not found'
    """
    return _DIGITS.sub("#", normalise(text)).casefold()
