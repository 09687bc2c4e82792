"""Looks at a live site made by hand, and a lake in memory that records them run by run."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from parsers.model import Outcome, Reading
from tests.warehouse.histories import START, day, staged
from tests.warehouse.memory_store import MemoryStore
from warehouse.model import StagedLook, capture_id
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.store import Store

SITE = "https://lakes.example"
TEXT = "the council of lakes met in the old town hall\nit agreed on a plan for clean water"
OTHER = "an entirely different statement on fishing quotas\nit was adopted by all member lakes"


def page(at: int, path: str, body: str = TEXT, headline: str = "The Council met") -> StagedLook:
    """A release read at an address on a day."""
    look = staged(at, body, headline=headline, address=f"{SITE}{path}", noise=path)
    return replace(look, http_status=200)


def unread(at: int, path: str) -> StagedLook:
    """A page that no layout fills."""
    look = page(at, path, f"nothing of it is read: {path}")
    nothing = Reading(Outcome.UNREADABLE, reason="no layout fits")
    return replace(look, reading=nothing, text=None)


def answer(at: int, path: str, outcome: str, to: str | None = None) -> StagedLook:
    """What settles a look by itself: missing, gone, failed, not_modified, moved (`to` a path)."""
    url = f"{SITE}{path}"
    return StagedLook(
        capture_id=capture_id("lakes", url, day(at), outcome),
        source_id="lakes",
        url=url,
        captured_at=day(at),
        digest=None,
        length_bytes=None,
        warc_file="2026/x.warc.gz",
        warc_offset=0,
        parser_version="",
        reading_id=None,
        reading=None,
        address=url,
        final_url=f"{SITE}{to}" if to else None,
        outcome=outcome,
    )


def soon(look: StagedLook, minutes: int) -> StagedLook:
    """The same, minutes later."""
    at = look.captured_at + timedelta(minutes=minutes)
    return replace(look, captured_at=at, capture_id=capture_id("lakes", look.url, at, look.digest))


def reread(look: StagedLook, body: str, version: str = "v2") -> StagedLook:
    """The look as another parser reads its bytes."""
    other = staged(0, body, headline="The Council met")
    return replace(look, parser_version=version, reading=other.reading, text=other.text)


class Lake:
    """A lake in memory; each `run` is a run of its own."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.runs = 0

    def run(
        self, *looks: StagedLook, has_layouts: bool = True, hold: bool = True,
        batches: Sequence[Sequence[StagedLook]] = (),
    ) -> Counter[str]:  # fmt: skip
        """Record looks; `batches`: further ones of the same run. What came of them."""
        at: datetime = START + timedelta(days=100, hours=self.runs)
        self.runs += 1
        recorder = Recorder(cast(Store, self.store), Stamp(f"run-{self.runs}", at))
        for batch in (looks, *batches):
            recorder.record("lakes", list(batch), has_layouts=has_layouts, hold=hold)
        return recorder.tally.outcomes

    def texts(self) -> dict[str, list[tuple[str, int]]]:
        """Of every release that some look reads, by id: the bodies of its revisions, each with the
        day it was first seen."""
        named = {one.release_id for one in self.store._placed() if one.release_id and one.key}
        return {
            release_id: [
                ("\n".join(self.store.paragraphs([one.revision.text_id])[one.revision.text_id]),
                 (one.revision.seen_at - START).days)
                for one in many
            ]
            for release_id, many in self.store.revisions(named).items()
        }  # fmt: skip

    def roles(self) -> dict[str, dict[str, str]]:
        """Of every such release, by id: the role of every path."""
        known = self.store.url_roles(self.texts())
        found: dict[str, dict[str, str]] = {}
        for (release_id, url), role in known.items():
            found.setdefault(release_id, {})[url.removeprefix(SITE)] = role
        return found

    def states(self) -> dict[str, list[tuple[str, int]]]:
        """Of every such release, by id: the changes of its status, each with its day."""
        return {
            release_id: sorted(((one.status, (one.since - START).days) for one in many),
                               key=lambda one: one[1])
            for release_id, many in self.store.release_states(self.texts()).items()
        }  # fmt: skip

    def one(self) -> str:
        """The only release there is."""
        (release_id,) = self.texts()
        return release_id

    def incidents(self) -> list[tuple[str, str | None]]:
        """Kind and decision of every incident."""
        return [(one.kind, one.decision) for one in self.store.incidents("lakes")]

    def held(self) -> set[str]:
        """The captures that are held back now."""
        settled = {row["capture_id"] for row in self.store.rows("redecided")}
        return {row["capture_id"] for row in self.store.rows("held_log")} - settled

    def held_looks(self, *looks: StagedLook) -> list[StagedLook]:
        """These looks as they are handed over once more, to be decided."""
        return [replace(one, held=True, reading=None, text=None) for one in looks]

    def decide(self, incident_id: str, decision: str, *looks: StagedLook) -> Counter[str]:
        """End an incident as a person would; `looks` are those held for it."""
        came: Counter[str] = Counter()
        if decision == "accepted":
            came = self.run(*self.held_looks(*looks), hold=False)
        rows: list[dict[str, Any]] = self.store.rows("incident_log")
        last = next(row for row in reversed(rows) if row["incident_id"] == incident_id)
        closed = {"closed_at": day(99), "decision": decision}
        self.store.append("incident_log", [{**last, **closed}])
        return came
