"""The reader against invented captures whose truth is known, a few hundred of each variant.

The corpus was written from the rulings without a look at the reader. A failure names the layout,
the seed and the variants; `python -m tests.corpus agree 2000` tells rates by variant.
"""

from collections.abc import Callable
from functools import partial

import pytest

from parsers.engine import read
from parsers.normalise import normalise, normalised_body
from parsers.sources import load_shipped
from tests.corpus.dumps import make_dump, render_dump
from tests.corpus.edits import PLANTERS, edit
from tests.corpus.hostile import NAMES, make_hostile
from tests.corpus.judge import capture, complaint, differences
from tests.corpus.pages import make_page, recosmetic
from tests.corpus.texts import make_release
from tests.corpus.truth import CaptureTruth

SMALL_BYTES = 2_000
"""Menus are no part of the question here: small pages keep the run short."""

Maker = Callable[[int], tuple[bytes, CaptureTruth]]
MAKERS: dict[str, tuple[Maker, int]] = {
    "dump": (make_dump, 600),
    "bitrix": (partial(make_page, layout="bitrix", size_bytes=SMALL_BYTES), 150),
    "blocks": (partial(make_page, layout="blocks", size_bytes=SMALL_BYTES), 150),
}
BATCH = 50


def _batches() -> list[tuple[str, int]]:
    return [
        (name, first) for name, (_, count) in MAKERS.items() for first in range(0, count, BATCH)
    ]


@pytest.mark.parametrize(("name", "first"), _batches())
def test_a_reading_tells_the_truth(name: str, first: int) -> None:
    make, _ = MAKERS[name]
    source = load_shipped("csto")
    complaints = []
    for seed in range(first, first + BATCH):
        body, truth = make(seed)
        reading = read(capture(body, truth.content_type, seed), source)
        complaints.append(complaint(truth, differences(truth, reading)))
    told = [text for text in complaints if text]
    assert not told, f"{len(told)} of {BATCH} differ\n" + "\n".join(told[:5])


@pytest.mark.parametrize("layout", ["bitrix", "blocks"])
def test_cosmetic_changes_are_no_edit(layout: str) -> None:
    source = load_shipped("csto")
    for seed in range(30):
        body, truth = make_page(seed, layout, SMALL_BYTES)
        other, other_truth = recosmetic(truth, seed + 5000, size_bytes=SMALL_BYTES)
        one = read(capture(body, truth.content_type, seed), source).sighting
        two = read(capture(other, other_truth.content_type, seed), source).sighting
        assert one is not None, (layout, seed)
        assert two is not None, (layout, seed)
        before = (one.headline.split(), " ".join(one.paragraphs).split(), one.published_on)
        after = (two.headline.split(), " ".join(two.paragraphs).split(), two.published_on)
        assert before == after, f"{layout} seed {seed}: {truth.variants} -> {other_truth.variants}"


@pytest.mark.parametrize("name", PLANTERS)
def test_a_planted_edit_is_seen(name: str) -> None:
    source = load_shipped("csto")
    seen = 0
    for seed in range(60):
        release = make_release(seed)
        planted = edit(release, seed, name)
        if planted is None:
            continue
        before, after = (
            read(capture(render_dump(text, seed)[0], None, seed), source).sighting
            for text in (release, planted[0])
        )
        if before is None or after is None:
            continue  # another test says so
        seen += 1
        fields = {
            "headline": normalise(before.headline) != normalise(after.headline),
            "published_on": before.published_on != after.published_on,
            "body": normalised_body(before.paragraphs) != normalised_body(after.paragraphs),
        }
        changed = {field for field, differs in fields.items() if differs}
        assert changed == {planted[1].field}, f"seed {seed}: {planted[1]}"
    assert seen >= 5


def test_furniture_alone_leaves_the_container_digest() -> None:
    source = load_shipped("csto")
    for seed in range(25):
        body, truth = make_page(seed, "bitrix", SMALL_BYTES)
        other, other_truth = recosmetic(truth, seed + 5000, markup=False, size_bytes=SMALL_BYTES)
        one = read(capture(body, truth.content_type, seed), source)
        two = read(capture(other, other_truth.content_type, seed), source)
        assert body != other
        assert one.container_digest is not None, seed
        assert one.container_digest == two.container_digest, f"seed {seed}: {other_truth.variants}"


@pytest.mark.parametrize("name", NAMES)
def test_hostile_bytes_are_read_or_refused(name: str) -> None:
    given = make_hostile(name)
    source = load_shipped("csto")
    reading = read(capture(given.body, given.content_type), source)
    assert (reading.sighting is not None) is (reading.outcome == "read")
    if given.readable is not None:
        assert (reading.outcome == "read") is given.readable, (name, reading.reason)
    if given.readable:
        assert reading.sighting is not None
        headline = normalise(reading.sighting.headline)  # invisible letters are kept as typed
        assert headline == "Delegations exchanged views on rivers"
        words = "the delegations of the parties exchanged"
        assert any(words in text for text in reading.sighting.paragraphs)
