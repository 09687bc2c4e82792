"""How a release opens: every form in which the first sentence states, or hides, day and place.

Each form says what a reader must make of it. `year`: "full" tells the day with certainty,
"this" takes its year from the published date, "bare" names none, "none" states no day at all.
`place`: "strict" is one of the two forms the rulings read ("On <date>, in <Place>" and the
dateline), "lenient" is told in other words, "none" must stay unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from tests.corpus.dice import Dice
from tests.corpus.grammar import NOTHING, capitalised, say
from tests.corpus.vocabulary import CITIES, MONTHS


@dataclass(frozen=True, slots=True)
class Form:
    """Templates of one way to open. {md} June 5, {dm} 5 June, {d} 5, {M} June, {y} 2024, {p} the
    place; {d2}, {md2}, {dm2}, {y2} the end of a range; {lead} the rest of the sentence."""

    templates: tuple[str, ...]
    year: Literal["full", "this", "bare", "none"] = "full"
    place: Literal["strict", "lenient", "none"] = "none"
    days: tuple[int, int] = (0, 0)
    """Length of the range, least and most; (0, 0) for a single day."""
    weight: float = 1.0


FORMS: dict[str, Form] = {
    "day_place": Form(
        ("On {md}, {y}, in {p}, {lead}.", "On {dm} {y}, in {p}, {lead}."), place="strict", weight=3
    ),
    "day_place_loose": Form(
        ("On {md}, {y} in {p}, {lead}.", "On {dm} {y} in {p} {lead}."), place="lenient"
    ),
    "day": Form(("On {md}, {y}, {lead}.", "On {dm} {y}, {lead}."), weight=3),
    "day_held": Form(
        ("On {md}, {y}, {lead} in {p}.", "On {dm} {y}, {lead}, in {p}."), place="lenient"
    ),
    "day_not_a_place": Form(
        (
            "On {md}, {y}, in accordance with {doc}, {lead}.",
            "On {dm} {y}, in a videoconference format, {lead}.",
            "On {md}, {y}, in the framework of {forum}, {lead}.",
            "On {md}, {y}, in preparation for {forum}, {lead}.",
            "On {md}, {y}, in line with {doc}, {lead}.",
        )
    ),
    "this_year_place": Form(
        (
            "On {md} this year, in {p}, {lead}.",
            "On {md}, this year, in {p}, {lead}.",
            "On {dm} this year, in {p}, {lead}.",
        ),
        year="this",
        place="strict",
        weight=2,
    ),
    "this_year": Form(("On {md} this year, {lead}.", "On {md}, this year, {lead}."), year="this"),
    "this_year_hosted": Form(
        ("On {md}, this year, {p} hosted {forum}.",), year="this", place="lenient"
    ),
    "bare_place": Form(
        ("On {md}, in {p}, {lead}.", "On {dm}, in {p}, {lead}."), year="bare", place="strict"
    ),
    "bare": Form(("On {md}, {lead}.", "On {dm}, {lead}."), year="bare"),
    "range_place": Form(
        (
            "On {md}-{d2}, {y}, in {p}, {lead}.",
            "On {md} and {d2}, {y}, in {p}, {lead}.",
            "On {d}-{d2} {M} {y}, in {p}, {lead}.",
            "On {d} and {d2} {M} {y}, in {p}, {lead}.",
            "On {d}–{d2} {M} {y}, in {p}, {lead}.",
        ),
        place="strict",
        days=(1, 4),
    ),
    "range_from": Form(
        ("From {d} to {d2} {M} {y}, {lead}.", "From {md} to {d2}, {y}, {lead}."), days=(1, 6)
    ),
    "range_months": Form(
        (
            "On {md} - {md2}, {y2}, in {p}, {lead}.",
            "On {dm} – {dm2} {y2}, in {p}, {lead}.",
        ),
        place="strict",
        days=(3, 12),
    ),
    "range_months_from": Form(
        ("From {md} to {md2}, {y2}, {lead}.", "From {dm} to {dm2} {y2}, {lead}."), days=(3, 12)
    ),
    "range_years": Form(
        ("From {md}, {y} to {md2}, {y2}, {lead}.", "From {dm} {y} to {dm2} {y2}, {lead}."),
        days=(5, 20),
        weight=0.3,
    ),
    "dateline": Form(
        ("{md}, {y}, {p}", "{p}, {md}, {y}", "{dm} {y}, {p}", "{p}, {dm} {y}"),
        place="strict",
        weight=1.5,
    ),
    "month_only": Form(("In {M} {y}, {lead}.",), year="none", weight=0.5),
    "undated": Form(("{lead}.",), year="none", weight=1.5),
    "other_date": Form(
        ("{lead} pursuant to the Treaty signed on 15 May 1992.",), year="none", weight=0.5
    ),
}
WEIGHTS = {name: form.weight for name, form in FORMS.items()}


@dataclass(frozen=True, slots=True)
class Opening:
    """The first paragraphs of a release and what they tell."""

    form: str
    paragraphs: tuple[str, ...]
    event_on: date | None
    place: str | None
    lenient: frozenset[str]
    words: dict[str, str]
    """The slots as filled, for a headline that speaks of the same day and place."""


def _fits(name: str, first: date, last: date) -> bool:
    """Whether the form can say this range without doubt."""
    same_month = (first.year, first.month) == (last.year, last.month)
    if name in ("range_place", "range_from"):
        return same_month
    if name.startswith("range_months"):
        return not same_month and first.year == last.year
    return True


def _span(dice: Dice, name: str, day: date) -> tuple[date, date]:
    """First and last day, moved to where the form can say them."""
    low, high = FORMS[name].days
    length = timedelta(dice.number(low, high))
    first = day
    if name == "range_years":
        first = date(day.year - 1, 12, 31) - length / 2
    elif name.startswith("range_months"):
        month = dice.number(2, 12)
        first = date(day.year, month, 1) - timedelta(1)
    elif name in ("range_place", "range_from") and day.day > 20:
        first = day.replace(day=dice.number(1, 20))
    assert _fits(name, first, first + length), (name, first, length)
    return first, first + length


def _slots(
    dice: Dice, first: date, last: date, place: str, bound: Mapping[str, str]
) -> dict[str, str]:
    month, month2 = MONTHS[first.month - 1], MONTHS[last.month - 1]
    return {
        "d": str(first.day), "M": month, "y": str(first.year), "p": place,
        "md": f"{month} {first.day}", "dm": f"{first.day} {month}",
        "d2": str(last.day), "y2": str(last.year),
        "md2": f"{month2} {last.day}", "dm2": f"{last.day} {month2}",
        "lead": say(dice, "lead", bound), "doc": say(dice, "document"),
        "forum": bound.get("forum") or say(dice, "forum"),
    }  # fmt: skip


def make_opening(
    dice: Dice, day: date, *, dated: bool, bound: Mapping[str, str] = NOTHING
) -> Opening:
    """An opening about `day`; `dated` says whether the release states a published date, whose
    year must then be that of `day`, so that "this year" is told; `bound` as in `say`."""
    name = dice.weighted(WEIGHTS)
    chosen = FORMS[name]
    first, last = _span(dice, name, day)
    place = dice.pick(CITIES)
    words = _slots(dice, first, last, place, bound)
    text = capitalised(dice.pick(chosen.templates).format_map(words))
    paragraphs = (text,)
    if name == "dateline":
        paragraphs = (text, capitalised(words["lead"]) + ".")
    event = {"full": first, "this": first if dated else None, "bare": first, "none": None}
    lenient = set()
    if chosen.year == "bare":
        lenient.add("event_on")  # the year is told, if at all, by a guess from the published date
    if chosen.place == "lenient":
        lenient.add("place")
    return Opening(
        name,
        paragraphs,
        event[chosen.year],
        None if chosen.place == "none" else place,
        frozenset(lenient),
        words,
    )
