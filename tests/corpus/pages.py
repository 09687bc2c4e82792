"""Pages of a site that runs 1C-Bitrix: one release, known exactly, in 60 to 200 KB of markup.

    bitrix   div.news-detail with h1 inside, or outside and perhaps once more inside as h3;
             span.news-date-time or the date as text, paragraphs by <br><br>, p or div
    blocks   the same article in a wrapper no layout knows, for the reader of text blocks: with an
             h1, or with the headline in a plain div and in the title

Two seeds make a page: one the markup of the release, one the furniture, so that either can
change alone. `recosmetic` changes what is never an edit; `edits.edit` changes the release.
"""

from dataclasses import replace

from tests.corpus import furniture
from tests.corpus.dice import Dice
from tests.corpus.grammar import capitalised, say
from tests.corpus.markup import Markup
from tests.corpus.surroundings import make_ticker
from tests.corpus.texts import make_release
from tests.corpus.truth import CaptureTruth, ReleaseTruth

LAYOUTS = ("bitrix", "blocks")
SIZE_BYTES = (60_000, 200_000)

CHARSETS = {"utf-8": 60, "utf-8 undeclared": 20, "utf-8 as cp1251": 10, "cp1251": 10}
TABLE, CITE = 0.12, 0.12


def make_page(
    seed: int, layout: str = "bitrix", size_bytes: int | None = None
) -> tuple[bytes, CaptureTruth]:
    """The page of this number and what must be read in it; without a size, one in SIZE_BYTES."""
    release = enriched(make_release(seed))
    size = size_bytes or Dice(seed, "size").number(*SIZE_BYTES)
    return render_page(release, layout, markup_seed=seed, furniture_seed=seed, size_bytes=size)


def recosmetic(
    truth: CaptureTruth, seed: int, *, markup: bool = True, size_bytes: int | None = None
) -> tuple[bytes, CaptureTruth]:
    """The same release in a page with other ticker, tokens, counters, classes, advertisement;
    with `markup` the release itself wrapped in other elements, entities, line ends and comments
    too. Never an edit. Without `markup` the container holds the very same bytes."""
    assert truth.release is not None
    return render_page(
        truth.release,
        truth.layout,
        markup_seed=seed if markup else truth.seed,
        furniture_seed=seed,
        size_bytes=size_bytes or Dice(seed, "size").number(*SIZE_BYTES),
    )


def enriched(release: ReleaseTruth) -> ReleaseTruth:
    """The release with, now and then, a table or a quotation with its author in the body."""
    dice = Dice(release.seed, "enriched")
    body = list(release.paragraphs)
    if body and dice.chance(TABLE):
        rows = [
            f"{say(dice, 'family')} | {say(dice, 'n')} | {say(dice, 'small')}" for _ in range(3)
        ]
        place = dice.number(1, len(body))
        body[place:place] = ["Contingent | Servicemen | Days", *rows]
    if body and dice.chance(CITE):
        quote = [f"“{say(dice, 'speech')}.”", capitalised(say(dice, "person"))]
        place = dice.number(1, len(body))
        body[place:place] = quote
    return replace(release, paragraphs=tuple(body))


def render_page(
    release: ReleaseTruth, layout: str, *, markup_seed: int, furniture_seed: int, size_bytes: int
) -> tuple[bytes, CaptureTruth]:
    """The release in a page of the layout."""
    markup = Markup(Dice(markup_seed, "markup"), release, layout)
    article = markup.article()
    dice = Dice(furniture_seed, "furniture")
    charset = dice.weighted(CHARSETS)
    label = {"utf-8 undeclared": None, "utf-8": "UTF-8"}.get(charset, "windows-1251")
    ticker = make_ticker(dice, release, bare_teasers=layout == "bitrix")
    draw_ticker = furniture.bitrix_ticker if layout == "bitrix" else furniture.other_ticker
    stream = draw_ticker(dice, ticker.items)
    # What the page says of its language is read, so it is no furniture.
    lang = Dice(release.seed, "lang").pick((' lang="en"', "", ' xml:lang="en" lang="en"'))
    top = [
        f"<html{lang}>",
        furniture.head(
            dice, release.headline, label, titled=markup.needs_title or dice.chance(0.7)
        ),
    ]
    before, after = [stream], []
    if layout == "bitrix" and dice.chance(0.4):
        before, after = after, before
    (before if dice.chance(0.5) else after).append(furniture.advertisement(dice))
    rest = max(0, size_bytes - sum(map(len, (*top, *before, *after, article))))
    menus = furniture.padded(
        rest // 2, lambda links: furniture.menu(dice, links, semantic=layout == "blocks")
    )
    page = _framed(dice, top, [menus, *before], article, [*after, menus, furniture.foot(dice)])
    body = page.encode("cp1251", "xmlcharrefreplace") if charset == "cp1251" else page.encode()
    return body, CaptureTruth(
        seed=markup_seed,
        release=release,
        teasers=ticker.items,
        teasers_split=True,
        # no ruling says how a block reader tells a menu from a ticker
        teasers_judged=layout == "bitrix",
        layout=layout,
        content_type=f"text/html; charset={label}" if label else "text/html",
        variants=(
            *ticker.variants, *markup.variants, f"date:{release.published_form}",
            f"opening:{release.opening}", f"charset:{charset}",
        ),
    )  # fmt: skip


def _framed(dice: Dice, top: list[str], before: list[str], article: str, after: list[str]) -> str:
    """Doctype to `</html>`, the article some dozen elements deep."""
    depth = dice.number(3, 25)
    wraps = [f'<div class="w-{dice.token(4)}" id="l{index}">' for index in range(depth)]
    return "\n".join((
        "<!DOCTYPE html>", *top, '<body class="lang-en">',
        f"<!-- {dice.token(12)} --><div id=\"panel\"></div>", *before, "".join(wraps), article,
        "</div>" * depth, *after, "</body>\n</html>\n",
    ))  # fmt: skip
