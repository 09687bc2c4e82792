"""Keeps what a source's lists said: addresses named for the first time, how many, what is odd."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from warehouse.holding import incident_row
from warehouse.known_live import KnownIncident
from warehouse.model import short_hash
from warehouse.rows import Stamp
from warehouse.store import Store

WATCHED_KINDS = ("listing", "min_items", "min_dated_share")
"""Incidents that hold no look back, and end by themselves when what they tell of is over."""


@dataclass(frozen=True, slots=True)
class Found:
    """An address that a list names for the first time."""

    url: str
    link_text: str | None
    dated_on: date | None
    found_in: str
    """listing, feed or sitemap."""


@dataclass(frozen=True, slots=True)
class ListRead:
    """A listing, feed or sitemap as it was read in one run."""

    url: str
    """As declared."""
    items: int
    deep: bool
    complete: bool


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Something about a source's lists or pages that a person should see."""

    kind: str
    """One of WATCHED_KINDS."""
    key: str
    """What tells it from another of its kind: the list's address, or ''."""
    detail: str
    urls: tuple[str, ...]


def keep_lists(
    store: Store,
    stamp: Stamp,
    source_id: str,
    found: Iterable[Found],
    lists: Sequence[ListRead],
    suspicions: Sequence[Suspicion],
) -> list[KnownIncident]:
    """Append what one visit learned of a source's lists; the incidents it opened.

    A list that lost its items is not what the next one is measured by, until a person accepts it.
    """
    odd = {one.key for one in suspicions if one.kind == "listing"}
    store.append(
        "found_log",
        [
            {
                "source_id": source_id,
                "url": one.url,
                "link_text": one.link_text,
                "dated_on": one.dated_on,
                "found_in": one.found_in,
                **stamp.columns,
            }
            for one in found
        ],
    )
    store.append(
        "listing_log",
        [
            {
                "source_id": source_id,
                "url": one.url,
                "items": one.items,
                "deep": one.deep,
                "complete": one.complete,
                **stamp.columns,
            }
            for one in lists
            if one.url not in odd
        ],
    )
    return _watch(store, stamp, source_id, suspicions, {one.url for one in lists})


def _watch(
    store: Store, stamp: Stamp, source_id: str, suspicions: Sequence[Suspicion], read: set[str]
) -> list[KnownIncident]:
    standing = {
        (one.kind, one.key or ""): one
        for one in store.incidents(source_id)
        if one.closed_at is None and one.kind in WATCHED_KINDS
    }
    opened: list[KnownIncident] = []
    seen = {(one.kind, one.key) for one in suspicions}
    for one in suspicions:
        if (one.kind, one.key) not in standing:
            opened.append(_opened(source_id, one, stamp.recorded_at))
    over = [
        replace(one, closed_at=stamp.recorded_at, decision="recovered")
        for named, one in standing.items()
        if named not in seen and (one.kind != "listing" or one.key in read)
    ]
    store.append("incident_log", [incident_row(one, stamp) for one in (*opened, *over)])
    return opened


def _opened(source_id: str, one: Suspicion, at: datetime) -> KnownIncident:
    return KnownIncident(
        short_hash(source_id, one.kind, one.key, at), source_id, one.kind, one.key, one.detail,
        one.urls, at, None, None,
    )  # fmt: skip
