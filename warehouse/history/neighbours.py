"""What two texts are to each other, and which texts are one: the exact end of the engine.

Everything here is decided on the true shingles and the words themselves. `kinds_of` is the one
place where a pair gets its kind; `tie_releases` applies it to releases, `warehouse.dedup` to any
table. `clusters` depends on the set of ties alone.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.normalise import normalised_body
from warehouse.history import fingerprint
from warehouse.history.conflict import conflicts
from warehouse.history.fingerprint import I64, Route
from warehouse.history.shingles import SHINGLE_WORDS, shingles, words_of
from warehouse.history.tokens import split_words

T = TypeVar("T", bound=Hashable)


class Relation(StrEnum):
    """What two texts are to each other; the first that fits, in this order."""

    EXACT = "exact"
    """Equal normalised text."""
    TEASER = "teaser"
    """One lies in the other, which is at least twice as long."""
    UPDATE = "update"
    """The later one holds the earlier one and at least one more paragraph."""
    LOOKALIKE = "lookalike"
    """Alike, but an aligned number, date or name differs: not the same text."""
    NEAR = "near"
    """Alike without such a conflict."""
    TRANSLATION = "translation"
    """Proposed only: another language, the same content."""


ORDER = tuple(Relation)
"""Kinds are numbered as they stand in `Relation`."""

SAME_TEXT = frozenset({Relation.EXACT, Relation.TEASER, Relation.NEAR})
"""The relations that join a cluster. A translation is proposed, never asserted; an update says
more than its forerunner; a look-alike is another event."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Where the relations begin. All shares are of distinct 3-word shingles, lengths are words."""

    jaccard: float = 0.5
    """near and lookalike: shared shingles over all of both texts."""
    teaser_share: float = 0.8
    """Share of the teaser's shingles that stand in the longer text."""
    teaser_length: float = 2.0
    """How many times its length the longer text has at least."""
    update_share: float = 0.9
    """Share of the earlier text's shingles that stand in the later one."""
    update_length: float = 0.5
    """The earlier text is longer than this share of the later one."""

    def __str__(self) -> str:
        """The name of these rules."""
        return (
            f"J{self.jaccard:g} T{self.teaser_share:g}x{self.teaser_length:g}"
            f" U{self.update_share:g}/{self.update_length:g}"
        )


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Measured pairs, one row each. All arrays are (n,)."""

    words: I64
    """Of the left text; `other_words` of the right."""
    other_words: I64
    size: I64
    """Distinct shingles of the left text; `other_size` of the right."""
    other_size: I64
    shared: I64
    equal: npt.NDArray[np.bool_]
    """Whether the normalised texts are equal."""
    earlier: npt.NDArray[np.bool_]
    """Whether the left text is the earlier one."""
    dubious: npt.NDArray[np.bool_]
    """Whether a conflict is possible at all."""

    @property
    def jaccard(self) -> npt.NDArray[np.float64]:
        """Shared shingles over all; 0 where a text is empty."""
        union = self.size + self.other_size - self.shared
        return np.where(self.equal, 1.0, self.shared / np.maximum(union, 1))

    @property
    def containment(self) -> npt.NDArray[np.float64]:
        """Shared shingles over those of the text with fewer."""
        fewest = np.minimum(self.size, self.other_size)
        return np.where(self.equal, 1.0, self.shared / np.maximum(fewest, 1))


@dataclass(frozen=True, slots=True)
class Passage:
    """Where a shorter text stands in a longer one."""

    paragraph: int
    """Index of the first paragraph that holds part of it."""
    last_paragraph: int
    start_word: int
    """Of the normalised longer text, counted from 0."""
    end_word: int
    """Behind the last one."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One tie between two releases; `release_id` sorts before `other_id`."""

    release_id: str
    other_id: str
    kind: Relation
    jaccard: float
    containment: float
    contained_id: str | None = None
    """Of a teaser or an update the one that lies in the other."""
    passage: Passage | None = None
    """Where it lies there; None where nothing is contained."""


@dataclass(frozen=True, slots=True)
class Article:
    """A release as it is compared: its newest revision."""

    release_id: str
    paragraphs: tuple[str, ...]
    first_seen_at: datetime
    published_on: date | None = None
    words: int | None = None
    """Of the normalised body, where that is known."""

    @property
    def text(self) -> str:
        """The body; `sign` gets the same."""
        return "\n\n".join(self.paragraphs)

    @property
    def age(self) -> tuple[date, datetime, str]:
        """Sorts the older first; what states no date counts from the day it was first seen."""
        day = self.published_on or self.first_seen_at.date()
        return day, self.first_seen_at, self.release_id


def least_shared(words: I64, other_words: I64, size: I64, other_size: I64, rules: Rules) -> I64:
    """How many shingles texts that are not equal must share at least to be any relation.

    The shorter text is the earlier one. All arrays are (n,) as in `Overlaps`.
    """
    small = np.where(words <= other_words, size, other_size)
    short, long = np.minimum(words, other_words), np.maximum(words, other_words)
    alike = rules.jaccard / (1 + rules.jaccard) * (size + other_size)
    teaser = np.where(long >= rules.teaser_length * short, rules.teaser_share * small, np.inf)
    least = np.minimum(np.minimum(alike, teaser), rules.update_share * small)
    found: I64 = np.floor(least - 1e-6).astype(np.int64)
    return found


def may_relate(
    words: I64, other_words: I64, unshared: I64, other_unshared: I64, rules: Rules
) -> npt.NDArray[np.bool_]:
    """Whether texts can be any relation of which each has at least so many shingles of its own.

    The shorter text is the earlier one. All arrays are (n,) as in `Overlaps`.
    """
    most, other_most = (np.maximum(n - (SHINGLE_WORDS - 1), 1) for n in (words, other_words))
    first = words <= other_words
    small, small_unshared = (
        np.where(first, *sides) for sides in ((most, other_most), (unshared, other_unshared))
    )
    short, long = np.minimum(words, other_words), np.maximum(words, other_words)
    shared = np.minimum(most - unshared, other_most - other_unshared)
    alike = rules.jaccard * (unshared + other_unshared) <= (1 - rules.jaccard) * shared + 1e-6
    held = np.where(long >= rules.teaser_length * short, rules.teaser_share, rules.update_share)
    held = np.minimum(held, rules.update_share)
    found: npt.NDArray[np.bool_] = alike | (small_unshared <= (1 - held) * small + 1e-6)
    return found


def kinds_of(
    pairs: Overlaps,
    rules: Rules,
    gains_paragraph: Callable[[I64], npt.NDArray[np.bool_]],
    conflict: Callable[[I64], npt.NDArray[np.bool_]],
) -> npt.NDArray[np.int8]:
    """The relation of every measured pair as its place in `ORDER`, -1 for strangers.

    `gains_paragraph` says of some pairs whether the later text has more paragraphs, `conflict`
    whether their texts conflict; both are asked only where the answer matters.
    """
    short = np.minimum(pairs.words, pairs.other_words)
    long = np.maximum(pairs.words, pairs.other_words)
    left_short = pairs.words <= pairs.other_words
    share = pairs.shared / np.maximum(np.where(left_short, pairs.size, pairs.other_size), 1)
    teaser = (share >= rules.teaser_share) & (long >= rules.teaser_length * short) & (short > 0)
    before = np.where(pairs.earlier, pairs.words, pairs.other_words)
    after = np.where(pairs.earlier, pairs.other_words, pairs.words)
    held = pairs.shared / np.maximum(np.where(pairs.earlier, pairs.size, pairs.other_size), 1)
    update = (held >= rules.update_share) & (before > rules.update_length * after)
    update &= after > before
    kinds = np.full(len(short), -1, np.int8)
    kinds[teaser] = ORDER.index(Relation.TEASER)
    extended = np.flatnonzero(update & ~teaser & ~pairs.equal)
    kinds[extended[gains_paragraph(extended)]] = ORDER.index(Relation.UPDATE)
    alike = (pairs.jaccard >= rules.jaccard) & (kinds < 0) & ~pairs.equal
    kinds[alike] = ORDER.index(Relation.NEAR)
    dubious = np.flatnonzero(alike & pairs.dubious)
    kinds[dubious[conflict(dubious)]] = ORDER.index(Relation.LOOKALIKE)
    kinds[pairs.equal] = np.where(short[pairs.equal] > 0, ORDER.index(Relation.EXACT), -1)
    return kinds


def tie_releases(
    candidates: Iterable[tuple[str, str]],
    articles: Mapping[str, Article],
    rules: Rules = Rules(),
    route: Route = fingerprint.PLAIN,
) -> list[Neighbour]:
    """The ties among candidate pairs of releases, ordered by both ids; strangers have none.

    For the pairs of one run. Each release in a pair must be in `articles`; a pair may come in
    either order and more than once.
    """
    pairs = sorted({(min(pair), max(pair)) for pair in candidates if pair[0] != pair[1]})
    ids = sorted({release for pair in pairs for release in pair})
    row = {release: i for i, release in enumerate(ids)}
    left = np.array([row[a] for a, _ in pairs], np.int64)
    right = np.array([row[b] for _, b in pairs], np.int64)
    found = [articles[release] for release in ids]
    texts = [article.text for article in found]
    measured = _measure(left, right, found, route)

    def gains_paragraph(asked: I64) -> npt.NDArray[np.bool_]:
        pairs = (
            sorted((found[left[i]], found[right[i]]), key=lambda article: article.age)
            for i in asked
        )
        return np.array([len(b.paragraphs) > len(a.paragraphs) for a, b in pairs], bool)

    def conflict(asked: I64) -> npt.NDArray[np.bool_]:
        return np.array([conflicts(texts[left[i]], texts[right[i]]) for i in asked], bool)

    kinds = kinds_of(measured, rules, gains_paragraph, conflict).tolist()
    jaccard, containment = measured.jaccard.tolist(), measured.containment.tolist()
    return [
        Neighbour(
            *pair, ORDER[kind], jaccard[i], containment[i],
            *_place(ORDER[kind], *sorted((found[left[i]], found[right[i]]), key=_count_words)),
        )
        for i, (pair, kind) in enumerate(zip(pairs, kinds, strict=True))
        if kind >= 0
    ]  # fmt: skip


def _place(kind: Relation, inner: Article, outer: Article) -> tuple[str | None, Passage | None]:
    """Of a teaser or an update, the shorter text and where it lies in the longer."""
    if kind not in (Relation.TEASER, Relation.UPDATE):
        return None, None
    return inner.release_id, find_passage(inner.text, outer.paragraphs)


def _measure(left: I64, right: I64, articles: Sequence[Article], route: Route) -> Overlaps:
    """The overlaps of pairs of a few texts."""
    known = route.shingles(pa.array([article.text for article in articles], pa.large_string()))
    shared, dubious = route.compare(left, right, known)
    words = np.array([_count_words(article) for article in articles], np.int64)
    sizes = known.sizes()
    ages = [article.age for article in articles]
    pairs = list(zip(left.tolist(), right.tolist(), strict=True))
    equal = (shared == sizes[left]) & (shared == sizes[right]) & (words[left] == words[right])
    for i in np.flatnonzero(equal).tolist():
        one, other = (normalised_body(articles[row].paragraphs) for row in pairs[i])
        equal[i] = one == other
    return Overlaps(
        words[left], words[right], sizes[left], sizes[right], shared,
        equal,
        np.array([ages[a] < ages[b] for a, b in pairs], bool),
        dubious,
    )  # fmt: skip


def _count_words(article: Article) -> int:
    if article.words is not None:
        return article.words
    return len(split_words(normalised_body(article.paragraphs)))


def find_passage(short: str, paragraphs: Sequence[str]) -> Passage | None:
    """The span of a longer text that holds most of a shorter one's shingles; None without any.

    The span is the shortest that holds every shared shingle of the densest stretch: a shingle
    that merely recurs far away (further than the shorter text is long) does not widen it.
    """
    wanted = shingles(short)
    words: list[str] = []
    owner: list[int] = []
    for place, paragraph in enumerate(paragraphs):
        found = words_of(paragraph)
        words += found
        owner += [place] * len(found)
    size = min(SHINGLE_WORDS, len(words))
    if not wanted or not size:
        return None
    hits = [i for i in range(len(words) - size + 1) if tuple(words[i : i + size]) in wanted]
    best: tuple[int, int, int] = (0, 0, 0)
    start = 0
    reach = len(words_of(short))
    for end, place in enumerate(hits):
        while place - hits[start] >= reach:
            start += 1
        best = max(best, (end - start + 1, -hits[start], place + size))
    held, first, last = best[0], -best[1], best[2]
    return Passage(owner[first], owner[last - 1], first, last) if held else None


def clusters(ties: Iterable[Neighbour], ages: Mapping[str, Any]) -> dict[str, str]:
    """The cluster of every release that shares one: its oldest member's id.

    A pure function of the set of ties: neither their order nor how they came and went matters.
    The strongest ties join first (exact, then by Jaccard and containment, then by ids); a tie
    that would bring two look-alikes together, even through a third, is left out. Releases
    without a tie to join have no cluster. Only ties of one connected component bear on each
    other, so a caller may pass the components that changed. `ages` sorts the oldest first.
    """
    found = set(ties)
    joining = sorted((tie for tie in found if tie.kind in SAME_TEXT), key=_strength)
    groups = join(
        ((tie.release_id, tie.other_id) for tie in joining),
        ((t.release_id, t.other_id) for t in found if t.kind is Relation.LOOKALIKE),
    )
    return {
        release: oldest
        for group in groups
        for oldest in [min(group, key=ages.__getitem__)]
        for release in group
    }


def join(joining: Iterable[tuple[T, T]], apart: Iterable[tuple[T, T]]) -> list[set[T]]:
    """Groups of two and more made by joining pairs in their order, never across a pair `apart`.

    >>> join([("a", "b"), ("b", "c"), ("c", "d")], [("a", "d")]) == [{"a", "b", "c"}]
    True
    """
    kept_apart: dict[T, set[T]] = defaultdict(set)
    for one, other in apart:
        kept_apart[one].add(other)
        kept_apart[other].add(one)
    group_of: dict[T, set[T]] = {}
    for one, other in joining:
        left = group_of.setdefault(one, {one})
        right = group_of.setdefault(other, {other})
        if left is right:
            continue
        small, large = (left, right) if len(left) <= len(right) else (right, left)
        if any(not large.isdisjoint(kept_apart[m]) for m in small if m in kept_apart):
            continue
        large |= small
        for member in small:
            group_of[member] = large
    distinct = {id(group): group for group in group_of.values()}
    return [group for group in distinct.values() if len(group) > 1]


def _strength(tie: Neighbour) -> tuple[bool, float, float, str, str]:
    exact = tie.kind is not Relation.EXACT
    return exact, -tie.jaccard, -tie.containment, tie.release_id, tie.other_id
