"""Which addresses are one release's. Tables are promise 18's; laws are for any facts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.history.moves import Addresses, Move, addresses

START = datetime(2026, 5, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def known(*moves: str) -> Addresses:
    """Moves of days 1, 2, ...: "ab" is from /a to /b."""
    return addresses(Move(day(n), f"/{one[0]}", f"/{one[1]}") for n, one in enumerate(moves, 1))


CASES = {
    # label: (moves, root, canonical now, members) as /a's release sees them
    "none": ((), "/a", "/a", "a"),
    "one": (("ab",), "/a", "/b", "ab"),
    "a chain": (("ab", "bc", "cd"), "/a", "/d", "abcd"),
    "a return": (("ab", "ba"), "/a", "/a", "ab"),
    "a return and away again": (("ab", "ba", "ab"), "/a", "/b", "ab"),
    "a cycle of three": (("ab", "bc", "ca"), "/a", "/a", "abc"),
    "the first address redirects to the last": (("ab", "bc", "ac"), "/a", "/c", "abc"),
    "two become one": (("ac", "bc"), "/a", "/c", "abc"),
    "another release's move": (("xy",), "/a", "/a", "a"),
}


@pytest.mark.parametrize("label", CASES)
def test_where_a_release_stands(label: str) -> None:
    moves, root, canonical, members = CASES[label]
    found = known(*moves)
    assert found.root("/a") == root
    assert found.canonical("/a") == canonical
    assert found.members("/a") == {f"/{one}" for one in members}


def test_where_it_stood_at_a_time() -> None:
    found = known("ab", "ba", "ac")
    stood = [found.canonical("/b", day(n)) for n in range(5)]
    assert stood == ["/a", "/b", "/a", "/c", "/c"]


def test_an_earlier_move_learned_later_gives_an_earlier_root() -> None:
    late = [Move(day(5), "/b", "/c"), Move(day(1), "/a", "/b")]
    assert addresses(late[:1]).root("/c") == "/b"
    assert addresses(late).root("/c") == "/a"


moves = st.lists(
    st.builds(
        Move,
        st.integers(0, 9).map(day),
        st.sampled_from(["/a", "/b", "/c", "/d", "/e"]),
        st.sampled_from(["/a", "/b", "/c", "/d", "/e"]),
    ).filter(lambda one: one.from_url != one.to_url),
    max_size=8,
)


@given(moves, st.data())
def test_order_and_repeats_of_facts_do_not_matter(facts: list[Move], data: st.DataObject) -> None:
    mixed = data.draw(st.permutations(facts)) + data.draw(
        st.lists(st.sampled_from(facts or [None]))
    )
    assert addresses(one for one in mixed if one is not None) == addresses(facts)


@given(moves)
def test_addresses_part_into_releases(facts: list[Move]) -> None:
    found = addresses(facts)
    for url in ["/a", "/b", "/c", "/d", "/e"]:
        members = found.members(url)
        assert url in members
        assert found.root(url) in members
        assert found.canonical(url) in members
        for other in members:
            assert found.members(other) == members
            assert found.root(other) == found.root(url)
            assert found.canonical(other) == found.canonical(url)
    assert all(found.root(one.from_url) == found.root(one.to_url) for one in facts)


@given(moves, st.integers(-1, 10))
def test_where_it_stood_is_where_the_last_move_led(facts: list[Move], number: int) -> None:
    found = addresses(facts)
    for url in {one.from_url for one in facts}:
        ours = [one for one in sorted(set(facts)) if one.from_url in found.members(url)]
        before = [one.to_url for one in ours if one.moved_at <= day(number)]
        assert found.canonical(url, day(number)) == (before[-1] if before else ours[0].from_url)
