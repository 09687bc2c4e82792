"""Dates as pages write them, to `date`. No locale, no clock: month names are tables here.

A wrong date is worse than none: what could be read two ways (03/04/2022) is not read at all, and a
date that no calendar holds (31.02.2022) is no date.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

_MONTHS_BY_LANGUAGE = {
    "en": "january february march april may june july august september october november december",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "ru nominative": "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь "
    "декабрь",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "en short": "jan feb mar apr may jun jul aug sep oct nov dec",
    "ru short": "янв фев мар апр мая июн июл авг сен окт ноя дек",
}
MONTHS: dict[str, int] = {
    name: number
    for names in _MONTHS_BY_LANGUAGE.values()
    for number, name in enumerate(names.split(), start=1)
} | {"sept": 9, "сент": 9, "нояб": 11}

MONTH_NAME = "(?:%s)" % "|".join(sorted(MONTHS, key=len, reverse=True))  # noqa: UP031
_WEEKDAY = (
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
    r"|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье)"
)
_TIME = r"(?:[,\s]+(?:at\s+)?\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?)"

DOTTED = r"(?<!\d)(?<!\d\.)(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)(?!\.\d)"
"""dd.mm.yyyy, the only numeric form that is never month first."""

_DATE_LINE = re.compile(
    rf"(?:{_WEEKDAY},?\s+)?(?:"
    rf"(?P<d>\d{{1,2}})\.(?P<m>\d{{1,2}})\.(?P<y>\d{{4}})"
    rf"|(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})"
    rf"|(?P<day_first>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<name_second>{MONTH_NAME})\.?,?\s+"
    rf"(?P<year_a>\d{{4}})"
    rf"|(?P<name_first>{MONTH_NAME})\.?\s+(?P<day_second>\d{{1,2}})(?:st|nd|rd|th)?,?\s+"
    rf"(?P<year_b>\d{{4}})"
    rf")(?:\s*(?:г\.?|года|year))?{_TIME}?\s*[|.]?",
    re.IGNORECASE,
)


def make_date(year: str | int, month: str | int, day: str | int) -> date | None:
    """The date, or None when no calendar holds it.

    >>> make_date("2022", "02", "31") is None
    True
    """
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def parse_date_line(line: str) -> date | None:
    """The date of a line that holds nothing but a date (weekday and time of day allowed).

    >>> parse_date_line("19.05.2021"), parse_date_line("Wednesday, May 19, 2021")
    (datetime.date(2021, 5, 19), datetime.date(2021, 5, 19))
    >>> parse_date_line("May 19, 2021, Dushanbe"), parse_date_line("03/04/2022")
    (None, None)
    """
    if len(line) > 60 or not any(map(str.isdigit, line[:24])):
        return None
    match = _DATE_LINE.fullmatch(line.strip())
    return date_of(match) if match else None


def date_of(match: "re.Match[str]") -> date | None:
    """The date in a match of the date-line pattern."""
    found = match.groupdict()
    if found["iso"]:
        return make_date(*found["iso"].split("-"))
    if found["d"]:
        return make_date(found["y"], found["m"], found["d"])
    name = (found["name_second"] or found["name_first"]).lower()
    day = found["day_first"] or found["day_second"]
    return make_date(found["year_a"] or found["year_b"], MONTHS[name], day)


# What is glued on may be a digit: "15.03.202214 March 2022 in Bishkek".
_GLUED = re.compile(
    rf"(\d{{1,2}})\.(\d{{1,2}})\.((?:19|20)\d\d){_TIME}?(?P<space>\s*)(?=\S)(?P<next>.)"
)


def split_glued(line: str) -> tuple[date, str, str] | None:
    """(date, its characters, the rest) of a line that a date is glued to, or None.

    `24.11.2022On November 23` is glued; `24.11.2022 On ...` is too when a new sentence begins, but
    `24.11.2022 the work began` is a sentence that opens with a date.

    >>> split_glued("02.06.2018Creating a centre")
    (datetime.date(2018, 6, 2), '02.06.2018', 'Creating a centre')
    >>> split_glued("24.11.2022 the work began") is None
    True
    """
    if not line[:1].isdigit() or not (match := _GLUED.match(line)):
        return None
    found = make_date(match[3], match[2], match[1])
    following = match["next"]
    opens = following.isupper() or following in "\"'“«„‘(-–—" or not match["space"]
    if found is None or not opens or following in ".,;:":
        return None
    return found, match[0][: match.start("space") - match.start()], line[match.end() - 1 :]


_TRAILING = re.compile(rf"^(?P<head>.*\S)(?P<space>\s*)(?P<date>{DOTTED})$")
_PREPOSITION = re.compile(r"\b(?:of|on|from|dated|since|until|till|by|to|от|до|с|по)\s*$", re.I)


def split_trailing(line: str) -> tuple[str, date, str] | None:
    """(the line before it, date, its characters) of a line that a date stands after, or None.

    >>> split_trailing("strengthening of peace 09.02.2022")
    ('strengthening of peace', datetime.date(2022, 2, 9), '09.02.2022')
    >>> split_trailing("Statement of 09.02.2022") is None
    True
    """
    if not line[-4:].isdigit() or not (match := _TRAILING.match(line)):
        return None
    day, month, year = match["date"].split(".")
    found = make_date(year, month, day)
    if found is None or _PREPOSITION.search(match["head"]):
        return None
    return match["head"], found, match["date"]


def parse_published(text: str, formats: Iterable[str], timezone: str) -> date | None:
    """The date in an element's text or attribute: ISO with an offset first, then the formats.

    An instant becomes the day it was in the source's time zone; a time without an offset is taken
    to be there already. Without formats: ISO, dd.mm.yyyy and spelt months.

    >>> parse_published("2026-03-04T23:30:00-05:00", ["%Y-%m-%d"], "UTC")
    datetime.date(2026, 3, 5)
    >>> parse_published("Published: 4 March 2026, 10:00", ["%d %B %Y"], "UTC")
    datetime.date(2026, 3, 4)
    """
    stripped = " ".join(text.split())
    if (instant := _parse_instant(stripped, timezone)) is not None:
        return instant
    patterns = [compile_format(item) for item in formats]
    for pattern in patterns:
        if (match := pattern.fullmatch(stripped)) and (found := _date_of_format(match, timezone)):
            return found
    for pattern in patterns:
        if (match := pattern.search(stripped)) and (found := _date_of_format(match, timezone)):
            return found
    return None if patterns else parse_date_line(stripped)


_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,]\d+)?\s*(Z|[+-]\d{2}:?\d{2})?", re.I
)


def _parse_instant(text: str, timezone: str) -> date | None:
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    offset = (match[3] or "").upper().replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(f"{match[1]}T{match[2]}{offset}")
        return moment.astimezone(ZoneInfo(timezone)).date() if offset else moment.date()
    except (ValueError, OverflowError):  # no such day, hour or offset
        return None


_DIRECTIVES = {
    "Y": r"(?P<Y>\d{4})",
    "y": r"(?P<y>\d{2})",
    "m": r"(?P<m>1[0-2]|0?[1-9])",
    "d": r"(?P<d>3[01]|[12]\d|0?[1-9])",
    "e": r"(?P<d>3[01]|[12]\d|0?[1-9])",
    "B": rf"(?P<B>{MONTH_NAME})",
    "b": rf"(?P<B>{MONTH_NAME})\.?",
    "H": r"(?P<H>2[0-3]|[01]?\d)",
    "I": r"(?P<I>1[0-2]|0?[1-9])",
    "M": r"(?P<M>[0-5]?\d)",
    "S": r"(?P<S>[0-5]?\d)",
    "f": r"\d{1,6}",
    "p": r"(?P<p>[ap]\.?m\.?)",
    "z": r"(?P<z>Z|[+-]\d{2}:?\d{2})",
    "Z": r"(?:[A-Z]{2,5})",
    "A": r"\w+",
    "a": r"\w+\.?",
    "%": "%",
}


@lru_cache(maxsize=256)
def compile_format(date_format: str) -> re.Pattern[str]:
    """A pattern for a strptime format that hangs on no locale; ValueError names what is unknown.

    >>> compile_format("%Q")
    Traceback (most recent call last):
    ValueError: %Q is no date directive
    """
    parts: list[str] = []
    rest = re.sub(r"%-", "%", date_format)
    for text, directive in re.findall(r"([^%]+)|%(.?)", rest, re.DOTALL):
        if text:
            parts.append(r"\s+".join(map(re.escape, re.split(r"\s+", text))))
        elif directive in _DIRECTIVES:
            parts.append(_DIRECTIVES[directive])
        else:
            raise ValueError(f"%{directive} is no date directive")
    try:
        pattern = re.compile(r"(?<!\w)%s(?!\w)" % "".join(parts), re.IGNORECASE)  # noqa: UP031
    except re.error as error:
        raise ValueError("a directive stands in it twice") from error
    groups = pattern.groupindex.keys()
    if not ({"Y", "y"} & groups and {"m", "B"} & groups and "d" in groups):
        raise ValueError("it needs a year, a month and a day")
    return pattern


def _date_of_format(match: "re.Match[str]", timezone: str) -> date | None:
    found = {key: value for key, value in match.groupdict().items() if value is not None}
    month = MONTHS[found["B"].lower()] if "B" in found else int(found["m"])
    # POSIX: %y from 69 is the last century.
    short = int(found.get("y", 0))
    year = int(found["Y"]) if "Y" in found else short + (1900 if short >= 69 else 2000)
    day = make_date(year, month, found["d"])
    if day is None or "z" not in found or not {"H", "I"} & found.keys():
        return day
    hour = int(found["H"]) if "H" in found else int(found["I"]) % 12
    if "H" not in found and found.get("p", "").lower().startswith("p"):
        hour += 12
    stamp = f"{day.isoformat()}T{hour:02d}:{int(found.get('M', 0)):02d}:00{found['z'].upper()}"
    return _parse_instant(stamp, timezone)
