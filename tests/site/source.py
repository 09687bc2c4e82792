"""The configuration by which a tracker watches the site: two files in a folder."""

from pathlib import Path

CONTACT = "https://lakes.example/why-we-fetch"

_CONFIG = """[warehouse]
path = "data"

[http]
contact = "{contact}"

[[source]]
use = "lakes.toml"
"""

_SOURCE = """id = "lakes"
name = "Council of Lakes"
homepage = "{origin}/"
language = "en"
timezone = "UTC"
verified = true

[discover]
listings = ["/news/?PAGEN_1={{page}}"]
feeds = ["/rss/"]
sitemaps = ["/sitemap.xml"]
article = '^/news/news_(?:col|odkb)/[^/]+/$|^/files/[^/]+\\.pdf$'

[fetch]
delay_s = {delay_s}
hosts = ["127.0.0.1:{port}"]
allow_private_addresses = true

[expect]
min_items = 1
min_dated_share = 0.5

# before the redesign
[[layout]]
container = "div.news-detail"
headline = "h1"
published = "time@datetime"
date_formats = ["%Y-%m-%d"]
body = "div.news-text"
drop = [".share", ".banner"]
teasers = ".latest li"
not_found = "was not found on this site"

# and after
[[layout]]
container = "article.release"
headline = "h2.title"
published = "span.date"
date_formats = ["%d.%m.%Y"]
body = "section.content"
drop = [".share"]
teasers = ".latest li"
not_found = "was not found on this site"
"""


def write_config(folder: Path, port: int, delay_s: float) -> None:
    """Write `pressdiff.toml` and `lakes.toml` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pressdiff.toml").write_text(_CONFIG.format(contact=CONTACT), "utf-8")
    source = _SOURCE.format(origin=f"http://127.0.0.1:{port}", port=port, delay_s=float(delay_s))
    (folder / "lakes.toml").write_text(source, "utf-8")
