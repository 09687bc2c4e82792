"""Golden pairs: each sample of a shipped source beside what is read in it, checked by eye."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from parsers.engine import read
from parsers.model import Capture, Reading, digest_bytes
from parsers.sources import load_shipped, shipped_ids

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).parent / "golden"
SAMPLES = [
    (source_id, path)
    for source_id in shipped_ids()
    for pattern in load_shipped(source_id).discover.files
    for path in sorted(ROOT.glob(pattern))
]


def as_json(reading: Reading) -> dict[str, object]:
    kept = asdict(reading)
    del kept["trace"], kept["container_digest"], kept["shown"]
    return json.loads(json.dumps(kept, default=str))  # type: ignore[no-any-return]


def read_sample(source_id: str, path: Path) -> Reading:
    body = path.read_bytes()
    seen_at = datetime(2025, 6, 1, tzinfo=UTC)
    url = f"file:{path.relative_to(ROOT).as_posix()}"
    capture = Capture(source_id, url, seen_at, body, digest_bytes(body))
    return read(capture, load_shipped(source_id))


@pytest.mark.parametrize(("source_id", "path"), SAMPLES, ids=[path.stem for _, path in SAMPLES])
def test_sample_reads_as_its_golden_says(source_id: str, path: Path) -> None:
    golden = GOLDEN / source_id / f"{path.stem}.expected.json"
    found = as_json(read_sample(source_id, path))
    if not golden.exists():
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
        pytest.fail(f"{golden} was missing: read it, and commit it if it is right")
    assert found == json.loads(golden.read_text("utf-8"))


@pytest.mark.parametrize("source_id", shipped_ids())
def test_every_verified_source_has_a_golden(source_id: str) -> None:
    has_golden = any((GOLDEN / source_id).glob("*.expected.json"))
    assert has_golden or not load_shipped(source_id).verified


def test_the_seeds_figures() -> None:
    """The figures stated for the five samples, apart from the goldens that could be rewritten."""
    figures = [
        (s.published_on, s.event_on, s.place, len(reading.teasers), s.language)
        for _, path in SAMPLES
        if (s := (reading := read_sample("csto", path)).sighting)
    ]
    assert [tuple(map(str, row)) for row in figures] == [
        ("None", "2021-07-07", "None", "5", "en"),
        ("2021-05-19", "2021-05-19", "Dushanbe", "5", "en"),
        ("2022-11-24", "2022-11-23", "Yerevan", "4", "en"),
        ("None", "None", "None", "2", "en"),
        ("2022-02-09", "2022-02-09", "None", "5", "en"),
    ]


def test_the_same_ticker_gives_the_same_items_dated_or_not() -> None:
    undated, _, _, _, dated = (read_sample(*sample).teasers for sample in SAMPLES)
    assert [t.text for t in undated] == [t.text for t in dated]
    assert all(t.dated_on for t in dated)
    assert not any(t.dated_on for t in undated)
