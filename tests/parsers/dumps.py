"""Invented releases, and the ways in which a CSTO dump may put one on a page.

Nothing here is taken from a sample: names, days and wording are our own. `make_dump` builds the
text of a dump whose truth is known, in every form that the sources are known to use.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from parsers.model import Capture, digest_bytes

SEEN_AT = datetime(2025, 6, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Release:
    headline: str
    body: tuple[str, ...]


RELEASES = (
    Release(
        "On March 14, in Bishkek, the working group on peacekeeping has agreed on the programme of "
        "the exercise “Unbreakable Ridge”",
        (
            "On March 14 this year, in Bishkek, the working group on peacekeeping held its spring "
            "session under the chairmanship of Colonel Azamat Toktorov.",
            "The programme of the exercise “Unbreakable Ridge” was agreed. Nine hundred servicemen "
            "will come to the Edelweiss training ground with their vehicles.",
            "Observers from four other states were invited to follow the main stage of exercise.",
            "Work on the programme will continue at subsequent meetings of the working group.",
        ),
    ),
    Release(
        "Statement on the occasion of the Day of Remembrance",
        (
            "Today we bow our heads before those who gave their lives for peace.",
            "Their courage remains an example to every generation, and their names are kept in "
            "books and in stone.",
            "- We shall go on looking after the memorials;",
            "- We shall go on teaching what happened;",
            "- We shall not let it be rewritten.",
        ),
    ),
    Release(
        "Anna Petrosyan: the new rapid reaction centre will open before summer ends (Video)",
        (
            "The head of the analytical department Anna Petrosyan told journalists how the rapid "
            "reaction centre is being built.",
            "According to her, the walls of the centre are standing and the equipment is coming.",
            "“We shall open before the end of the summer,” Anna Petrosyan said.",
            "The centre will receive reports from duty shifts around the clock.",
        ),
    ),
    Release(
        "The consultations on the control of chemical plants took place in Astana",
        (
            "On 9 and 10 September 2021, in Astana, experts held consultations on the control of "
            "chemical plants.",
            "The experts compared how permits for chemical plants are given and withdrawn.",
            "It was recommended to exchange lists of substances once a quarter.",
        ),
    ),
    Release(
        "Who will guard the mountain passes?",
        (
            "On May 5, 2019, the Secretary General received the veterans of the mountain troops.",
            "The veterans asked who would guard the passes once the outposts are handed over.",
            "The Secretary General answered that the outposts stay where they are.",
        ),
    ),
)

RUSSIAN_BODY = (
    "14 марта 2022 года в Бишкеке состоялось заседание рабочей группы по миротворчеству.",
    "Участники согласовали программу учения и обсудили порядок прибытия подразделений.",
    "Работа над документами будет продолжена на последующих заседаниях.",
)

TICKER = (
    ("On 3 April, the duty shifts of the crisis centre trained the exchange of reports with the "
     "ministries of emergency situations.",),
    ("A round table on the history of collective defence was held in Dushanbe on 2 April.",
     "The participants discussed archives, textbooks and the memory of the common victory."),
    ("The Deputy Secretary General Samat Ordabek met the ambassador of Mongolia and told him about "
     "the plans for the year.",),
    ("In accordance with the plan of consultations, two papers on information security have been "
     "drafted under the chairmanship of Kazakhstan",),
    ("On March 28, 2025, in Moscow, the parliamentary delegation was shown the museum of the "
     "border troops. The visit ended with a concert.",),
    ("stressed that the supply of equipment will be completed by the autumn.",),
)  # fmt: skip
"""Items of a ticker; one has two paragraphs, one lacks its full stop, one is from mid-sentence."""

FOOTERS = (
    (),
    ("_" * 38, "The CSTO Press Secretary Vladimir Zaynetdinov", "+7495-795-27-10,",
     "+7495-621-33-23-tel/fax"),
    ("The CSTO Press Secretary Vladimir Zainetdinov", "+7495-795-27-10", "odkb-pressa@gov.ru",
     "Go back", "Back to the section", "Back to the all news"),
    ("_" * 51, "CSTO Press Secretary Yury Shuvalov", "tel./fax: +7 (495) 621-33-23",
     "e-mail: odkb-pressa@gov.ru"),
    ("Press Service of the CSTO Joint Staff", "8 (495) 795-27-10", "Back to the list"),
    ("______________", "Press Secretary of the CSTO", "Maria de la Cruz-Ivanova",
     "+7495-795-27-10"),
    ("Go back",),
)  # fmt: skip

PUBLISHED = date(2022, 3, 15)
HEADLINES = ("once", "twice", "twice, date after the second", "twice, other spacing", "missing")
DATES = ("none", "own line", "glued", "own line, attachment", "attachment glued")


def make_dump(
    release: Release,
    *,
    items: int = 4,
    dated: bool = False,
    headline: str = "once",
    stamp: str = "none",
    footer: int = 1,
    gap: int = 0,
) -> str:
    """A dump's text; `gap` blank lines between lines, one more between the ticker's items."""
    lines: list[str] = []
    for number, item in enumerate(TICKER[:items]):
        lines += [""] if lines and gap else []
        lines += [f"{24 - number:02d}.05.2025"] if dated else []
        lines += item
    written = PUBLISHED.strftime("%d.%m.%Y")
    body = list(release.body)
    titles = {
        "once": [release.headline],
        "missing": [],
        "twice": [release.headline] * 2,
        "twice, other spacing": [release.headline, release.headline.replace(" ", "  ", 2)],
        "twice, date after the second": [release.headline, f"{release.headline} {written}"],
    }[headline]
    if "own line" in stamp:
        titles.append(written)
    elif stamp == "glued":
        body[0] = written + body[0]
    if stamp == "own line, attachment":
        titles.append("Download document 39357f.docx")
    elif stamp == "attachment glued":
        titles.append(f"{written}Download document 39357f.docx")
    return ("\n" * (gap + 1)).join([*lines, *titles, *body, *FOOTERS[footer]])


def capture_of(text: str | bytes, name: str = "a.txt", **more: str | None) -> Capture:
    """A capture of a file with that text."""
    body = text if isinstance(text, bytes) else text.encode()
    address = name if "://" in name else f"file:pages/{name}"
    return Capture("csto", address, SEEN_AT, body, digest_bytes(body), **more)  # type: ignore[arg-type]
