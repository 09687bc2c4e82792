"""A small invented publisher: its source, and the addresses of its releases."""

from dataclasses import replace

from parsers.model import Discover, Fetch, Source

HOME = "http://127.0.0.1:8765"
LAKES = Source(
    id="lakes",
    name="Council of Lakes",
    homepage=f"{HOME}/",
    language="en",
    timezone="Europe/Moscow",
    discover=Discover(
        listings=("/news/?PAGEN_1={page}",),
        feeds=("/rss/",),
        sitemaps=("/sitemap.xml",),
        article="^/news/news_col/[^/]+/$",
    ),
    fetch=Fetch(hosts=("127.0.0.1:8765",)),
)
ANY = replace(LAKES, discover=replace(LAKES.discover, article=None))


def at(slug: str) -> str:
    """The address of a release."""
    return f"{HOME}/news/news_col/{slug}/"
