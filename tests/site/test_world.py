"""The world is the same for its seed, and does what its script says."""

from itertools import pairwise

import pytest

from tests.site.dress import MANNERS, dressed, normalised
from tests.site.script import FATES, TWIN, TWIN_OF, make_world
from tests.site.truth import essence
from tests.site.world import Size, World

LARGE = Size(200, 15, 20)


@pytest.fixture(scope="module", params=[1, 2], ids=["seed 1", "seed 2"])
def large(request: pytest.FixtureRequest) -> World:
    return make_world(request.param, LARGE)


def test_a_seed_is_one_world() -> None:
    assert make_world(5) == make_world(5)
    assert make_world(5).facts != make_world(6).facts


def test_every_fate_is_met(large: World) -> None:
    """Each kind of event the proof names happens in a large world."""
    kinds = {fact.presence for fact in large.facts} | {fact.moved_by for fact in large.facts}
    assert kinds >= {"live", "404", "410", "soft404", "home", "301"}
    assert {fact.field for fact in large.facts} >= {"headline", "published_on", "body"}
    assert any(fact.detour for fact in large.facts)
    assert {fact.dress for fact in large.facts} >= {1, 2, 3}
    assert set(large.moods.values()) == {
        "maintenance", "consent", "down", "robots_500", "robots_html"
    }  # fmt: skip
    assert {item.validators for item in large.items.values()} == {
        "honest", "none", "fresh", "stale"
    }  # fmt: skip
    assert any(item.kind == "pdf" for item in large.items.values())
    assert any(item.repeats is not None for item in large.items.values())
    assert any(not item.in_sitemap and item.kind == "html" for item in large.items.values())
    assert len(FATES) == 20


def test_nothing_happens_while_the_site_is_shut(large: World) -> None:
    busy = {fact.step for fact in large.facts}
    assert not busy & set(large.moods)
    assert large.size.steps - 1 not in busy, "the last step is quiet"


def test_one_fact_a_release_and_step(large: World) -> None:
    places = [(fact.step, fact.key) for fact in large.facts]
    assert len(places) == len(set(places))


def test_edits_are_edits_and_dress_is_none(large: World) -> None:
    """A planted text is none the release had, unless it is a return; typing changes nothing."""
    for key in large.items:
        had = [essence(f.text) for f in large.facts if f.key == key and f.text is not None]
        assert all(a != b for a, b in pairwise(had))
        text = large.scene(0).standings.get(key)
        if text is not None:
            for paragraph in text.text.paragraphs:
                manners = {normalised(dressed(paragraph, n)) for n in range(MANNERS)}
                assert len(manners) == 1


def test_back_dated_releases_stand_deep_in_the_list(large: World) -> None:
    late = [f for f in large.facts if f.step and f.presence == "live" and f.text and not f.field]
    places = []
    for fact in late:
        scene = large.scene(fact.step)
        if fact.key in scene.order:
            places.append(scene.order.index(fact.key) // large.size.per_page)
    assert 0 in places
    assert max(places) >= 3


def test_twins_differ_by_a_dash() -> None:
    items = make_world(1).items
    assert items[TWIN].path == items[TWIN_OF].path[:-1] + "-/"


def test_a_reordered_list_holds_the_same(large: World) -> None:
    for step in large.reordered:
        scene = large.scene(step)
        live = {one.key for one in scene.standings.values() if one.is_live}
        assert set(scene.order) == live
        days = [scene.standings[key].text.published_on for key in scene.order]
        assert days != sorted(days, reverse=True)
