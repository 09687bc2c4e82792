"""The five seed documents end to end: files in, SQL out. Figures read from the files by eye."""

import shutil
from datetime import date

from tests.flows.shell import ROOT, Shell

FACTS = {
    # file: (published_on, event_on, place, teasers)
    "000_782796474fa61cab.txt": (None, "2021-07-07", None, 5),
    "001_6cb373a9d3e1799f.txt": ("2021-05-19", "2021-05-19", "Dushanbe", 5),
    "002_e33d059a3bf4b19d.txt": ("2022-11-24", "2022-11-23", "Yerevan", 4),
    "003_ea788b3ed1621432.txt": (None, None, None, 2),
    "004_96d930d7006ecd34.txt": ("2022-02-09", "2022-02-09", None, 5),
}
_PER_FILE = """
select c.url, r.published_on, r.event_on, r.place, r.text, r.revision,
    (select count(*) from teasers as t where t.capture_id = c.capture_id) as teasers
from captures as c join releases as r on r.release_id = c.release_id
"""
_FURNITURE = (
    "Press Secretary", "Zaynetdinov", "795-27-10", "621-33-23", "621-27-10", "gov.ru", "____",
    "Go back", "Back to the", "XVI meeting of the Council", "was held in Minsk on 23 November",
    "joint training session was held between the duty shifts", "On 28 March, the CSTO Joint Staff",
)  # fmt: skip


def test_five_seeds_are_five_releases_with_their_own_dates(seeded: Shell) -> None:
    rows = seeded.sql(_PER_FILE)
    found = {
        row["url"].rpartition("/")[2]: (
            row["published_on"], row["event_on"], row["place"], row["teasers"],
        )
        for row in rows
    }  # fmt: skip
    assert found == FACTS
    assert {row["revision"] for row in rows} == {1}
    assert all(date.fromisoformat(row["event_on"]) for row in rows if row["event_on"])


def test_no_ticker_or_footer_text_is_in_any_body(seeded: Shell) -> None:
    for row in seeded.sql(_PER_FILE):
        leaked = [words for words in _FURNITURE if words in row["text"]]
        assert leaked == [], row["url"]


def test_no_body_sentence_is_lost(seeded: Shell) -> None:
    """Each stored body is what its file holds between headline and sign-off."""
    ends = {
        "000": (
            "On July 7, 2021, under the chairmanship",
            "meetings of the CSTO Permanent Council.",
        ),
        "001": ("May 19, 2021, Dushanbe", "meeting strategic objectives."),
        "002": ("On November 23 this year, in Yerevan", "fourth quarter of 2023 in Minsk."),
        "003": ("On November 23, this year, Yerevan", "second quarter of 2023 in Minsk."),
        "004": (
            "On February 9, 2022, the CSTO",
            "other countries and international organizations.",
        ),
    }
    for row in seeded.sql(_PER_FILE):
        name = row["url"].rpartition("/")[2]
        first, last = ends[name[:3]]
        assert row["text"].startswith(first), name
        assert row["text"].endswith(last), name
        source = (ROOT / "seeds/csto" / name).read_text("utf-8")
        start = source.rindex(first) if name[:3] != "002" else source.index("On November 23 this")
        body = source[start : source.rindex(last) + len(last)]
        assert body.split() == row["text"].split(), name


def test_no_two_seeds_are_near_duplicates(seeded: Shell) -> None:
    assert seeded.sql("select * from neighbours") == []
    assert seeded.sql("select * from releases where duplicate_of is not null") == []


def test_running_again_adds_runs_and_coverage_only(seeded: Shell) -> None:
    tables = ("releases", "revisions", "changes", "captures", "teasers", "readings")
    before = {name: seeded.sql(f"select * from {name} order by all") for name in tables}
    assert seeded("run").code == 0
    assert {name: seeded.sql(f"select * from {name} order by all") for name in tables} == before
    assert seeded.sql("select count(*) as n from runs") == [{"n": 2}]
    (row,) = seeded.sql("select * from coverage order by run_id desc limit 1")
    assert (row["listed"], row["fetched"], row["unchanged"], row["failed"]) == (5, 5, 5, 0)


def test_the_same_seed_under_another_name_is_the_same_release(seeded: Shell) -> None:
    source = seeded.folder / "seeds/csto/001_6cb373a9d3e1799f.txt"
    shutil.copy(source, seeded.folder / "again.txt")
    assert seeded("ingest", "again.txt", "--source", "csto").code == 0
    assert seeded.sql("select count(*) as n from releases") == [{"n": 5}]
    (look,) = seeded.sql("select outcome, release_id from captures where url = 'file:again.txt'")
    assert look["outcome"] == "unchanged"


def test_verify_finds_all_as_recorded_and_then_what_was_altered(seeded: Shell) -> None:
    assert seeded("verify").code == 0
    (warc,) = (seeded.folder / "data/evidence").rglob("*.warc.gz")
    data = bytearray(warc.read_bytes())
    data[len(data) // 2] ^= 0xFF
    warc.write_bytes(bytes(data))
    ran = seeded("verify", "--format", "json")
    assert ran.code == 1
    assert {row["severity"] for row in ran.rows} == {"damage"}
    warc.unlink()
    ran = seeded("verify", "--format", "json")
    assert ran.code == 1
    assert "5 captures rest on it" in ran.rows[0]["finding"]
