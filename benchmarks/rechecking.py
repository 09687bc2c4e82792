"""Delay until an edit is seen against requests spent: the policy `due` beside fixed intervals.

`python -m benchmarks.rechecking [--releases N] [--seed S]`. A simulation, not a measurement: edits
come from the process stated in docs/rechecking.md, in three strengths of decay. Same seed, same
table. An edit that is gone before the next look (another came on top) is counted as unseen.
"""

import argparse
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import mean, median

from flows.recheck import Looked, RecheckPolicy, next_look_at

HOUR_S = 3600.0
DAYS = 365
RUN_EVERY_S = HOUR_S
"""Looks happen in runs only."""
BORN = datetime(2026, 1, 1, tzinfo=UTC)

Next = Callable[[int, float, int, float, int], float]
"""(release, last look, looks, last edit seen, edits seen) -> next look; all in seconds of age."""


@dataclass(frozen=True, slots=True)
class Process:
    """Edits of a release: hazard `peak`/(1 + age/knee)^power plus `floor` a day, and after each
    edit the first term again, `echo` times as strong, from the edit on."""

    name: str
    peak_a_day: float
    knee_h: float
    power: float
    floor_a_day: float
    echo: float


PROCESSES = (
    Process("decays as 1/age", 0.20, 6.0, 1.0, 1 / 3650, 0.5),
    Process("decays as 1/age^2", 0.60, 6.0, 2.0, 1 / 3650, 0.5),
    Process("the same at any age", 0.0, 6.0, 1.0, 1 / 365, 0.0),
)


def edits_of(process: Process, rng: random.Random) -> list[float]:
    """The ages, in seconds, at which one release is edited within `DAYS`, by thinning."""
    end = DAYS * 24 * HOUR_S
    edits: list[float] = []
    age = 0.0
    while True:
        # Between events the hazard only falls, so that of now bounds what follows for a while.
        bound = _hazard_a_day(process, age, edits)
        age += rng.expovariate(bound / (24 * HOUR_S))
        if age >= end:
            return edits
        if rng.random() * bound <= _hazard_a_day(process, age, edits):
            edits.append(age)


def _hazard_a_day(process: Process, age: float, edits: Sequence[float]) -> float:
    def term(since_s: float) -> float:
        return process.peak_a_day / (1 + since_s / (process.knee_h * HOUR_S)) ** process.power

    return process.floor_a_day + term(age) + process.echo * sum(term(age - one) for one in edits)


def fixed(gap_s: float) -> Next:
    """Looks at equal gaps, each release at its own offset."""
    return lambda _release, last, *_: last + gap_s


def by_policy(policy: RecheckPolicy) -> Next:
    """Looks as `flows.recheck` sets them."""

    def next_look(release: int, last: float, looks: int, edited: float, edits: int) -> float:
        known = Looked(
            str(release), BORN, last_look_at=BORN + timedelta(seconds=last), looks=looks,
            last_edit_at=BORN + timedelta(seconds=edited) if edits else None, edits=edits,
        )  # fmt: skip
        return (next_look_at(known, policy) - BORN).total_seconds()

    return next_look


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one way of looking."""

    requests: float
    """A release and year."""
    delays_h: Sequence[float]
    unseen: int


def simulate(histories: Sequence[Sequence[float]], next_look: Next, seed: int) -> Result:
    """Looks at every release for `DAYS`; the first look is within an hour of publication."""
    end = DAYS * 24 * HOUR_S
    delays: list[float] = []
    requests = unseen = 0
    for release, edits in enumerate(histories):
        last = random.Random(f"{seed}/{release}").random() * HOUR_S
        looks, seen_edits, edited, index = 1, 0, 0.0, sum(one <= last for one in edits)
        while True:
            planned = next_look(release, last, looks, edited, seen_edits)
            late = (planned - last) % RUN_EVERY_S
            look = planned + (RUN_EVERY_S - late if late else 0.0)  # the run after it is due
            if look > end:
                break
            found = [one for one in edits[index:] if one <= look]
            if found:
                delays.append((look - found[-1]) / HOUR_S)
                unseen += len(found) - 1
                index += len(found)
                seen_edits, edited = seen_edits + 1, look
            requests, looks, last = requests + 1, looks + 1, look
    return Result(requests / len(histories), delays, unseen)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rechecking", description=__doc__)
    parser.add_argument("--releases", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    for process in PROCESSES:
        rng = random.Random(asked.seed)
        histories = [edits_of(process, rng) for _ in range(asked.releases)]
        count = sum(map(len, histories))
        print(f"\n{process.name}: {count} edits of {asked.releases} releases in a year")
        print(f"{'':32}{'requests':>10}{'median h':>10}{'mean h':>10}{'90 % h':>10}{'unseen':>10}")
        for hours in (1, 4):
            policy = RecheckPolicy(scale=timedelta(hours=hours))
            result = simulate(histories, by_policy(policy), asked.seed)
            _print(f"due, {policy}", result, count)
            gap_h = round(DAYS * 24 / result.requests)
            equal = simulate(histories, fixed(gap_h * HOUR_S), asked.seed)
            _print(f"every {gap_h} h, at the same cost", equal, count)
        for gap_h in (6, 24, 168):
            result = simulate(histories, fixed(gap_h * HOUR_S), asked.seed)
            _print(f"every {gap_h} h", result, count)


def _print(name: str, result: Result, count: int) -> None:
    delays = sorted(result.delays_h) or [float("nan")]
    worst = delays[int(0.9 * (len(delays) - 1))]
    print(
        f"{name:32}{result.requests:10.0f}{median(delays):10.1f}{mean(delays):10.1f}{worst:10.1f}"
        f"{result.unseen / max(count, 1):10.1%}"
    )


if __name__ == "__main__":
    main()
