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

_OPENS_A_SENTENCE = re.compile(
    r"(?:on|from|between|in|at|by|during|since|until|after|before|с|в|на|по)\s", re.IGNORECASE
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
_FIRST_NAMES_OF_PLACES = {
    "saint", "st", "new", "san", "santa", "los", "las", "el", "abu", "nur", "ulan", "nizhny",
    "veliky", "north", "south", "east", "west", "northern", "southern", "eastern", "western",
    "central", "upper", "lower", "great", "kuala", "buenos", "rio", "hong", "cape", "tel", "fort",
    "port", "lake", "mount", "ust", "gorno", "issyk", "addis", "sri", "united", "la", "le", "de",
}  # fmt: skip
"""What opens a place's name of several words and no person's."""
_INITIAL = re.compile(r"[^\W\d_]{1,2}\.")
_OFFICE = re.compile(
    r"\s+(?:the\s+)?(?:(?:acting|first|deputy|vice|prime|foreign|special|permanent|csto|honorary)\s+)*"
    r"(?:minister|secretary|chairm\w+|chief|head|president|ambassador|representative|director|commander"
    r"|colonel|general|speaker|member|rector|adviser|advisor|officer|leader|governor|mayor)\b",
    re.IGNORECASE,
)
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


def opening_day(paragraph: str) -> tuple[int, int] | None:
    """The (month, day) that a paragraph opens with, with or without its year, else None.

    >>> opening_day("On April 29 this year, a session opened."), opening_day("A session opened.")
    ((4, 29), None)
    """
    if _OPENS_WITH_DATE.match(paragraph) is None or not (match := _OPENING.match(paragraph)):
        return None
    if match["dotted"]:
        day, month, _ = match["dotted"].split(".")
        return int(month), int(day)
    name, first_day = match.group(2, 1) if match[1] else match.group(6, 7)
    return MONTHS[name.lower()], int(first_day)


def is_dateline(paragraph: str) -> bool:
    """Whether a paragraph is, or opens with, a dateline.

    >>> is_dateline("May 19, 2021, Dushanbe"), is_dateline("On May 19, in Dushanbe, it rained.")
    (True, False)
    """
    return _read_dateline(paragraph, None) is not None


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
    """The place, or None where a person's name may have run into it."""
    words = match["place"].split()
    if any(word.rstrip(".").lower() in _NOT_A_PLACE for word in words):
        return None
    if any("." in word.removeprefix("St.").rstrip(".") for word in words):
        return None  # "in Gyumri Yu.T.Toktosunov met"
    if len(words) > 1 and words[0].rstrip(".").lower() not in _FIRST_NAMES_OF_PLACES:
        if any(_INITIAL.fullmatch(word) for word in words):
            return None  # "in Khujand K. Ordynets, the Minister, met"
        # "in Moscow Vladimir Putin met": several names need a comma on both sides to be one place,
        # and no office after it.
        if (
            not match[0].startswith(",")
            or match["end"] != ","
            or _OFFICE.match(match.string, match.end())
        ):
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
    if _OPENS_A_SENTENCE.match(paragraph):
        return None  # "On 31 July - 5 August 2012, in Moscow, ...": its dash is the range's
    text = paragraph
    if len(paragraph) > 80:
        run_in = _RUN_IN.search(paragraph, 0, 80)
        if run_in is None:
            return None
        text = paragraph[: run_in.start()]
    text = text.strip(" .,:")
    date_first = _OPENING.match(text)
    if date_first:
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
    if day is None or _OPENS_A_SENTENCE.match(rest):
        return None
    return Occasion(_day_of(day, published_on, False), _dateline_place(place_first))


def _dateline_place(match: "re.Match[str]") -> str | None:
    place = match["place"]
    if not place[0].isupper() or any(word.lower() in _NOT_A_PLACE for word in place.split()):
        return None
    return place
