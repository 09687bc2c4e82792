"""Whether a release was there when we looked. Pure: a function of the set of looks, in any order.

A 410 is the publisher's word: withdrawn at once. A 404, or the site's own not-found page, may be a
fault: `missing`, and `withdrawn` when a later run finds it so again. Errors of a server, timeouts
and refusals say nothing. Nobody can tell when a page went, only when it was last seen and first
found missing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

LATER = timedelta(hours=1)
"""Looks so far apart count as of two runs even if one command brought both (a crawl's archive)."""

_HERE = frozenset({"new", "edited", "unchanged", "live_again", "not_modified"})


@dataclass(frozen=True, slots=True, order=True)
class Presence:
    """What one look says of whether a release is there."""

    captured_at: datetime
    capture_id: str
    run_id: str
    outcome: str
    """Of the look; what neither shows nor denies the release says nothing."""

    @property
    def tells(self) -> bool:
        """Whether it says anything at all."""
        return self.here or self.outcome in ("missing", "gone")

    @property
    def here(self) -> bool:
        """Whether the release was there, or the server claimed so."""
        return self.outcome in _HERE


@dataclass(frozen=True, slots=True)
class State:
    """A release's status from one look on."""

    status: str
    """live, missing or withdrawn."""
    since: datetime
    """When the look that showed it was taken."""
    capture_id: str


def states(presences: Iterable[Presence]) -> tuple[State, ...]:
    """Every change of status, oldest first; a release is live until a look says otherwise."""
    found: list[State] = []
    status = "live"
    absent: Presence | None = None
    """The first look of those that found it missing."""
    for one in sorted(presences):
        said = _status(one, absent)
        if said is None:
            continue
        absent = None if said == "live" else absent or one
        if said != status:
            found.append(State(said, one.captured_at, one.capture_id))
            status = said
    return tuple(found)


def _status(one: Presence, absent: Presence | None) -> str | None:
    if one.here:
        return "live"
    if one.outcome == "gone":
        return "withdrawn"
    if one.outcome != "missing":
        return None
    if absent is None:
        return "missing"
    again = one.run_id != absent.run_id or one.captured_at - absent.captured_at >= LATER
    return "withdrawn" if again or absent.outcome == "gone" else "missing"
