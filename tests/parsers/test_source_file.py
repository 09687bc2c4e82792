"""Source files: the declaration read whole, and each fault named with its line and key."""

import pytest

from parsers.source_file import parse_source
from parsers.sources import load_shipped, shipped_ids, shipped_text
from parsers.toml_tables import TomlError

GOOD = """id = "lakes"
homepage = "http://127.0.0.1:8765/"
[discover]
listings = ["/news/?PAGEN_1={page}"]
[fetch]
delay_s = 1
hosts = ["127.0.0.1:8765"]
[[layout]]
container = "div.a"
published = "time@datetime"
[[layout]]
container = "div.b"
drop = [".x",
  ".y"]
"""


def test_what_is_not_said_has_its_default() -> None:
    source = parse_source(GOOD, "lakes.toml")
    assert (source.name, source.timezone, source.verified) == ("lakes", "UTC", False)
    assert source.fetch.delay_s == 1.0
    assert [layout.drop for layout in source.layouts] == [(), (".x", ".y")]


@pytest.mark.parametrize(
    ("before", "after", "line", "key", "word"),
    [
        ('id = "lakes"\n', "", None, "id", "missing"),
        ('id = "lakes"', "id = 5", 1, "id", "string"),
        ('id = "lakes"', 'id = "Lakes of"', 1, "id", "lower-case"),
        ('id = "lakes"', 'id = "lakes"\nlanguege = "en"', 2, "languege", "known"),
        ("http://127", "ftp://127", 2, "homepage", "address"),
        ("[discover]", '[discover]\narticle = "("', 4, "discover.article", "regular"),
        ("[discover]", "[discovery]", 3, "discovery", "known"),
        ('["/news/?PAGEN_1={page}"]', '"/news/"', 4, "discover.listings", "array"),
        ("delay_s = 1", 'delay_s = "1"', 6, "fetch.delay_s", "number"),
        ("delay_s = 1", "delay_s = true", 6, "fetch.delay_s", "number"),
        ("delay_s = 1", "delay_s = -1", 6, "fetch.delay_s", "negative"),
        ('"div.b"', '"div[["', 12, "layout[1].container", "CSS"),
        ('container = "div.b"\n', "", 11, "layout[1].container", "missing"),
        ('".y"]', '".y", ">"]', 14, "layout[1].drop[2]", "CSS"),
        ("time@datetime", "time[@datetime", 10, "layout[0].published", "CSS"),
        ("[[layout]]\ncontainer = \"div.a\"", "[[layout]]\nheadine = \"h1\"", 9,
         "layout[0].headine", "known"),
        ("[fetch]", 'timezone = "Europe/Atlantis"\n[fetch]', 5, "discover.timezone", "known"),
        ('id = "lakes"', 'id = "lakes"\ntimezone = "Europe/Atlantis"', 2, "timezone", "timezone"),
        ('id = "lakes"', 'id = "lakes"\nreader = "lakes"', 2, "reader", "reader"),
        ("delay_s = 1", "delay_s = ", 6, None, "Invalid"),
        ("[[layout]]\ncontainer = \"div.a\"", "[layout]\ncontainer = \"div.a\"", 11, None, "."),
        ("[discover]", "[expect]\nmin_dated_share = 2\n[discover]", 4, "expect.min_dated_share",
         "0 to 1"),
        ('drop = [".x"', 'date_formats = ["%d.%m"]\ndrop = [".x"', 13, "layout[1].date_formats[0]",
         "year"),
    ],
)  # fmt: skip
def test_faults(before: str, after: str, line: int | None, key: str | None, word: str) -> None:
    assert before in GOOD
    with pytest.raises(TomlError) as caught:
        parse_source(GOOD.replace(before, after, 1), "lakes.toml")
    error = caught.value
    assert (error.file, error.line, error.key) == ("lakes.toml", line, key)
    assert word in error.sentence
    assert str(error).startswith(f"lakes.toml:{line}: " if line else "lakes.toml: ")


def test_shipped_sources() -> None:
    assert shipped_ids() == ("csto", "generic")
    csto = load_shipped("csto")
    assert (csto.reader, csto.verified, csto.discover.files) == (
        "csto",
        False,
        ("seeds/csto/*.txt",),
    )
    assert load_shipped("generic").layouts == ()
    with pytest.raises(KeyError):
        shipped_text("../csto")
