"""What a visit is told of earlier ones, asked of a real lake."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.warehouse.histories import START, day
from tests.warehouse.live import OTHER, SITE, TEXT, answer, page, reread, soon, unread
from warehouse.duck import Place
from warehouse.incident_desk import close_incident
from warehouse.lists import Found, ListRead, Suspicion, keep_lists
from warehouse.model import StagedLook
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.store import Store

Record = Callable[..., None]
URL = f"{SITE}/a/"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store.open(Place(tmp_path_factory.mktemp("live") / "data"), START)
    yield store
    store.close()


@pytest.fixture
def store(opened: Store) -> Iterator[Store]:
    """A lake in which nothing stays: every test is a transaction."""
    opened.begin()
    yield opened
    opened.rollback()


class Runs:
    """Runs of a store, a day apart."""

    def __init__(self, store: Store) -> None:
        self.store, self.number = store, 0

    def stamp(self) -> Stamp:
        self.number += 1
        return Stamp(f"r{self.number}", day(100 + self.number))

    def __call__(self, *looks: StagedLook) -> None:
        Recorder(self.store, self.stamp()).record("lakes", list(looks), has_layouts=True)


@pytest.fixture
def run(store: Store) -> Runs:
    return Runs(store)


def test_the_not_found_page_lends_no_validators(store: Store, run: Runs) -> None:
    """Bug: its ETag was sent next time, and the 304 said that the release was there again."""
    run(replace(page(0, "/a/"), etag="release"))
    lost = replace(page(1, "/a/", OTHER), outcome="missing", reading=None, text=None,
                   reading_id=None, etag="not-found")  # fmt: skip
    run(lost)
    run(replace(unread(2, "/a/"), etag="broken"))
    (looks,) = store.page_looks("lakes", [URL]).values()
    assert [one.etag for one in looks] == ["release"]


def test_a_look_that_two_parsers_read_is_one_answer(store: Store, run: Runs) -> None:
    """Bug: the same ETag under two texts looked like a server that lies."""
    look = replace(page(0, "/a/"), etag="e")
    run(look)
    run(reread(look, OTHER))
    ((one,),) = store.page_looks("lakes", [URL]).values()
    (today,) = store.readings([str(look.reading_id)]).values()
    assert today.key is not None
    assert one.text_digest == today.key.text_digest


def test_the_newest_answers_only(store: Store, run: Runs) -> None:
    run(*[page(n, "/a/") for n in range(15)], answer(20, "/a/", "failed"))
    (looks,) = store.page_looks("lakes", [URL], newest=3).values()
    assert {one.captured_at for one in looks} == {day(12), day(13), day(14)}


def test_pages_to_visit(store: Store, run: Runs) -> None:
    run(page(0, "/a/"), page(0, "/x/", OTHER, "A statement"))
    run(answer(1, "/a/", "moved", to="/b/"), soon(page(1, "/b/"), 1), answer(1, "/x/", "missing"))
    found = Found(f"{SITE}/new/", "New", date(2026, 3, 1), "listing")
    keep_lists(store, run.stamp(), "lakes", [found, replace(found, url=URL)], [], [])
    pages = {one.url.removeprefix(SITE): one for one in store.site_pages("lakes")}
    assert set(pages) == {"/b/", "/x/", "/new/"}  # not where it no longer stands
    assert pages["/x/"].status == "missing"
    assert (pages["/new/"].release_id, pages["/new/"].last_look_at) == (None, None)
    assert pages["/b/"].looks == 1


def test_when_lists_were_last_walked_whole(store: Store, run: Runs) -> None:
    assert store.last_deep_walk("lakes") is None

    def read(*lists: tuple[str, bool, bool]) -> Stamp:
        stamp = run.stamp()
        keep_lists(store, stamp, "lakes", [],
                   [ListRead(url, 9, deep, whole) for url, deep, whole in lists], [])  # fmt: skip
        return stamp

    deep = read(("/news/", True, True), ("/rss/", True, True))
    read(("/news/", False, True), ("/rss/", False, True))
    assert store.last_deep_walk("lakes") == deep.recorded_at
    for lists in ((("/a/", True, False), ("/b/", True, True)),
                  (("/a/", True, True), ("/b/", True, False))):  # fmt: skip
        read(*lists)
        assert store.last_deep_walk("lakes") is None  # one of them was cut short


# Lists that lose their items


def lost(items: int) -> Suspicion:
    return Suspicion("listing", "/news/", f"/news/ names {items}", ("/news/",))


def test_a_list_that_lost_its_items_is_measured_by_what_it_had(store: Store, run: Runs) -> None:
    keep_lists(store, run.stamp(), "lakes", [], [ListRead("/news/", 20, False, True)], [])
    opened = keep_lists(
        store, run.stamp(), "lakes", [], [ListRead("/news/", 4, False, True)], [lost(4)]
    )
    assert [one.kind for one in opened] == ["listing"]
    assert store.listing_items("lakes") == {"/news/": 20}
    again = keep_lists(
        store, run.stamp(), "lakes", [], [ListRead("/news/", 4, False, True)], [lost(4)]
    )
    assert again == []  # it is open already
    (one,) = store.incidents("lakes")
    assert one.closed_at is None


def test_it_is_over_when_the_list_has_them_again(store: Store, run: Runs) -> None:
    keep_lists(store, run.stamp(), "lakes", [], [], [lost(4)])
    keep_lists(store, run.stamp(), "lakes", [], [], [])  # the list was not read: nothing is known
    assert [one.decision for one in store.incidents("lakes")] == [None]
    keep_lists(store, run.stamp(), "lakes", [], [ListRead("/news/", 20, False, True)], [])
    assert [one.decision for one in store.incidents("lakes")] == ["recovered"]


def test_a_list_accepted_as_it_is_becomes_the_measure(store: Store, run: Runs) -> None:
    keep_lists(store, run.stamp(), "lakes", [], [ListRead("/news/", 20, False, True)], [])
    keep_lists(store, run.stamp(), "lakes", [], [], [lost(4)])
    (one,) = store.incidents("lakes")
    close_incident(store, run.stamp(), one, "accepted")
    assert store.listing_items("lakes")["/news/"] < 4
    opened = keep_lists(store, run.stamp(), "lakes", [], [ListRead("/news/", 4, False, True)], [])
    assert opened == []
    assert store.listing_items("lakes") == {"/news/": 4}


def test_states_and_presences_are_as_in_memory(store: Store, run: Runs) -> None:
    run(page(0, "/a/"))
    run(answer(5, "/a/", "missing"))
    run(answer(4, "/a/", "missing"))
    run(page(9, "/a/"))
    (release_id,) = store.releases_of_addresses("lakes", [URL]).values()
    found = sorted(
        (one.since, one.status) for one in store.release_states([release_id])[release_id]
    )
    assert found == [(day(4), "missing"), (day(5), "withdrawn"), (day(9), "live")]
    said = {one.outcome for _, one in store.presences("lakes", [URL])}
    assert said == {"new", "missing", "live_again"}


def test_one_release_after_a_move_to_a_known_address(store: Store, run: Runs) -> None:
    run(page(0, "/a/"), page(0, "/b/"))
    run(answer(2, "/a/", "moved", to="/b/"), soon(page(2, "/b/"), 1))
    named = store.releases_of_addresses("lakes", [URL, f"{SITE}/b/"])
    (release_id,) = set(named.values())
    assert len(store.looks([release_id])[release_id]) == 3
    roles = {url.removeprefix(SITE): role for (one, url), role in
             store.url_roles([release_id]).items()}  # fmt: skip
    assert roles == {"/a/": "moved_from", "/b/": "canonical"}


def test_held_looks_are_handed_out_until_they_are_decided(store: Store, run: Runs) -> None:
    run(*[page(0, f"/{n}/", f"{TEXT} {n}", f"Headline {n}") for n in range(5)])
    broken = [soon(unread(1, f"/{n}/"), n) for n in range(5)]
    run(*broken)
    (incident,) = store.incidents("lakes")
    held = store.held_looks([incident.incident_id])
    assert [one.capture_id for one in held] == [one.capture_id for one in broken]
    assert not any(one.is_read for one in held)
    run(replace(reread(broken[0], f"{TEXT} 0 new"), held=True))
    assert len(store.held_looks([incident.incident_id])) == 4
    assert timedelta() < held[1].captured_at - held[0].captured_at
