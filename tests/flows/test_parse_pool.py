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
        readings = pool.submit(
            load_shipped("csto"), [(capture(SEED), None), (hostile, None), (capture(SEED), None)]
        ).result()
    finally:
        pool.close()
    assert [one.outcome for one in readings] == [
        Outcome.READ, Outcome.UNREADABLE, Outcome.READ,
    ]  # fmt: skip
    assert readings[1].reason
    assert readings[0] == readings[2]


def test_folders_named_like_our_rooms_are_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in ("flows", "parsers"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text("raise SystemExit('not ours')")
    monkeypatch.chdir(tmp_path)
    pool = ParsePool()
    try:
        (reading,) = pool.submit(load_shipped("csto"), [(capture(SEED), None)]).result()
    finally:
        pool.close()
    assert reading.outcome is Outcome.READ
