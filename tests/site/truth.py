"""What a right tracker knows after the passes it made.

A look at a page that was spoilt, or that the tracker may have put off, *may* have told it the
truth: then several answers are allowed. A look that nothing disturbed leaves one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from tests.corpus.truth import ReleaseTruth
from tests.site.dress import dressed, normalised, squashed
from tests.site.faults import HARMLESS, Fault, is_disturbed
from tests.site.world import Standing, World

Saw = Literal["seen", "missing", "gone", "none"]
_ACTUAL: Mapping[str, Saw] = {
    "live": "seen", "410": "gone", "404": "missing", "soft404": "missing", "home": "missing",
    "absent": "none",
}  # fmt: skip
_NEXT: Mapping[Saw, Mapping[str, str]] = {
    "seen": dict.fromkeys(("unknown", "live", "missing", "withdrawn"), "live"),
    "missing": {"unknown": "unknown", "live": "missing", "missing": "withdrawn",
                "withdrawn": "withdrawn"},
    "gone": {"unknown": "unknown", "live": "withdrawn", "missing": "withdrawn",
             "withdrawn": "withdrawn"},
    "none": {status: status for status in ("unknown", "live", "missing", "withdrawn")},
}  # fmt: skip
"""What becomes of a status: missing twice, in two passes, is withdrawn."""

DEEP_WALK_STEPS = 7
"""How long a release that stands deep in the list alone may stay unnoticed."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One finished run of the tracker."""

    number: int
    step: int
    full: bool
    recheck: Literal["all", "due"]
    started_at: datetime
    finished_at: datetime
    code: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """One text of a release, from an edit to the next."""

    shown: frozenset[tuple[str, str]]
    """Headline and body as they stood, in each manner of typing that was shown."""
    essence: tuple[str, str, date | None]
    """Normalised headline and body, and the published date."""
    first: int
    """The pass that may have seen it first."""
    by: int
    """The pass that at latest must have: the last one of the segment where none was certain."""
    is_certain: bool
    """Whether some pass must have seen it."""
    fields: frozenset[str]
    """headline, published_on or body: what the edit that led to it touched."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something a pass must have recorded."""

    number: int
    outcomes: frozenset[str]
    """Any of these."""


@dataclass(frozen=True, slots=True)
class Expected:
    """All that may be known of one release."""

    key: int
    kind: str
    headline: str
    paths: frozenset[str]
    """Every address it ever had."""
    canonical: frozenset[str]
    moved_from: frozenset[str]
    """Addresses that must be known as former ones."""
    statuses: frozenset[str]
    """Allowed now."""
    is_required: bool
    """False: it may be unknown as yet."""
    segments: tuple[Segment, ...]
    events: tuple[Event, ...]
    repeats: int | None


def expect(world: World, faults: tuple[Fault, ...], passes: Sequence[Pass]) -> list[Expected]:
    """What must be known of every release that any of the passes may have seen."""
    found = (_Follower(world, faults, key).follow(passes) for key in world.items)
    return [one for one in found if one is not None]


class _Follower:
    """Follows one release from pass to pass."""

    def __init__(self, world: World, faults: tuple[Fault, ...], key: int) -> None:
        self.world = world
        self.key = key
        self.all_faults = faults
        self.faults = {(fault.step, fault.path): fault for fault in faults}
        self.statuses = frozenset({"unknown"})
        self.is_found = False
        """Whether the address it has now is known for certain."""
        self.canonical: frozenset[str] = frozenset()
        self.segments: list[Segment] = []
        self.events: list[Event] = []
        self.last: Standing | None = None

    def follow(self, passes: Sequence[Pass]) -> Expected | None:
        """What is expected after all of them; None if it was never published."""
        for one in passes:
            standing = self.world.scene(one.step).standings.get(self.key)
            if standing is not None:
                self._look(one, standing)
                self.last = standing
        if self.last is None:
            return None
        item = self.world.items[self.key]
        former = frozenset(path for path, _ in self.last.old)
        return Expected(
            key=self.key,
            kind=item.kind,
            headline=self.last.text.headline,
            paths=former | {item.path, self.last.path},
            canonical=self.canonical,
            moved_from=former if self.canonical == {self.last.path} else frozenset(),
            statuses=self.statuses - {"unknown"},
            is_required="unknown" not in self.statuses,
            segments=tuple(self.segments),
            events=tuple(self.events),
            repeats=item.repeats,
        )

    def _look(self, one: Pass, standing: Standing) -> None:
        was_moved = self.last is not None and self.last.path != standing.path
        if was_moved and standing.old[-1][1] == "404":
            self.is_found = False
        saw = set(self._results(one, standing))
        if not self.is_found and saw == {"seen"} and not self._is_listed(one, standing):
            saw |= {"none"} | ({"missing"} if standing.old else set())
        certain = saw == {"seen"}
        self._keep_events(one, standing, certain)
        self.is_found = self.is_found or certain
        self.statuses = frozenset(_NEXT[result][was] for result in saw for was in self.statuses)
        if "seen" in saw:
            self.canonical = frozenset({standing.path}) | (
                frozenset() if certain else self.canonical
            )
            self._extend(one, standing, certain)

    def _results(self, one: Pass, standing: Standing) -> Iterator[Saw]:
        """All that a look in this pass may come to."""
        scene = self.world.scene(one.step)
        fault = self.faults.get((one.step, standing.path))
        if scene.mood in ("maintenance", "consent", "down", "robots_500"):
            yield "none"
            return
        yield _ACTUAL[standing.presence]
        spoilt = fault is not None and fault.kind not in HARMLESS
        if spoilt and fault is not None and fault.kind == "once_404":
            yield "missing"
        is_hidden = standing.item.validators == "stale" and not one.full
        put_off = one.recheck == "due" or is_disturbed(self.all_faults, one.step)
        if spoilt or is_hidden or put_off or scene.mood == "robots_html":
            yield "none"

    def _is_listed(self, one: Pass, standing: Standing) -> bool:
        """Whether listing, feed or sitemap must have led to its address in this pass."""
        if not standing.item.in_sitemap and standing.item.kind == "html":
            born = min(fact.step for fact in self.world.facts if fact.key == self.key)
            return one.step >= born + DEEP_WALK_STEPS
        return self.key % 2 == 1 or (one.step, "/sitemap-1.xml.gz") not in self.faults

    def _keep_events(self, one: Pass, standing: Standing, certain: bool) -> None:
        if not certain:
            return
        if self.statuses <= {"missing", "withdrawn"} and self.segments:
            same = essence(standing.text) == self.segments[-1].essence
            outcomes = {"live_again"} if same else {"live_again", "edited"}
            self.events.append(Event(one.number, frozenset(outcomes)))
        elif self.canonical and standing.path not in self.canonical:
            self.events.append(Event(one.number, frozenset({"moved"})))

    def _extend(self, one: Pass, standing: Standing, certain: bool) -> None:
        looks = frozenset({shown(standing)})
        if self.segments and self.segments[-1].essence == essence(standing.text):
            last = self.segments[-1]
            self.segments[-1] = replace(
                last,
                shown=last.shown | looks,
                by=last.by if last.is_certain else one.number,
                is_certain=last.is_certain or certain,
            )
            return
        fields = frozenset(
            fact.field
            for fact in self.world.facts
            if fact.key == self.key and fact.field is not None and fact.step <= one.step
            and (self.last is None or fact.step > self._last_step())
        )  # fmt: skip
        self._step_of_last = one.step
        self.segments.append(
            Segment(looks, essence(standing.text), one.number, one.number, certain, fields)
        )

    _step_of_last = -1

    def _last_step(self) -> int:
        return self._step_of_last


def shown(standing: Standing) -> tuple[str, str]:
    """Headline and body as the page has them, white space squashed."""
    text, manner = standing.text, standing.dress
    body = "\n\n".join(squashed(dressed(one, manner)) for one in text.paragraphs)
    return squashed(dressed(text.headline, manner)), body


def essence(text: ReleaseTruth) -> tuple[str, str, date | None]:
    """What an edit is judged by; paragraph borders are none of it."""
    return normalised(text.headline), normalised(" ".join(text.paragraphs)), text.published_on


def incident_passes(world: World, passes: Iterable[Pass]) -> frozenset[int]:
    """The passes that must have opened an incident."""
    moods = ("maintenance", "consent")
    return frozenset(one.number for one in passes if world.scene(one.step).mood in moods)


def calm_passes(world: World, faults: tuple[Fault, ...], passes: Iterable[Pass]) -> frozenset[int]:
    """The passes in which nothing at all went wrong: no incident may be opened there."""
    spoilt = {fault.step for fault in faults if fault.kind not in HARMLESS}
    return frozenset(
        one.number
        for one in passes
        if one.step not in spoilt and world.scene(one.step).mood == "open"
    )
