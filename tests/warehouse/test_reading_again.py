"""Laws of reading again: our parser is not the publisher, whenever it is exchanged."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import many
from tests.warehouse.histories import START, Parser, looks, parsers, read_by
from tests.warehouse.memory_store import MemoryStore
from warehouse.model import StagedLook
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.store import Store

Batch = Sequence[StagedLook]


def record(store: MemoryStore, batch: Batch) -> None:
    """Record a batch as a run of its own."""
    runs = store.rows("run_log")
    at: datetime = START + timedelta(days=100, minutes=len(runs))
    recorder = Recorder(cast(Store, store), Stamp(f"run-{len(runs)}", at))
    recorder.record("lakes", list(batch), hold=False)
    store.append("run_log", [{"recorded_at": recorder.stamp.recorded_at}])


def recorded(batches: Sequence[Batch]) -> MemoryStore:
    store = MemoryStore()
    for batch in batches:
        record(store, batch)
    return store


def one_each(batch: Batch) -> list[StagedLook]:
    """What a re-reading stages: one look for each body."""
    return list({look.reading_id: look for look in batch}.values())


worlds = st.lists(looks(), min_size=1, max_size=8)


@settings(max_examples=many(60))
@given(worlds, st.data())
def test_reading_again_at_any_moment_ends_in_the_same_history(
    world: list[StagedLook], data: st.DataObject
) -> None:
    parser: Parser = data.draw(parsers(world))
    arrived = data.draw(st.permutations(world))
    moment = data.draw(st.integers(0, len(world)))
    before, after = arrived[:moment], arrived[moment:]
    today = [read_by(parser, "v2", look) for look in arrived]
    again = data.draw(st.permutations(one_each(today[:moment])))
    cut = data.draw(st.integers(0, len(again)))
    store = recorded([[look] for look in before] + [again[:cut], again[cut:]])
    for look in after:
        record(store, [read_by(parser, "v2", look)])
    assert store.history() == recorded([today]).history()


@settings(max_examples=many(25))
@given(worlds, st.data())
def test_the_first_parser_again_restores_the_first_history(
    world: list[StagedLook], data: st.DataObject
) -> None:
    parser: Parser = data.draw(parsers(world))
    store = recorded([world])
    first = store.history()
    record(store, one_each([read_by(parser, "v2", look) for look in world]))
    record(store, one_each(world))
    assert store.history() == first


@settings(max_examples=many(25))
@given(worlds)
def test_what_reads_the_same_keeps_every_id(world: list[StagedLook]) -> None:
    store = recorded([world])
    ids = {
        release_id: [one.revision.revision_id for one in known]
        for release_id, known in store.revisions(
            row["release_id"] for row in store.rows("revision_log")
        ).items()
    }
    record(store, one_each([read_by({}, "v2", look) for look in world]))
    after = store.revisions(ids)
    assert {name: [one.revision.revision_id for one in known] for name, known in after.items()} == (
        ids
    )
    assert {one.revision.parser_version for known in after.values() for one in known} == {"v2"}
    assert store.rows("redecided") == []
