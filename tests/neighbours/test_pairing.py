"""Keys to pairs: by sorting in numpy or compiled, the same."""

from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.history import bulk_pairing, pairing
from warehouse.history.pairing import (
    MAX_ROWS,
    Caps,
    Pairs,
    added_up,
    meetings,
    pack,
    parted,
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 30)), max_size=60, unique=True),
    st.lists(st.integers(0, 4), min_size=60, max_size=60),
    st.integers(0, 3),
)
def test_both_routes_meet_the_same_pairs(
    keyed: list[tuple[int, int]], held: list[int], base: int
) -> None:
    """`keyed` are keys with rows; their lowest bits tell the sort.

    Two and two have their highest bits in common.
    """
    keys = np.array([key // 2 << 57 | key << 24 | key % 3 for key, _ in keyed], np.uint64)
    unsorted = pack(keys, np.array([row for _, row in keyed], np.int64))[1]
    by_row = unsorted[np.argsort(unsorted & np.uint64(MAX_ROWS - 1), kind="stable")]
    entries = np.sort(unsorted)
    for route in (pairing, bulk_pairing):
        assert route.in_order(by_row.copy()).tolist() == entries.tolist()
    ends = np.cumsum([2] * (len(keys) // 2) + [len(keys) % 2, 0])
    for mine, theirs in zip(parted(keys, ends, 7), bulk_pairing.parted(keys, ends, 7), strict=True):
        assert mine.tolist() == theirs.tolist()
    caps = Caps(copies=5, bands=3, passages=2)
    for met in (None, np.array(held[: len(entries)], np.int64)):
        expected = meetings(entries, caps, met, base)
        assert bulk_pairing.meetings(entries, caps, met, base).tolist() == expected.tolist()
        if len(expected):
            waiting = [expected, expected[:1], expected[:0]]
            for one, other in zip(added_up(waiting), bulk_pairing.added_up(waiting), strict=True):
                assert one.tolist() == other.tolist()


@pytest.mark.parametrize("route", [pairing, bulk_pairing])
def test_many_keys_made_to_agree_are_sorted_in_time(route: ModuleType) -> None:
    rows = np.arange(200_000, dtype=np.int64)
    keys = np.where(rows % 2 == 0, np.uint64(1 << 33), np.uint64(1 << 32))
    entries = pack(keys, rows)[1]
    assert (route.in_order(entries.copy()) == np.sort(entries)).all()


def test_no_text_meets_itself() -> None:
    """Two keys of one text may agree in the bits that an entry keeps."""
    keys = np.array([0x123456789ABCDE00, 0x123456789ABCDE04], np.uint64)
    entries = np.sort(pack(keys, np.zeros(2, np.int64))[1])
    pairs = Pairs(added_up)
    pairs.add(meetings(entries, Caps(), None, 0))
    assert [found.tolist() for found in pairs.result()] == [[], [], []]
