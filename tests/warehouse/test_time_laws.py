"""Laws of time and of reading again, over the real store, its views and its macros.

Valid time: what stood on the site is a function of the captures, whatever order they came in and
whichever parsers read them first. Transaction time: what we knew stays what we knew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.histories import (
    BODIES,
    START,
    UNREAD,
    Parser,
    day,
    looks,
    parsers,
    read_by,
    staged,
)
from tests.warehouse.sql_store import SqlLake, sql_lake
from tests.warehouse.test_live_history import BANNER, releases
from tests.warehouse.test_reading_again import one_each
from warehouse.model import StagedLook

few = settings(max_examples=settings().max_examples // 6)
"""An example costs a second: 5 in `make test`, 50 in the drill."""

worlds = st.lists(looks(), min_size=1, max_size=7)

_LINES = """
with members as (
    select release_id, min(capture_id) as release, list(capture_id order by capture_id) as looks
    from captures where release_id is not null group by release_id
)
"""
"""A release's name in what must not depend on ids: the least of its captures."""

VALID_TIME = (
    f"{_LINES} select m.*exclude (release_id), r.* exclude (release_id, revision_id, recorded_at, "
    "run_id, before_revision_id, parser_version) from revisions as r join members as m "
    "on m.release_id = r.release_id order by all",
    f"{_LINES} select m.release, r.* exclude (release_id, revision_id, duplicate_of, cluster_id) "
    "from releases as r join members as m on m.release_id = r.release_id order by all",
    f"{_LINES} select m.release, c.* exclude (release_id, revision_id, before_revision_id, "
    "recorded_at) from changes as c join members as m on m.release_id = c.release_id order by all",
    f"{_LINES} select m.release, u.* exclude (release_id) "
    "from release_urls as u join members as m on m.release_id = u.release_id order by all",
    f"{_LINES} select m.release, f.* exclude (release_id) "
    "from flappings as f join members as m on m.release_id = f.release_id order by all",
    f"{_LINES} select m.release, e.* exclude (release_id, revision_id) "
    "from silent_edits as e join members as m on m.release_id = e.release_id order by all",
)
"""All that the views say of valid time, without ids, arrival and parser versions."""

AS_OF = (
    "from releases_as_of($1::timestamptz) order by all",
    "from revisions_as_of($1::timestamptz) order by all",
)
"""All that the views say of transaction time, ids included."""


def valid_time(lake: SqlLake) -> list[list[tuple[Any, ...]]]:
    return [lake.ask(query) for query in VALID_TIME]


def known_at(lake: SqlLake, at: datetime) -> list[list[tuple[Any, ...]]]:
    return [lake.ask(query, at) for query in AS_OF]


def ended_in(batches: Iterable[Sequence[StagedLook]]) -> list[list[tuple[Any, ...]]]:
    """What stood on the site, after each batch was recorded as a run of its own."""
    with sql_lake() as lake:
        for batch in batches:
            lake.run(batch)
        return valid_time(lake)


def cut(data: st.DataObject, many: Sequence[StagedLook]) -> list[Sequence[StagedLook]]:
    """These in a few batches."""
    at = sorted(data.draw(st.lists(st.integers(0, len(many)), max_size=2)))
    parts = [many[a:b] for a, b in pairwise([0, *at, len(many)])]
    return [part for part in parts if part]


@few
@given(worlds, st.data())
def test_any_order_of_arrival_ends_in_the_same_valid_time(
    world: list[StagedLook], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(world))
    in_order = sorted(world, key=lambda look: look.captured_at)
    assert ended_in(cut(data, shuffled)) == ended_in([in_order])


@few
@given(worlds, st.data())
def test_reading_again_ends_as_if_read_so_from_the_start(
    world: list[StagedLook], data: st.DataObject
) -> None:
    """Two upgrades in a row, captures arriving in between; a second reading adds nothing."""
    p2: Parser = data.draw(parsers(world))
    p3: Parser = data.draw(parsers(world))
    moment = data.draw(st.integers(0, len(world)))
    v2 = [read_by(p2, "v2", look) for look in world]
    v3 = [read_by(p3, "v3", look) for look in world]
    with sql_lake() as lake:
        for batch in cut(data, world[:moment]):
            lake.run(batch)
        lake.run(one_each(v2[:moment]))
        lake.run(v2[moment:])
        for part in cut(data, data.draw(st.permutations(one_each(v3)))):
            lake.run(part)
        assert valid_time(lake) == ended_in([v3])
        versions = lake.ask("select distinct parser_version from revisions")
        assert versions in ([], [("v3",)])
        sizes = lake.sizes()
        lake.run(one_each(v3))
        assert lake.sizes() == sizes


@few
@given(worlds, st.data())
def test_what_we_knew_at_any_moment_stays_what_we_knew(
    world: list[StagedLook], data: st.DataObject
) -> None:
    """Late evidence and readings again change nothing of what was known before them, at any of the
    moments before them; nor does anybody know what is not yet recorded."""
    parser = data.draw(parsers(world))
    arrived = data.draw(st.permutations(world))
    runs = cut(data, arrived)
    runs += [one_each([read_by(parser, "v2", look) for look in arrived])]
    knew: list[tuple[datetime, list[list[tuple[Any, ...]]]]] = []
    with sql_lake() as lake:
        for run in runs:
            at = lake.run(run)
            knew.append((at, known_at(lake, at)))
            now = lake.ask("from releases order by all"), lake.ask("from revisions order by all")
            assert known_at(lake, at) == list(now)
        for at, then in knew:
            assert known_at(lake, at) == then
            assert known_at(lake, at + timedelta(minutes=1)) == then
        assert known_at(lake, knew[0][0] - timedelta(hours=1)) == [[], []]


@few
@given(
    st.dictionaries(st.integers(0, 9), st.sampled_from(["one two", "one three", "two four"]),
                    min_size=1, max_size=6),
    st.data(),
)  # fmt: skip
def test_what_stood_on_the_site_is_what_the_last_look_showed(
    said: dict[int, str], data: st.DataObject
) -> None:
    """A page looked at on some days: on every day it said what the look before that day showed, and
    an edit lies between the last look at the old text and the first at the new one."""
    page = "https://lakes.example/1"
    world = [staged(at, body, address=page) for at, body in said.items()]
    with sql_lake() as lake:
        for batch in cut(data, data.draw(st.permutations(world))):
            lake.run(batch)
        for at in range(-1, 11):
            before = [one for one in said if one <= at]
            expected = [(said[max(before)],)] if before else []
            when = day(at)
            assert lake.ask("select text from releases_valid_at($1::timestamptz)", when) == expected
            assert (
                lake.ask("select text from revisions_valid_at($1::timestamptz)", when) == expected
            )
        edits = [(day(a), day(b)) for a, b in pairwise(sorted(said)) if said[a] != said[b]]
        told = lake.ask(
            "select changed_after, seen_at from revisions where revision > 1 order by revision"
        )
        assert told == edits
        assert lake.ask("select min(seen_at) from revisions") == [(day(min(said)),)]


def test_a_look_between_two_texts_narrows_when_the_edit_was_made() -> None:
    page = "https://lakes.example/1"
    with sql_lake() as lake:
        lake.run([staged(0, "one", address=page), staged(10, "two", address=page)])
        between = "select changed_after, seen_at from revisions where revision = 2"
        assert lake.ask(between) == [(day(0), day(10))]
        lake.run([staged(4, "one", address=page)])
        assert lake.ask(between) == [(day(4), day(10))]
        lake.run([staged(6, "two", address=page)])
        assert lake.ask(between) == [(day(4), day(6))]
        assert day(0) == START


def test_a_claim_of_modification_is_held_against_the_last_look_at_the_old_text() -> None:
    """Found to have stood there after the day claimed, the old text was edited without a word."""
    page = "https://lakes.example/1"
    edited = staged(10, "two", address=page, modified_on=date(2026, 3, 5))
    how = "select announced_how from revisions where revision = 2"
    with sql_lake() as lake:
        lake.run([staged(0, "one", address=page), edited])
        assert lake.ask(how) == [(["modified_on"],)]
        lake.run([staged(6, "one", address=page)])
        assert lake.ask(how) == [([],)]
        assert lake.ask("select revision from silent_edits") == [(2,)]


def test_an_address_where_nothing_is_read_any_more_is_no_releases() -> None:
    """Of the release only a file is left; bug caught by the law above."""
    page = staged(1, BODIES[0], address="https://lakes.example/1", noise="ticker")
    assert page.digest is not None
    both = [staged(0, BODIES[0]), page]
    with sql_lake() as lake:
        lake.run(both)
        assert lake.ask("select url from release_urls") == [("https://lakes.example/1",)]
        assert page.digest is not None
        lake.run(
            [read_by({page.digest: UNREAD}, "v2", look) for look in (staged(0, BODIES[0]), page)]
        )
        assert lake.ask("select url, role from release_urls") == []
        assert lake.ask("select url, revision from releases") == [(None, 1)]


def test_what_an_incident_held_back_becomes_history_with_its_own_times() -> None:
    """Accepted days later: valid time is as if it had never been held, what we knew stays."""
    first, changed = releases(0), releases(1, extra=f"\n{BANNER}")
    with sql_lake() as lake:
        lake.run(first, hold=True)
        at = lake.run(changed, hold=True)
        knew = known_at(lake, at)
        assert lake.ask("select max(revision) from revisions") == [(1,)]
        lake.run([replace(one, held=True, reading=None, text=None) for one in changed])
        assert known_at(lake, at) == knew
        assert lake.ask("select max(revision) from revisions") == [(2,)]
        assert valid_time(lake) == ended_in([first, changed])
