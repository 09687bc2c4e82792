"""What stands above and below a release in dump and page alike: the ticker and the sign-off."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from tests.corpus.dice import Dice
from tests.corpus.grammar import sentence
from tests.corpus.openings import make_opening
from tests.corpus.truth import ReleaseTruth, TeaserTruth

FOOTERS = {"none": 30, "full": 30, "part": 40}
DATED_TICKER, TWO_PARAGRAPHS, MID_ARTICLE, LEAD_IN_TICKER, BARE_TEASER = 0.45, 0.3, 0.25, 0.12, 0.1

PRESS_OFFICES = (
    "The CSTO Press Secretary Vladimir Zaynetdinov",
    "The CSTO Press Secretary Vladimir Zainetdinov",
    "CSTO Press Secretary Vladimir Zaynetdinov", "CSTO Press Secretary Vladimir Zainetdinov",
    "The CSTO Press Service", "CSTO Press Office",
)  # fmt: skip
PHONES = (
    "+7495-795-27-10,", "+7495-621-27-10", "+7 (495) 795-27-10", "+7-495-621-33-23",
    "+7 495 621 33 23", "8 (495) 621-27-10", "tel.: +7 (495) 795-27-10",
)  # fmt: skip
FAXES = (
    "+7495-621-33-23-tel/fax", "+7495-621-33-23 - tel/fax", "+7 (495) 621-33-23 tel/fax",
    "tel/fax: +7 495 621-33-23", "fax: +7 (495) 621-33-23",
)  # fmt: skip
MAILS = ("odkb-pressa@gov.ru", "E-mail: odkb-pressa@gov.ru", "odkb@gov.ru, odkb-pressa@gov.ru")
NAVIGATION = ("Go back", "Back to the section", "Back to the all news")


@dataclass(frozen=True, slots=True)
class Ticker:
    """Items newest first; whether a reader can tell them apart; which variants these are."""

    items: tuple[TeaserTruth, ...]
    split: bool
    variants: tuple[str, ...]


def make_ticker(dice: Dice, release: ReleaseTruth, *, bare_teasers: bool) -> Ticker:
    """Up to six items, newest first, dated or not; with `bare_teasers` one may lack its full
    stop, and one may be the release's own lead."""
    dated = dice.chance(DATED_TICKER)
    count = dice.number(0, 6)
    day = (release.published_on or date(2018, 1, 9)) + timedelta(dice.number(0, 900))
    variants = ["ticker:none" if not count else "ticker:dated" if dated else "ticker:undated"]
    items = []
    for _ in range(count):
        items.append(TeaserTruth(_teaser(dice, day), day if dated else None))
        day -= timedelta(dice.number(0, 5))
    if count and dice.chance(LEAD_IN_TICKER) and release.opening not in ("dateline", "no_body"):
        index = dice.number(0, count - 1)
        items[index] = replace(items[index], paragraphs=release.paragraphs[:1])
        variants.append("ticker:lead")
    if bare_teasers and count and dice.chance(BARE_TEASER):
        index = dice.number(0, count - 1)
        items[index] = replace(items[index], paragraphs=(sentence(dice, "headline"),))
        variants.append("ticker:bare")
    if any(len(item.paragraphs) > 1 for item in items):
        variants.append("ticker:two_paragraphs")
    return Ticker(tuple(items), split=dated, variants=tuple(variants))


def _teaser(dice: Dice, day: date) -> tuple[str, ...]:
    if dice.chance(MID_ARTICLE):
        return (sentence(dice),)
    lead = make_opening(dice, day, dated=True).paragraphs[-1]
    return (lead, sentence(dice)) if dice.chance(TWO_PARAGRAPHS) else (lead,)


def make_footer(dice: Dice, extent: str) -> list[str]:
    """The lines of the sign-off: none, all of them, or some."""
    if extent == "none":
        return []
    groups = [
        ["_" * dice.number(5, 60)],
        [dice.pick(PRESS_OFFICES)],
        [dice.pick(PHONES), dice.pick(FAXES)],
        [dice.pick(MAILS)],
        list(NAVIGATION[: dice.number(1, 3)]),
    ]
    if extent == "part":
        kept = [group for group in groups if dice.chance(0.5)]
        groups = kept or [dice.pick(groups)]
        groups = [group[: dice.number(1, len(group))] for group in groups]
    return [line for group in groups for line in group]
