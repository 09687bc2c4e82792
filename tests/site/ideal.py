"""The warehouse of a tracker that never errs: rows written straight from the truth."""

from tests.site.rows import Row, Warehouse
from tests.site.truth import Expected, Pass, Segment


def ideal_warehouse(
    expected: list[Expected], passes: list[Pass], origin: str, opened: frozenset[int]
) -> Warehouse:
    """What the views would hold: every look told all it could, nothing was put off."""
    made = Warehouse([], [], [], [], [], [], [], [], [])
    ids = {one.key: f"r{one.key}" for one in expected}
    for one in expected:
        if one.segments:
            _add_release(made, one, ids[one.key], passes, origin)
        if one.repeats is not None and one.segments:
            pair = sorted((ids[one.key], ids[one.repeats]))
            made.neighbours.append({"release_id": pair[0], "other_id": pair[1], "kind": "exact"})
    for one_pass in passes:
        run_id = f"run{one_pass.number}"
        made.runs.append({"run_id": run_id, "started_at": one_pass.started_at.isoformat()})
        made.coverage.append({"run_id": run_id, "source_id": "lakes", "listed": 9, "fetched": 9})
        if one_pass.number in opened:
            at = one_pass.started_at.isoformat()
            made.incidents.append({"incident_id": run_id, "kind": "one_body", "opened_at": at})
            for one in expected:
                url = origin + min(one.paths)
                made.captures.append(_capture(None, url, one_pass, "held"))
    return made


def _add_release(
    made: Warehouse, one: Expected, release_id: str, passes: list[Pass], origin: str
) -> None:
    url = origin + min(one.canonical)
    made.urls.append({"release_id": release_id, "url": url, "role": "canonical"})
    made.urls.extend(
        {"release_id": release_id, "url": origin + path, "role": "moved_from"}
        for path in one.moved_from
    )
    for event in one.events:
        at = passes[event.number]
        made.captures.append(_capture(release_id, url, at, min(event.outcomes)))
    rows: list[Row] = []
    segments = [one.segments[0]] if one.kind == "pdf" else one.segments
    for segment in segments:
        rows.append(_revision(release_id, segment, rows, passes))
        made.changes.extend(
            {"release_id": release_id, "revision": len(rows), "field": field}
            for field in segment.fields
            if len(rows) > 1
        )
    made.revisions.extend(rows)
    made.releases.append(
        {
            "release_id": release_id,
            "url": url,
            "headline": one.headline,
            "published_on": rows[-1]["published_on"],
            "status": min(one.statuses),
            "kind": one.kind,
            "text": rows[-1]["text"],
            "revision": len(rows),
        }
    )


def _revision(release_id: str, segment: Segment, rows: list[Row], passes: list[Pass]) -> Row:
    headline, text = min(segment.shown)
    day = segment.essence[2]
    same = [row["revision"] for row in rows if (row["headline"], row["text"]) == (headline, text)
            and row["published_on"] == (day.isoformat() if day else None)]  # fmt: skip
    return {
        "release_id": release_id,
        "revision": len(rows) + 1,
        "cause": "publisher" if rows else "first",
        "change_class": "first",
        "reverts_to": same[0] if same else None,
        "headline": headline,
        "published_on": day.isoformat() if day else None,
        "text": text,
        "seen_at": passes[segment.first].started_at.isoformat(),
    }


def _capture(release_id: str | None, url: str, at: Pass, outcome: str) -> Row:
    return {
        "run_id": f"run{at.number}",
        "release_id": release_id,
        "url": url,
        "captured_at": at.started_at.isoformat(),
        "outcome": outcome,
    }
