"""What is held back: the thresholds, to the number."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.history.incidents import Glance, Held, hold_back, windows

START = datetime(2026, 5, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def glance(number: int, body: str | None, before: str | None = None, **more: object) -> Glance:
    one = Glance(
        f"c{number:02}", f"https://lakes.example/{number}", START + number * MINUTE,
        body is not None, body, before,
    )  # fmt: skip
    return replace(one, **more)  # type: ignore[arg-type]


def gaining(numbers: range, block: str = "banner") -> list[Glance]:
    """Known releases that gain one block each, besides what is their own."""
    return [
        glance(n, f"new {n}", f"old {n}", gained=frozenset({block, f"own {n}"})) for n in numbers
    ]


def losing(numbers: range) -> list[Glance]:
    return [glance(n, f"new {n}", f"old {n}", lost=frozenset({"lead"})) for n in numbers]


def still(numbers: range) -> list[Glance]:
    return [glance(n, f"old {n}", f"old {n}") for n in numbers]


def unfilled(numbers: range) -> list[Glance]:
    return [glance(n, None) for n in numbers]


def first_seen(numbers: range, body: str | None = None) -> list[Glance]:
    return [glance(n, body or f"text {n}") for n in numbers]


def shown(found: tuple[Held, ...]) -> dict[str, set[int]]:
    """By kind, the numbers of the looks held."""
    return {one.kind: {int(each.capture_id[1:]) for each in one.glances} for one in found}


def held(together: list[Glance], *, has_layouts: bool = True) -> dict[str, set[int]]:
    return shown(hold_back(together, has_layouts=has_layouts))


CASES: dict[str, tuple[list[Glance], dict[str, set[int]]]] = {
    # mass change: at least 8 known releases and over half of those looked at, the same block
    "8 of 8 gain a block": (gaining(range(8)), {"mass_change": set(range(8))}),
    "7 are no redesign": (gaining(range(7)), {}),
    "8 of 15": (gaining(range(8)) + still(range(8, 15)), {"mass_change": set(range(8))}),
    "8 of 16 are not over half": (gaining(range(8)) + still(range(8, 16)), {}),
    "new releases do not dilute": (
        gaining(range(8)) + first_seen(range(8, 30)), {"mass_change": set(range(8))},
    ),
    "8 of 8 lose a block": (losing(range(8)), {"mass_change": set(range(8))}),
    "8 with a block of its own each": (
        [glance(n, f"new {n}", f"old {n}", gained=frozenset({f"b{n}"})) for n in range(20)], {},
    ),
    "8 looks at 4 addresses": (
        [replace(one, url=f"https://lakes.example/{n % 4}")
         for n, one in enumerate(gaining(range(8)))], {},
    ),
    "a 304 counts as looked at": (
        gaining(range(8)) + [replace(one, read=False) for one in still(range(8, 16))], {},
    ),
    # one body: replaces known texts, or at 5 addresses or more
    "one text in place of two known ones": (
        [glance(0, "wall", "a"), glance(1, "wall", "b")], {"one_body": {0, 1}},
    ),
    "one text in place of one known one": ([glance(0, "wall", "a")], {}),
    "an edit into another release's text": (
        [glance(0, "b", "a"), glance(1, "b", "b")], {},
    ),
    "one text at 5 new addresses": (first_seen(range(5), "wall"), {"one_body": set(range(5))}),
    "a re-post at 4 new addresses": (first_seen(range(4), "same"), {}),
    "re-posts stay re-posts": (
        [glance(n, "same", "same") for n in range(6)] + first_seen(range(6, 8), "same"), {},
    ),
    "a wall is no release's, though one stands there": (
        [glance(0, "wall", "wall"), glance(1, "wall", "a"), glance(2, "wall", "b")],
        {"one_body": {1, 2}},
    ),
    # layout: headline and body on under 80 % of at least 5 pages
    "0 of 5 filled": (unfilled(range(5)), {"layout": set(range(5))}),
    "0 of 4 are single pages": (unfilled(range(4)), {}),
    "3 of 5 are under 80 %": (
        first_seen(range(3)) + unfilled(range(3, 5)), {"layout": {3, 4}},
    ),
    "4 of 5 are 80 %": (first_seen(range(4)) + unfilled(range(4, 5)), {}),
    "a 304 shows no layout": (
        [replace(one, read=False) for one in still(range(20))] + unfilled(range(20, 25)),
        {"layout": set(range(20, 25))},
    ),
    "a wall is held as a wall": (
        first_seen(range(5), "wall") + unfilled(range(5, 10)),
        {"one_body": set(range(5)), "layout": set(range(5, 10))},
    ),
    "nothing": ([], {}),
}  # fmt: skip


@pytest.mark.parametrize("label", CASES)
def test_what_is_held_back(label: str) -> None:
    together, expected = CASES[label]
    assert held(together) == expected
    assert held(list(reversed(together))) == expected


def test_a_source_without_layouts_has_none_to_break() -> None:
    assert held(unfilled(range(9)), has_layouts=False) == {}


def test_two_looks_at_one_page_are_held_together() -> None:
    """A banner shown twice within an hour: both looks, though one address counts once."""
    together = gaining(range(8))
    again = replace(together[3], capture_id="c90", captured_at=START + 30 * MINUTE)
    assert held([*together, again]) == {"mass_change": {*range(8), 90}}


def test_a_sentence_says_what_happened() -> None:
    (found,) = hold_back(gaining(range(8)) + still(range(8, 10)), has_layouts=True)
    assert found.detail.startswith("8 of 10 known releases gained the same block of text")
    assert found.key == "banner"


def test_windows_are_by_time() -> None:
    """Ten years ingested at once are not every page changing at once."""
    hour = timedelta(hours=1)
    times = [(START + n * hour, f"c{n}") for n in range(3)]
    assert windows(times) == [["c0", "c1", "c2"]]  # no pause is longer than an hour
    late = (START + 3 * hour + timedelta(microseconds=1), "c3")
    assert windows([late, *times]) == [["c0", "c1", "c2"], ["c3"]]
    assert windows([]) == []


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 99)), max_size=30, unique=True))
def test_windows_lose_nothing_and_part_at_pauses(said: list[tuple[int, int]]) -> None:
    times = [(START + minute * MINUTE, f"{minute}-{n}") for minute, n in said]
    found = windows(times)
    assert [one for many in found for one in many] == [name for _, name in sorted(times)]
    at = {name: when for when, name in times}
    pauses = [at[b[0]] - at[a[-1]] for a, b in pairwise(found)]
    assert all(pause > timedelta(hours=1) for pause in pauses)


glances = st.lists(
    st.builds(
        lambda n, url, body, before, gained, lost, read: Glance(
            f"c{n}", f"/{url}", START, body is not None, body, before,
            frozenset(gained) if before and body and body != before else frozenset(),
            frozenset(lost) if before and body and body != before else frozenset(),
            read or body != before,
        ),
        st.integers(0, 10**6), st.integers(0, 12), st.sampled_from([None, "a", "b", "c", "d"]),
        st.sampled_from([None, "a", "b", "c"]), st.sets(st.sampled_from("xy")),
        st.sets(st.sampled_from("zw")), st.booleans(),
    ),
    max_size=25, unique_by=lambda one: one.capture_id,
)  # fmt: skip


@given(glances, st.booleans())
def test_no_look_is_held_twice_and_what_changes_nothing_never(
    together: list[Glance], has_layouts: bool
) -> None:
    found = hold_back(together, has_layouts=has_layouts)
    names = [one.capture_id for each in found for one in each.glances]
    assert len(names) == len(set(names))
    assert set(names) <= {one.capture_id for one in together}
    for each in found:
        assert each.glances
        if each.kind == "layout":
            assert all(not one.filled for one in each.glances)
