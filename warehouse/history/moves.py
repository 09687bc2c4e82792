"""Addresses that are one release's, since the publisher moved it. Pure, in any order of facts.

A move says that what stood at one address stands at another from then on: by a permanent redirect,
or because the same text appeared elsewhere while the old address was found gone. Identity knows a
release by its `root`, the address it had before the first move that is known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, order=True)
class Move:
    """One look that showed a release at another address than before."""

    moved_at: datetime
    """When that look was taken."""
    from_url: str
    to_url: str


@dataclass(frozen=True, slots=True)
class Addresses:
    """What the moves of a source say about its addresses."""

    roots: Mapping[str, str] = field(default_factory=dict)
    """The first address of every release that moved, by each of its addresses."""
    moves: Mapping[str, tuple[Move, ...]] = field(default_factory=dict)
    """A moved release's moves in order, by its root."""

    def root(self, url: str) -> str:
        """The address by which identity knows what stands at `url`."""
        return self.roots.get(url, url)

    def members(self, url: str) -> frozenset[str]:
        """Every address that is the same release's, `url` included."""
        moves = self.moves.get(self.root(url), ())
        return frozenset({url}).union(*((one.from_url, one.to_url) for one in moves))

    def canonical(self, url: str, at: datetime | None = None) -> str:
        """Where the release of `url` stood at a time; None: after its last move."""
        standing = self.root(url)
        for one in self.moves.get(standing, ()):
            if at is None or one.moved_at <= at:
                standing = one.to_url
        return standing


def addresses(moves: Iterable[Move]) -> Addresses:
    """The addresses that moves join. A chain of moves is one release; so is a move and its return.

    >>> from datetime import UTC
    >>> day = [datetime(2026, 5, n, tzinfo=UTC) for n in (1, 2)]
    >>> known = addresses([Move(day[1], "/b", "/c"), Move(day[0], "/a", "/b")])
    >>> known.root("/c"), known.canonical("/a"), known.canonical("/a", day[0])
    ('/a', '/c', '/b')
    """
    parent: dict[str, str] = {}

    def top(url: str) -> str:
        while (above := parent.setdefault(url, url)) != url:
            url = above
        return url

    ordered = sorted(set(moves))
    for one in ordered:
        parent[top(one.to_url)] = top(one.from_url)
    chains: dict[str, list[Move]] = {}
    for one in ordered:
        chains.setdefault(top(one.from_url), []).append(one)
    return Addresses(
        roots={url: _first(chains[top(url)]) for url in parent},
        moves={_first(chain): tuple(chain) for chain in chains.values()},
    )


def _first(chain: list[Move]) -> str:
    return chain[0].from_url
