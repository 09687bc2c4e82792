"""How long a host is left in peace. Promises 2 and 3; every time here is the fake clock's."""

import itertools
import threading
from datetime import UTC, datetime

import pytest

from flows.fetch.answer import Answer
from flows.fetch.pacing import RETRY_AFTER_CAP_S, Pacer, Pacing, retry_after_s
from parsers.model import Source
from tests.fetch.conftest import Make
from tests.fetch.server import FakeClock, Server, answer, source
from warehouse.exchange import Exchange

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def start(pacer: Pacer, fake: FakeClock) -> float:
    """When the next turn starts."""
    with pacer.turn(None) as may_go:
        assert may_go
        return fake.seconds


def test_the_gap_is_the_largest_of_three() -> None:
    fake = FakeClock()
    pacer = Pacer(1.0, fake.clock())
    first = start(pacer, fake)
    pacer.answered(0.1)
    assert start(pacer, fake) == first + 1.0
    pacer.answered(4.0)
    assert start(pacer, fake) == first + 1.0 + 8.0
    pacer.slow_down(30.0)
    assert start(pacer, fake) == first + 9.0 + 30.0


def test_the_first_request_and_a_late_one_wait_for_nothing() -> None:
    fake = FakeClock()
    pacer = Pacer(1.0, fake.clock())
    start(pacer, fake)
    fake.seconds += 50
    start(pacer, fake)
    assert fake.slept == []


def test_an_error_never_shortens_the_gap() -> None:
    fake = FakeClock()
    pacer = Pacer(1.0, fake.clock(random=0.0))
    pacer.answered(5.0)
    pacer.failed(0.01)
    assert pacer.gap_s == 10.0
    pacer.answered(0.01, is_error=True)  # a 404 comes fast
    assert pacer.gap_s == 10.0
    pacer.told_to_wait(100.0)
    pacer.told_to_wait(1.0)
    pacer.failed(0.01)
    assert start(pacer, fake) == 1100.0


@pytest.mark.parametrize(("random", "share"), [(0.0, 0.0), (0.5, 0.5), (0.999, 0.999)])
def test_backoff_doubles_with_full_jitter(random: float, share: float) -> None:
    fake = FakeClock()
    pacer = Pacer(0.0, fake.clock(random))
    waits = []
    for _ in range(4):
        pacer.told_to_wait(None)
        before = fake.seconds
        waits.append(start(pacer, fake) - before)
    assert waits == pytest.approx([4 * share, 8 * share, 16 * share, 32 * share])


def test_no_wait_is_longer_than_six_hours() -> None:
    fake = FakeClock()
    pacer = Pacer(0.0, fake.clock(0.999))
    for _ in range(40):
        pacer.told_to_wait(None)
    pacer.told_to_wait(10**9)
    assert start(pacer, fake) - 1000.0 == RETRY_AFTER_CAP_S == 6 * 3600


def test_a_turn_beyond_the_runs_time_is_refused_at_once() -> None:
    fake = FakeClock()
    pacer = Pacer(10.0, fake.clock())
    start(pacer, fake)
    with pacer.turn(1009.0) as may_go:
        assert not may_go
    assert fake.slept == []
    with pacer.turn(1011.0) as may_go:
        assert may_go


def test_one_request_in_flight_even_among_threads() -> None:
    fake = FakeClock()
    pacer = Pacing(fake.clock()).of("h", 1.0)
    inside, most = 0, 0

    def go() -> None:
        nonlocal inside, most
        for _ in range(20):
            with pacer.turn(None):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert fake.seconds == 1000.0 + 79 * 1.0


def busy(**headers: str) -> Exchange:
    given = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Exchange("http://h/", NOW, 0.1, "h:80", b"", b"", 503, given, b"", b"")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry_After": "120"}, 120.0),
        ({"Retry_After": "0"}, 0.0),
        ({"Retry_After": "999999"}, 21600.0),
        ({"Retry_After": "-5"}, None),
        ({"Retry_After": "soon"}, None),
        ({"Retry_After": "Sun, 01 Mar 2026 12:02:00 GMT"}, 120.0),
        # the server's clock is a year off, in both of its headers
        ({"Retry_After": "Sat, 01 Mar 2025 12:02:00 GMT",
          "Date": "Sat, 01 Mar 2025 12:01:00 GMT"}, 60.0),
        ({"Retry_After": "Sat, 01 Mar 2025 12:00:00 GMT"}, 0.0),
        ({"Retry_After": "Sun, 08 Mar 2026 12:00:00 GMT"}, 21600.0),
        ({"Retry_After": "Sunday, 01-Mar-26 12:02:00 GMT"}, 120.0),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after_s(busy(**headers), NOW) == expected


@pytest.mark.parametrize("status", ["503 Busy", "429 Too Many Requests"])
@pytest.mark.parametrize(
    "retry_after",
    [
        {"Retry-After": "90"},
        {"Retry-After": "Sun, 01 Mar 2026 00:01:30 GMT", "Date": "Sun, 01 Mar 2026 00:00:00 GMT"},
    ],
)
def test_the_whole_host_waits(
    server: Server, make: Make, status: str, retry_after: dict[str, str]
) -> None:
    server.on("/page", answer(b"", status, retry_after), answer())
    with make() as fetcher:
        fetched = fetcher.get(f"{server.root}/page")
        assert fetched.answer is Answer.BODY
    told, again = server.log[1:]
    assert again.at - told.at == 90.0
    assert [one.status for one in fetched.exchanges] == [int(status[:3]), 200]


def test_another_page_waits_for_the_host_too(server: Server, make: Make) -> None:
    server.on("/busy", answer(b"", "503 Busy", {"Retry-After": "500"}))
    server.on("/page", answer())
    with make(budget_s=400) as fetcher:
        assert fetcher.get(f"{server.root}/busy").answer is Answer.WAITING
        before = len(server.log)
        waiting = fetcher.get(f"{server.root}/page")
    assert (waiting.answer, waiting.exchanges) == (Answer.WAITING, ())
    assert len(server.log) == before
    assert sum(server.fake.slept) < 10  # a wait beyond the run's time is not slept


def test_a_host_that_stays_busy_is_waiting_not_failed(server: Server, make: Make) -> None:
    server.on("/page", answer(b"", "503 Busy"))
    with make() as fetcher:
        fetched = fetcher.get(f"{server.root}/page")
    assert (fetched.answer, len(fetched.exchanges)) == (Answer.WAITING, 3)
    assert "503 Busy" in (fetched.error or "")


def test_the_runs_time_ends(server: Server, make: Make) -> None:
    server.on("/page", answer())
    with make({"delay_s": 10.0}, budget_s=35.0) as fetcher:
        answers = [fetcher.get(f"{server.root}/page").answer for _ in range(5)]
    assert answers == [Answer.BODY] * 3 + [Answer.WAITING] * 2
    assert len(server.log) == 4


def test_gaps_hold_and_never_two_are_in_flight(server: Server, make: Make) -> None:
    server.on("/page", answer(b"", "500 Oops"), answer(), answer(length=99), answer())
    server.on("/away", b"HTTP/1.1 302 F\r\nLocation: /page\r\nContent-Length: 0\r\n\r\n")
    with make({"delay_s": 3.0}) as fetcher:
        for path in ("/page", "/none", "/page", "/away"):
            fetcher.get(f"{server.root}{path}")
    starts = [seen.at for seen in server.log]
    assert len(starts) == 8
    assert all(later - earlier >= 3.0 for earlier, later in itertools.pairwise(starts))
    assert {seen.in_flight for seen in server.log} == {1}


def test_sources_that_share_a_host_share_its_pace(server: Server, make: Make) -> None:
    pacing = Pacing(server.fake.clock())
    server.on("/page", answer())
    for _ in range(2):
        with make(pacing=pacing) as fetcher:
            fetcher.get(f"{server.root}/page")
    starts = [seen.at for seen in server.log]
    assert starts == [1000.0, 1001.0, 1002.0, 1003.0]
    assert isinstance(source(server), Source)
