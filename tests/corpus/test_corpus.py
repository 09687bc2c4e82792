"""The generator itself: same seed same bytes, every variant made, releases unlike each other."""

import json
import re
import sys
from collections import Counter
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from tests.corpus import __main__ as command
from tests.corpus.dumps import HEADLINES, SPACINGS, make_dump
from tests.corpus.edits import PLANTERS, edit, repost, yearly
from tests.corpus.hostile import NAMES, make_hostile
from tests.corpus.markup import PARAGRAPH_STYLES
from tests.corpus.openings import FORMS as OPENINGS
from tests.corpus.pages import CHARSETS, LAYOUTS, make_page, recosmetic
from tests.corpus.texts import FORMS, make_release

SEEDS = range(1500)


def squashed(text: str) -> str:
    return " ".join(text.split())


def shingles(paragraphs: tuple[str, ...]) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", " ".join(paragraphs).lower())
    return set(zip(words, words[1:], words[2:], strict=False))


def jaccard(one: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> float:
    return len(one & other) / len(one | other)


def test_a_seed_is_a_capture() -> None:
    assert make_release(7) == make_release(7)
    assert make_dump(7) == make_dump(7)
    assert make_page(7) == make_page(7)
    assert make_dump(7)[0] != make_dump(8)[0]


def test_releases_are_unlike_each_other() -> None:
    releases = [make_release(seed) for seed in range(3000)]
    assert len({release.headline for release in releases}) >= 2998
    bodies = [release.paragraphs for release in releases if release.paragraphs]
    assert len(set(bodies)) == len(bodies)


def test_no_two_releases_are_near_duplicates_by_chance() -> None:
    texts = [shingles(make_release(seed).paragraphs) for seed in range(150)]
    texts = [text for text in texts if len(text) > 40]
    assert max(jaccard(*pair) for pair in combinations(texts, 2)) < 0.4


def test_every_variant_occurs_in_dumps() -> None:
    seen = Counter(variant for seed in SEEDS for variant in make_dump(seed)[1].variants)
    wanted = {
        *(f"headline:{name}" for name in [*HEADLINES, "video", "full_stop", "unechoed"]),
        *(f"date:{name}" for name in FORMS),
        *(f"opening:{name}" for name in [*OPENINGS, "russian", "digit", "no_body"]),
        *(f"spacing:{name}" for name in SPACINGS),
        *(f"footer:{name}" for name in ("none", "full", "part")),
        *(f"ticker:{name}" for name in ("none", "dated", "undated", "lead", "bare")),
        "ticker:two_paragraphs",
        *(f"fragment:{name}" for name in ("ticker", "body", "ticker and body")),
        "caption",
    }  # fmt: skip
    assert wanted - set(seen) == set()


def test_every_variant_occurs_in_pages() -> None:
    seen = Counter(
        variant
        for layout in LAYOUTS
        for seed in range(250)
        for variant in make_page(seed, layout, 1000)[1].variants
    )
    wanted = {
        *(f"charset:{name}" for name in CHARSETS),
        *(f"paragraphs:{name}" for name in PARAGRAPH_STYLES),
        *(f"headline:{name}" for name in ("h1_in", "h1_out", "h1_out_h3_in")),
        *(f"headline:{name}" for name in ("h1", "h1_twice", "div")),
        "figure", "table",
    }  # fmt: skip
    assert wanted - set(seen) == set()


@pytest.mark.parametrize("seed", range(200))
def test_a_dump_holds_its_truth_in_order(seed: int) -> None:
    body, truth = make_dump(seed)
    release = truth.release
    if release is None:
        return
    text = squashed(body.decode("utf-8-sig"))
    told = [squashed(line) for item in truth.teasers for line in item.paragraphs]
    told += [squashed(release.headline), *map(squashed, release.paragraphs)]
    at = 0
    for line in told:
        at = text.index(line, at) + len(line)
    if release.published_text:
        assert release.published_text in text
    else:
        assert release.published_on is None


def test_headlines_said_once_without_a_date_end_without_a_full_stop() -> None:
    for seed in SEEDS:
        truth = make_dump(seed)[1]
        if truth.release is not None and "headline:once" in truth.variants:
            assert truth.release.headline[-1] not in ".;:"
            assert all(p[-1] in '.”"' for item in truth.teasers for p in item.paragraphs)


def test_pages_weigh_what_pages_weigh_mostly_in_tags() -> None:
    for seed in range(12):
        body, _ = make_page(seed, LAYOUTS[seed % 2])
        assert 55_000 <= len(body) <= 210_000
        assert len(re.sub(rb"<[^>]*>", b"", body)) < 0.4 * len(body)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_cosmetic_changes_leave_the_release_alone(layout: str) -> None:
    page, truth = make_page(5, layout)
    other, other_truth = recosmetic(truth, 91)
    assert other != page
    assert other_truth.release == truth.release
    same, same_truth = recosmetic(truth, 91, markup=False)
    assert same != page
    assert same_truth.release == truth.release


@pytest.mark.parametrize("name", PLANTERS)
def test_a_planted_edit_changes_one_thing(name: str) -> None:
    planted = 0
    for seed in range(150):
        release = make_release(seed)
        made = edit(release, seed, name)
        if made is None:
            continue
        planted += 1
        after, truth = made
        changed = {
            field
            for field in ("headline", "paragraphs", "published_on")
            if getattr(release, field) != getattr(after, field)
        }
        assert changed == {{"body": "paragraphs"}.get(truth.field, truth.field)}, (seed, truth)
        if truth.field == "body" and truth.op == "replace":
            assert truth.paragraph_before is not None
            text = release.paragraphs[truth.paragraph_before]
            assert after.paragraphs[truth.paragraph_before] != text
            assert truth.before is not None
            assert truth.before in text
    assert planted >= 15


def test_reposts_are_near_and_yearly_ones_look_alike() -> None:
    for seed in range(30):
        release = replace(make_release(seed), event_on=None)
        text = shingles(release.paragraphs)
        if len(text) > 100 and release.language == "en":
            assert 0.5 < jaccard(text, shingles(repost(release, seed).paragraphs)) < 1
            assert yearly(release, seed).paragraphs != release.paragraphs


def test_hostile_inputs_are_made() -> None:
    assert len(NAMES) == len(set(NAMES)) >= 40
    assert make_hostile("empty").body == b""
    assert make_hostile("half a page").body.count(b"news-detail") == 1


def test_the_command_writes_captures_and_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["corpus", "dumps", "25", str(tmp_path / "dumps")])
    command.main()
    rows = (tmp_path / "dumps.truth.jsonl").read_text("utf-8").splitlines()
    assert "25 dumps" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "dumps").iterdir()) == [
        json.loads(row)["file"] for row in rows
    ]
