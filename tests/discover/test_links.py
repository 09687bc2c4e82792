"""Which addresses a link leads to, and which of them are releases. Labelled by origin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.links import absolute, allows_host, is_release, twin
from parsers.model import Fetch, Source
from tests.discover.sites import ANY, HOME, LAKES, at

BASE = "https://example.org/news/list.php?p=2"
CASES = [
    ("spec", "/a/", "https://example.org/a/"),
    ("spec", "a?x=1&y=2#top", "https://example.org/news/a?x=1&y=2"),
    ("spec", "../a/./b/", "https://example.org/a/b/"),
    ("spec", "//Example.ORG/a/", "https://example.org/a/"),
    ("spec", "HTTP://example.org:80/a", "http://example.org/a"),
    ("spec", "http://example.org:443/a", "http://example.org:443/a"),
    ("spec", "https://example.org:443", "https://example.org/"),
    ("spec", " /a\n/b/\t", "https://example.org/a/b/"),
    ("spec", "/новость/", "https://example.org/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D1%8C/"),
    ("spec", "/%d0%bd/", "https://example.org/%d0%bd/"),
    ("spec", "http://пример.рф/", "http://xn--e1afmkfd.xn--p1ai/"),
    ("spec", "/a b/", "https://example.org/a%20b/"),
    # two releases of the sample site, ...trenirovka/ (2025) and ...trenirovka-/ (2024)
    ("sample", "/news/trenirovka-/", "https://example.org/news/trenirovka-/"),
    ("sample", "/news/" + "a" * 100 + "/", "https://example.org/news/" + "a" * 100 + "/"),
    ("sample", "/n/?bxajaxid=0f3a&PAGEN_1=2", "https://example.org/n/?PAGEN_1=2"),
    ("sample", "/a/?utm_source=rss&utm_medium=feed", "https://example.org/a/"),
    ("sample", "/a/?utmost=1", "https://example.org/a/?utmost=1"),
    ("hostile", "", None),
    ("hostile", "javascript:alert(1)", None),
    ("hostile", "mailto:press@example.org", None),
    ("hostile", "file:///etc/passwd", None),
    ("hostile", "http://example.org\\@evil.test/", None),
    ("hostile", "http://example.org@evil.test/", None),
    ("hostile", "http://[::1", None),
    ("hostile", "http://example.org:99999/", None),
    ("hostile", "http://exa mple.org/", None),
    ("hostile", "/" + "a" * 5000, None),
]


@pytest.mark.parametrize(("origin", "href", "url"), CASES)
def test_absolute(origin: str, href: str, url: str | None) -> None:
    assert absolute(BASE, href) == url, origin


@given(st.text(max_size=60))
def test_an_address_is_found_once_and_stays(href: str) -> None:
    found = absolute(BASE, href)
    if found is not None:
        assert absolute("https://other.test/", found) == found
        assert found.isascii()
        assert "#" not in found.partition("?")[0]


@pytest.mark.parametrize(
    ("hosts", "url", "allowed"),
    [
        (("example.org",), "https://example.org/a", True),
        (("example.org",), "http://example.org:80/a", True),
        (("example.org",), "http://example.org:8080/a", False),
        (("example.org:8080",), "http://example.org:8080/a", True),
        (("example.org:8080",), "http://example.org/a", False),
        (("example.org:443",), "https://example.org/a", True),
        (("Example.org",), "https://example.org/a", True),
        (("example.org",), "https://www.example.org/a", False),
        (("example.org",), "https://example.org.evil.test/a", False),
        (("example.org",), "ftp://example.org/a", False),
        (("[::1]:8080",), "http://[::1]:8080/a", True),
        ((), "http://lakes.test:81/a", True),
        ((), "http://lakes.test/a", False),
    ],
)
def test_hosts(hosts: tuple[str, ...], url: str, allowed: bool) -> None:
    source = Source("a", "A", "http://lakes.test:81/", fetch=Fetch(hosts=hosts))
    assert allows_host(source, url) == allowed


def test_a_source_without_hosts_and_homepage_allows_nothing() -> None:
    assert not allows_host(Source("a", "A"), "http://example.org/")


def test_what_is_a_release() -> None:
    assert is_release(LAKES, at("rise"))
    assert is_release(LAKES, at("rise") + "?print=1")
    assert not is_release(LAKES, f"{HOME}/news/")
    assert not is_release(LAKES, at("rise").replace("8765", "9999"))
    assert is_release(ANY, f"{HOME}/anything")
    assert not is_release(ANY, f"{HOME}/style.CSS")


def test_twins() -> None:
    assert twin("https://example.org/a?b") == "http://example.org/a?b"
    assert twin(at("rise")) is None  # a port belongs to one scheme
