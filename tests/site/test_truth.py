"""The truth: told by hand for a few fates, and the same that a reader sees on the pages."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup, Tag

from tests.site.clock import Clock
from tests.site.dress import squashed
from tests.site.faults import Fault, FaultKind, Severity
from tests.site.markup import Noise, article
from tests.site.script import make_world
from tests.site.site import Request, Site
from tests.site.test_judge import passes_of
from tests.site.truth import Expected, expect, shown
from tests.site.world import Fact, Item, Size, World

STEPS = 8


def world_of(*facts: Fact, item: Item | None = None) -> World:
    """One release, published at step 0, and what happens to it; a notice at step 4."""
    item = item or Item(1, "/news/news_col/a/")
    first = replace(make_world(1).facts[0], key=1, step=0)
    return World(1, Size(1, STEPS), {1: item}, (first, *facts), {4: "maintenance"})


def known(world: World, count: int, *faults: Fault) -> Expected:
    """What is known of the release after that many passes."""
    return expect(world, tuple(faults), passes_of(world)[:count])[0]


OTHER = make_world(2).facts[0].text


@pytest.mark.parametrize(
    ("presence", "statuses"),
    [
        ("404", ["live", "live", "live", "missing", "missing", "withdrawn"]),
        ("soft404", ["live", "live", "live", "missing", "missing", "withdrawn"]),
        ("home", ["live", "live", "live", "missing", "missing", "withdrawn"]),
        ("410", ["live", "live", "live", "withdrawn", "withdrawn", "withdrawn"]),
    ],
)
def test_withdrawn_at_the_second_sighting(presence: str, statuses: list[str]) -> None:
    """Gone at step 3; the notice of step 4 is no sighting."""
    world = world_of(Fact(3, 1, presence=presence))  # type: ignore[arg-type]
    assert [known(world, count).statuses for count in range(1, 7)] == [{one} for one in statuses]


def test_restored_and_edited() -> None:
    world = world_of(Fact(1, 1, presence="410"), Fact(3, 1, presence="live"))
    there = known(world, 4)
    assert there.statuses == {"live"}
    assert len(there.segments) == 1
    assert [(one.number, one.outcomes) for one in there.events] == [(3, {"live_again"})]
    world = world_of(Fact(1, 1, presence="410"), Fact(3, 1, presence="live", text=OTHER))
    assert [one.first for one in known(world, 4).segments] == [0, 3]


def test_moved() -> None:
    fact = Fact(2, 1, path="/news/news_odkb/b/", moved_by="301")
    there = known(world_of(fact), 3)
    assert there.canonical == {"/news/news_odkb/b/"}
    assert there.moved_from == {"/news/news_col/a/"}
    assert there.statuses == {"live"}
    assert len(there.segments) == 1
    assert known(world_of(Fact(2, 1, detour=True)), 3).canonical == {"/news/news_col/a/"}


@pytest.mark.parametrize(
    ("kind", "certain", "statuses"),
    [
        ("error_500", False, {"live"}),
        ("too_long", False, {"live"}),
        ("wrong_charset", True, {"live"}),
        ("once_404", False, {"live", "missing"}),
        ("error_429", False, {"live"}),
    ],
)
def test_an_edit_behind_a_fault(kind: FaultKind, certain: bool, statuses: set[str]) -> None:
    """It may be found later, but no later than at the next look that nothing spoilt."""
    world = world_of(Fact(2, 1, text=OTHER, field="body"))
    fault = Fault(kind, 2, "/news/news_col/a/", key=1)
    there = known(world, 3, fault)
    assert there.segments[-1].is_certain is certain
    assert there.statuses == statuses
    later = known(world, 4, fault)
    assert later.statuses == {"live"}
    assert later.segments[-1].is_certain
    assert (later.segments[-1].first, later.segments[-1].by) == (2, 2 if certain else 3)


def test_an_edit_behind_a_304_is_certain_in_a_full_pass() -> None:
    item = Item(1, "/news/news_col/a/", validators="stale")
    world = world_of(Fact(2, 1, text=OTHER, field="body"), item=item)
    there = known(world, STEPS + 1).segments[-1]
    assert (there.first, there.by, there.is_certain) == (2, STEPS, True)


def test_what_stands_in_the_list_alone_may_be_found_late() -> None:
    """Passes of full length only: here at the latest after seven steps."""
    world = world_of(item=Item(1, "/news/news_col/a/", in_sitemap=False))
    assert not known(world, 1).is_required
    assert known(world, STEPS).is_required


@pytest.mark.parametrize("seed", [1, 2])
def test_a_reader_sees_the_truth(seed: int) -> None:
    """Headline, day and paragraphs of every page, in both designs and every manner of typing."""
    world = make_world(seed, Size(20, 15))
    designs = set()
    for step in range(15):
        scene = world.scene(step)
        designs.add(scene.design)
        for one in scene.standings.values():
            if not one.is_live or one.item.kind == "pdf":
                continue
            headline, day, body = read(article(scene, one, Noise(step * 7, is_still=False)))
            assert (headline, body) == shown(one)
            assert day == f"{one.text.published_on:%d.%m.%Y}"
    assert designs == {"first", "second"}


def read(page: str) -> tuple[str, str, str]:
    """Headline, day and body of a page, read by hand."""
    soup = BeautifulSoup(page, "lxml")
    for noise in soup.select(".share, .banner"):
        noise.decompose()
    headline, day = soup.select_one("h1, h2.title"), soup.select_one("time, span.date")
    assert isinstance(headline, Tag)
    assert isinstance(day, Tag)
    paragraphs = soup.select("div.news-text p, section.content > span")
    texts = [squashed(one.get_text()) for one in paragraphs]
    return squashed(headline.get_text()), squashed(day.get_text()), "\n\n".join(texts).strip()


def test_noise_changes_bytes_and_honest_pages_do_not() -> None:
    """Of two looks at a page within a step the bytes differ, unless it is an honest one."""
    world = make_world(3, Size(40, 6))
    site = Site(world, (), Clock(), Severity(), None)
    seen = set()
    for one in world.scene(0).standings.values():
        if one.item.kind == "pdf":
            continue
        request = Request("GET", one.path, {})
        same = site.answer(request)[0].body == site.answer(request)[0].body
        assert same is (one.item.validators == "honest")
        seen.add(same)
    assert seen == {True, False}
