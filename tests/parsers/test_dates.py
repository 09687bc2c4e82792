"""Text to dates: forms of FACTS "CSTO pages" (spec, sample) and what must not be read (bug)."""

from datetime import date

import pytest

from parsers.dates import (
    compile_format,
    parse_date_line,
    parse_published,
    split_glued,
    split_trailing,
)
from parsers.occasion import Occasion, read_occasion


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("19.05.2021", date(2021, 5, 19)),
        ("9.5.2021", date(2021, 5, 9)),
        ("19.05.2021 14:30", date(2021, 5, 19)),
        ("2021-05-19", date(2021, 5, 19)),
        ("May 19, 2021", date(2021, 5, 19)),
        ("19 May 2021", date(2021, 5, 19)),
        ("Wednesday, 19th May 2021", date(2021, 5, 19)),
        ("19 мая 2021 года", date(2021, 5, 19)),
        ("31.02.2021", None),
        ("19/05/2021", None),
        ("19.05.21", None),
        ("May 19, 2021, Dushanbe", None),
        ("On May 19, 2021", None),
        ("19.05.2021 - 21.05.2021", None),
        ("May 2021", None),
        ("2021", None),
    ],
)
def test_date_line(line: str, expected: date | None) -> None:
    assert parse_date_line(line) == expected


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("24.11.2022On November 23", "On November 23"),
        ("02.06.2018Creating a centre", "Creating a centre"),
        ("24.11.2022 On November 23", "On November 23"),
        ("15.03.202214 марта 2022 года", "14 марта 2022 года"),
        ("24.11.2022“Quoted” text", "“Quoted” text"),
        ("24.11.2022", None),
        ("24.11.2022 the work began", None),
        ("24.11.2022, the work began", None),
        ("32.11.2022On", None),
        ("On 24.11.2022On", None),
    ],
)
def test_glued_date(line: str, rest: str | None) -> None:
    found = split_glued(line)
    assert (found[2] if found else None) == rest


@pytest.mark.parametrize(
    ("line", "headline"),
    [
        ("peace and security 09.02.2022", "peace and security"),
        ("peace and security09.02.2022", "peace and security"),
        ("Statement of 09.02.2022", None),
        ("Protocol 1.09.02.2022", None),
        ("09.02.2022", None),
    ],
)
def test_trailing_date(line: str, headline: str | None) -> None:
    found = split_trailing(line)
    assert (found[0] if found else None) == headline


@pytest.mark.parametrize(
    ("text", "formats", "zone", "expected"),
    [
        ("2026-03-04T10:00:00+02:00", (), "UTC", date(2026, 3, 4)),
        ("2026-03-04T00:30:00+02:00", ("%Y-%m-%d",), "UTC", date(2026, 3, 3)),
        ("2026-03-04T23:30:00Z", ("%Y-%m-%d",), "Europe/Moscow", date(2026, 3, 5)),
        ("2026-03-04T23:30:00", ("%Y-%m-%d",), "Europe/Moscow", date(2026, 3, 4)),
        ("2026-03-04T23:30:00.123+0300", (), "Europe/Moscow", date(2026, 3, 4)),
        ("2026-03-04", ("%d.%m.%Y", "%Y-%m-%d"), "UTC", date(2026, 3, 4)),
        ("Posted 04.03.2026, 12:00", ("%d.%m.%Y",), "UTC", date(2026, 3, 4)),
        ("March 4, 2026", ("%B %d, %Y",), "UTC", date(2026, 3, 4)),
        ("4 Mar 2026", ("%d %b %Y",), "UTC", date(2026, 3, 4)),
        ("4 марта 2026", ("%d %B %Y",), "UTC", date(2026, 3, 4)),
        ("04/03/26 11:00 pm +0000", ("%d/%m/%y %I:%M %p %z",), "Asia/Tokyo", date(2026, 3, 5)),
        ("204.03.2026", ("%d.%m.%Y",), "UTC", None),
        ("yesterday", ("%d.%m.%Y",), "UTC", None),
        ("04.03.2026", (), "UTC", date(2026, 3, 4)),
        ("99.99.2026", (), "UTC", None),
    ],
)
def test_published(text: str, formats: tuple[str, ...], zone: str, expected: date | None) -> None:
    assert parse_published(text, formats, zone) == expected


@pytest.mark.parametrize("bad", ["%Q", "%d.%m", "%d %d %m %Y", "%"])
def test_a_format_that_gives_no_date_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        compile_format(bad)


PUBLISHED = date(2022, 11, 24)


@pytest.mark.parametrize(
    ("paragraphs", "published_on", "day", "place"),
    [
        # sample
        (["On July 7, 2021, under the chairmanship of X"], None, date(2021, 7, 7), None),
        (["On November 23 this year, in Yerevan, a session"], PUBLISHED, date(2022, 11, 23),
         "Yerevan"),
        (["On November 23, this year, Yerevan hosted"], None, None, None),
        (["On November 23, this year, Yerevan hosted"], PUBLISHED, date(2022, 11, 23), None),
        (["May 19, 2021, Dushanbe", "The States"], None, date(2021, 5, 19), "Dushanbe"),
        (["On 22 November 2023, in Minsk, a joint"], None, date(2023, 11, 22), "Minsk"),
        # spec: day, month and year with certainty
        (["On April 19, this year"], PUBLISHED, date(2022, 4, 19), None),
        (["On 28 March, the CSTO Joint Staff held"], PUBLISHED, None, None),
        (["On November 23, in Yerevan, the Council"], PUBLISHED, None, "Yerevan"),
        # spec: of a range the first day
        (["On 10 and 11 December 2024, the Staff"], None, date(2024, 12, 10), None),
        (["On December 10-11, 2024, in Moscow, the"], None, date(2024, 12, 10), "Moscow"),
        (["From 5 to 9 September 2022, exercises"], None, date(2022, 9, 5), None),
        (["On September 30 - October 2, 2022, exercises"], None, date(2022, 9, 30), None),
        (["From 30 September to 2 October 2022, exercises"], None, date(2022, 9, 30), None),
        (["From 30 December to 2 January 2023, exercises"], None, None, None),
        # datelines
        (["Minsk, 23 November 2023", "The text."], None, date(2023, 11, 23), "Minsk"),
        (["MOSCOW, November 24, 2022 – The Council met and spoke about a great many things and "
          "more"], None, date(2022, 11, 24), "MOSCOW"),
        (["19 May 2021"], None, date(2021, 5, 19), None),
        # places that are none
        (["On 1 May 2021, in accordance with the plan"], None, date(2021, 5, 1), None),
        (["On 1 May 2021, in Moscow President Putin met"], None, date(2021, 5, 1), None),
        (["On 1 May 2021, in Saint Petersburg, the"], None, date(2021, 5, 1), "Saint Petersburg"),
        (["On 1 May 2021 in Nur-Sultan the parties"], None, date(2021, 5, 1), "Nur-Sultan"),
        (["On 1 May 2021, in the city of Osh, the"], None, date(2021, 5, 1), "Osh"),
        (["On 1 May 2021, via videoconference, the"], None, date(2021, 5, 1), None),
        # bugs caught: a range's dash is no dateline's, a person is no place
        (["On 31 July – 5 August 2012, in Moscow, under the chairmanship of N. Galstyan, the first "
          "meeting of the Council took place."], None, date(2012, 7, 31), "Moscow"),
        (["On 14 August 2007 in Gyumri Yu.T.Toktosunov met the"], None, date(2007, 8, 14), None),
        (["On 14 August 2007 in Khujand K. Ordynets, the Minister, met"], None, date(2007, 8, 14),
         None),
        (["On 14 August 2007, in Gyumri Ivan Ivanov, the Foreign Minister, met"], None,
         date(2007, 8, 14), None),
        (["On 14 August 2007, in Cape Town, the Foreign Minister met"], None, date(2007, 8, 14),
         "Cape Town"),
        (["On 14 August 2007 in St. Petersburg the parties met"], None, date(2007, 8, 14),
         "St. Petersburg"),
        # Russian
        (["23 ноября 2022 года в Ереване состоялась"], None, date(2022, 11, 23), None),
        (["23 ноября с.г. в Ереване состоялась"], PUBLISHED, date(2022, 11, 23), None),
        # not in the opening
        (["The Secretary General said that on 1 May 2021 he"], None, None, None),
        (["On 31 February 2021, in Minsk, the"], None, None, "Minsk"),
        ([], PUBLISHED, None, None),
    ],
)  # fmt: skip
def test_occasion(
    paragraphs: list[str], published_on: date | None, day: date | None, place: str | None
) -> None:
    assert read_occasion(paragraphs, published_on) == Occasion(day, place)
