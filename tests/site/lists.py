"""What leads to releases: listing, feed, sitemaps, robots.txt; and a PDF."""

import gzip
from datetime import datetime
from html import escape

from tests.site.world import Scene, Standing

EMBARGOED = "/news/news_col/embargo-not-yet/"
"""Linked from the listing, forbidden by robots.txt, and it would be served."""
FEED_ITEMS = 10
MISSING = "/news/news_col/elsewhere/"


def robots(crawl_delay_s: float | None, origin: str) -> str:
    """The rules; the more specific Allow is no way round the Disallow."""
    delay = f"Crawl-delay: {crawl_delay_s:g}\n" if crawl_delay_s is not None else ""
    return (
        "# Council of Lakes\nUser-agent: *\nDisallow: /news/news_col/embargo-\nDisallow: /search\n"
        f"Disallow: /*?print=\n{delay}\nSitemap: {origin}/sitemap.xml\n"
    )


def listing(scene: Scene, page: int, per_page: int, other_origin: str) -> str:
    """One page of the list; beyond the last page it is the last page again."""
    keys = scene.order
    last = max(1, -(-len(keys) // per_page))
    page = min(max(1, page), last)
    items = [scene.standings[key] for key in keys[(page - 1) * per_page : page * per_page]]
    rows = "\n".join(_row(one) for one in items)
    if page == 1:
        rows += (
            f'\n<li><a href="{EMBARGOED}">Embargoed: not yet</a></li>'
            f'\n<li><a href="{other_origin}{MISSING}">Read on our other server</a></li>'
            '\n<li><a href="mailto:press@lakes.example">Write to us</a></li>'
            f'\n<li><a href="{items[0].path if items else "/"}?print=Y">Print</a></li>'
        )
    pager = " ".join(f'<a href="/news/?PAGEN_1={n}">{n}</a>' for n in range(1, last + 1))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>News</title></head><body>
<h1>News</h1><ul class="news-list">
{rows}
</ul><div class="pager">{pager}</div></body></html>
"""


def _row(standing: Standing) -> str:
    return (
        f'<li class="item"><span class="day">{standing.text.published_on:%d.%m.%Y}</span> '
        f'<a href="{standing.path}">{escape(standing.text.headline)}</a></li>'
    )


def feed(scene: Scene, origin: str) -> str:
    """RSS 2.0 of the newest."""
    newest = sorted(
        (scene.standings[key] for key in scene.order),
        key=lambda one: (str(one.text.published_on), one.key),
        reverse=True,
    )[:FEED_ITEMS]
    items = "\n".join(
        f"<item><title>{escape(one.text.headline)}</title><link>{origin}{one.path}</link>"
        f'<guid isPermaLink="true">{origin}{one.path}</guid>'
        f"<pubDate>{one.text.published_on:%a, %d %b %Y} 09:00:00 +0000</pubDate>"
        f"<description>{escape(one.text.headline[:60])}...</description></item>"
        for one in newest
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
        f"<title>Council of Lakes</title><link>{origin}/</link><description>News</description>\n"
        f"{items}\n</channel></rss>\n"
    )


def sitemap_index(origin: str) -> str:
    """The index of both sitemaps."""
    parts = "".join(
        f"<sitemap><loc>{origin}/{name}</loc></sitemap>"
        for name in ("sitemap-1.xml.gz", "sitemap-2.xml")
    )
    return _xml("sitemapindex", parts)


def sitemap(scene: Scene, part: int, origin: str, now: datetime) -> bytes:
    """Even keys in the first, gzipped; odd ones in the second. Its lastmod lies: in the first it is
    always today, in the second always the same old day."""
    day = f"{now:%Y-%m-%d}" if part == 1 else "2019-01-01"
    chosen = [
        one
        for one in scene.standings.values()
        if (one.is_live or one.presence == "soft404")
        and one.item.in_sitemap
        and one.key % 2 == part - 1
    ]
    urls = "".join(
        f"<url><loc>{origin}{one.path}</loc><lastmod>{day}</lastmod></url>" for one in chosen
    )
    text = _xml("urlset", f"<url><loc>{origin}/</loc></url>{urls}").encode()
    return gzip.compress(text, 6, mtime=0) if part == 1 else text


def _xml(root: str, inner: str) -> str:
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{space}">{inner}</{root}>\n'


def pdf(standing: Standing) -> bytes:
    """A PDF of one blank page that carries its key."""
    head = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        b"<< /Title (No. %d) >>" % standing.key,
    ]
    body, places = head, []
    for number, inner in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, inner)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R /Info 4 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (count, table, count, len(body))
    )
