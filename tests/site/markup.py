"""A release as a page, before and after the redesign, and the pages that stand in for it."""

from dataclasses import dataclass
from html import escape

from tests.corpus.dice import Dice
from tests.site.dress import dressed
from tests.site.world import Scene, Standing

NOT_FOUND = "The page you asked for was not found on this site"
MAINTENANCE = "Scheduled maintenance"
CONSENT = "Before you continue"


@dataclass(frozen=True, slots=True)
class Noise:
    """What is another at every request and no word of any release: a ticker that goes round, a
    counter, a token."""

    number: int
    """How often the site was asked."""
    is_still: bool
    """True: a page that only its own text changes, as a site with a cache has them."""

    @property
    def turn(self) -> int:
        """How far the ticker has gone round."""
        return 0 if self.is_still else self.number

    @property
    def token(self) -> str:
        """A token of the session."""
        return Dice(self.turn, "token").token(16)


def article(scene: Scene, standing: Standing, noise: Noise) -> str:
    """The page of a release in the design of the step."""
    if scene.design == "first":
        return _first(scene, standing, noise)
    return _second(scene, standing, noise)


def _first(scene: Scene, standing: Standing, noise: Noise) -> str:
    text = standing.text
    headline = escape(dressed(text.headline, standing.dress))
    tag = 'p class="text"' if standing.dress else "p"  # re-wrapped markup is no edit either
    body = "\n".join(
        f"<{tag}>{escape(dressed(paragraph, standing.dress))}</p>" for paragraph in text.paragraphs
    )
    day = text.published_on
    return _document(text.headline, text.language, noise, f"""
{_ticker(scene, noise, "latest")}
<div class="news-detail" data-build="{noise.token[:6]}">
<h1>{headline}</h1>
<time datetime="{day:%Y-%m-%d}">{day:%d.%m.%Y}</time>
<div class="share"><a href="/share/?t={noise.token}">Share</a> Views: {1000 + noise.turn}</div>
<div class="news-text">
{body}
<div class="banner">Subscribe to our news, reader No. {noise.turn}</div>
</div>
</div>""")  # fmt: skip


def _second(scene: Scene, standing: Standing, noise: Noise) -> str:
    text = standing.text
    headline = escape(dressed(text.headline, standing.dress))
    body = "<br>\n<br>\n".join(
        f"<span>{escape(dressed(paragraph, standing.dress))}</span>"
        for paragraph in text.paragraphs
    )
    return _document(text.headline, text.language, noise, f"""
<main><article class="release v{noise.token[:4]}">
<header><h2 class="title">{headline}</h2>
<span class="date">{text.published_on:%d.%m.%Y}</span></header>
<section class="content">{body}</section>
<div class="share">{1000 + noise.turn} readers</div>
</article></main>
{_ticker(scene, noise, "sidebar latest")}""")  # fmt: skip


def _ticker(scene: Scene, noise: Noise, name: str) -> str:
    """Three headlines of others, other ones at every turn, each with its own date."""
    keys = scene.order
    chosen = (
        [scene.standings[keys[(noise.turn + at) % len(keys)]] for at in range(3)] if keys else []
    )
    items = "".join(
        f"<li><b>{one.text.published_on:%d.%m.%Y}</b> "
        f'<a href="{one.path}">{escape(one.text.headline)}</a></li>'
        for one in chosen
    )
    return f'<div class="{name}"><ul>{items}</ul></div>'


def not_found(scene: Scene, noise: Noise) -> str:
    """The site's own not-found page, whatever the status it comes with."""
    return _document("Not found", "en", noise, f"""
<div class="error404"><h1>Error</h1><p>{NOT_FOUND}.</p><p><a href="/news/">All news</a></p></div>
{_ticker(scene, noise, "latest")}""")  # fmt: skip


def maintenance(scene: Scene, noise: Noise) -> str:
    """One notice for every address, in the site's own markup: a layout fills headline and body."""
    notice = (
        "We are improving our site for you.",
        "The pages will be back in a few hours. Thank you for your patience.",
    )
    day = "2026-03-01"
    if scene.design == "first":
        inner = (
            f'<div class="news-detail"><h1>{MAINTENANCE}</h1>'
            f'<time datetime="{day}">01.03.2026</time>'
            f'<div class="news-text"><p>{notice[0]}</p><p>{notice[1]}</p></div></div>'
        )
    else:
        inner = (
            f'<article class="release"><h2 class="title">{MAINTENANCE}</h2>'
            f'<section class="content">{notice[0]}<br><br>{notice[1]}</section></article>'
        )
    return _document(MAINTENANCE, "en", noise, inner)


def consent(noise: Noise) -> str:
    """A wall before every page: no layout fits."""
    return _document(CONSENT, "en", noise, f"""
<div class="wall"><h3>{CONSENT}</h3><p>We and our 412 partners value your privacy.</p>
<form method="post" action="/consent"><input type="hidden" name="t" value="{noise.token}">
<button>Accept all</button> <button>Settings</button></form></div>""")  # fmt: skip


def home(scene: Scene, noise: Noise) -> str:
    """The home page."""
    return _document("Council of Lakes", "en", noise, f"""
<h1>Council of Lakes</h1><p>Welcome.</p>{_ticker(scene, noise, "latest")}""")  # fmt: skip


def _document(title: str, language: str, noise: Noise, inner: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>
<script>var session = "{noise.token}";</script></head>
<body class="p{noise.turn % 7}"><nav><a href="/">Home</a> <a href="/news/">News</a></nav>
{inner}
<footer>© 2026 Council of Lakes. Page No. {noise.turn}. Тел. 555-0{noise.turn % 900 + 100}</footer>
</body></html>
"""
