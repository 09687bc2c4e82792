"""The same invented releases as pages: stock 1C-Bitrix markup, and markup no layout knows."""

from html import escape

from tests.parsers.dumps import FOOTERS, PUBLISHED, RUSSIAN_BODY, TICKER, Release

WRITTEN = PUBLISHED.strftime("%d.%m.%Y")

MENU = """<nav><ul class="m"><li><a href="/">Home</a></li><li><a href="/n/">News</a></li></ul></nav>
<div class="top-menu"><a href="/structure/">Structure</a> | <a href="/docs/">Documents</a></div>"""
IMPRINT = """<div class="imprint">© 2002-2025 Collective Security Treaty Organization. All rights
reserved. <a href="/map/">Site map</a></div>"""


def ticker(items: int = 4, markup: str = "stock") -> str:
    """A ticker: stock `p.news-item`, or a list in a box of any name."""
    parts = []
    for number, item in enumerate(TICKER[:items]):
        day, text = f"{24 - number:02d}.05.2025", "<br>".join(map(escape, item))
        if markup == "stock":
            parts.append(
                f'<p class="news-item" id="bx_{number}"><span class="news-date-time">{day}</span> '
                f'<a href="/news/news_col/item-{number}/"><b>{text}</b></a><br /></p>'
            )
        else:
            parts.append(
                f'<li><span class="d">{day}</span><a href="/news/{number}/">{text}</a></li>'
            )
    if markup == "stock":
        return f'<div class="news-list">{"".join(parts)}</div>'
    return f'<div class="box-7"><ul>{"".join(parts)}</ul></div>'


def body_markup(release: Release, footer: int, paragraphs: str = "br") -> str:
    lines = [*map(escape, release.body)]
    foot = [*map(escape, FOOTERS[footer])]
    if paragraphs == "br":
        return "<br />\n<br />\n".join(lines) + "<br><br>" + "<br>".join(foot)
    return "".join(f"<p>{line}</p>\n" for line in lines) + "".join(
        f"<div>{line}</div>" for line in foot
    )


def document(title: str, inner: str, head: str = "", lang: str = "en") -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>"
        f"{head}<script>var a = '<p>never text</p>';</script></head>\n<body>{inner}</body></html>"
    )


def stock_page(
    release: Release, *, items: int = 4, footer: int = 2, paragraphs: str = "br",
    headline: str = "above", stamp: str = "element", noise: str = "",
) -> str:  # fmt: skip
    """A page of the stock templates; `headline` above the detail block or inside it."""
    title = f'<h1 id="pagetitle">{escape(release.headline)}</h1>' if headline == "above" else ""
    inside = f"<h3>{escape(release.headline)}</h3>" if headline == "inside" else ""
    day = f'<span class="news-date-time">{WRITTEN}</span>' if stamp == "element" else ""
    day = WRITTEN if stamp == "glued" else day
    inner = f"""{MENU}<div class="left">{ticker(items)}</div><div class="work {noise}">{title}
<div class="news-detail" id="d{noise}">{day}{inside}{body_markup(release, footer, paragraphs)}
<div style="clear:both"></div></div><p><a href="/news/">Back to the list</a></p></div>{IMPRINT}"""
    return document(f"{release.headline} - CSTO", inner)


def other_page(
    release: Release, *, items: int = 4, footer: int = 2, paragraphs: str = "br",
    headline: str = "h1", stamp: str = "line", ticker_at: str = "above", wrap: str = "div",
) -> str:  # fmt: skip
    """A page in markup that no layout of csto knows."""
    tag = {"h1": "h1", "h2": "h2", "div": "div", "b": "b", "missing": ""}[headline]
    title = f"<{tag}>{escape(release.headline)}</{tag}>" if tag else ""
    title += "<br>" if tag == "b" else ""
    day = {"line": f'<div class="x1">{WRITTEN}</div>', "br": f"{WRITTEN}<br><br>", "glued": WRITTEN,
           "none": ""}[stamp]  # fmt: skip
    box = ticker(items, "list")
    above, below = (box, "") if ticker_at == "above" else ("", f"<h3>Latest news</h3>{box}")
    text = body_markup(release, footer, paragraphs)
    inner = f"""{MENU}{above}<{wrap} class="c-1">{title}{day}{text}
</{wrap}>{below}{IMPRINT}"""
    return document(f"{release.headline} | CSTO" if tag else "CSTO", inner)


__all__ = ["RUSSIAN_BODY", "body_markup", "document", "other_page", "stock_page", "ticker"]
