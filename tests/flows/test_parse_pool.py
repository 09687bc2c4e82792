"""The parsing process: what it cannot finish costs one page, and the next page is read as ever."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.parse_pool import ParsePool
from parsers.model import Capture, Outcome, digest_bytes
from parsers.sources import load_shipped
from tests.flows.shell import ROOT

SEED = (ROOT / "seeds/csto/001_6cb373a9d3e1799f.txt").read_bytes()


def capture(body: bytes, url: str = "file:a.txt") -> Capture:
    return Capture("csto", url, datetime(2026, 3, 1, tzinfo=UTC), body, digest_bytes(body))


def test_a_page_that_kills_the_reader_is_one_page() -> None:
    pool = ParsePool()
    hostile = capture(b"<html><body>" + b"<div>" * 600_000 + b"x", "file:a.html")
    try:
        (future,) = pool.submit(
            load_shipped("csto"), [(capture(SEED), None), (hostile, None), (capture(SEED), None)]
        )
        readings = future.result()
    finally:
        pool.close()
        pool.close()
    assert [one.outcome for one in readings] == [
        Outcome.READ, Outcome.UNREADABLE, Outcome.READ,
    ]  # fmt: skip
    assert readings[1].reason
    assert readings[0] == readings[2]


def test_readings_come_in_the_order_of_the_captures() -> None:
    texts = [SEED.replace(b"8 April 2010", f"{number} April 2010".encode()) for number in range(70)]
    pool = ParsePool(3)
    try:
        futures = pool.submit(load_shipped("csto"), [(capture(text), None) for text in texts])
        assert len(futures) == 3
        readings = [reading for future in futures for reading in future.result()]
    finally:
        pool.close()
    for number, reading in enumerate(readings):
        assert reading.sighting
        assert f" {number} April 2010" in reading.sighting.paragraphs[1]
    assert len(readings) == 70


def test_folders_named_like_our_rooms_are_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in ("flows", "parsers"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text("raise SystemExit('not ours')")
    monkeypatch.chdir(tmp_path)
    pool = ParsePool()
    try:
        (future,) = pool.submit(load_shipped("csto"), [(capture(SEED), None)])
        (reading,) = future.result()
    finally:
        pool.close()
    assert reading.outcome is Outcome.READ
