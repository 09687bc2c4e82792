"""The site serves its world, and each fault goes wrong in the way of its name."""

import gzip
import zlib
from collections.abc import Iterator

import pytest

from tests.site.client import Raw, ask, unchunked
from tests.site.clock import Clock
from tests.site.faults import ALWAYS, Fault, FaultKind, Severity, plan_faults
from tests.site.script import make_world
from tests.site.server import OtherPort, Server
from tests.site.site import Site
from tests.site.world import Size, World

SEVERITY = Severity(hang_s=0.1, drip_s=0.2, bomb_bytes=2**22, endless_bytes=2**21)


class Served:
    """A small world under a server."""

    def __init__(self, world: World, faults: tuple[Fault, ...] = ()) -> None:
        self.clock = Clock()
        self.site = Site(world, faults, self.clock, SEVERITY, crawl_delay_s=2)
        self.server = Server(self.site, self.clock)
        self.other = OtherPort()
        self.site.other_origin = self.other.origin

    def ask(self, path: str, headers: dict[str, str] | None = None) -> Raw:
        return ask(self.server.origin + path, headers)


WORLD = make_world(1)
PATH = next(
    item.path for item in WORLD.items.values() if item.kind == "html" and item.key not in (3, 7, 11)
)


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served(WORLD)
    with served.server, served.other:
        yield served


def body(raw: Raw) -> str:
    """The page, whichever way it came."""
    chunked = raw.headers.get("transfer-encoding") == "chunked"
    return (unchunked(raw.payload) if chunked else raw.payload).decode()


def test_pages_lists_and_rules(served: Served) -> None:
    assert "Crawl-delay: 2" in body(served.ask("/robots.txt"))
    scene = WORLD.scene(0)
    listed = body(served.ask("/news/?PAGEN_1=1"))
    first, last = scene.standings[scene.order[0]], scene.standings[scene.order[-1]]
    assert first.path in listed
    assert last.path not in listed
    assert body(served.ask("/news/?PAGEN_1=2")) == body(served.ask("/news/?PAGEN_1=99"))
    assert first.path in body(served.ask("/rss/"))
    packed = served.ask("/sitemap-1.xml.gz").payload
    plain = served.ask("/sitemap-2.xml").text
    both = gzip.decompress(packed).decode() + plain
    html = [one for one in scene.standings.values() if one.item.kind == "html"]
    assert all(one.path in both for one in html)
    assert served.ask("/no/such/page/").status == 404
    pdf = next(one for one in scene.standings.values() if one.item.kind == "pdf")
    assert served.ask(pdf.path).payload.startswith(b"%PDF-")
    assert served.other.connections == 0


@pytest.mark.parametrize("step", range(WORLD.size.steps))
def test_each_release_answers_as_it_stands(served: Served, step: int) -> None:
    served.site.turn_to(step)
    scene = WORLD.scene(step)
    statuses = {"live": 200, "404": 404, "410": 410, "soft404": 200, "home": 301}
    for one in scene.standings.values():
        raw = served.ask(one.path)
        if scene.mood == "maintenance":
            assert "Scheduled maintenance" in body(raw)
            continue
        assert raw.status == (302 if one.detour else statuses[one.presence])
        if one.presence == "soft404":
            assert "was not found on this site" in body(raw)
        for path, how in one.old:
            assert served.ask(path).status == int(how)
        if one.detour:
            assert served.ask(raw.headers["location"]).status == 200


def test_validators_honest_and_lying() -> None:
    world = make_world(3, Size(40, 15))
    served = Served(world)
    with served.server, served.other:
        seen = set()
        for step in (0, 1, 2, 4, 5):
            served.site.turn_to(step)
            for one in world.scene(step).standings.values():
                if one.item.kind == "pdf" or one.presence != "live" or one.detour:
                    continue
                raw = served.ask(one.path)
                manner = one.item.validators
                seen.add(manner)
                etag = raw.headers.get("etag")
                assert (etag is None) == (manner == "none")
                if etag is not None:
                    again = served.ask(one.path, {"If-None-Match": etag})
                    assert again.status == (200 if manner == "fresh" else 304)
        assert seen == {"honest", "none", "fresh", "stale"}


def test_a_hidden_edit_hides_behind_a_304() -> None:
    world = make_world(3, Size(40, 15))
    served = Served(world)
    edit = next(
        f for f in world.facts if f.field and world.items[f.key].validators == "stale" and f.step
    )
    with served.server, served.other:
        path = world.scene(edit.step - 1).standings[edit.key].path
        served.site.turn_to(edit.step - 1)
        before = served.ask(path)
        served.site.turn_to(edit.step)
        assert served.ask(path, {"If-None-Match": before.headers["etag"]}).status == 304


def spoilt(kind: FaultKind, attempts: int = ALWAYS) -> tuple[Raw, Raw, Served]:
    """The first and second answer of a page with a fault, and the site."""
    served = Served(WORLD, (Fault(kind, 0, PATH, attempts),))
    with served.server, served.other:
        return served.ask(PATH), served.ask(PATH), served


def test_a_fault_ends_after_its_attempts() -> None:
    first, second, served = spoilt("error_500", attempts=1)
    assert (first.status, second.status) == (500, 200)
    assert [hit.fault for hit in served.server.hits] == ["error_500", None]


@pytest.mark.parametrize(
    ("kind", "status", "header"),
    [
        ("error_500", 500, None),
        ("error_503_seconds", 503, ("retry-after", "90")),
        ("error_503_date", 503, ("retry-after", "GMT")),
        ("error_429", 429, ("retry-after", "90")),
        ("once_404", 404, None),
        ("redirect_loop", 302, ("location", PATH)),
        ("redirect_to_file", 302, ("location", "file:///etc/passwd")),
        ("redirect_to_other_port", 302, ("location", "http://127.0.0.1:")),
        ("wrong_charset", 200, ("content-type", "windows-1251")),
    ],
)
def test_faults_that_are_answers(
    kind: FaultKind, status: int, header: tuple[str, str] | None
) -> None:
    raw, _, served = spoilt(kind)
    assert raw.status == status
    if header is not None:
        assert header[1] in raw.headers[header[0]]
    assert served.other.connections == 0


def test_faults_of_the_wire() -> None:
    for kind in ("hang", "reset"):
        assert spoilt(kind)[0].error
    assert spoilt("empty_200")[0].payload == b""
    short, long = spoilt("too_short")[0], spoilt("too_long")[0]
    assert len(short.payload) < int(short.headers["content-length"])
    assert len(long.payload) > int(long.headers["content-length"])
    drip = spoilt("drip")[0]
    assert 0 < len(drip.payload) < int(drip.headers["content-length"])
    with pytest.raises(ValueError, match="last chunk"):
        unchunked(spoilt("cut_chunk")[0].payload)
    cut = spoilt("cut_gzip")[0]
    assert len(cut.payload) == int(cut.headers["content-length"])
    with pytest.raises(EOFError):
        gzip.decompress(cut.payload)
    bomb = spoilt("gzip_bomb")[0].payload
    assert len(bomb) < 10_000
    assert len(zlib.decompress(bomb, 31)) > SEVERITY.bomb_bytes
    assert len(spoilt("endless_body")[0].payload) > SEVERITY.endless_bytes * 0.9


def test_a_client_that_gives_up_is_no_longer_in_flight() -> None:
    served = Served(WORLD, (Fault("endless_body", 0, PATH),))
    with served.server, served.other:
        ask(served.server.origin + PATH, limit=1000)
        served.ask("/robots.txt")
        first, second = served.server.hits
        assert first.ended_s is not None
        assert first.ended_s <= second.started_s


def test_every_fault_is_planned_in_a_large_world() -> None:
    world = make_world(2, Size(200, 15, 20))
    faults = plan_faults(world)
    kinds = {fault.kind for fault in faults}
    assert len(kinds) == 19
    assert {fault.attempts for fault in faults if fault.key is not None} == {1, ALWAYS}
    assert len({(fault.step, fault.path) for fault in faults}) == len(faults)


def test_waiting_takes_no_time() -> None:
    clock = Clock()
    before = clock.now()
    clock.sleep(3600)
    assert 3600 <= (clock.now() - before).total_seconds() < 3660
