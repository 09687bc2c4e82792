"""What an analyst sees of edits that nobody announced: a table of cases, labelled by origin.

promise: docs/changes.md says so; judged: ranked by hand as a journalist would, seen on a page that
was ingested with `pressdiff ingest` and asked with `pressdiff sql`.
"""

from datetime import date
from typing import Any

import pytest

from tests.warehouse.histories import staged
from tests.warehouse.sql_store import SqlLake, sql_lake

FORTY = "Ministers agreed on 40 points after long talks in the old town hall."
FOURTEEN = FORTY.replace("40", "14")
CONCERN = "The Chairman was deeply concerned by what had been heard of the northern border."
DAY, NEXT, PAST = date(2026, 3, 1), date(2026, 3, 3), date(2026, 2, 1)


def edit(lake: SqlLake, name: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Record a page that said one thing on one day and another some days later."""
    address = f"https://lakes.example/{name}"
    headline = f"Talks {name}"
    lake.run([
        staged(0, address=address, headline=headline, **before),
        staged(4, address=address, headline=headline, **after),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "how", "backdated"),
    [
        # promise: the date on the page moved to a later day
        ({"body": FORTY, "published_on": DAY}, {"body": FOURTEEN, "published_on": NEXT},
         ["published_on"], False),
        # promise: a date that moved to the past announces nothing and is flagged
        ({"body": FORTY, "published_on": DAY}, {"body": FORTY, "published_on": PAST}, [], True),
        # promise: an "updated" line came
        ({"body": FORTY}, {"body": f"Updated: 3 March 2026\n{FOURTEEN}"}, ["updated_line"], False),
        # promise: a correction note came
        ({"body": FORTY}, {"body": f"{FOURTEEN}\nCorrection: an earlier version of this release "
                           "gave another number."}, ["correction_note"], False),
        # promise: dateModified moved on
        ({"body": FORTY, "modified_on": DAY}, {"body": FOURTEEN, "modified_on": NEXT},
         ["modified_on"], False),
        # bug caught: a claim older than the last look at the old text
        ({"body": FORTY}, {"body": FOURTEEN, "modified_on": PAST}, [], False),
        # promise: dateModified that stays tells nobody
        ({"body": FORTY, "modified_on": DAY}, {"body": FOURTEEN, "modified_on": DAY}, [], False),
        # promise: two ways at once
        ({"body": FORTY, "published_on": DAY, "modified_on": DAY},
         {"body": FOURTEEN, "published_on": NEXT, "modified_on": NEXT},
         ["published_on", "modified_on"], False),
        ({"body": FORTY}, {"body": FOURTEEN}, [], False),
    ],
)  # fmt: skip
def test_how_an_edit_was_announced(
    before: dict[str, Any], after: dict[str, Any], how: list[str], backdated: bool
) -> None:
    with sql_lake() as lake:
        edit(lake, "a", before, after)
        told = "select announced, announced_how, backdated from revisions where revision = 2"
        assert lake.ask(told) == [(bool(how), how, backdated)]
        assert len(lake.ask("from silent_edits")) == (not how)


def test_what_weighs_most_stands_first() -> None:
    """judged: a date set back together with the number; a paragraph that went; a number; a word; a
    typo; and last what a cache shows by turns, however many numbers are in it."""
    many = {"body": "There were 1, 2, 3, 4, 5 and 6 of them."}
    other = {"body": "There were 7, 8, 9, 10, 11 and 12 of them."}
    with sql_lake() as lake:
        edit(lake, "typo", {"body": FORTY}, {"body": FORTY.replace("town", "twon")})
        edit(
            lake,
            "word",
            {"body": FORTY},
            {"body": FORTY.replace("after long talks", "following a friendly exchange")},
        )
        edit(lake, "number", {"body": FORTY}, {"body": FOURTEEN})
        edit(lake, "gone", {"body": f"{FORTY}\n{CONCERN}"}, {"body": FORTY})
        edit(lake, "back", {"body": FORTY, "published_on": DAY},
             {"body": FOURTEEN, "published_on": PAST})  # fmt: skip
        turns = [many, other, many, other]
        lake.run([
            staged(at, address="https://lakes.example/flap", headline="Talks flap", **one)
            for at, one in enumerate(turns)
        ])  # fmt: skip
        ranked = lake.ask("select headline[7:], min(weight), max(weight) from (select *, "
                          "row_number() over () as place from silent_edits) group by all "
                          "order by min(place)")  # fmt: skip
    assert ranked == [
        ("back", 30, 30), ("gone", 13, 13), ("number", 10, 10), ("word", 4, 4), ("typo", 1, 1),
        ("flap", 20, 20),
    ]  # fmt: skip
