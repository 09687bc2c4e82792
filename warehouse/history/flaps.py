"""Texts that come back: which revision restores which, and which of them are one flapping record.

A publisher's cache or two editors may show text A, then B, then A again. Each sighting stays a
revision; what comes back says so, and an alternation of the same two texts is told once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

FLIPS = 3
"""A, B, A, B: three changes between the same two texts make one flapping record. Two (A, B, A)
are a correction taken back."""


@dataclass(frozen=True, slots=True)
class Flapping:
    """A stretch of revisions that alternate between two texts."""

    first_revision: int
    last_revision: int
    """From 1, both included."""
    flips: int
    text_digests: tuple[str, str]
    """In the order seen."""
    since: datetime
    until: datetime
    """When the first and the last of these revisions were first seen."""


def reverts_to(text_digests: Sequence[str]) -> tuple[int | None, ...]:
    """For each revision, in order of `seen_at`, the number of the earliest one with its digest;
    None for a text not seen before.

    >>> reverts_to(["a", "b", "a", "c", "b"])
    (None, None, 1, None, 2)
    """
    first: dict[str, int] = {}
    return tuple(
        None if (number := first.setdefault(digest, at)) == at else number
        for at, digest in enumerate(text_digests, 1)
    )


def flappings(text_digests: Sequence[str], seen_at: Sequence[datetime]) -> tuple[Flapping, ...]:
    """The stretches of at least `FLIPS` changes between the same two texts, in order.

    Takes a release's revisions in order of `seen_at`; neighbours that are equal break a stretch,
    for they are no flip. Stretches share at most the revision where one ends and the next begins.
    """
    found = []
    start = 0
    for at in range(1, len(text_digests) + 1):
        goes_on = (
            at < len(text_digests)
            and text_digests[at] != text_digests[at - 1]
            and (at - start < 2 or text_digests[at] == text_digests[at - 2])
        )
        if goes_on:
            continue
        last = at - 1
        if last - start >= FLIPS:
            pair = text_digests[start], text_digests[start + 1]
            found.append(
                Flapping(start + 1, last + 1, last - start, pair, seen_at[start], seen_at[last])
            )
        ended_by_equal = at < len(text_digests) and text_digests[at] == text_digests[last]
        start = at if ended_by_equal else last
    return tuple(found)
