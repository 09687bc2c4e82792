"""Releases as a publisher means them: headline, paragraphs, dates, place, without any page."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from tests.corpus.dice import Dice
from tests.corpus.grammar import NOTHING, capitalised, say, sentence
from tests.corpus.openings import Opening, make_opening
from tests.corpus.truth import PublishedForm, ReleaseTruth
from tests.corpus.vocabulary import MONTHS_RU

FIRST_DAY = date(2004, 2, 1)
LAST_DAY = date(2025, 11, 20)
BODILESS = 0.005
RUSSIAN = 0.04
ECHOING = 0.8

FORMS: dict[PublishedForm, float] = {
    "own_line": 30, "after_headline": 14, "after_headline_tight": 3, "glued": 20,
    "glued_digit": 2, "download_same_line": 4, "download_next_line": 4, "none": 23,
}  # fmt: skip

_SUBJECTS = ("person", "name", "forum", "topic", "body", "country")
"""What headline and lead share when one echoes the other."""

_HEADLINE_ECHOES = ("day_place", "this_year_place", "bare_place", "this_year_hosted")
"""Openings whose day and place a headline may repeat: "On November 23, in Yerevan, ..."."""


def make_release(seed: int) -> ReleaseTruth:
    """The release of this number: the same on every machine, unlike every other one."""
    dice = Dice(seed, "release")
    form = dice.weighted(FORMS)
    stated = FIRST_DAY + timedelta(dice.number(0, (LAST_DAY - FIRST_DAY).days))
    headline, opening = _beginning(dice, stated, form)
    release = ReleaseTruth(
        seed=seed,
        headline=headline,
        paragraphs=opening.paragraphs + tuple(_body(dice)),
        published_on=None if form == "none" else stated,
        published_form=form,
        event_on=opening.event_on,
        place=opening.place,
        language="en",
        opening=opening.form,
        lenient=opening.lenient,
    )
    if dice.chance(BODILESS):
        return _without_body(release)
    if dice.chance(RUSSIAN):
        release = _in_russian(dice, release)
    return _typed(dice, release)


def _beginning(dice: Dice, stated: date, form: PublishedForm) -> tuple[str, Opening]:
    """Headline and opening: mostly of one thing, as a lead repeats its headline."""
    echoing = dice.chance(ECHOING)
    while True:
        bound = {slot: say(dice, slot) for slot in _SUBJECTS} if echoing else NOTHING
        opening = _opening(dice, stated, form, bound)
        headline = _headline(dice, opening, bound)
        if not echoing or echoes(headline, opening.paragraphs[-1]):
            return headline, opening


def echoes(headline: str, lead: str) -> bool:
    """Whether the lead holds at least half of the headline's longer words."""
    words = {word for word in re.findall(r"\w+", headline.lower()) if len(word) > 4}
    told = set(re.findall(r"\w+", lead.lower()))
    return len(words & told) >= 0.5 * len(words)


def _opening(dice: Dice, stated: date, form: PublishedForm, bound: Mapping[str, str]) -> Opening:
    """Events lie days before the published date; announcements some weeks after it."""
    if form == "glued_digit":
        who = f"{dice.number(11, 99)} {say(dice, 'matter')} specialists"
        text = f"{who} met: {say(dice, 'lead', bound)}."
        return Opening("digit", (text,), None, None, frozenset(), {})
    days = dice.number(5, 40) if dice.chance(0.1) else -dice.number(0, 4)
    event = stated + timedelta(days)
    if event.year != stated.year:  # "this year" must be the year of the published date
        event = stated
    return make_opening(dice, event, dated=form != "none", bound=bound)


def _headline(dice: Dice, opening: Opening, bound: Mapping[str, str]) -> str:
    if opening.form in _HEADLINE_ECHOES and dice.chance(0.5):
        day = opening.words[dice.pick(("md", "dm"))]
        return f"On {day}, in {opening.words['p']}, {say(dice, 'dated_headline', bound)}"
    return capitalised(say(dice, "headline", bound))


def _body(dice: Dice) -> list[str]:
    """One to nine paragraphs, perhaps a list or a subheading among them, perhaps a last
    sentence that looks like the sign-off and is none."""
    paragraphs = [
        " ".join(sentence(dice) for _ in range(dice.number(1, 4))) for _ in range(dice.number(1, 9))
    ]
    if dice.chance(0.25):
        place = dice.number(1, len(paragraphs))
        paragraphs[place:place] = _listing(dice)
    if dice.chance(0.08):
        paragraphs.insert(dice.number(1, len(paragraphs)), sentence(dice, "subhead"))
        paragraphs.append(sentence(dice))  # a subheading is followed by something
    if dice.chance(0.35):
        paragraphs.append(sentence(dice, "last"))
    return paragraphs


def _listing(dice: Dice) -> list[str]:
    """A leading line with a colon and its items: "- item;", "-ITEM" (sample 003) or "item;"."""
    mark = dice.pick(("- ", "- ", "-", "", "– "))
    items = [say(dice, "item") for _ in range(dice.number(2, 6))]
    if mark == "-":
        items = [item.upper() if dice.chance(0.3) else capitalised(item) for item in items]
    ends = [";"] * (len(items) - 1) + ["."]
    return [
        sentence(dice, "list_lead"),
        *(f"{mark}{item}{end}" for item, end in zip(items, ends, strict=True)),
    ]


def _without_body(release: ReleaseTruth) -> ReleaseTruth:
    """A headline and its date line alone."""
    return replace(
        release,
        headline=sentence(Dice(release.seed, "bodiless"), "headline"),
        paragraphs=(),
        published_on=release.published_on or date(2020, 2, 29),
        published_form="own_line",
        event_on=None,
        place=None,
        opening="no_body",
        lenient=frozenset(),
    )


def _in_russian(dice: Dice, release: ReleaseTruth) -> ReleaseTruth:
    """An English headline over a Russian body. The rulings speak of English datelines only, so
    the Russian day is right and so is None; no place is judged to be told."""
    day = release.published_on or date(2019, 6, 11)
    opening = f"{day.day} {MONTHS_RU[day.month - 1]} {day.year} года {say(dice, 'ru_lead')}."
    body = [
        " ".join(sentence(dice, "ru_sentence") for _ in range(dice.number(1, 4)))
        for _ in range(dice.number(2, 6))
    ]
    form = "glued" if release.published_form == "glued_digit" else release.published_form
    return replace(
        release,
        headline=sentence(dice, "headline"),
        paragraphs=(opening, *body),
        published_form=form,
        event_on=day,
        place=None,
        language="ru",
        opening="russian",
        lenient=frozenset({"event_on"}),
    )


def _typed(dice: Dice, release: ReleaseTruth) -> ReleaseTruth:
    """The release as typed: quotes straight or curly, a Cyrillic letter in a Latin word (sample
    003: "чthat"), a non-breaking space. None of it changes what is told."""
    straight = dice.chance(0.5)
    cyrillic = dice.chance(0.04)
    unbroken = dice.chance(0.1)

    def typed(text: str) -> str:
        text = text.replace("“", '"').replace("”", '"') if straight else text.replace("'", "’")
        if unbroken:
            text = text.replace("No. ", "No.\u00a0")
        return text.replace(" that ", " чthat ", 1) if cyrillic else text

    return replace(
        release,
        headline=typed(release.headline),
        paragraphs=tuple(map(typed, release.paragraphs)),
    )
