"""Which release a text belongs to. Pure: a function of the set of appearances, in any order.

A canonical URL is the release. A text without one belongs to the release with the same headline
and date; or the same headline, a date unknown on one side, and texts alike; or the same body, with
dates equal or one unknown. It never joins two: an undated text that fits two releases with
different dates stays a release of its own.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from warehouse.model import Appearance, TextKey, short_hash

ALIKE_JACCARD = 0.5
"""Two texts under one headline, a date missing on one side, are one release from here up."""

Alike = Callable[[TextKey, TextKey], bool]
"""Whether the bodies of two texts have a Jaccard similarity of at least ALIKE_JACCARD."""


@dataclass(slots=True)
class _Cluster:
    address: str | None
    members: list[Appearance] = field(default_factory=list)

    @property
    def first(self) -> Appearance:
        return min(self.members, key=_order)


def _order(appearance: Appearance) -> tuple[object, ...]:
    return (
        appearance.captured_at,
        appearance.digest,
        appearance.address or "",
        appearance.key.text_digest,
    )


def assign(
    source_id: str,
    appearances: Iterable[Appearance],
    alike: Alike,
    elsewhere: Container[str] = (),
) -> dict[tuple[str | None, str], str]:
    """The release id of every appearance of a candidate group, by its `unit`.

    The group must be closed: whatever shares a headline or a body with a member is a member.
    A cluster keeps the release id that its earliest already decided member has, unless an earlier
    cluster took it. `elsewhere`: ids of releases outside the group, which no cluster may take.
    """
    clusters = _cluster(sorted(appearances, key=_order), alike)
    taken: set[str] = set()
    named: dict[tuple[str | None, str], str] = {}
    for cluster in sorted(clusters, key=lambda one: (one.address is None, _order(one.first))):
        release_id = _name(source_id, cluster, taken, elsewhere)
        taken.add(release_id)
        named.update((member.unit, release_id) for member in cluster.members)
    return named


def _cluster(ordered: Sequence[Appearance], alike: Alike) -> list[_Cluster]:
    clusters = _Clusters()
    by_address: dict[str, _Cluster] = {}
    for appearance in ordered:
        if appearance.address is not None:
            cluster = by_address.setdefault(appearance.address, _Cluster(appearance.address))
            clusters.add(appearance, cluster)
    without = [appearance for appearance in ordered if appearance.address is None]
    dated = [one for one in without if one.key.published_on is not None]
    undated = [one for one in without if one.key.published_on is None]
    for appearance in [*dated, *undated]:
        home = _home(appearance.key, clusters.near(appearance.key), alike)
        clusters.add(appearance, home or _Cluster(None))
    return clusters.all


class _Clusters:
    """Clusters, found by the headlines and bodies of their members: whatever a text fits shares one
    of both with it. Among 4,000 texts the others cost 10 s to look at."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, str | None], dict[int, _Cluster]] = {}
        self._all: dict[int, _Cluster] = {}

    @property
    def all(self) -> list[_Cluster]:
        """Every cluster, in the order made."""
        return list(self._all.values())

    def add(self, appearance: Appearance, cluster: _Cluster) -> None:
        """Put an appearance into a cluster, a new one perhaps."""
        cluster.members.append(appearance)
        self._all.setdefault(id(cluster), cluster)
        for name in _names(appearance.key):
            self._by_key.setdefault(name, {}).setdefault(id(cluster), cluster)

    def near(self, key: TextKey) -> list[_Cluster]:
        """The clusters that share headline or body with a text."""
        found: dict[int, _Cluster] = {}
        for name in _names(key):
            found |= self._by_key.get(name, {})
        return list(found.values())


def _names(key: TextKey) -> list[tuple[str, str | None]]:
    named: list[tuple[str, str | None]] = [("headline", key.headline_digest)]
    return [*named, ("body", key.body_digest)] if key.body_digest is not None else named


def _home(key: TextKey, clusters: Sequence[_Cluster], alike: Alike) -> _Cluster | None:
    """The one cluster a text without a URL belongs to; None: it starts its own.

    The same body beats the same headline and date, which beats texts that are merely alike.
    """
    for fits in (_same_text, _same_headline_and_date, _same_headline_alike):
        found = [
            cluster
            for cluster in clusters
            if any(fits(key, member.key, alike) for member in cluster.members)
            and not _dates_conflict(key, cluster)
        ]
        if len(found) == 1:
            return found[0]
        if found and fits is _same_text and _one_date(found):
            return min(found, key=lambda cluster: _order(cluster.first))
        if found:
            return None
    return None


def _dates_conflict(key: TextKey, cluster: _Cluster) -> bool:
    """Whether a cluster without URL holds a text dated otherwise. (At a URL a date may change.)"""
    return cluster.address is None and any(
        key.published_on and member.key.published_on and key.published_on != member.key.published_on
        for member in cluster.members
    )


def _one_date(clusters: Sequence[_Cluster]) -> bool:
    dates = {member.key.published_on for one in clusters for member in one.members} - {None}
    return len(dates) <= 1


def _same_text(a: TextKey, b: TextKey, _: Alike) -> bool:
    return a.body_digest is not None and a.body_digest == b.body_digest and _dates_fit(a, b)


def _same_headline_and_date(a: TextKey, b: TextKey, _: Alike) -> bool:
    return (
        a.headline_digest == b.headline_digest
        and a.published_on is not None
        and a.published_on == b.published_on
    )


def _same_headline_alike(a: TextKey, b: TextKey, alike: Alike) -> bool:
    return (
        a.headline_digest == b.headline_digest
        and (a.published_on is None or b.published_on is None)
        and alike(a, b)
    )


def _dates_fit(a: TextKey, b: TextKey) -> bool:
    return a.published_on is None or b.published_on is None or a.published_on == b.published_on


def own_names(source_id: str, first: Appearance) -> Iterator[str]:
    """The ids that a release beginning with this appearance takes: the first that is free."""
    said = (first.address,) if first.address else (None, first.key.text_digest)
    release_id = short_hash(source_id, *said)
    while True:
        yield release_id
        release_id = short_hash(release_id, *said)


def _name(source_id: str, cluster: _Cluster, taken: set[str], elsewhere: Container[str]) -> str:
    for member in sorted(cluster.members, key=_order):
        if member.release_id is not None and member.release_id not in taken:
            return member.release_id
    # an older decision may have given a name to another cluster
    return next(
        name
        for name in own_names(source_id, cluster.first)
        if name not in taken and name not in elsewhere
    )
