"""The script of a world: which release meets which fate, and at which steps.

Every fourth release is published while the site is watched, some of them back-dated; the others
stand from the beginning, and each meets one fate of `FATES` in turn.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from tests.corpus.dice import Dice
from tests.corpus.edits import edit
from tests.corpus.texts import make_release
from tests.corpus.truth import ReleaseTruth
from tests.site.clock import START, STEP
from tests.site.dress import normalised
from tests.site.world import Fact, Item, Mood, Presence, Size, Validators, World

TWIN_OF, TWIN = 0, 6
"""Two releases whose addresses differ by a trailing "-" alone."""


def make_world(seed: int, size: Size | None = None) -> World:
    """The world of a seed."""
    return _Script(seed, size or Size()).world()


def calendar(steps: int) -> dict[int, Mood]:
    """At which steps the site is not open; nothing else happens then."""
    if steps < 15:
        return {2: "maintenance"} if steps > 4 else {}
    return {3: "maintenance", 6: "consent", 9: "down", 11: "robots_500", 12: "robots_html"}


class _Script:
    """A world in the making."""

    def __init__(self, seed: int, size: Size) -> None:
        self.size = size
        self.seed = seed
        self.dice = Dice(seed, "script")
        self.moods = calendar(size.steps)
        self.busy = [step for step in range(1, size.steps - 1) if step not in self.moods]
        """Steps at which something may happen; the last one is quiet."""
        self.items: dict[int, Item] = {}
        self.facts: list[Fact] = []
        self.texts = _texts(seed, size.releases)
        self.next_key = size.releases

    def world(self) -> World:
        fates = list(FATES)
        for key in range(self.size.releases):
            if key % 4 == 3:
                self._publish_late(key)
            else:
                name = fates[(key - key // 4) % len(fates)]
                self._publish(key, 0, validators=self._validators(name))
                FATES[name](self, key)
        for number in range(max(1, self.size.releases // 25)):
            self._publish_pdf(number)
        middle = self.busy[len(self.busy) // 2]
        return World(
            seed=self.seed,
            size=self.size,
            items=self.items,
            facts=tuple(sorted(self.facts, key=lambda fact: (fact.step, fact.key))),
            moods=self.moods,
            redesigned_at=middle,
            reordered=frozenset(self.busy[1::2]),
        )

    def _validators(self, fate: str) -> Validators:
        if fate == "hidden_edit":
            return "stale"
        return self.dice.weighted({"honest": 6, "none": 3, "fresh": 1})

    def _publish(
        self, key: int, step: int, *, validators: Validators = "honest", in_sitemap: bool = True,
        back_dated: bool = False, text: ReleaseTruth | None = None, repeats: int | None = None,
    ) -> None:  # fmt: skip
        text = text or replace(self.texts[key], published_on=self._day(key, step, back_dated))
        path = f"/news/news_col/{_slug(text.headline)}-{key}/"
        if key == TWIN:
            path = self.items[TWIN_OF].path[:-1] + "-/"
        self.items[key] = Item(key, path, "html", validators, in_sitemap, repeats)
        self.facts.append(Fact(step, key, presence="live", text=text))

    def _day(self, key: int, step: int, back_dated: bool) -> date:
        today = (START + step * STEP).date()
        if step and not back_dated:
            return today
        return START.date() - timedelta(days=2 * (self.size.releases - key) + 1)

    def _publish_late(self, key: int) -> None:
        """New, or back-dated far down the list; of the latter some stand in the list alone."""
        back_dated = key % 8 == 7
        early = self.busy[: max(1, len(self.busy) // 2)]
        step = self.dice.pick(early if back_dated else self.busy)
        self._publish(key, step, back_dated=back_dated, in_sitemap=key % 16 != 15)

    def _publish_pdf(self, number: int) -> None:
        key, self.next_key = self.next_key, self.next_key + 1
        text = replace(_texts(self.seed + 1 + number, 1)[0], paragraphs=())
        day = START.date() - timedelta(days=number + 1)
        path = f"/files/{_slug(text.headline)}-{key}.pdf"
        # the list alone: a sitemap has no words for the headline
        self.items[key] = Item(key, path, "pdf", in_sitemap=False)
        text = replace(text, published_on=day)
        self.facts.append(Fact(0, key, presence="live", text=text))

    def steps(self, count: int) -> list[int]:
        """That many steps at which something may happen, in order; fewer if there are fewer."""
        return sorted(self.dice.shuffled(self.busy)[:count])

    def last_text(self, key: int) -> ReleaseTruth:
        """The text a release has by now."""
        return next(f.text for f in reversed(self.facts) if f.key == key and f.text is not None)

    def edit(self, key: int, step: int, presence: Presence | None = None) -> None:
        """One planted edit, to a text the release never had."""
        had = {_essence(f.text) for f in self.facts if f.key == key and f.text is not None}
        while True:
            planted = edit(self.last_text(key), self.dice.number(1, 10**9))
            assert planted is not None, "a published date can always be edited"
            text, truth = planted
            if _essence(text) not in had:
                fact = Fact(step, key, presence=presence, text=text, field=truth.field)
                self.facts.append(fact)
                return

    def add(self, fact: Fact) -> None:
        """One more fact."""
        self.facts.append(fact)

    def move(self, key: int, step: int, moved_by: str) -> None:
        """A new address: another section and another slug."""
        slug = self.items[key].path.rstrip("/").rpartition("/")[2]
        path = f"/news/news_odkb/{slug}-moved/"
        self.add(Fact(step, key, path=path, moved_by="301" if moved_by == "301" else "404"))

    def repost(self, key: int) -> None:
        """The text again at another address, as a release of its own."""
        new, self.next_key = self.next_key, self.next_key + 1
        text = self.last_text(key)
        self._publish(new, self.steps(1)[0], text=text, repeats=key)


def _edited(script: _Script, key: int) -> None:
    script.edit(key, script.steps(1)[0])


def _edited_often(script: _Script, key: int) -> None:
    for step in script.steps(3):
        script.edit(key, step)


def _reverted(script: _Script, key: int) -> None:
    first, second = script.steps(2)
    before = script.last_text(key)
    script.edit(key, first)
    field = next(f.field for f in reversed(script.facts) if f.key == key)
    script.add(Fact(second, key, text=before, field=field))


def _cosmetic(script: _Script, key: int) -> None:
    for manner, step in enumerate(script.steps(3), 1):
        script.add(Fact(step, key, dress=manner))


def _withdrawn(presence: Presence) -> Callable[[_Script, int], None]:
    def plan(script: _Script, key: int) -> None:
        script.add(Fact(script.dice.pick(script.busy[:-1]), key, presence=presence))

    return plan


def _restored(presence: Presence, *, edited: bool = False) -> Callable[[_Script, int], None]:
    def plan(script: _Script, key: int) -> None:
        gone, back = script.steps(2)
        script.add(Fact(gone, key, presence=presence))
        if edited:
            script.edit(key, back, "live")
        else:
            script.add(Fact(back, key, presence="live"))

    return plan


def _moved(moved_by: str) -> Callable[[_Script, int], None]:
    return lambda script, key: script.move(key, script.steps(1)[0], moved_by)


def _moved_then_edited(script: _Script, key: int) -> None:
    first, second = script.steps(2)
    script.move(key, first, "301")
    script.edit(key, second)


def _detour(script: _Script, key: int) -> None:
    script.add(Fact(script.steps(1)[0], key, detour=True))


FATES: dict[str, Callable[[_Script, int], None]] = {
    "edited": _edited,
    "moved_301": _moved("301"),
    "gone_404": _withdrawn("404"),
    "reverted": _reverted,
    "moved_silently": _moved("404"),
    "back_from_soft": _restored("soft404"),
    "cosmetic": _cosmetic,
    "detour": _detour,
    "gone_410": _withdrawn("410"),
    "plain": lambda _script, _key: None,
    "edited_often": _edited_often,
    "gone_soft": _withdrawn("soft404"),
    "hidden_edit": _edited,
    "back_from_404": _restored("404"),
    "gone_home": _withdrawn("home"),
    "reposted": lambda script, key: script.repost(key),
    "back_edited": _restored("410", edited=True),
    "moved_then_edited": _moved_then_edited,
    "back_from_410": _restored("410"),
    "also_plain": lambda _script, _key: None,
}


def _essence(text: ReleaseTruth) -> tuple[str, str, date | None]:
    body = " ".join(text.paragraphs)
    return normalised(text.headline), normalised(body), text.published_on


def _texts(seed: int, count: int) -> list[ReleaseTruth]:
    """Texts with a body of some length and headlines all different; every eighth is Russian."""
    chosen: list[ReleaseTruth] = []
    headlines: set[str] = set()
    number = seed * 1_000_003
    while len(chosen) < count:
        number += 1
        text = make_release(number)
        wanted = "ru" if len(chosen) % 8 == 5 else "en"
        if text.language != wanted or len(text.paragraphs) < 3 or text.headline in headlines:
            continue
        headlines.add(text.headline)
        chosen.append(text)
    return chosen


def _slug(headline: str) -> str:
    """The first words of a headline as an address has them.

    >>> _slug("On November 23, in Yerevan: a “meeting”")
    'on-november-23-in-yerevan-a-meeting'
    """
    return re.sub(r"[^a-z0-9]+", "-", headline.lower()).strip("-")[:60].strip("-")
