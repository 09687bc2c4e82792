"""The day on which a page says of itself that it was modified: a claim, kept beside the text."""

import re
from collections.abc import Iterator
from datetime import date

from parsers.dates import parse_published
from parsers.json_ld import json_ld_items
from parsers.text import squash

_META = re.compile(r"<meta\b[^<>]{0,400}?\barticle:modified_time\b[^<>]{0,400}>", re.IGNORECASE)
_CONTENT = re.compile(r"\bcontent\s*=\s*[\"']?([^\"'<>]{1,60})", re.IGNORECASE)


def modified_on(html: str, headline: str, timezone: str) -> date | None:
    """The day in `article:modified_time`, else in the JSON-LD `dateModified` of this release.

    A page may describe the releases of its ticker too: of several claims the one beside this
    headline counts, without such the only one there is.

    >>> page = '<meta property="article:modified_time" content="2024-05-15T23:30:00+00:00">'
    >>> modified_on(page, "", "UTC"), modified_on(page, "", "Europe/Moscow")
    (datetime.date(2024, 5, 15), datetime.date(2024, 5, 16))
    """
    if "modified_time" in html and (tag := _META.search(html)):
        said = _CONTENT.search(tag[0])
        if said and (day := parse_published(said[1].strip(), (), timezone)):
            return day
    if "dateModified" not in html:
        return None
    claims = list(_claims(html))
    own = [stated for name, stated in claims if name and squash(name) == squash(headline)]
    chosen = own or ([claims[0][1]] if len(claims) == 1 else [])
    return parse_published(chosen[0], (), timezone) if chosen else None


def _claims(html: str) -> Iterator[tuple[str | None, str]]:
    """(headline, dateModified) of everything that states one."""
    for item in json_ld_items(html):
        stated, name = item.get("dateModified"), item.get("headline")
        if isinstance(stated, str):
            yield name if isinstance(name, str) else None, stated
