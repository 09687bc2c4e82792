"""A lake in which everything has happened: edits, reverts, texts that flap, late releases, moves,
looks that went to another release or were read again, re-posts, teasers."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from parsers.model import Teaser
from tests.warehouse.conftest import look, run_row
from tests.warehouse.histories import BODIES, START, UNREAD, day, read_by, staged
from tests.warehouse.live import OTHER, SITE, answer, page, soon
from warehouse.duck import Place
from warehouse.model import StagedLook
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.store import Store

EDITED = BODIES[0].replace("clean", "cold")
TEASERS = (
    Teaser("A statement", date(2026, 3, 1), None),
    Teaser("The Council met", None, f"{SITE}/flaps"),
    Teaser("Nobody knows of this", None, f"{SITE}/unknown"),
)


def make_eventful(root: Path) -> Place:
    """That lake below a folder."""
    place = Place(root / "data")
    for number, batch in enumerate(_batches()):
        store = Store.open(place, START)
        try:
            stamp = Stamp(f"run-{number}", day(100) + timedelta(hours=number))
            store.begin()
            Recorder(store, stamp).record("lakes", list(batch), hold=False)
            store.append("run_log", [run_row(stamp, {})])
            if number == 0:
                _repeat(store, stamp)
            if number == 3:
                _share(store, stamp)
            store.commit()
        finally:
            store.close()
    return place


def _batches() -> Iterator[Sequence[StagedLook]]:
    """The looks of each run."""
    world = [*_at_random(Random(2))]
    yield [*world[::2], *_flapping(), *_late(), page(0, "/a/"), page(0, "/b/")]
    yield [*world[1::2], *_with_teasers()]
    yield [answer(2, "/a/", "moved", to="/b/"), soon(page(2, "/b/"), 1), page(3, "/c/", OTHER)]
    yield [answer(4, "/c/", "missing"), *_shared_address()]
    shorter = {str(one.digest): _shorter(one) for one in world[:20]}
    unread = {str(one.digest): UNREAD for one in world[:20:5]}
    today = [read_by({**shorter, **unread}, "v2", one) for one in world[:30]]
    yield list({one.reading_id: one for one in today}.values())


def _at_random(random: Random) -> Iterator[StagedLook]:
    """Looks that collide as often as they can."""
    addresses = [None, None, *(f"{SITE}/{number}" for number in range(6))]
    for _ in range(80):
        yield staged(
            random.randrange(30),
            random.choice(BODIES),
            headline=random.choice(["The Council met", "A statement"]),
            published_on=random.choice([None, date(2026, 2, 1), date(2026, 2, 2)]),
            modified_on=random.choice([None, None, date(2026, 3, 2), date(2026, 3, 9)]),
            address=random.choice(addresses),
            url=random.choice(["file:a.txt", "file:b.txt"]),
            noise=random.choice(["", "ticker"]),
        )


def _flapping() -> Iterator[StagedLook]:
    for number in range(7):
        body = f"{(BODIES[0], EDITED)[number % 2]} and on fish"
        yield staged(10 + number, body, headline="It flaps", address=f"{SITE}/flaps")


def _late() -> Iterator[StagedLook]:
    """Dated long before it is met, though looks were taken in between."""
    yield staged(29, OTHER, headline="Late", published_on=day(2).date(), address=f"{SITE}/late")


def _shared_address() -> Iterator[StagedLook]:
    """One that led to a release, then to another."""
    for at, path in ((5, "/y/"), (6, "/z/")):
        led = page(at, path, f"{OTHER} at {path}", f"Led to {path}")
        yield replace(led, url=f"{SITE}/x/", capture_id=f"{path[1]}" * 24)


def _with_teasers() -> Iterator[StagedLook]:
    for number in range(4):
        read = staged(20, f"{OTHER} {number}", headline=f"Page {number}").text
        assert read is not None
        yield look(f"{SITE}/page/{number}", day(20), read.sighting, TEASERS[: number + 1])


def _shorter(one: StagedLook) -> Any:
    assert one.text is not None
    sighting = one.text.sighting
    return replace(sighting, paragraphs=(sighting.paragraphs[0][:40],))


def _repeat(store: Store, stamp: Stamp) -> None:
    """Say of some releases that they repeat another."""
    named = store.releases_of_addresses("lakes", [f"{SITE}/flaps", f"{SITE}/late", f"{SITE}/b/"])
    oldest, *others = sorted(set(named.values()))
    rows = [
        {"release_id": one, "cluster_id": oldest, "duplicate_of": oldest, "duplicate_kind": "near"}
        for one in others
    ]
    store.append("cluster_log", [{**row, **stamp.columns} for row in rows])


def _share(store: Store, stamp: Stamp) -> None:
    """Say that the address which led to two releases is one of the first."""
    (first,) = store.releases_of_addresses("lakes", [f"{SITE}/y/"]).values()
    role = {"release_id": first, "source_id": "lakes", "url": f"{SITE}/x/", "role": "alias"}
    store.append("url_log", [{**role, **stamp.columns}])
