"""Numbers and dates as they stand in a text, with the value each of them means.

Two spellings of one value are equal ("1,000" and "1000", "14 May" and "May 14", "5%" and "five
per cent"); two values are never made equal by guessing. A comma before three digits parts
thousands, a dot is a decimal point, a slash date is day first unless that is no month.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from warehouse.history.vocabulary import MONTHS, ONES, SCALES, UNITS, WEEKDAYS


class Value(NamedTuple):
    """A number or date in a normalised text: where it stands and what it means."""

    kind: Literal["number", "date"]
    start: int
    end: int
    meaning: str
    """Equal for equal values: a date with `?` for what is not said, or number and unit."""


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_MONTH = rf"(?:{_any(MONTHS)})\b\.?"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?(?!\d)"
_DAYS = rf"{_DAY}(?: ?(?:-|and|to|и|по) ?{_DAY})?"
_YEAR = r"(?:1[89]|20)\d\d(?!\d)"
_YEAR_BEFORE = r" ?(?:year\b|года?\b|году\b|гг?\.)"
_DATE = re.compile(
    rf"(?<![\w.,/-])(?:"
    rf"(?P<iso>\d{{4}}-\d\d-\d\d)(?!\d)"
    rf"|(?P<numeric>\d{{1,2}}[./]\d{{1,2}}[./](?:\d{{4}}|\d\d))(?![\w/])"
    rf"|(?P<days>{_DAYS}) (?:of )?(?P<month>{_MONTH})(?:,? (?P<year>{_YEAR}))?(?: (?:года|г\.))?"
    rf"|(?P<month2>{_MONTH})(?: (?P<days2>{_DAYS}))?(?:,? (?P<year2>{_YEAR}))?(?: (?:года|г\.))?"
    rf"|(?P<weekday>{_any(WEEKDAYS)})\b"
    rf"|(?P<year3>{_YEAR}){_YEAR_BEFORE}"
    rf")"
    rf"|(?<!\d)(?P<cjk>(?:\d{{4}}年)?\d{{1,2}}月(?:\d{{1,2}}日)?|\d{{4}}年)"
)
_LONE_YEAR = re.compile(
    rf"\b(?:in|since|until|till|during|before|after|year|by|in early|in late|в|с|до|к) "
    rf"(?P<year>{_YEAR})(?![\w.,/-]\d)(?! (?:[^\W\d_]+s|percent|million|thousand|people|men)\b)",
    re.IGNORECASE,
)
_WORD_NUMBER = rf"(?:{_any({*ONES, *SCALES})})"
_UNIT = rf"(?:(?:-| ?)(?P<unit>%|[$€£₽]|per cent\b|(?:{_any(k for k in UNITS if k.isalpha())})\b))?"
_SCALE = rf"(?: (?P<scale>{_any(SCALES)})\b\.?)?"
_NUMBER = re.compile(
    r"(?<![\w])(?:(?P<sign>(?<![^\s(])-)?(?P<currency>[$€£₽] ?)?"
    r"(?P<digits>\d{1,3}(?:[ ,']\d{3})+(?:\.\d+)?(?![\d])|\d+(?:[.,:/\u2044-]\d+)*)"
    r"(?:st|nd|rd|th)?(?![^\W\d_])"
    rf"{_SCALE}{_UNIT}"
    rf"|(?P<roman>[IVXL]{{2,}})\b"
    rf"|(?P<words>{_WORD_NUMBER}(?:(?:-| and | ){_WORD_NUMBER})*)\b"
    rf"{_UNIT.replace('<unit>', '<unit2>')})"
    r"|(?P<code>[\w-]*\d[\w-]*)",
    re.IGNORECASE,
)
_ROMAN = re.compile(r"X{0,3}(?:XL|L)?X{0,3}(?:IX|IV|V?I{0,3})")
_GROUPED = re.compile(r"\d{1,3}(?:[ ,']\d{3})+(?:\.\d+)?")
_DECIMAL = re.compile(r"\d+(?:[.,]\d+)?")


_HINTS = frozenset(
    part.casefold()
    for words in (MONTHS, WEEKDAYS, ONES, SCALES)
    for word in words
    for part in re.findall(r"[^\W\d_]+", word)
)
_LETTERS = re.compile(r"[^\W\d_]+")
_ROMAN_LETTERS = frozenset("IVXLivxl")


@lru_cache(maxsize=1 << 16)
def hints_value(token: str) -> bool:
    """Whether a token may make a value: it holds a digit, a month, a number word, a numeral.

    >>> [hints_value(token) for token in ("mid-May", "B-52", "twenty-one", "XVI", "km", "said")]
    [True, True, True, True, False, False]
    """
    if any(map(str.isdecimal, token)):
        return True
    return any(
        part.casefold() in _HINTS or (len(part) > 1 and _ROMAN_LETTERS.issuperset(part))
        for part in _LETTERS.findall(token)
    )


def values(normal: str) -> list[Value]:
    """The numbers and dates of a normalised text, in order, never overlapping.

    >>> [(value.kind, value.meaning) for value in values("On May 14, 2024 it paid 1,000 dollars.")]
    [('date', '2024-05-14'), ('number', '1000 usd')]
    >>> [value.meaning for value in values("the XVI session, twenty-one states, 5 per cent")]
    ['16', '21', '5 %']
    """
    found = list(_dates(normal))
    taken = [(value.start, value.end) for value in found]
    for value in _numbers(normal):
        if not any(value.start < end and start < value.end for start, end in taken):
            found.append(value)
    return sorted(found, key=lambda value: value.start)


def _dates(normal: str) -> Iterator[Value]:
    for match in _DATE.finditer(normal):
        yield Value("date", match.start(), match.end(), _date_meaning(match))
    for match in _LONE_YEAR.finditer(normal):
        start, end = match.span("year")
        yield Value("date", start, end, match["year"])


def _date_meaning(match: re.Match[str]) -> str:
    if match["iso"]:
        return match["iso"]
    if match["numeric"]:
        day, month, year = re.split(r"[./]", match["numeric"])
        if int(month) > 12 >= int(day):
            day, month = month, day
        return f"{int(year) + 2000 if len(year) == 2 else year}-{int(month):02}-{int(day):02}"
    if match["weekday"]:
        return f"weekday {WEEKDAYS[match['weekday']]}"
    if match["year3"]:
        return match["year3"]
    if match["cjk"]:
        parts = {mark: number for number, mark in re.findall(r"(\d+)([年月日])", match["cjk"])}
        return _ymd(parts.get("年"), parts.get("月"), parts.get("日", ""))
    month = str(MONTHS[(match["month"] or match["month2"]).rstrip(".")])
    return _ymd(match["year"] or match["year2"], month, match["days"] or match["days2"] or "")


def _ymd(year: str | None, month: str | None, days: str) -> str:
    """`2024-05-14`, `?-05-20..22`, `2024`: what is said of a date.

    >>> _ymd(None, "5", "20th-22nd")
    '?-05-20..22'
    """
    if month is None:
        return year or "?"
    said = "..".join(f"{int(day):02}" for day in re.findall(r"\d+", days)) or "?"
    return f"{year or '?'}-{int(month):02}-{said}"


def _numbers(normal: str) -> Iterator[Value]:
    for match in _NUMBER.finditer(normal):
        meaning = _number_meaning(match)
        if meaning is not None:
            yield Value("number", match.start(), match.end(), meaning)


def _number_meaning(match: re.Match[str]) -> str | None:
    if match["code"]:
        return match["code"].casefold()
    if match["roman"]:
        roman = match["roman"]
        return str(_roman(roman)) if _ROMAN.fullmatch(roman) else None  # "Xi" is a name
    if match["words"]:
        amount, unit = _spelled(match["words"].casefold()), match["unit2"]
        return _with_unit(str(amount), unit)
    amount_text = _digits(match["digits"])
    if match["scale"] and _DECIMAL.fullmatch(amount_text):
        amount_text = _plain(Decimal(amount_text) * SCALES[match["scale"].casefold()])
    sign = "-" if match["sign"] else ""
    return _with_unit(sign + amount_text, match["unit"] or (match["currency"] or "").strip())


def _with_unit(amount: str, unit: str | None) -> str:
    if not unit:
        return amount
    unit = "%" if unit.casefold() == "per cent" else UNITS[unit.casefold()]
    return f"{amount} {unit}"


def _digits(text: str) -> str:
    """
    >>> _digits("1,000"), _digits("1 000.50"), _digits("3,5"), _digits("1267/1989"), _digits("007")
    ('1000', '1000.5', '3.5', '1267/1989', '7')
    """
    if _GROUPED.fullmatch(text):
        text = re.sub(r"[ ,']", "", text)
    if _DECIMAL.fullmatch(text):
        return _plain(Decimal(text.replace(",", ".")))
    return text


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _roman(text: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10, "L": 50}[letter] for letter in text]
    return sum(
        -value if value < after else value
        for value, after in zip(values, [*values[1:], 0], strict=True)
    )


def _spelled(text: str) -> int:
    """
    >>> _spelled("two hundred and twenty-one"), _spelled("forty"), _spelled("five thousand")
    (221, 40, 5000)
    """
    total = current = 0
    for word in re.findall(r"[^\W\d_]+", text):
        if word in ONES:
            current += ONES[word]
        elif word in SCALES:
            current = (current or 1) * SCALES[word]
            if SCALES[word] >= 1000:
                total, current = total + current, 0
    return total + current
