"""Relatives as a user meets them: pages ingested, `show`, `sql`, `export`."""

import json

from tests.flows.shell import Shell
from tests.neighbours.corpus import Writer

LAKES = """
id = "lakes"
name = "Council of Lakes"
homepage = "https://lakes.example/"
language = "en"
timezone = "UTC"
[discover]
article = "^/news/[^/]+/$"
[[layout]]
container = "article"
headline = "h1"
published = "time@datetime"
date_formats = ["%Y-%m-%d"]
body = "div"
"""
WRITER = Writer(5)
BODY = WRITER.release(120, 140)


def page(name: str, headline: str, body: list[str]) -> str:
    paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in body)
    return (
        f"<html><head><title>{headline}</title>"
        f'<link rel="canonical" href="https://lakes.example/news/{name}/"></head><body><main>'
        f"<article><h1>{headline}</h1><time datetime='2026-02-27'>27 February 2026</time>"
        f"<div>{paragraphs}</div></article></main></body></html>"
    )


def taken(shell: Shell) -> None:
    """The same text under two headlines, a teaser of it, and a stranger."""
    pages = {
        "a": ("The Council met in Lakeside", BODY),
        "b": ("Meeting of the Council", BODY),
        "c": ("In brief", [max(BODY, key=len)]),
        "d": ("On fish", WRITER.release(120, 140)),
    }
    shell.write("lakes.toml", LAKES)
    shell.write("pressdiff.toml", '[[source]]\nuse = "lakes.toml"\n')
    for name, (headline, body) in pages.items():
        shell.write(f"in/{name}.html", page(name, headline, body), mtime=1_700_000_000 + ord(name))
    ran = shell("ingest", "in", "--source", "lakes")
    assert ran.code == 0, ran.err


def test_relatives_are_shown_and_exported(shell: Shell) -> None:
    taken(shell)
    kinds = shell.sql("select kind, count(*) as pairs from duplicates group by kind order by kind")
    assert kinds == [{"kind": "exact", "pairs": 1}, {"kind": "teaser", "pairs": 2}]
    (copy,) = shell.sql(
        "select release_id, duplicate_of, cluster_id from releases where duplicate_kind = 'exact'"
    )
    assert copy["duplicate_of"] == copy["cluster_id"] != copy["release_id"]

    shown = shell("show", copy["release_id"], "--format", "json").rows
    told = {one["kind"]: one["why"] for one in shown["neighbours"]}
    assert told["exact"] == "the same text"
    assert told["teaser"].startswith("100 % of that text stands here, in paragraph")
    assert shown["duplicate_of"] == copy["duplicate_of"]
    assert "the same text" in shell("show", copy["release_id"]).out

    assert shell("export", "out", "--format", "jsonl").code == 0
    rows = (shell.folder / "out/neighbours.jsonl").read_text().splitlines()
    assert sorted(json.loads(row)["kind"] for row in rows) == ["exact", "teaser", "teaser"]


def test_a_second_look_at_the_same_pages_changes_no_tie(shell: Shell) -> None:
    taken(shell)
    before = shell.sql("from neighbours order by all")
    taken(shell)
    assert shell.sql("from neighbours order by all") == before
