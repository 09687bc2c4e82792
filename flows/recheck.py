"""When a known release is looked at again: the policy `due`, without clock or chance.

Most edits come soon after publication, and the likelier a change, the more a look is worth. With a
hazard of edits that falls as 1/age, the looks that find edits soonest for a given number of
requests have gaps that grow as the square root of age. An edit makes its release young
again, and one that was edited before is looked at more often. Nothing is ever left for good.
docs/rechecking.md states the delay this gives and what it costs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from math import sqrt

NEVER_LOOKED = datetime.min.replace(tzinfo=UTC)
"""The next look of a release that was never fetched: before all others."""


@dataclass(frozen=True, slots=True)
class RecheckPolicy:
    """Gaps between looks: sqrt(scale x age), kept between a least and a most.

    At a scale of one hour: 1 h after an hour, 5 h after a day, 27 h after a month, 4 days after a
    year, 12 days after ten. A scale four times as large halves the requests and doubles the delay.
    """

    scale: timedelta = timedelta(hours=1)
    least: timedelta = timedelta(minutes=30)
    most: timedelta = timedelta(days=30)
    spread: float = 0.25
    """A gap is lengthened or shortened by up to this share, by hash of the release and its look."""
    edits_counted: int = 4
    """Each earlier edit up to so many adds a whole: gaps shrink by sqrt(1 + edits)."""
    deep_walk: timedelta = timedelta(days=7)
    """Between walks through all pages of a source's listings."""

    def __str__(self) -> str:
        return f"sqrt({self.scale.total_seconds() / 3600:g} h x age)"


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known of a release when its next look is set. Times are aware, UTC."""

    release_id: str
    """Or its URL, while it was never fetched: whatever names it in every run."""
    first_seen_at: datetime
    """When we first knew of it: found in a listing, or read."""
    published_on: date | None = None
    last_look_at: datetime | None = None
    """The last look that was answered; None: it was never fetched."""
    looks: int = 0
    last_edit_at: datetime | None = None
    """When the newest revision after the first was first seen."""
    edits: int = 0
    """Revisions after the first."""
    missing: bool = False
    """Not found at the last look, and not yet withdrawn: the next run should look again."""


def next_look_at(release: Looked, policy: RecheckPolicy = RecheckPolicy()) -> datetime:
    """When a release is to be looked at next; `NEVER_LOOKED` when it never was.

    Hangs on nothing but its arguments: the same in every process and run.
    """
    last = release.last_look_at
    if last is None:
        return NEVER_LOOKED
    if release.missing:
        return last  # withdrawn or back: a second look in the next run settles it
    gap = _gap(last - _young_at(release), release.edits, policy)
    share = _share(release)
    if release.looks <= 1:
        # A whole archive may be fetched in one run: its second looks fill the gap evenly.
        return last + max(policy.least, gap * share)
    return last + gap * (1 + policy.spread * (2 * share - 1))


def due(
    releases: Iterable[Looked], now: datetime, policy: RecheckPolicy = RecheckPolicy()
) -> list[Looked]:
    """The releases to look at now, most urgent first.

    Never fetched first, the newest of them leading; then missing ones; then by how late a look is
    measured in its own gap, so that a young release an hour late goes before an old one a day late.
    """
    ranked: list[tuple[tuple[float, ...], str, Looked]] = []
    for release in releases:
        at = next_look_at(release, policy)
        if at <= now:
            ranked.append((_urgency(release, at, now), release.release_id, release))
    return [release for *_, release in sorted(ranked, key=lambda one: one[:2])]


def deep_walk_due(
    last_deep_at: datetime | None, now: datetime, policy: RecheckPolicy = RecheckPolicy()
) -> bool:
    """Whether a source's listings are to be walked to their end; None: they never were, or the
    last walk was not complete."""
    return last_deep_at is None or now - last_deep_at >= policy.deep_walk


def _urgency(release: Looked, at: datetime, now: datetime) -> tuple[float, ...]:
    """Sorts before what can wait longer."""
    if release.last_look_at is None:
        return 0, -_young_at(release).timestamp()
    if release.missing:
        return 1, release.last_look_at.timestamp()
    gap = at - release.last_look_at
    return 2, -((now - at) / gap)


def _young_at(release: Looked) -> datetime:
    """When the release was last new: its edit, else its publication if that was before we saw it.

    A date is taken at its first moment in UTC; one in the future is an announcement's, or wrong.
    """
    born = release.first_seen_at
    if release.published_on is not None:
        day = release.published_on
        born = min(born, datetime(day.year, day.month, day.day, tzinfo=UTC))
    return max(born, release.last_edit_at or born)


def _gap(age: timedelta, edits: int, policy: RecheckPolicy) -> timedelta:
    age_s = max(age.total_seconds(), 0.0)
    gap_s = sqrt(policy.scale.total_seconds() * age_s / (1 + min(edits, policy.edits_counted)))
    return min(max(timedelta(seconds=gap_s), policy.least), policy.most)


def _share(release: Looked) -> float:
    """A number from 0 to 1 that this release has for its next look."""
    said = f"{release.release_id}\x00{release.looks}"
    return int.from_bytes(sha256(said.encode("utf-8", "surrogatepass")).digest()[:4]) / 2**32
