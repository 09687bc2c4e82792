"""Which pages of a site a visit looks at: what is new, then what is due, most urgent first."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from flows.fetch.discovery import Find
from flows.recheck import Looked, due, next_look_at
from flows.sights import Target
from warehouse.known_live import SitePage


def choose_targets(
    known: Mapping[str, SitePage],
    finds: Sequence[Find],
    is_new: Callable[[str], bool],
    recheck: str,
    now: datetime,
) -> list[Target]:
    """The pages to look at. `known`: by URL, with what was seen there; `is_new`: whether a listed
    URL that is not among them is to be looked at; `recheck`: due, all or none."""
    found = {one.url: one for one in finds}
    pages = dict(known)
    for url, find in found.items():
        if url not in pages and is_new(url):
            pages[url] = _as_page(find, now)
    looked = {url: _looked(one) for url, one in pages.items()}
    by_name = {one.release_id: url for url, one in looked.items()}
    wanted = due(looked.values(), now)
    if recheck == "all":
        wanted = sorted(looked.values(), key=lambda one: (next_look_at(one), one.release_id))
    elif recheck == "none":
        wanted = [one for one in wanted if one.last_look_at is None]
    urls = [by_name[one.release_id] for one in wanted]
    return [
        Target(
            url, pages[url].release_id,
            (found[url].text if url in found else None) or pages[url].link_text,
        )
        for url in urls
    ]  # fmt: skip


def _as_page(find: Find, now: datetime) -> SitePage:
    return SitePage(find.url, None, now, find.dated_on, None, 0, "live", None, 0, find.text)


def _looked(page: SitePage) -> Looked:
    return Looked(
        release_id=page.release_id or page.url,
        first_seen_at=page.first_known_at,
        published_on=page.published_on,
        last_look_at=page.last_look_at,
        looks=page.looks,
        last_edit_at=page.last_edit_at,
        edits=page.edits,
        missing=page.status == "missing",
    )
