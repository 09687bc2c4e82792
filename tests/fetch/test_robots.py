"""robots.txt comes first and is obeyed. Promise 1; RFC 9309."""

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.fetch.answer import Answer
from flows.fetch.robots import ROBOTS_CAP_BYTES
from tests.fetch.conftest import Make
from tests.fetch.server import PAGE, QUICK, Reply, Server, answer, chunked, redirect, reset_after
from warehouse.robots_copies import RobotsCopy, load_robots_copies, save_robots_copies

PLAIN = {"Content-Type": "text/plain"}
RULES = b"User-agent: *\nDisallow: /secret/\n"


def rules(text: bytes = RULES) -> bytes:
    return answer(text, headers=PLAIN)


def copy_of(server: Server, hours_old: float, text: str = RULES.decode()) -> RobotsCopy:
    return RobotsCopy(server.root, server.fake.now() - timedelta(hours=hours_old), text)


def paths_fetched(server: Server, make: Make, *copies: RobotsCopy) -> list[str]:
    """Which of a public and a secret page were asked for."""
    server.on("/page", answer())
    server.on("/secret/page", answer())
    with make(robots=copies) as fetcher:
        fetcher.get(f"{server.root}/secret/page")
        fetcher.get(f"{server.root}/page")
    return [path for path in server.paths if path.endswith("/page")]


def test_nothing_is_asked_before_robots_and_nothing_disallowed(server: Server, make: Make) -> None:
    server.on("/robots.txt", rules())
    server.on("/page", answer())
    with make() as fetcher:
        refused = fetcher.get(f"{server.root}/secret/a")
        assert fetcher.get(f"{server.root}/page").answer is Answer.BODY
    assert (refused.answer, refused.error) == (Answer.REFUSED, "robots.txt disallows it")
    assert refused.exchanges == ()
    assert server.paths == ["/robots.txt", "/page"]


def test_a_redirect_into_what_is_disallowed_is_not_followed(server: Server, make: Make) -> None:
    server.on("/robots.txt", rules())
    server.on("/page", redirect("/secret/a"))
    with make() as fetcher:
        fetched = fetcher.get(f"{server.root}/page")
    assert fetched.answer is Answer.REFUSED
    assert "/secret/a" not in server.paths


BOTH, PUBLIC, NONE = ["/secret/page", "/page"], ["/page"], list[str]()
HTML = answer(b"<!DOCTYPE html><html><p>Not found</p></html>")


@pytest.mark.parametrize(
    ("label", "replies", "copy_hours", "expected"),
    [
        ("rules", [rules()], None, PUBLIC),
        ("rules sent as html", [answer(RULES)], None, PUBLIC),
        ("rules with a BOM", [rules(b"\xef\xbb\xbf" + RULES)], None, PUBLIC),
        ("rules for us alone", [rules(b"User-agent: PressDiff\nDisallow: /")], None, NONE),
        ("rules for a word of our contact", [rules(b"User-agent: why\nDisallow: /")], None, BOTH),
        ("empty", [rules(b"")], None, BOTH),
        ("404", [answer(b"", "404 Not Found")], None, BOTH),
        ("403", [answer(b"", "403 Forbidden")], None, BOTH),
        ("404 beside a copy", [answer(b"", "404 Not Found")], 1, BOTH),
        ("500", [answer(b"", "500 Oops")], None, NONE),
        ("503", [answer(b"", "503 Busy")], None, NONE),
        ("429", [answer(b"", "429 Slow down")], None, NONE),
        ("reset", [reset_after(b"")], None, NONE),
        ("cut", [answer(RULES, headers=PLAIN, length=99)], None, NONE),
        ("cut chunk", [chunked(RULES, end=False)], None, NONE),
        ("500 beside a copy of 23 h", [answer(b"", "500 Oops")], 23, PUBLIC),
        ("429 beside a copy of 23 h", [answer(b"", "429 Slow down")], 23, PUBLIC),
        ("reset beside a copy of 23 h", [reset_after(b"")], 23, PUBLIC),
        ("500 beside a copy of 25 h", [answer(b"", "500 Oops")], 25, NONE),
        ("html beside a copy", [HTML], 1, PUBLIC),
        ("html beside an old copy", [HTML], 99, PUBLIC),
        ("html without a copy", [HTML], None, BOTH),
        ("500 once, then rules", [answer(b"", "500 Oops"), rules()], None, PUBLIC),
    ],
)
def test_what_robots_answers_decides(
    server: Server, make: Make, label: str, replies: list[Reply], copy_hours: float | None,
    expected: list[str],
) -> None:  # fmt: skip
    server.on("/robots.txt", *replies)
    copies = [] if copy_hours is None else [copy_of(server, copy_hours)]
    assert paths_fetched(server, make, *copies) == expected, label


@pytest.mark.parametrize(("redirects", "expected"), [(1, PUBLIC), (5, PUBLIC), (6, BOTH)])
def test_robots_may_redirect_five_times(
    server: Server, make: Make, redirects: int, expected: list[str]
) -> None:
    server.on("/robots.txt", redirect("/r1", 301))
    for number in range(1, redirects):
        server.on(f"/r{number}", redirect(f"/r{number + 1}", 301))
    server.on(f"/r{redirects}", rules())
    assert paths_fetched(server, make) == expected


def test_robots_elsewhere_is_not_asked_for_and_lets_nothing_be_fetched(
    server: Server, make: Make
) -> None:
    with Server() as other:
        server.on("/robots.txt", redirect(f"{other.root}/robots.txt"))
        assert paths_fetched(server, make) == NONE
        assert other.log == []


def test_each_host_on_the_way_has_its_own_robots(server: Server, make: Make) -> None:
    with Server(server.fake) as other:
        hosts = (f"127.0.0.1:{server.port}", f"127.0.0.1:{other.port}")
        server.on("/page", redirect(f"{other.root}/page"))
        server.on("/second", redirect(f"{other.root}/secret/page"))
        other.on("/robots.txt", rules())
        other.on("/page", answer())
        with make({"hosts": hosts}) as fetcher:
            assert fetcher.get(f"{server.root}/page").answer is Answer.BODY
            assert fetcher.get(f"{server.root}/second").answer is Answer.REFUSED
        assert other.paths == ["/robots.txt", "/page"]
        assert server.paths == ["/robots.txt", "/page", "/second"]


def test_rules_beyond_500_kib_do_not_count(server: Server, make: Make) -> None:
    filler = b"# " + b"x" * 98 + b"\n"
    early = RULES + filler * 6000 + b"Disallow: /page\n"
    server.on("/robots.txt", rules(early))
    assert paths_fetched(server, make) == PUBLIC


def test_a_line_cut_by_the_cap_is_no_rule(server: Server, make: Make) -> None:
    start = RULES + b"Disallow: /pa"
    cut_inside = b"#" * (ROBOTS_CAP_BYTES - len(start) - 1) + b"\n" + start
    server.on("/robots.txt", rules(cut_inside + b"perclips\n" + b"#" * 9000))
    assert paths_fetched(server, make) == PUBLIC


def test_faults_and_looks_are_there_to_be_kept(server: Server, make: Make) -> None:
    server.on("/robots.txt", answer(b"", "500 Oops"))
    with make() as fetcher:
        fetched = fetcher.get(f"{server.root}/page")
        fetcher.get(f"{server.root}/other")
        assert [len(look.exchanges) for look in fetcher.robots_looks] == [3]
        assert list(fetcher.robots_faults) == [server.root]
        assert fetcher.robots_copies == ()
    assert fetched.answer is Answer.REFUSED
    assert "500 Oops" in (fetched.error or "")
    assert server.paths == ["/robots.txt"] * 3  # once a run, retries included


def test_a_robots_that_says_wait_makes_the_pages_wait(server: Server, make: Make) -> None:
    server.on("/robots.txt", answer(b"", "503 Busy", {"Retry-After": "7200"}))
    with make(budget_s=3600) as fetcher:
        assert fetcher.get(f"{server.root}/page").answer is Answer.WAITING
    assert server.paths == ["/robots.txt"]


def test_robots_is_asked_again_after_a_day(server: Server, make: Make) -> None:
    server.on("/page", answer())
    with make() as fetcher:
        fetcher.get(f"{server.root}/page")
        server.fake.sleep(86400)
        fetcher.get(f"{server.root}/page")
    assert server.paths == ["/robots.txt", "/page"] * 2


def test_sitemaps_are_offered(server: Server, make: Make) -> None:
    server.on("/robots.txt", rules(RULES + b"Sitemap: https://lakes.test/map.xml\n"))
    with make() as fetcher:
        assert fetcher.sitemaps(server.root) == ("https://lakes.test/map.xml",)
        assert fetcher.sitemaps("https://elsewhere.test/") == ()
    assert server.paths == ["/robots.txt"]


@pytest.mark.parametrize(
    ("wished", "gap_s"), [(b"0.2", 1.0), (b"7", 7.0), (b"86400", 300.0), (b"soon", 1.0)]
)
def test_crawl_delay_is_the_gap_between_starts(
    server: Server, make: Make, wished: bytes, gap_s: float
) -> None:
    server.on("/robots.txt", rules(b"User-agent: *\nCrawl-delay: " + wished + b"\n"))
    server.on("/page", answer(PAGE))
    with make(limits=QUICK) as fetcher:
        for _ in range(3):
            fetcher.get(f"{server.root}/page")
    starts = [seen.at for seen in server.log]
    gaps = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert gaps == pytest.approx([gap_s] * 3)


def test_copies_outlive_a_run(server: Server, make: Make, tmp_path: Path) -> None:
    server.on("/robots.txt", rules())
    assert load_robots_copies(tmp_path) == ()
    with make() as fetcher:
        fetcher.get(f"{server.root}/page")
        save_robots_copies(tmp_path, fetcher.robots_copies)
    other = RobotsCopy("https://x.test", datetime(2026, 1, 1, tzinfo=UTC), "é\n")
    save_robots_copies(tmp_path, [other])
    assert set(load_robots_copies(tmp_path)) == {*fetcher.robots_copies, other}
    (tmp_path / "robots.json").write_text("[{")
    assert load_robots_copies(tmp_path) == ()
