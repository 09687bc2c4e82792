"""Whether a release was there when we looked: promise 19."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.history.states import Presence, State, states

START = datetime(2026, 5, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

Said = tuple[int, str, str]
"""Minute, run, outcome."""


def look(said: Said) -> Presence:
    minute, run, outcome = said
    return Presence(START + minute * MINUTE, f"c{minute}-{outcome}", run, outcome)


def told(*said: Said) -> list[tuple[str, int]]:
    """Every change of status and its minute."""
    return [(one.status, round((one.since - START) / MINUTE)) for one in states(map(look, said))]


CASES: dict[str, tuple[list[Said], list[tuple[str, int]]]] = {
    "never looked at": ([], []),
    "always there": ([(0, "r1", "new"), (9, "r2", "unchanged"), (99, "r3", "not_modified")], []),
    "first 404": ([(0, "r1", "new"), (9, "r2", "missing")], [("missing", 9)]),
    "404 again in the same run": ([(9, "r2", "missing"), (20, "r2", "missing")], [("missing", 9)]),
    "404 again an hour later in one run": (
        [(9, "r2", "missing"), (69, "r2", "missing")], [("missing", 9), ("withdrawn", 69)],
    ),
    "a minute less than an hour": (
        [(9, "r2", "missing"), (68, "r2", "missing")], [("missing", 9)],
    ),
    "404 again in a later run": (
        [(9, "r2", "missing"), (20, "r3", "missing")], [("missing", 9), ("withdrawn", 20)],
    ),
    "an hour counts from the first 404": (
        [(0, "r", "missing"), (40, "r", "missing"), (60, "r", "missing")],
        [("missing", 0), ("withdrawn", 60)],
    ),
    "410 at once": ([(0, "r1", "new"), (9, "r2", "gone")], [("withdrawn", 9)]),
    "410 after 404": (
        [(9, "r", "missing"), (10, "r", "gone")], [("missing", 9), ("withdrawn", 10)],
    ),
    "404 after 410 in the same run": ([(9, "r", "gone"), (10, "r", "missing")], [("withdrawn", 9)]),
    "there again": (
        [(0, "r1", "missing"), (1, "r2", "missing"), (2, "r3", "unchanged")],
        [("missing", 0), ("withdrawn", 1), ("live", 2)],
    ),
    "there again with another text": (
        [(0, "r1", "missing"), (2, "r3", "edited")], [("missing", 0), ("live", 2)],
    ),
    "there again by the server's claim": (
        [(0, "r1", "missing"), (2, "r3", "not_modified")], [("missing", 0), ("live", 2)],
    ),
    "missing anew after it was there": (
        [(0, "r1", "missing"), (1, "r2", "unchanged"), (2, "r3", "missing")],
        [("missing", 0), ("live", 1), ("missing", 2)],
    ),
    "an error between says nothing": (
        [(0, "r1", "missing"), (1, "r2", "failed"), (2, "r3", "missing")],
        [("missing", 0), ("withdrawn", 2)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("label", CASES)
def test_what_looks_say(label: str) -> None:
    said, expected = CASES[label]
    assert told(*said) == expected
    assert told(*reversed(said)) == expected


SILENT = (
    "failed", "refused", "incomplete", "unreadable", "held", "moved", "redirected", "discovery",
)  # fmt: skip


@pytest.mark.parametrize("outcome", SILENT)
def test_errors_and_incidents_withdraw_nothing(outcome: str) -> None:
    assert told((0, "r1", "new"), (1, "r2", outcome), (200, "r3", outcome)) == []
    assert not look((0, "r1", outcome)).tells


looks = st.lists(
    st.builds(
        lambda minute, outcome: look((minute, f"r{minute // 50}", outcome)),
        st.integers(0, 300),
        st.sampled_from(["new", "unchanged", "missing", "gone", "not_modified", "failed", "moved"]),
    ),
    max_size=10,
)


@given(looks, st.data())
def test_order_does_not_matter(many: list[Presence], data: st.DataObject) -> None:
    assert states(data.draw(st.permutations(many))) == states(many)


@given(looks)
def test_every_change_is_one_and_a_look_s(many: list[Presence]) -> None:
    found = states(many)
    assert all(before.status != after.status for before, after in pairwise(found))
    assert all(before.since <= after.since for before, after in pairwise(found))
    assert not found or found[0].status != "live"
    by_look = {(one.captured_at, one.capture_id): one for one in many}
    for one in found:
        shown = by_look[one.since, one.capture_id]
        assert shown.here == (one.status == "live")
        assert one.status != "missing" or shown.outcome == "missing"


@given(looks)
def test_what_says_nothing_changes_nothing(many: list[Presence]) -> None:
    assert states(one for one in many if one.tells) == states(many)


@given(looks)
def test_one_404_alone_never_withdraws(many: list[Presence]) -> None:
    absent = [one for one in sorted(many) if one.outcome in ("missing", "gone")]
    if len(absent) == 1 and absent[0].outcome == "missing":
        assert State("missing", absent[0].captured_at, absent[0].capture_id) in states(many)
        assert "withdrawn" not in {one.status for one in states(many)}
