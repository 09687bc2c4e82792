"""A source's feeds, sitemaps and listings walked and merged; the site is a dictionary."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.fetch.answer import Answer, Fetched, Hop
from flows.fetch.discovery import Reach, Shown, Way, discover, lost_items, merge
from parsers.links import Link
from parsers.model import Discover, Source
from tests.discover.sites import HOME, LAKES, at
from warehouse.exchange import Exchange

NOTHING: Callable[[str], bool] = set().__contains__
LISTED = replace(LAKES, discover=replace(LAKES.discover, feeds=(), sitemaps=()))


def listing(*slugs: str, day: str = "05.03.2026") -> str:
    items = "".join(
        f'<li>{day} <a href="/news/news_col/{slug}/">About {slug}</a></li>' for slug in slugs
    )
    return f"<html><body><h1>News</h1><ul>{items}</ul></body></html>"


def feed(*slugs: str) -> str:
    items = "".join(f"<item><title>{s}!</title><link>{at(s)}</link></item>" for s in slugs)
    return f"<rss><channel>{items}</channel></rss>"


def urlset(*slugs: str) -> str:
    urls = "".join(f"<url><loc>{at(s)}</loc><lastmod>2026-03-09</lastmod></url>" for s in slugs)
    return f"<urlset>{urls}</urlset>"


def index(*names: str) -> str:
    return "<sitemapindex>%s</sitemapindex>" % "".join(  # noqa: UP031
        f"<sitemap><loc>{HOME}/{name}</loc></sitemap>" for name in names
    )


@dataclass
class Site:
    """Paths and what stands there: a body, or how the attempt ends."""

    pages: dict[str, str | Answer]
    last_page: int = 0
    """Listing pages after it repeat it; 0: they are not found."""
    asked: list[str] = field(default_factory=list)

    def get(self, url: str) -> Fetched:
        assert url.startswith(HOME), url
        path = url.removeprefix(HOME)
        self.asked.append(path)
        found = self.pages.get(path)
        if found is None and self.last_page and "PAGEN_1=" in path:
            found = self.pages[f"/news/?PAGEN_1={self.last_page}"]
        if found is None or isinstance(found, Answer):
            return Fetched(url, found or Answer.NOT_FOUND)
        return answered(url, found)


def answered(url: str, body: str, hops: Sequence[Hop] = ()) -> Fetched:
    data = body.encode()
    kind = "text/html" if "<html" in body else "application/xml"
    exchange = Exchange(
        url, datetime(2026, 3, 5, tzinfo=UTC), 0.1, "127.0.0.1:8765", b"", b"", 200,
        (("Content-Type", f"{kind}; charset=utf-8"),), data, data,
    )  # fmt: skip
    return Fetched(url, Answer.BODY, tuple(hops), (exchange,))


def page(number: int) -> str:
    return f"/news/?PAGEN_1={number}"


def three_pages(**more: int) -> Site:
    slugs = ("abc", "def", "gh")
    return Site({page(n): listing(*letters) for n, letters in enumerate(slugs, 1)}, **more)


def known(*slugs: str) -> Callable[[str], bool]:
    return {at(slug) for slug in slugs}.__contains__


def slugs_of(urls: Sequence[str]) -> str:
    return "".join(url.removesuffix("/").rpartition("/")[2] for url in urls)


@pytest.mark.parametrize("last_page", [0, 3], ids=["not found beyond the end", "last page again"])
@pytest.mark.parametrize(
    ("have", "deep", "pages"),
    [
        ("", False, 4),  # the fourth says that the third was the last
        ("abc", False, 1),
        ("c", False, 4),
        ("def", False, 2),  # a and b are new, the second page is not
        ("abcdefgh", False, 1),
        ("abcdefgh", True, 4),
    ],
)
def test_a_listing_is_walked_until_nothing_is_new(
    last_page: int, have: str, deep: bool, pages: int
) -> None:
    site = three_pages(last_page=last_page)
    found = discover(LISTED, site.get, known(*have), deep=deep)
    assert site.asked == [page(number) for number in range(1, pages + 1)]
    assert [one.url.removeprefix(HOME) for one in found.fetched] == site.asked
    assert found.complete
    assert found.faults == ()
    assert found.items == {"/news/?PAGEN_1={page}": 3}
    if pages == 4:
        assert slugs_of([one.url for one in found.finds]) == "abcdefgh"


def test_what_a_find_carries() -> None:
    found = discover(LISTED, three_pages().get, NOTHING).finds[0]
    assert (found.url, found.text, found.dated_on) == (at("a"), "About a", date(2026, 3, 5))
    assert found.ways == (Way.LISTING,)


def test_the_cap_ends_a_walk_and_says_so() -> None:
    endless = Site({page(n): listing(f"n{n}") for n in range(1, 50)})
    found = discover(LISTED, endless.get, NOTHING, deep=True, reach=Reach(listing_pages=7))
    assert len(endless.asked) == 7
    assert not found.complete
    assert found.faults == ()


def test_a_release_dated_back_is_found_by_a_deep_walk_only() -> None:
    site = three_pages()
    site.pages[page(3)] = listing("g", "backdated", "h")
    have = known(*"abcdefgh")
    assert at("backdated") not in {one.url for one in discover(LISTED, site.get, have).finds}
    deep = discover(LISTED, site.get, have, deep=True)
    assert at("backdated") in {one.url for one in deep.finds}


def test_pinning_and_reordering_find_the_same() -> None:
    before = discover(LISTED, three_pages().get, NOTHING)
    pages = {page(n): listing(*s) for n, s in enumerate(("hba", "fedh", "hcg"), 1)}
    after = discover(LISTED, Site(pages).get, NOTHING)
    assert set(before.finds) == set(after.finds)


@pytest.mark.parametrize("answer", [Answer.FAILED, Answer.INCOMPLETE, Answer.REFUSED,
                                    Answer.WAITING, Answer.NOT_MODIFIED])  # fmt: skip
@pytest.mark.parametrize("broken", [1, 2])
def test_a_page_that_cannot_be_had_is_a_fault(answer: Answer, broken: int) -> None:
    site = three_pages()
    site.pages[page(broken)] = answer
    found = discover(LISTED, site.get, NOTHING)
    assert not found.complete
    assert len(found.faults) == 1
    assert found.items == ({} if broken == 1 else {"/news/?PAGEN_1={page}": 3})
    assert slugs_of([one.url for one in found.finds]) == "abc" * (broken - 1)
    assert lost_items({"/news/?PAGEN_1={page}": 3}, found.items) == {}


@pytest.mark.parametrize("first", [Answer.NOT_FOUND, Answer.GONE])
def test_a_first_page_that_is_not_there_is_a_fault_not_an_end(first: Answer) -> None:
    found = discover(LISTED, Site({page(1): first}).get, NOTHING)
    assert not found.complete
    assert len(found.faults) == 1


def test_a_listing_without_releases_is_a_fault_and_counted() -> None:
    found = discover(LISTED, Site({page(1): "<html><body>Maintenance</body></html>"}).get, NOTHING)
    assert found.faults == ("/news/?PAGEN_1={page}: It links to no release of the source.",)
    assert not found.complete
    assert lost_items({"/news/?PAGEN_1={page}": 3}, found.items) == {
        "/news/?PAGEN_1={page}": (3, 0)
    }


def test_the_ways_that_work_serve() -> None:
    site = three_pages()
    site.pages |= {"/rss/": "<!doctype html><html>Sorry", "/sitemap.xml": urlset("old", "a")}
    found = discover(LAKES, site.get, NOTHING)
    assert [fault.split(":")[0] for fault in found.faults] == ["/rss/"]
    assert found.items == {"/news/?PAGEN_1={page}": 3, "/sitemap.xml": 2}
    assert slugs_of([one.url for one in found.finds]) == "abcdefghold"
    assert found.finds[0].ways == (Way.LISTING, Way.SITEMAP)
    assert found.finds[0].lastmod == "2026-03-09"


def test_found_by_any_way_is_found() -> None:
    site = three_pages()
    site.pages |= {"/rss/": feed("only-fed", "a"), "/sitemap.xml": urlset("only-mapped")}
    found = {one.url: one for one in discover(LAKES, site.get, NOTHING).finds}
    assert found[at("only-fed")].text == "only-fed!"
    assert found[at("only-mapped")].ways == (Way.SITEMAP,)
    assert found[at("a")].text == "About a"
    assert found[at("a")].ways == (Way.LISTING, Way.FEED)


def test_sitemap_indexes_are_followed_within_hosts_and_caps() -> None:
    source = replace(LAKES, discover=Discover(sitemaps=("/index.xml",), article="news_col/"))
    pages: dict[str, str | Answer] = {
        "/index.xml": index("a.xml", "b.xml", "index.xml") + "",
        "/a.xml": urlset("a"), "/b.xml": urlset("b"),
    }  # fmt: skip
    pages["/index.xml"] = str(pages["/index.xml"]).replace(
        "</sitemapindex>", "<sitemap><loc>http://evil.test/x.xml</loc></sitemap></sitemapindex>"
    )
    site = Site(pages)
    found = discover(source, site.get, NOTHING)
    assert site.asked == ["/index.xml", "/a.xml", "/b.xml"]
    assert slugs_of([one.url for one in found.finds]) == "ab"
    assert found.complete
    few = discover(source, Site(pages).get, NOTHING, reach=Reach(sitemaps=2))
    assert slugs_of([one.url for one in few.finds]) == "a"
    assert not few.complete


def test_an_index_that_names_indexes_for_ever_ends() -> None:
    source = replace(LAKES, discover=Discover(sitemaps=("/0.xml",)))
    site = Site({f"/{n}.xml": index(f"{n + 1}.xml") for n in range(100)})
    assert not discover(source, site.get, NOTHING).complete
    assert len(site.asked) == 3


def test_robots_sitemaps_are_read_once_and_on_our_hosts() -> None:
    site = Site({page(1): listing("a"), "/sitemap.xml": urlset("b"), "/rss/": feed(),
                 "/more.xml": urlset("c")})  # fmt: skip
    named = (f"{HOME}/sitemap.xml", f"{HOME}/more.xml", "http://evil.test/sitemap.xml")
    found = discover(LAKES, site.get, NOTHING, robots_sitemaps=named)
    assert site.asked.count("/sitemap.xml") == 1
    assert slugs_of([one.url for one in found.finds]) == "abc"


def test_a_redirected_listing_resolves_its_links_where_it_led() -> None:
    def get(url: str) -> Fetched:
        if "PAGEN_1=1" not in url:
            return Fetched(url, Answer.NOT_FOUND)
        body = '<html><a href="a/">A</a></html>'
        return answered(url, body, [Hop(url, 302, f"{HOME}/news/news_col/")])

    assert [one.url for one in discover(LISTED, get, NOTHING).finds] == [at("a")]


def test_addresses_without_a_homepage() -> None:
    bare = Source("x", "X", discover=Discover(listings=("/a/",), feeds=("/b/",), sitemaps=("c",)))
    found = discover(bare, Site({}).get, NOTHING)
    assert len(found.faults) == 3
    assert not found.complete


HTTP, HTTPS = "http://lakes.test/news/a/", "https://lakes.test/news/a/"


@pytest.mark.parametrize("home", ["http", "https"])
def test_of_two_schemes_the_homepage_s_counts(home: str) -> None:
    pages = [
        Shown(Way.LISTING, (0, 1), (Link(HTTP, "a"),)),
        Shown(Way.FEED, (0, 1), (Link(HTTPS),)),
    ]
    (found,) = merge(pages, f"{home}://lakes.test/")
    assert found.url == (HTTP if home == "http" else HTTPS)
    assert found.ways == (Way.LISTING, Way.FEED)


def test_a_scheme_that_stands_alone_stays() -> None:
    assert merge([Shown(Way.FEED, (0, 1), (Link(HTTP),))], "https://lakes.test/")[0].url == HTTP


def test_a_known_release_is_known_under_either_scheme() -> None:
    source = Source("l", "L", "https://lakes.test/",
                    discover=Discover(listings=("/n/?p={page}",), article="^/news/"))  # fmt: skip
    asked: list[str] = []

    def get(url: str) -> Fetched:
        asked.append(url)
        return answered(
            url, f'<html><a href="{HTTP}">A</a><a href="/news/{len(asked)}">B</a></html>'
        )

    discover(source, get, lambda url: url in (HTTPS, "https://lakes.test/news/1"))
    assert len(asked) == 1


LINKS = st.builds(
    Link,
    st.sampled_from([HTTP, HTTPS, "https://lakes.test/b", "https://lakes.test/b-"]),
    st.none() | st.sampled_from(["x", "y"]),
    st.none() | st.just(date(2026, 3, 5)),
    st.none() | st.just("2026"),
)
SHOWN = st.builds(
    Shown, st.sampled_from(list(Way)), st.tuples(st.integers(0, 2), st.integers(1, 3)),
    st.lists(LINKS, max_size=4).map(tuple),
)  # fmt: skip


@given(st.lists(SHOWN, max_size=6, unique_by=lambda one: (one.way, one.place)), st.integers())
def test_the_order_of_pages_is_nothing_to_a_merge(pages: list[Shown], seed: int) -> None:
    shuffled = Random(seed).sample(pages, len(pages))
    assert merge(shuffled, "https://lakes.test/") == merge(pages, "https://lakes.test/")


@given(st.lists(SHOWN, max_size=6, unique_by=lambda one: (one.way, one.place)))
def test_a_merge_loses_and_repeats_nothing(pages: list[Shown]) -> None:
    merged = [one.url for one in merge(pages, "https://lakes.test/")]
    urls = {link.url for page in pages for link in page.links}
    assert len(set(merged)) == len(merged)
    assert set(merged) == urls - ({HTTP} if HTTPS in urls else set())


@given(st.dictionaries(st.sampled_from([page(1), page(2), "/rss/", "/sitemap.xml"]),
                       st.text("<>/a= \"'!-&;urlsetinkom", max_size=80)))  # fmt: skip
def test_any_answers_are_survived(pages: dict[str, str]) -> None:
    found = discover(LAKES, Site(dict(pages)).get, NOTHING)
    assert all(fault.endswith(".") for fault in found.faults)
