"""When releases are looked at again: laws of the policy, and the order of what is due."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import rechecking
from flows.recheck import NEVER_LOOKED, Looked, RecheckPolicy, deep_walk_due, due, next_look_at

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
POLICY = RecheckPolicy()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def looked(age: timedelta, name: str = "r", **more: object) -> Looked:
    """A release seen first `age` ago and looked at ten times, last just now."""
    base = Looked(name, NOW - age, last_look_at=NOW, looks=10)
    return replace(base, **more)  # type: ignore[arg-type]


def gap(release: Looked, policy: RecheckPolicy = POLICY) -> timedelta:
    assert release.last_look_at is not None
    return next_look_at(release, policy) - release.last_look_at


EXACT = replace(POLICY, spread=0.0)


@pytest.mark.parametrize(
    ("age", "hours"),
    [(timedelta(0), 0.5), (HOUR, 1), (DAY, 4.9), (7 * DAY, 13), (365 * DAY, 93.6),
     (3650 * DAY, 296), (365_000 * DAY, 720)],
)  # fmt: skip
def test_gaps_grow_as_the_square_root_of_age(age: timedelta, hours: float) -> None:
    release = replace(looked(timedelta(0)), first_seen_at=NOW - min(age, 30_000 * DAY))
    if age > 30_000 * DAY:
        assert gap(release, EXACT) == EXACT.most  # never is no answer
    else:
        assert gap(release, EXACT) / HOUR == pytest.approx(hours, rel=0.01)


def test_an_edit_makes_young_and_edits_before_make_frequent() -> None:
    old = looked(400 * DAY)
    edited = replace(old, edits=1, last_edit_at=NOW - DAY)
    often = replace(edited, edits=3)
    assert gap(often, EXACT) < gap(edited, EXACT) < gap(old, EXACT) / 10


def test_the_publication_s_day_counts_before_our_first_sight() -> None:
    found_late = looked(HOUR, published_on=date(2016, 3, 5))
    assert gap(found_late, EXACT) > 10 * DAY
    announced = looked(HOUR, published_on=date(2030, 1, 1))
    assert gap(announced, EXACT) == gap(looked(HOUR), EXACT)


AGES = st.integers(0, 20_000).map(lambda hours: hours * HOUR)
RELEASES = st.builds(
    lambda age, name, looks, edits, missing, ago, never: Looked(
        name, NOW - age, last_look_at=None if never else NOW - min(ago * HOUR, age), looks=looks,
        edits=edits, last_edit_at=NOW - age / 2 if edits else None, missing=missing,
    ),
    AGES, st.text(max_size=4), st.integers(0, 50), st.integers(0, 9), st.booleans(),
    st.integers(0, 2000), st.booleans(),
)  # fmt: skip


@given(RELEASES)
def test_never_never_and_never_at_once(release: Looked) -> None:
    at = next_look_at(release, POLICY)
    assert at == next_look_at(replace(release), POLICY)
    if release.last_look_at is None:
        assert at == NEVER_LOOKED
    elif not release.missing:
        after = at - release.last_look_at
        assert POLICY.least * (1 - POLICY.spread) <= after <= POLICY.most * (1 + POLICY.spread)


@given(AGES, AGES)
def test_older_is_not_sooner(one: timedelta, other: timedelta) -> None:
    young, old = sorted((one, other))
    assert gap(looked(young), EXACT) <= gap(looked(old), EXACT)


@given(st.lists(RELEASES, max_size=12, unique_by=lambda one: one.release_id), st.integers())
def test_what_is_due_is_due_in_any_order(releases: list[Looked], seed: int) -> None:
    ranked = due(releases, NOW, POLICY)
    assert ranked == due(Random(seed).sample(releases, len(releases)), NOW, POLICY)
    assert {one.release_id for one in ranked} == {
        one.release_id for one in releases if next_look_at(one, POLICY) <= NOW
    }


def test_order_of_urgency() -> None:
    never = Looked("never", NOW - DAY)
    newer = Looked("newer", NOW - HOUR)
    missing = looked(DAY, "missing", last_look_at=NOW - HOUR, missing=True)
    young = looked(2 * HOUR, "young", last_look_at=NOW - 4 * HOUR)
    old = looked(3650 * DAY, "old", last_look_at=NOW - 20 * DAY)
    idle = looked(3650 * DAY, "idle", last_look_at=NOW - DAY)
    ranked = due([old, idle, young, missing, never, newer], NOW, POLICY)
    assert [one.release_id for one in ranked] == ["newer", "never", "missing", "young", "old"]


def test_an_archive_fetched_in_one_run_does_not_fall_due_in_one() -> None:
    """10,000 releases of a year or more, all looked at for the first time now."""
    releases = [looked((365 + n % 3000) * DAY, f"r{n}", looks=1) for n in range(10_000)]
    hours = [int(gap(one) / HOUR) for one in releases]
    busiest = max(hours.count(hour) for hour in range(max(hours) + 1))
    assert busiest < 100  # were it all spread evenly over 12 days, 34
    later = [replace(one, looks=9) for one in releases]
    assert len({int(gap(one) / HOUR) for one in later}) > 150


def test_deep_walks() -> None:
    assert deep_walk_due(None, NOW, POLICY)
    assert not deep_walk_due(NOW - DAY, NOW, POLICY)
    assert deep_walk_due(NOW - 7 * DAY, NOW, POLICY)


def test_the_simulation_finds_edits_sooner_than_fixed_gaps_of_the_same_cost() -> None:
    """What docs/rechecking.md claims, in small: same seed, same figures."""
    process = rechecking.PROCESSES[0]
    rng = Random(5)
    histories = [rechecking.edits_of(process, rng) for _ in range(60)]
    mine = rechecking.simulate(histories, rechecking.by_policy(POLICY), 5)
    equal = 365 * 24 * rechecking.HOUR_S / mine.requests
    other = rechecking.simulate(histories, rechecking.fixed(equal), 5)
    assert other.requests == pytest.approx(mine.requests, rel=0.05)
    assert sum(mine.delays_h) < 0.75 * sum(other.delays_h)
    assert sorted(mine.delays_h)[len(mine.delays_h) // 2] < 8
