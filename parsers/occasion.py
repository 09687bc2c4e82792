"""When and where the thing happened that a release tells of: `event_on` and `place`.

Read only from the opening of the body, a dateline (`May 19, 2021, Dushanbe`) or `On <date>, in
<Place>`. Without day, month and year for certain there is no day; "this year" is the year of
`published_on` or nobody's. Of a range the first day.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from parsers.dates import DOTTED, MONTH_NAME, MONTHS, make_date

_TH = r"(?:st|nd|rd|th)?"
_DAYS = rf"(\d{{1,2}}){_TH}(?:\s*(?:[-–—]|,|and|to|и|по)\s*\d{{1,2}}{_TH})*"
_YEAR = (
    r"(?:,?\s+(?:((?:19|20)\d{2})(?!\d)|((?:of )?this year|(?:the )?current year|с\.\s?г\."
    r"|этого года|текущего года|сего года)))?"
)
_UNTIL = r"\s*(?:[-–—]|and|to|till|until|и|по)\s*"
# "23 November 2022", "10 and 11 December", "30 September - 2 October 2022": (1) day, (2) month,
# (3) the month a range ends in, (4) year, (5) "this year"
_DAY_FIRST = (
    rf"{_DAYS}\s+(?:of\s+)?({MONTH_NAME})\b\.?(?:{_UNTIL}\d{{1,2}}{_TH}\s+({MONTH_NAME}))?{_YEAR}"
)
# "November 23, 2022", "December 10-11", "September 30 - October 2, 2022": (6) month, (7) day, ...
_MONTH_FIRST = rf"({MONTH_NAME})\.?\s+{_DAYS}\b(?:{_UNTIL}({MONTH_NAME})\s+\d{{1,2}}{_TH})?{_YEAR}"
_OPENING = re.compile(
    r"(?:(?:On|From|Between|С|В период с)\s+(?:the\s+)?)?(?:\w+day,?\s+)?"
    rf"(?:{_DAY_FIRST}|{_MONTH_FIRST}|(?P<dotted>{DOTTED}))(?:\s*(?:года|г\.))?(?=[\s,.;:)]|$)",
    re.IGNORECASE,
)
_OPENS_WITH_DATE = re.compile(
    r"(?:on|from|between|с|в период с)\s|\d|[a-zа-я]+\s+\d", re.IGNORECASE
)

_NAME = r"[A-ZÀ-ÖØ-ÞА-ЯЁ][\w’'.]*(?:[-–][\w’']+)*"
_PLACE = rf"{_NAME}(?:\s+(?:de|of|on|am|an|der|del|la|na)\s+{_NAME}|\s+{_NAME}){{0,2}}"
_IN_PLACE = re.compile(
    rf",?\s+in\s+(?:the\s+)?(?:(?:city|town|village|capital)\s+of\s+)?(?P<place>{_PLACE})(?P<end>,|\s*\(|;|\s+[a-z]|\.?$)"
)
_NOT_A_PLACE = {
    "accordance", "addition", "order", "connection", "the", "president", "prime", "minister",
    "secretary", "general", "deputy", "csto", "chairman", "foreign", "head", "heads", "council",
    "permanent", "collective", "republic", "joint", "committee", "colonel", "ambassador", "he",
    "state", "member", "mr", "mrs", "dr", "parliamentary", "interstate", "working", "january",
    "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december", "his", "her", "its", "this", "a", "an",
}  # fmt: skip
_DATELINE_PLACE = re.compile(
    rf"(?:the\s+)?(?:(?:city|town)\s+of\s+|г\.\s?)?(?P<place>{_PLACE})", re.IGNORECASE
)
_RUN_IN = re.compile(r"\s*[.,:]?\s+[-–—]\s+|\s*[–—]\s*")


@dataclass(frozen=True, slots=True)
class Occasion:
    """The day and place of the event, each None where the text is not certain of it."""

    event_on: date | None = None
    place: str | None = None


def read_occasion(paragraphs: Sequence[str], published_on: date | None) -> Occasion:
    """What the opening paragraph says of day and place; after a dateline, what it left open.

    >>> lead = "On November 23 this year, in Yerevan, a session was held"
    >>> read_occasion([lead], date(2022, 11, 24))
    Occasion(event_on=datetime.date(2022, 11, 23), place='Yerevan')
    >>> read_occasion([lead], None)
    Occasion(event_on=None, place='Yerevan')
    >>> read_occasion(["May 19, 2021, Dushanbe", "The States welcome the treaty."], None)
    Occasion(event_on=datetime.date(2021, 5, 19), place='Dushanbe')
    """
    if not paragraphs:
        return Occasion()
    dateline = _read_dateline(paragraphs[0], published_on)
    if dateline is None:
        return _read_lead(paragraphs[0], published_on)
    if (dateline.event_on and dateline.place) or len(paragraphs) < 2 or len(paragraphs[0]) > 80:
        return dateline
    lead = _read_lead(paragraphs[1], published_on)
    return Occasion(dateline.event_on or lead.event_on, dateline.place or lead.place)


def _read_lead(paragraph: str, published_on: date | None) -> Occasion:
    if not _OPENS_WITH_DATE.match(paragraph):
        return Occasion()
    match = _OPENING.match(paragraph)
    if match is None:
        return Occasion()
    rest = paragraph[match.end() :]
    this_year = re.match(r",?\s+(?:of\s+)?this year\b", rest)
    if this_year:  # "On November 23, this year, in Yerevan"
        rest = rest[this_year.end() :]
    place = _IN_PLACE.match(rest)
    day = _day_of(match, published_on, bool(this_year))
    return Occasion(day, _checked_place(place) if place else None)


def _checked_place(match: "re.Match[str]") -> str | None:
    words = match["place"].rstrip(".").split()
    if any(word.lower() in _NOT_A_PLACE for word in words):
        return None
    # "in Moscow President Putin met": several names need a comma to be one place.
    if len(words) > 1 and match["end"][-1:].isalpha():
        return None
    return match["place"] if match["place"].endswith("St.") else match["place"].rstrip(".")


def _day_of(match: "re.Match[str]", published_on: date | None, this_year: bool) -> date | None:
    if match["dotted"]:
        day, month, year = match["dotted"].split(".")
        return make_date(year, month, day)
    # The parts of a match, see _DAY_FIRST and _MONTH_FIRST.
    if match[1]:
        first_day, month, until, written, same_year = match.group(1, 2, 3, 4, 5)
    else:
        month, first_day, until, written, same_year = match.group(6, 7, 8, 9, 10)
    number = MONTHS[month.lower()]
    if (same_year or this_year) and published_on:
        written = str(published_on.year)
    # Of a range over New Year ("30 December - 2 January 2022") the year is the last day's.
    if not written or (until and MONTHS[until.lower()] < number):
        return None
    return make_date(written, number, first_day)


def _read_dateline(paragraph: str, published_on: date | None) -> Occasion | None:
    """A whole line of date and place in either order, or the run-in `MINSK, 23 May 2022 - `."""
    text = paragraph
    if len(paragraph) > 80:
        run_in = _RUN_IN.search(paragraph, 0, 80)
        if run_in is None:
            return None
        text = paragraph[: run_in.start()]
    text = text.strip(" .,:")
    date_first = _OPENING.match(text)
    if date_first and text[:2].lower() not in ("on", "fr"):
        rest = text[date_first.end() :].strip(" ,.()")
        place = _DATELINE_PLACE.fullmatch(rest) if rest else None
        if rest and not place:
            return None
        return Occasion(
            _day_of(date_first, published_on, False), _dateline_place(place) if place else None
        )
    place_first = _DATELINE_PLACE.match(text)
    if place_first is None:
        return None
    rest = text[place_first.end() :].strip(" ,.()")
    day = _OPENING.fullmatch(rest)
    if day is None or rest[:2].lower() in ("on", "fr"):
        return None
    return Occasion(_day_of(day, published_on, False), _dateline_place(place_first))


def _dateline_place(match: "re.Match[str]") -> str | None:
    place = match["place"]
    if not place[0].isupper() or any(word.lower() in _NOT_A_PLACE for word in place.split()):
        return None
    return place
