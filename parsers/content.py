"""What a layout keeps of a page, and the parts that are read in it.

`Content` is strings of bare markup: what was dropped, what is hidden and every attribute are gone.
Its digest names the sighting, because the parts are read from those strings and nothing else;
whatever else moves on the page moves nothing here. BeautifulSoup reads them, and only when their
digest is new.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from parsers.blocks import Block, BlockKind, at_lines
from parsers.dates import parse_date_line, split_glued
from parsers.markup import blocks_of_soup
from parsers.model import Trace
from parsers.page import make_soup
from parsers.parts import Parts
from parsers.signoff import is_attachment, is_mark, without_attachment
from parsers.text import squash


@dataclass(frozen=True, slots=True)
class Content:
    """What a layout keeps of a page: all that a sighting may hang on."""

    headline: str
    """Bare markup, as `body`."""
    published_on: date | None
    published_text: str | None
    date_in_body: str | None
    """The visible text of the date's element where that stands in the body."""
    body: str

    def digest(self, *more: str | None) -> str:
        """sha-256 hex of it, white-space runs counted as one, and of whatever else is given."""
        parts = (self.headline, str(self.published_on), self.published_text, self.date_in_body,
                 self.body, *more)  # fmt: skip
        kept = "\x00".join("\x01" if part is None else part for part in parts)
        return sha256(kept.encode("utf-8", "surrogatepass")).hexdigest()


def read_content(content: Content) -> Parts | None:
    """The parts in a content, read by BeautifulSoup; None when headline or body is empty."""
    headline = " ".join(block.text for block in blocks_of_soup(make_soup(content.headline)))
    blocks = at_lines(blocks_of_soup(make_soup(content.body)), is_mark)
    if not headline or not blocks:
        return None
    day, text, rule = content.published_on, content.published_text, "the layout's element"
    blocks, stamp = _without_headline(blocks, headline)
    blocks = list(_without_date(blocks, content.date_in_body))
    if day is None and stamp is not None:
        day, text, rule = *stamp, "after the headline"
    leading = _leading_date(blocks)
    if leading is not None and day in (None, leading[0]):
        if day is None:
            day, text, rule = leading[:3]
        blocks = leading[3]
    return Parts(
        headline=headline,
        body=tuple(_without_attachment_prefix(blocks)),
        published_on=day,
        published_text=text,
        trace=(
            Trace("headline", "the layout's element", headline),
            Trace("published_on", rule if day else "none", text or ""),
        ),
    )


def _without_headline(
    blocks: list[Block], headline: str
) -> tuple[list[Block], tuple[date, str] | None]:
    """The blocks without the headline where it stands among them and without its repetition, and
    the date that stands after one of these (`<h3>Headline 12.05.2018</h3>`)."""
    key = squash(headline)
    for index, block in enumerate(blocks):
        says, stamp = _says_headline(block.text, key)
        if says:
            end = index + 1
            if end < len(blocks):
                again, second = _says_headline(blocks[end].text, key)
                end, stamp = end + again, stamp or second
            return blocks[:index] + blocks[end:], stamp
        if block.kind is not BlockKind.HEADING and index > 2:
            break
    return blocks, None


def _says_headline(text: str, key: str) -> tuple[bool, tuple[date, str] | None]:
    """Whether a block says the headline, squashed to `key`, and no more but a date after it."""
    said = squash(text) if len(text) < 2 * len(key) + 100 else ""
    if not key or not said.startswith(key):
        return False, None
    written = said[len(key) :]
    day = parse_date_line(written) if written else None
    if day is None:
        return not written, None
    return True, (day, written)


def _without_date(blocks: Sequence[Block], visible: str | None) -> Iterator[Block]:
    """The blocks without the date's own element, whether it had a block or opened one."""
    wanted = visible
    for block in blocks:
        if wanted and block.text.startswith(wanted):
            rest = block.text[len(wanted) :].lstrip(" \u00a0|,.-–—")
            lines = block.lines[1:] if block.lines[:1] == (wanted,) else ()
            wanted = None
            if rest:
                yield block._replace(text=rest, lines=lines if len(lines) > 1 else ())
            continue
        yield block


def _leading_date(blocks: list[Block]) -> tuple[date, str, str, list[Block]] | None:
    """A date on a line of its own above the body, or glued before it, and the blocks after it."""
    index = next((i for i, block in enumerate(blocks) if not is_attachment(block.text)), None)
    if index is None:
        return None
    block = blocks[index]
    if day := parse_date_line(block.text):
        return day, block.text, "own line", blocks[:index] + blocks[index + 1 :]
    if glued := split_glued(block.text):
        rest = block._replace(text=glued[2], lines=())
        return (
            glued[0],
            glued[1],
            "glued before the body",
            [*blocks[:index], rest, *blocks[index + 1 :]],
        )
    return None


def _without_attachment_prefix(blocks: Sequence[Block]) -> Iterator[Block]:
    for index, block in enumerate(blocks):
        text = without_attachment(block.text) if index < 3 else block.text
        if text:
            yield block if text == block.text else block._replace(text=text, lines=())
