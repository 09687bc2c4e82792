"""The ties of a run: its new and changed releases against everything that stands.

Called once, at the end of a run's transaction. A release whose text, date or first sight changed
is compared anew and its former ties are replaced; nobody else's are looked at. Clusters are then
worked out again for the components that gained or lost a tie. What is appended depends on how the
releases stand, not on the order in which they came: equal bodies find each other by digest,
others by the keys of their signatures, and `caps` alone prefer who came first.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime

from warehouse.encoder import Encoder
from warehouse.history.fingerprint import Scheme
from warehouse.history.neighbours import (
    SAME_TEXT,
    Article,
    Neighbour,
    Relation,
    Rules,
    clusters,
    tie_releases,
)
from warehouse.history.pairing import Caps
from warehouse.history.translation import Likeness
from warehouse.openings import OpeningLog
from warehouse.rows import Stamp
from warehouse.signatures import SignatureLog, route_for
from warehouse.store import Store
from warehouse.tie_log import Repeat, Standing, TieLog
from warehouse.translations import settle_translations
from warehouse.watch import Watch

RULES_VERSION = 1
"""Of `kinds_of` and `conflict`: bump it when a pair of texts may now get another kind."""

_REPEATING = (Relation.EXACT, Relation.NEAR, Relation.TEASER, Relation.TRANSLATION)
"""What makes a release repeat an older one, the strongest first."""


@dataclass(frozen=True, slots=True)
class TieSettings:
    """How the releases of a warehouse are compared; its name is stored with every comparison."""

    scheme: Scheme = field(default_factory=Scheme)
    rules: Rules = field(default_factory=Rules)
    caps: Caps = field(default_factory=lambda: Caps(copies=100))
    """Of equal bodies only the oldest `copies` meet the others, each copy those at least."""
    likeness: Likeness = field(default_factory=Likeness)
    releases_at_once: int = 20_000
    """Bounds the memory of a run that brings very many: their texts are compared in parts."""

    def __str__(self) -> str:
        """What ties depend on: another name has every release compared anew.

        >>> str(TieSettings())
        's3-b24x3-p6w16d64-n1-v2 J0.5 T0.8x2 U0.9/0.5 k1'
        """
        return f"{self.scheme} {self.rules} k{RULES_VERSION}"


def settle_ties(
    store: Store,
    stamp: Stamp,
    touched: Iterable[str],
    settings: TieSettings = TieSettings(),
    encoder: Encoder | None = None,
    watch: Watch = lambda _step, _done, _total: None,
) -> int:
    """Append the ties and clusters that follow from how these releases stand now.

    `touched` are all releases whose revisions may have changed since the last call, vanished ones
    included. Under other rules than the last call's every release is compared. Translations are
    proposed with an encoder alone. Returns how many ties were found or lost.
    """
    log = TieLog(store, stamp)
    touched = set(touched)
    fresh: set[str] = set()
    known: dict[str, Standing] = {}
    if log.compared_by(str(settings)):
        known = log.compared(log.older(touched))
        fresh = touched - known.keys()
        bodies = len(touched) <= settings.releases_at_once
        now, texts = log.current(fresh, touched - fresh, bodies=bodies)
        changed = _changed(now, known)
    else:
        changed, texts = log.current((), log.all_releases(), bodies=False)
    openings = OpeningLog(store, stamp, encoder, settings.likeness)
    if not changed and not openings.behind():
        return 0
    log.append_standings(changed.values(), str(settings))
    step = _Step(store, stamp, log, settings, changed, fresh, texts)
    step.sign(watch)
    changes, tied = step.retie(watch)
    before = [known[release_id] for release_id in changed.keys() & known.keys()]
    moved = {one.text_id for one in (*changed.values(), *before) if one.text_id}
    moved |= openings.embed_lacking(watch)
    proposed = settle_translations(log, openings, changed, moved, settings.likeness)
    _settle_clusters(log, tied | proposed | _vanished(changed))
    return changes


def _vanished(changed: dict[str, Standing]) -> set[str]:
    return {release_id for release_id, one in changed.items() if one.text_id is None}


def _changed(now: dict[str, Standing], known: dict[str, Standing]) -> dict[str, Standing]:
    """The releases that stand otherwise than they did, or are no more."""
    gone = known.keys() - now.keys()
    now |= {one: Standing(one, None, None, None, None, None) for one in gone}
    return {release_id: one for release_id, one in now.items() if known.get(release_id) != one}


class _Step:
    """Compares changed releases with all that stand. Made once all of `changed` is appended."""

    def __init__(
        self,
        store: Store,
        stamp: Stamp,
        log: TieLog,
        settings: TieSettings,
        changed: dict[str, Standing],
        fresh: set[str],
        texts: dict[str, tuple[str, ...]],
    ) -> None:
        self._store = store
        self._log = log
        self._fresh = fresh
        self._settings = settings
        self._changed = changed
        self._texts = texts
        bodies = {one.body_digest: one.text_id for one in changed.values()}
        self._signable = {body: text for body, text in bodies.items() if body and text}
        self._route = route_for(len(self._signable))
        self._signatures = SignatureLog(store, stamp, settings.scheme, self._route)

    def sign(self, watch: Watch) -> None:
        """Append the signatures that are missing."""
        self._signatures.sign(self._signable, self._texts, watch)

    def retie(self, watch: Watch) -> tuple[int, set[str]]:
        """Append the ties of the changed releases; how many were found or lost, and the releases
        around which clusters may have changed.

        Of many the texts of one part are checked while the lake is asked for the next.
        """
        parts = list(_parts(sorted(self._changed), self._settings.releases_at_once))
        settled: list[tuple[int, set[str]]] = []
        with ThreadPoolExecutor(1, thread_name_prefix="check") as pool:
            waiting: deque[tuple[_Met, Future[list[Neighbour]]]] = deque()
            for number, part in enumerate(parts):
                watch("comparing", number, len(parts))
                met = self._meet({release_id: self._changed[release_id] for release_id in part})
                waiting.append((met, pool.submit(self._check, met)))
                if len(waiting) > 1:
                    settled.append(self._settle(*waiting.popleft()))
            settled += [self._settle(*one) for one in waiting]
        return sum(count for count, _ in settled), {end for _, ends in settled for end in ends}

    def _meet(self, changed: dict[str, Standing]) -> "_Met":
        """What the lake knows of the candidates of these releases."""
        bodies = {one.body_digest for one in changed.values() if one.body_digest}
        most = self._settings.caps.copies
        alike = self._signatures.candidates(
            bodies, self._settings.caps, lambda asked: self._log.holders(bodies | asked)
        )
        holders = self._log.holders(bodies | {body for pair in alike for body in pair})
        copies = set(_copies(changed, holders, most))
        others = set(_others(changed, holders, alike, most)) - copies
        return _Met(changed.keys(), copies, others, self._articles(others, holders))

    def _articles(
        self, pairs: set[tuple[str, str]], holders: dict[str, list[Standing]]
    ) -> dict[str, Article]:
        """The releases of candidate pairs with their texts."""
        wanted = {end for pair in pairs for end in pair}
        standing = [one for many in holders.values() for one in many if one.release_id in wanted]
        texts = {one.text_id for one in standing if one.text_id}
        bodies = {text: self._texts[text] for text in texts & self._texts.keys()}
        bodies |= self._store.paragraphs(texts - bodies.keys())
        return {
            one.release_id: Article(
                one.release_id, bodies[one.text_id], one.first_seen_at, one.published_on,
                self._signatures.words_of(one.body_digest or ""),
            )
            for one in standing
            if one.text_id and one.first_seen_at
        }  # fmt: skip

    def _check(self, met: "_Met") -> list[Neighbour]:
        """The ties of candidate pairs, checked on their texts."""
        return tie_releases(met.others, met.articles, self._settings.rules, self._route)

    def _settle(self, met: "_Met", checked: "Future[list[Neighbour]]") -> tuple[int, set[str]]:
        """Append what is new and what is gone; how many, and around which releases."""
        now = {Neighbour(*pair, Relation.EXACT, 1.0, 1.0) for pair in met.copies}
        now.update(checked.result())
        before = self._log.ties(met.releases - self._fresh)
        tied = {(tie.release_id, tie.other_id) for tie in now}
        found = now - before
        gone = {tie for tie in before if (tie.release_id, tie.other_id) not in tied}
        self._log.append_ties(found, gone)
        ends = {end for tie in now | before for end in (tie.release_id, tie.other_id)}
        moved = {end for tie in found | gone for end in (tie.release_id, tie.other_id)}
        return len(found | gone), moved | ends & met.releases


@dataclass(frozen=True, slots=True)
class _Met:
    """Some changed releases, and all that may be alike to them."""

    releases: Set[str]
    copies: set[tuple[str, str]]
    """Pairs of equal bodies."""
    others: set[tuple[str, str]]
    """Candidate pairs."""
    articles: Mapping[str, Article]
    """The releases of the candidate pairs."""


def _copies(
    changed: dict[str, Standing], holders: dict[str, list[Standing]], most: int
) -> Iterator[tuple[str, str]]:
    """The pairs of equal bodies that a changed release is in; one of each is of the oldest."""
    for one in changed.values():
        if one.body_digest is None:
            continue
        group = [other.release_id for other in holders[one.body_digest]]
        oldest = group[:most]
        for other in group if one.release_id in oldest else oldest:
            if other != one.release_id:
                yield _ordered(one.release_id, other)


def _others(
    changed: dict[str, Standing],
    holders: dict[str, list[Standing]],
    alike: set[tuple[str, str]],
    most: int,
) -> Iterator[tuple[str, str]]:
    """The pairs of releases whose bodies are candidates."""
    for body, other_body in alike:
        for one in holders.get(body, ())[:most]:
            if one.release_id in changed:
                for other in holders.get(other_body, ())[:most]:
                    yield _ordered(one.release_id, other.release_id)


def _settle_clusters(log: TieLog, ends: set[str]) -> None:
    """Append what changed in the clusters around these releases, which hold all changed ties."""
    if not ends:
        return
    ties: set[Neighbour] = set()
    members: set[str] = set()
    while ends:
        members |= ends
        new = log.ties(ends) | _as_ties(log.proposals(ends))
        ties |= new
        joined = {end for t in new if t.kind in SAME_TEXT for end in (t.release_id, t.other_id)}
        ends = joined - members
    involved = members | {end for tie in ties for end in (tie.release_id, tie.other_id)}
    ages = {one.release_id: one.age for one in log.compared(involved).values() if one.first_seen_at}
    cluster_of = clusters(ties, ages)
    told = log.repeats(members)
    now = {one: _repeat(one, ties_of, cluster_of, ages) for one, ties_of in _by_end(members, ties)}
    log.append_repeats(
        {
            release_id: one
            for release_id, one in now.items()
            if told.get(release_id, Repeat(release_id, None, None)) != one
        }
    )


def _as_ties(proposed: Mapping[tuple[str, str], float]) -> set[Neighbour]:
    return {Neighbour(*pair, Relation.TRANSLATION, 0.0, 0.0) for pair in proposed}


def _by_end(
    members: set[str], ties: Iterable[Neighbour]
) -> Iterator[tuple[str, Sequence[Neighbour]]]:
    """Every member with its ties."""
    held: dict[str, list[Neighbour]] = {member: [] for member in sorted(members)}
    for tie in ties:
        for end in (tie.release_id, tie.other_id):
            if end in held:
                held[end].append(tie)
    yield from held.items()


def _repeat(
    release_id: str,
    ties: Sequence[Neighbour],
    cluster_of: Mapping[str, str],
    ages: Mapping[str, tuple[date, datetime, str]],
) -> Repeat:
    """What a release repeats: of its older partners the one most like it, the oldest of equals.

    A partner that a look-alike keeps out of its cluster is not repeated; a translation, which is
    only proposed, joins no cluster but is named where nothing else is.
    """
    cluster_id = cluster_of.get(release_id, release_id)
    best = min(
        (
            (_REPEATING.index(tie.kind), ages[other], other)
            for tie in ties
            if tie.kind in _REPEATING
            for other in (tie.other_id if tie.release_id == release_id else tie.release_id,)
            if ages[other] < ages[release_id]
            and (tie.kind is Relation.TRANSLATION or cluster_of.get(other, other) == cluster_id)
        ),
        default=None,
    )
    if best is None:
        return Repeat(cluster_id, None, None)
    return Repeat(cluster_id, best[2], _REPEATING[best[0]].value)


def _ordered(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _parts(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
