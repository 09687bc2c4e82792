"""One of several writers: `python -m tests.warehouse.writer_server <root> <name> <commits>`.

Each commit edits a release of its own and one that all writers share, so that `max + 1` is asked
for by all of them at once.
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.effects import utc_now
from flows.settings import load_settings
from parsers.model import Kind, Outcome, Reading, Sighting, digest_bytes
from warehouse.lock import writing
from warehouse.model import StagedLook, capture_id, reading_id, text_of
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.store import Store

START = datetime(2026, 1, 1, tzinfo=UTC)
_PAUSE_S = 0.15
"""As a run fetches between commits: longer than the lock's poll, or whoever held it would take it
again before anybody else looked."""
SHARED = "https://lakes.example/shared/"


def look(url: str, at: datetime, said: str) -> StagedLook:
    """A look that read a text of its own."""
    digest = digest_bytes(f"{url} {said}".encode())
    sighting = Sighting(
        headline="The Council met", paragraphs=(f"They agreed on {said} points.",),
        language="en", kind=Kind.HTML, canonical_url=url,
    )  # fmt: skip
    return StagedLook(
        capture_id=capture_id("lakes", url, at, digest), source_id="lakes", url=url,
        captured_at=at, digest=digest, length_bytes=10, warc_file=None, warc_offset=None,
        parser_version="v1", reading_id=reading_id("lakes", url, digest, None),
        text=text_of("lakes", sighting, digest), reading=Reading(Outcome.READ, sighting),
    )  # fmt: skip


def main(root: Path, name: str, commits: int) -> None:
    """Commit so many times."""
    place = load_settings(None, root).place
    with writing(place, "open", 600, time.sleep, lambda _: None):
        store = Store.open(place, utc_now())
    for number in range(commits):
        with writing(place, name, 600, time.sleep, lambda _: None):
            store.begin()
            stamp = Stamp(f"{name}-{number:04}", store.next_recorded_at(utc_now()))
            # seconds of all writers interleave
            at = START + timedelta(minutes=number, seconds=int(name))
            looks = [
                look(f"https://lakes.example/{name}/", at, f"{number}"),
                look(SHARED, at, f"{name} and {number}"),
            ]
            Recorder(store, stamp).record("lakes", looks)
            store.append("run_log", [_run(stamp)])
            store.commit()
            store.merge_if_due()
        time.sleep(_PAUSE_S)
    store.close()


def _run(stamp: Stamp) -> dict[str, object]:
    return {
        "run_id": stamp.run_id, "command": "drill", "started_at": stamp.recorded_at,
        "finished_at": stamp.recorded_at, "status": "ok", "counts": [],
        "pressdiff_version": "0", "recorded_at": stamp.recorded_at,
    }  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
