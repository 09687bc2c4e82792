"""The world: releases and what stands of each at every step. Pure, the same for the same seed.

A `Fact` is one thing that happens to a release at a step; a `Standing` is what the facts up to a
step come to; a `Scene` is the whole site at a step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Literal

from tests.corpus.dice import Dice
from tests.corpus.truth import ReleaseTruth

Presence = Literal["absent", "live", "404", "410", "soft404", "home"]
"""Not yet published; served; not found; gone; the not-found page with 200; a permanent redirect to
the home page."""
Mood = Literal["open", "maintenance", "consent", "down", "robots_500", "robots_html"]
"""What the whole site is at a step: as always; one notice at every address, with 200; the same
behind a consent wall; 503 everywhere; as always, but robots.txt is an error, or a page."""
Validators = Literal["honest", "none", "fresh", "stale"]
"""ETag and Last-Modified that change when the bytes do; none; an ETag that is another at every
request; an ETag that never changes, so that an edit hides behind a 304."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a world is."""

    releases: int = 12
    steps: int = 6
    per_page: int = 5
    """Items of a listing page."""


@dataclass(frozen=True, slots=True)
class Item:
    """What never changes about a release."""

    key: int
    path: str
    """At first."""
    kind: Literal["html", "pdf"] = "html"
    validators: Validators = "honest"
    in_sitemap: bool = True
    repeats: int | None = None
    """The key of the release whose text this one posts again."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happens to one release."""

    step: int
    key: int
    presence: Presence | None = None
    text: ReleaseTruth | None = None
    field: str | None = None
    """headline, published_on or body: what an edit touches."""
    path: str | None = None
    """The new address of a move."""
    moved_by: Literal["301", "404"] | None = None
    """What the old address answers after a move."""
    dress: int | None = None
    detour: bool = False
    """A temporary redirect, for this step only."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One release at one step."""

    item: Item
    path: str
    text: ReleaseTruth
    presence: Presence = "absent"
    dress: int = 0
    detour: bool = False
    old: tuple[tuple[str, str], ...] = ()
    """Former addresses and what they answer, "301" or "404"."""

    @property
    def key(self) -> int:
        """The release's number."""
        return self.item.key

    @property
    def is_live(self) -> bool:
        """Whether its page is served, at its address or behind a detour."""
        return self.presence == "live"


@dataclass(frozen=True, slots=True)
class Scene:
    """The site at one step."""

    step: int
    mood: Mood
    design: Literal["first", "second"]
    standings: Mapping[int, Standing]
    order: tuple[int, ...]
    """Keys of the live releases as the listing shows them."""


@dataclass(frozen=True)
class World:
    """Everything that will happen, from a seed."""

    seed: int
    size: Size
    items: Mapping[int, Item]
    facts: tuple[Fact, ...]
    """By step; of one release at most one a step."""
    moods: Mapping[int, Mood] = field(default_factory=dict)
    """Steps that are not "open"."""
    redesigned_at: int = 10**9
    reordered: frozenset[int] = frozenset()

    def scene(self, step: int) -> Scene:
        """The site at a step; after the last one it stays as it is."""
        step = min(step, self.size.steps - 1)
        return self._scenes[step]

    @cached_property
    def _scenes(self) -> tuple[Scene, ...]:
        standings: dict[int, Standing] = {}
        scenes = []
        for step in range(self.size.steps):
            standings = {key: replace(one, detour=False) for key, one in standings.items()}
            for fact in self.facts:
                if fact.step == step:
                    standings[fact.key] = self._after(standings.get(fact.key), fact)
            scenes.append(
                Scene(
                    step=step,
                    mood=self.moods.get(step, "open"),
                    design="second" if step >= self.redesigned_at else "first",
                    standings=dict(standings),
                    order=self._order(standings, step),
                )
            )
        return tuple(scenes)

    def _after(self, standing: Standing | None, fact: Fact) -> Standing:
        if standing is None:
            assert fact.text is not None, "the first fact of a release publishes it"
            standing = Standing(self.items[fact.key], self.items[fact.key].path, fact.text)
        old = standing.old
        if fact.path is not None:
            assert fact.moved_by is not None, "a move says what the old address answers"
            old += ((standing.path, fact.moved_by),)
        return replace(
            standing,
            path=fact.path or standing.path,
            text=fact.text or standing.text,
            presence=fact.presence or standing.presence,
            dress=standing.dress if fact.dress is None else fact.dress,
            detour=fact.detour,
            old=old,
        )

    def _order(self, standings: Mapping[int, Standing], step: int) -> tuple[int, ...]:
        """Newest first; where the list is reordered, pairs are swapped and an old one is pinned."""
        live = [one for one in standings.values() if one.is_live]
        keys = [one.key for one in sorted(live, key=_newest_first)]
        if step in self.reordered and len(keys) > 4:
            pinned = keys.pop(Dice(self.seed, f"pin{step}").number(len(keys) // 2, len(keys) - 1))
            for at in range(0, len(keys) - 1, 2):
                keys[at], keys[at + 1] = keys[at + 1], keys[at]
            keys.insert(0, pinned)
        return tuple(keys)


def _newest_first(standing: Standing) -> tuple[int, int]:
    day = standing.text.published_on or date(1970, 1, 1)
    return -day.toordinal(), -standing.key
