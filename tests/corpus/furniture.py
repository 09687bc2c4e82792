# ruff: noqa: E501 - markup stays on one line
"""What stands around a release on a page: head, menus, ticker, advertisement, foot.

Nothing here is part of a release; all of it changes from capture to capture.
"""

from collections.abc import Callable
from html import escape

from tests.corpus.dice import Dice
from tests.corpus.grammar import sentence
from tests.corpus.truth import TeaserTruth

SECTIONS = (
    "Home", "About the Organization", "Structure", "Documents", "Press centre", "Photo", "Video",
    "Secretary General", "Joint Staff", "Contacts", "Site map", "Subscribe", "Members",
    "Parliamentary Assembly", "Vacancies", "Archive", "Analytics", "Interviews", "Exercises",
)  # fmt: skip


def attributes(dice: Dice, **named: str) -> str:
    """The attributes in any order; `class_` for class, `_` for a hyphen.

    >>> sorted(attributes(Dice(1, "x"), class_="a", data_id="7").split())
    ['class="a"', 'data-id="7"']
    """
    pairs = [(name.rstrip("_").replace("_", "-"), value) for name, value in named.items()]
    return " ".join(f'{name}="{value}"' for name, value in dice.shuffled(pairs))


def head(dice: Dice, headline: str, charset: str | None, *, titled: bool) -> str:
    """The head: metas, sheets, counters. `titled`: the title holds the headline."""
    token = dice.token(32)
    title = f"{headline} - CSTO" if titled else "Collective Security Treaty Organization"
    if titled and dice.chance(0.3):
        title = headline
    meta = (
        f'<meta http-equiv="Content-Type" content="text/html; charset={charset}" />\n'
        if charset
        else ""
    )
    sheets = "".join(
        f'<link href="/bitrix/cache/css/s1/{dice.token(8)}/{dice.token(16)}.css?{dice.number(10**9, 2 * 10**9)}"'
        ' type="text/css" rel="stylesheet" />\n'
        for _ in range(dice.number(2, 9))
    )
    return (
        f'<head>\n{meta}<title>{escape(title)}</title>\n<meta name="viewport" content="width=device-width">\n'
        f'{sheets}<script>if(!window.BX)window.BX={{}};BX.message({{"bitrix_sessid":"{token}","LANGUAGE_ID":"en",'
        f'"SERVER_TIME":{dice.number(10**9, 2 * 10**9)}}});</script>\n'
        f"<style>.c{token[:6]}{{color:#{dice.token(6)};margin:0 {dice.number(1, 30)}px}}</style>\n"
        f'<script async src="/bitrix/js/main/core.js?{token[:10]}"></script>\n</head>'
    )


def menu(dice: Dice, links: int, *, semantic: bool) -> str:
    """Nested lists of links, as menus make most of a real page's bytes."""
    style = dice.token(6)
    rows = []
    for number in range(links):
        name = dice.pick(SECTIONS)
        address = f"/{name.lower().replace(' ', '_')}/{dice.token(5)}/"
        rows.append(
            f'<li class="menu__item menu__item--{style} level-{number % 4}" id="bx_{dice.number(1000, 99999)}_{number}">'
            f'<div class="menu__wrap"><span class="menu__mark"></span><a class="menu__link" href="{address}"'
            f' data-number="{number}"><span>{name}</span></a></div></li>'
        )
        if number % 12 == 11:
            rows.append('</ul></div><div class="menu__column"><ul class="menu__list">')
    tag = "nav" if semantic else "div"
    body = "\n".join(rows)
    return f'<{tag} class="menu menu-{style}"><div class="menu__column"><ul class="menu__list">\n{body}\n</ul></div></{tag}>'


def bitrix_ticker(dice: Dice, items: tuple[TeaserTruth, ...]) -> str:
    """The stock news list: `div.news-list p.news-item`, the date in `span.news-date-time`."""
    rows = []
    for item in items:
        date = (
            f'<span class="news-date-time">{item.dated_on:%d.%m.%Y}</span> '
            if item.dated_on
            else ""
        )
        first, *rest = (escape(text, quote=False) for text in item.paragraphs)
        name = f'<a href="/news/news_col/{dice.token(12)}/"><b>{first}</b></a>'
        more = "".join(f"<br /><br />{text}" for text in rest)
        where = attributes(
            dice, class_="news-item", id=f"bx_{dice.token(10)}_{dice.number(1, 9999)}"
        )
        rows.append(f"<p {where}>{date}{name}{more}</p>")
    return '<div class="news-list">\n' + "\n".join(rows) + "\n</div>"


def other_ticker(dice: Dice, items: tuple[TeaserTruth, ...]) -> str:
    """The same items in markup that no layout knows."""
    style = dice.token(5)
    rows = []
    for item in items:
        date = (
            f'<div class="lt-{style}__when">{item.dated_on:%d.%m.%Y}</div>' if item.dated_on else ""
        )
        text = "".join(f"<div>{escape(text, quote=False)}</div>" for text in item.paragraphs)
        rows.append(f'<div class="lt-{style}__row">{date}{text}</div>')
    return f'<div class="lt-{style}">' + "".join(rows) + "</div>"


def advertisement(dice: Dice) -> str:
    """A banner with words of its own, in an aside."""
    return (
        f'<aside class="banner-{dice.token(4)}" data-views="{dice.number(1, 99999)}"><a href="/go/?bxajaxid={dice.token(32)}">'
        f'<img src="/upload/{dice.token(8)}.gif" alt=""></a><p>{escape(sentence(dice), quote=False)}</p></aside>'
    )


def foot(dice: Dice) -> str:
    """The page's own foot with copyright, counter and address, in a footer element."""
    year = dice.number(2021, 2026)
    return (
        f'<footer class="site-foot"><div>© 2003-{year} Collective Security Treaty Organization</div>'
        f'<div>Views: {dice.number(10, 99999)}</div><div class="addr">101000, Moscow, Sverchkov lane 3/2</div></footer>'
        f"<script>BX.counter({dice.number(1, 10**6)});var t='{dice.token(24)}';</script>"
    )


def padded(size_bytes: int, made: Callable[[int], str], lightest: int = 8) -> str:
    """What `made(links)` makes with as many links as bring it to about `size_bytes`."""
    sample = len(made(40)) / 40
    return made(max(lightest, int(size_bytes / sample)))
