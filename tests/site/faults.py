"""Which answers are spoilt, and how: a schedule over step, path and attempt."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tests.corpus.dice import Dice
from tests.site.world import Standing, World

FaultKind = Literal[
    "error_500", "error_503_seconds", "error_503_date", "error_429", "hang", "reset", "cut_gzip",
    "cut_chunk", "too_short", "too_long", "drip", "empty_200", "once_404", "redirect_loop",
    "redirect_to_file", "redirect_to_other_port", "wrong_charset", "gzip_bomb", "endless_body",
]  # fmt: skip

WAITING: tuple[FaultKind, ...] = ("error_503_seconds", "error_503_date", "error_429")
"""Faults after which the whole host is left in peace for a while."""

HARMLESS: tuple[FaultKind, ...] = ("wrong_charset",)
"""Faults behind which the page can be read, and must be."""

ON_PAGES: tuple[FaultKind, ...] = (
    "error_500", "reset", "cut_gzip", "cut_chunk", "too_short", "too_long", "empty_200", "once_404",
    "redirect_loop", "redirect_to_file", "redirect_to_other_port", "wrong_charset", "gzip_bomb",
    "endless_body", "hang", "drip",
)  # fmt: skip

ON_LISTS: tuple[FaultKind, ...] = ("error_500", "cut_gzip", "empty_200", "reset", "cut_chunk")
"""Faults of listings, feed and sitemaps."""

ALWAYS = 10**6


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with the first `attempts` requests of a path within a step."""

    kind: FaultKind
    step: int
    path: str
    """With its query."""
    attempts: int = ALWAYS
    key: int | None = None
    """The release whose page it is; None for a listing, feed or sitemap."""


@dataclass(frozen=True, slots=True)
class Severity:
    """How long and how large the faults are: they end by themselves, still as faults."""

    hang_s: float = 0.3
    """Then the connection is closed without an answer."""
    drip_s: float = 0.5
    """One byte every twentieth of a second; then it is closed, unfinished."""
    bomb_bytes: int = 8 * 1024 * 1024
    endless_bytes: int = 64 * 1024 * 1024
    retry_after_s: int = 90


DRILL = Severity(hang_s=40, drip_s=40, bomb_bytes=256 * 1024 * 1024, endless_bytes=2**32)
"""Longer than the deadline of 30 s that the contract sets."""


def plan_faults(world: World) -> tuple[Fault, ...]:
    """The schedule: every kind once for one attempt and once for all of a step, as far as the
    world has room: never more than a quarter of its pages at one step, and only pages to which
    nothing but an edit happens then."""
    dice = Dice(world.seed, "faults")
    steps = [step for step in range(1, world.size.steps - 1) if step not in world.moods]
    wanted = [(kind, attempts) for attempts in (1, ALWAYS) for kind in dice.shuffled(ON_PAGES)]
    room = max(1, world.size.releases // 4)
    faults: list[Fault] = []
    for step in steps:
        pages = dice.shuffled(list(_pages(world, step)))
        share = -(-len(wanted) // (len(steps) - steps.index(step)))
        for page in pages[: min(room, share)]:
            kind, attempts = wanted.pop(0)
            faults.append(Fault(kind, step, page.path, attempts, page.key))
            if not wanted:
                break
        path = dice.pick(("/news/?PAGEN_1=1", "/news/?PAGEN_1=2", "/rss/", "/sitemap-1.xml.gz"))
        faults.append(Fault(dice.pick(ON_LISTS), step, path, dice.pick((1, ALWAYS))))
    spoilt = {(fault.step, fault.key) for fault in faults}
    return (*faults, *_waits(world, dice, spoilt))


def _waits(world: World, dice: Dice, spoilt: set[tuple[int, int | None]]) -> Iterator[Fault]:
    """The server asks to be left in peace, once in each way; in a short world at the last step."""
    last = world.size.steps - 1
    steps = [5, 8, 10] if last >= 14 else [last]
    for number, step in enumerate(steps):
        kinds = WAITING[number : number + 1] if last >= 14 else WAITING
        for kind in kinds:
            page = dice.pick([p for p in _pages(world, step) if (step, p.key) not in spoilt])
            spoilt.add((step, page.key))
            yield Fault(kind, step, page.path, 1, page.key)


def _pages(world: World, step: int) -> Iterator[Standing]:
    """Pages that may be spoilt at a step: there before, nothing withdrawn, moved or come back."""
    before = world.scene(step - 1).standings
    drastic = {
        fact.key
        for fact in world.facts
        if fact.step in (step, step + 1) and (fact.presence or fact.path or fact.detour)
    }
    # whoever sees a text posted again looks at the old address: gone would mean moved
    drastic |= {item.repeats for item in world.items.values() if item.repeats is not None}
    for standing in world.scene(step).standings.values():
        item = standing.item
        if item.kind != "html" or item.validators == "stale" or standing.key in drastic:
            continue
        if standing.is_live and standing.key in before and before[standing.key].is_live:
            yield standing


class Schedule:
    """The faults of a world, looked up by request."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        self._by_place = {(fault.step, fault.path): fault for fault in faults}

    def at(self, step: int, path: str, attempt: int) -> Fault | None:
        """What goes wrong with the attempt (from 1) at a path within a step."""
        fault = self._by_place.get((step, path))
        return fault if fault is not None and attempt <= fault.attempts else None


def is_disturbed(faults: tuple[Fault, ...], step: int) -> bool:
    """Whether no look of a step is certain, since the host may have been left in peace."""
    return any(f.step == step and f.kind in WAITING for f in faults)
