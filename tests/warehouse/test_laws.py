"""Laws of history: what arrives in whatever order, however often, ends in the same history."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import many
from tests.warehouse.histories import START, looks
from tests.warehouse.memory_store import MemoryStore
from warehouse.model import StagedLook
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.store import Store


def recorded(batches: Sequence[Sequence[StagedLook]]) -> MemoryStore:
    """The store after each batch was recorded as a run of its own."""
    store = MemoryStore()
    for number, batch in enumerate(batches):
        at: datetime = START + timedelta(days=100, minutes=number)
        Recorder(cast(Store, store), Stamp(f"run-{number}", at)).record(
            "lakes", list(batch), hold=False
        )  # what is taken together is held by what arrives together: no law of order
    return store


worlds = st.lists(looks(), min_size=1, max_size=9)


@settings(max_examples=many(40))
@given(worlds, st.data())
def test_any_order_of_arrival_ends_in_the_same_history(
    world: list[StagedLook], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(world))
    cut = data.draw(st.integers(0, len(world)))
    at_once = recorded([sorted(world, key=lambda look: look.captured_at)]).history()
    assert recorded([[look] for look in shuffled]).history() == at_once
    assert recorded([shuffled[:cut], shuffled[cut:]]).history() == at_once


@settings(max_examples=many(20))
@given(worlds)
def test_replay_adds_no_row(world: list[StagedLook]) -> None:
    once = recorded([world])
    twice = recorded([world, list(reversed(world))])
    assert twice.tables == once.tables


@settings(max_examples=many(20))
@given(worlds, st.data())
def test_rows_are_only_appended(world: list[StagedLook], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(world))
    before = recorded([[look] for look in shuffled[:-1]])
    after = recorded([[look] for look in shuffled])
    for name, rows in before.tables.items():
        assert after.tables[name][: len(rows)] == rows


@settings(max_examples=many(25))
@given(worlds, st.data())
def test_a_revision_keeps_its_id(world: list[StagedLook], data: st.DataObject) -> None:
    """Whatever else is learned, the text a revision id names does not change."""
    shuffled = data.draw(st.permutations(world))
    store = recorded([[look] for look in shuffled])
    texts: dict[str, set[str]] = {}
    for row in store.rows("revision_log"):
        texts.setdefault(row["revision_id"], set()).add(row["text_digest"])
    assert all(len(digests) == 1 for digests in texts.values())


@settings(max_examples=many(25))
@given(worlds)
def test_adjacent_revisions_differ_and_are_in_order(world: list[StagedLook]) -> None:
    for _, revisions in recorded([world]).history():
        for (text, seen_at, *_), (next_text, next_seen_at, changed_after, *_) in pairwise(
            revisions
        ):
            assert text != next_text
            assert seen_at <= changed_after <= next_seen_at
