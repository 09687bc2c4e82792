"""Which validators a request may carry, from what earlier looks at its URL showed. Pure.

A 304 is only the server's claim. So a validator that stood still while the text changed is not
sent again for that URL, nor is one that has just changed with an unchanged text; and every page is
asked for in full from time to time whatever its validators say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import pairwise

from flows.fetch.answer import Validators

_SHORTEST = timedelta(days=3)
_LONGEST = timedelta(days=30)
_AGE_SHARE = 8
"""A page known for 80 days is asked for in full about every 10."""


@dataclass(frozen=True, slots=True)
class PastLook:
    """One earlier answer to a request for a URL."""

    looked_at: datetime
    """Aware, UTC."""
    status: int
    digest: str | None = None
    """Of the text, or of the body where there is no text; None for a 304."""
    etag: str | None = None
    last_modified: str | None = None


def choose_validators(
    url: str, looks: Sequence[PastLook], now: datetime, *, full: bool = False
) -> Validators:
    """What the next request for a URL may be made conditional on; `full`: on nothing.

    Looks may come in any order. The same looks at the same time give the same answer.
    """
    bodies = sorted(
        (one for one in looks if one.status == 200 and one.digest is not None),
        key=lambda one: one.looked_at,
    )
    if full or not bodies or is_full_look_due(url, bodies, now):
        return Validators()
    last = bodies[-1]
    honest_etag = _is_honest([(one.etag, one.digest) for one in bodies])
    honest_date = _is_honest([(one.last_modified, one.digest) for one in bodies])
    return Validators(
        last.etag if honest_etag else None, last.last_modified if honest_date else None
    )


def is_full_look_due(url: str, bodies: Sequence[PastLook], now: datetime) -> bool:
    """Whether it is too long since the page was last seen in full.

    The period is an eighth of the page's age, from 3 to 30 days, times .75 to 1.25 by a digest
    of its URL: pages first seen together do not come due together, and no chance is involved.
    """
    age = now - bodies[0].looked_at
    period = min(max(age / _AGE_SHARE, _SHORTEST), _LONGEST)
    share = int.from_bytes(sha256(url.encode("utf-8", "surrogateescape")).digest()[:2]) / 65536
    return now - bodies[-1].looked_at >= period * (0.75 + 0.5 * share)


def _is_honest(seen: Sequence[tuple[str | None, str | None]]) -> bool:
    """Whether a validator never stood still while the text changed, and did not change without it
    at the last two looks: a redesign makes every validator change once and is no lie."""
    pairs = [
        (before == after, old == new)
        for (before, old), (after, new) in pairwise(seen)
        if before is not None and after is not None
    ]
    stood_still = any(same and not unchanged for same, unchanged in pairs)
    return not stood_still and pairs[-1:] != [(False, True)]
