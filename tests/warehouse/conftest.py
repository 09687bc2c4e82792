"""A small lake of two runs, made of hand-written looks, in which every view has rows."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from parsers.model import Kind, Outcome, Reading, Sighting, Teaser, digest_bytes
from warehouse.duck import Place
from warehouse.model import StagedLook, capture_id, reading_id
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.store import Store

FIRST_RUN = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""When the first run of the small lake was committed."""
SECOND_RUN = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""When the second was: it edits A and finds it missing, closes the incident and unties the pair."""

URL_A = "https://lakes.example/news/a/"
HEADLINE_B = "=SUM(1) Заседание Совета"
BEFORE = Sighting(
    headline="The Council of Lakes met",
    paragraphs=("Ministers met on Tuesday.", "They agreed on 5 points."),
    published_on=date(2026, 2, 27),
    published_text="27.02.2026",
    event_on=date(2026, 2, 26),
    place="Lakeside",
    language="en",
    canonical_url=URL_A,
)
AFTER = Sighting(
    headline="The Council of Lakes met",
    paragraphs=("Ministers met on Tuesday.", "They agreed on 6 points."),
    published_on=date(2026, 2, 27),
    published_text="27.02.2026",
    event_on=date(2026, 2, 26),
    place="Lakeside",
    language="en",
    canonical_url=URL_A,
)
DUMP = Sighting(
    headline=HEADLINE_B,
    paragraphs=("+7 495 000-00-00", 'Строка с "кавычками", запятой\nи переводом.'),
    language="ru",
    kind=Kind.TEXT,
)
TEASERS = (Teaser("@everyone: the Council meets", date(2026, 2, 28), URL_A),)


def look(
    url: str,
    at: datetime,
    sighting: Sighting | None,
    teasers: tuple[Teaser, ...] = (),
) -> StagedLook:
    """A look that read this sighting; None reads nothing."""
    digest = digest_bytes(repr((url, sighting)).encode())
    outcome = Outcome.READ if sighting else Outcome.UNREADABLE
    reason = None if sighting else "no layout fits"
    return StagedLook(
        capture_id=capture_id("lakes", url, at, digest),
        source_id="lakes",
        url=url,
        captured_at=at,
        digest=digest,
        length_bytes=1000,
        warc_file="2026/r.warc.gz",
        warc_offset=0,
        parser_version="v1",
        reading_id=reading_id("lakes", url, digest, None),
        reading=Reading(outcome, sighting, teasers, reason, "layout[0]", "utf-8", "utf-8"),
        http_status=None if url.startswith("file:") else 200,
    )


def run_row(stamp: Stamp, counts: dict[str, int]) -> dict[str, Any]:
    """A row of `run_log`."""
    return {
        "run_id": stamp.run_id,
        "command": "run",
        "started_at": stamp.recorded_at,
        "finished_at": stamp.recorded_at,
        "status": "ok",
        "counts": counts,
        "pressdiff_version": "0.1.0",
        "recorded_at": stamp.recorded_at,
    }


def first_run(store: Store) -> None:
    """Commit the first run."""
    stamp = Stamp("r1", FIRST_RUN)
    store.begin()
    counts = Recorder(store, stamp).record(
        "lakes",
        [
            look(URL_A, FIRST_RUN, BEFORE, TEASERS),
            look("file:dump/b.txt", FIRST_RUN, DUMP),
            look("https://lakes.example/broken/", FIRST_RUN, None),
        ],
    )
    store.append("run_log", [run_row(stamp, dict(counts))])
    store.append("coverage_log", [_coverage(stamp, 3)])
    store.append("incident_log", [_incident(stamp, None)])
    store.append("neighbour_log", [_tie(stamp, "lookalike"), _tie(stamp, "near", "ff" * 8)])
    store.commit()


def second_run(store: Store) -> None:
    """Commit the second run."""
    stamp = Stamp("r2", SECOND_RUN)
    store.begin()
    counts = Recorder(store, stamp).record("lakes", [look(URL_A, SECOND_RUN, AFTER)])
    store.append("run_log", [run_row(stamp, dict(counts))])
    store.append("coverage_log", [_coverage(stamp, 1)])
    store.append("incident_log", [_incident(stamp, SECOND_RUN)])
    store.append("neighbour_log", [_tie(stamp, None)])
    (release_id,) = store.releases_of_addresses("lakes", [URL_A]).values()
    missing = {"status": "missing", "since": SECOND_RUN, "capture_id": "c", **stamp.columns}
    store.append("state_log", [{"release_id": release_id, **missing}])
    store.commit()


def _coverage(stamp: Stamp, listed: int) -> dict[str, Any]:
    return {
        "source_id": "lakes",
        "listed": listed,
        "fetched": listed,
        "unchanged": 0,
        "parsed": min(listed, 2),
        "failed": 0,
        "never_fetched": 0,
        **stamp.columns,
    }


def _incident(stamp: Stamp, closed_at: datetime | None) -> dict[str, Any]:
    return {
        "incident_id": "i1",
        "source_id": "lakes",
        "kind": "one_body",
        "detail": "5 addresses gave the same page",
        "urls": ["https://lakes.example/1/", "https://lakes.example/2/"],
        "opened_at": FIRST_RUN,
        "closed_at": closed_at,
        **stamp.columns,
    }


def _tie(stamp: Stamp, kind: str | None, other_id: str = "bb" * 8) -> dict[str, Any]:
    return {
        "release_id": "aa" * 8,
        "other_id": other_id,
        "kind": kind,
        "jaccard": None if kind is None else 0.5,
        "containment": None if kind is None else 0.75,
        **stamp.columns,
    }


def make_lake(root: Path) -> Place:
    """The small lake of this module below a folder."""
    place = Place(root / "data")
    store = Store.open(place, FIRST_RUN)
    try:
        first_run(store)
        second_run(store)
    finally:
        store.close()
    return place


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The small lake; do not write to it."""
    return make_lake(tmp_path_factory.mktemp("lake"))
