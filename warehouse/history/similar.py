"""Which of two lists of sentences are alike, though not equal.

Likeness is 2 * (words in common, in order) / (words of both), in [0, 1]; characters take the
place of words in languages without spaces.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from rapidfuzz.distance import Indel, Postfix, Prefix

from warehouse.history.tokens import is_unspaced

ALIKE = 0.6
"""At or above it two sentences are one, edited. Of the 9,045 pairs of different sentences in
`seeds/csto` 11 reach it: list items built on one pattern, twins, and yearly formulas."""
RELATED = 0.4
"""Enough between the same neighbours: there the place speaks too (36 of those pairs reach it)."""
_MANY_PAIRS = 400
"""Above it sentences are proposed by rare words in common rather than compared each with each."""
_RARE = 8
"""A word in more sentences than this proposes nothing."""
_JOIN_COST = 2.0
"""Words that a pairing of two sentences with one must gain over the plain pairing."""

Bead = tuple[int, int, int, int]
"""Sentences `i:i+width` of one list belong to `j:j+height` of the other."""


def common_ends(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    """How many items are equal at the start, and how many of the rest at the end.

    >>> common_ends("aXa", "aa")
    (1, 1)
    """
    head = Prefix.similarity(left, right)
    return head, min(Postfix.similarity(left, right), len(left) - head, len(right) - head)


def affix_share(left: str, right: str) -> float:
    """The share of the longer text that common start and end make up: a lower bound of likeness
    by characters, found without comparing words."""
    longer = max(len(left), len(right))
    return sum(common_ends(left, right)) / longer if longer else 1.0


def words_of(key: str) -> Sequence[str]:
    """What likeness is counted in: words, or the characters of a text without spaces."""
    return key if is_unspaced(key) else key.split()


def likeness(left: Sequence[str], right: Sequence[str], floor: float = 0.0) -> float:
    """The likeness of two word lists; 0 below `floor`."""
    return Indel.normalized_similarity(left, right, score_cutoff=floor)


def pair_beads(left: Sequence[str], right: Sequence[str], *, floor: float) -> list[Bead]:
    """The pairing in order that keeps most words, of sentences alike by `floor` or more.

    >>> pair_beads(["a b c d.", "It rained."], ["It met.", "a b x d."], floor=0.6)
    [(0, 1, 1, 1)]
    """
    if not left or not right:
        return []
    if len(left) == len(right) == 1:
        alike = likeness(words_of(left[0]), words_of(right[0]), floor)
        return [(0, 1, 0, 1)] if alike else []
    if len(left) * len(right) <= _MANY_PAIRS:
        return _best_beads([words_of(key) for key in left], [words_of(key) for key in right], floor)
    proposed = mutual_best(left, right, floor=floor)
    kept = heaviest_rising([j for _, j in proposed], [1] * len(proposed))
    anchors = [proposed[at] for at in sorted(kept)]
    beads: list[Bead] = []
    i = j = 0
    for i_to, j_to in [*anchors, (len(left), len(right))]:
        if 0 < (i_to - i) * (j_to - j) <= _MANY_PAIRS:
            between = pair_beads(left[i:i_to], right[j:j_to], floor=floor)
            beads += [(i + a, width, j + b, height) for a, width, b, height in between]
        if i_to < len(left):
            beads.append((i_to, 1, j_to, 1))
        i, j = i_to + 1, j_to + 1
    return beads


def _best_beads(
    left: Sequence[Sequence[str]], right: Sequence[Sequence[str]], floor: float
) -> list[Bead]:
    """Dynamic programming over beads of one to one, two to one and one to two.

    A bead is worth (likeness - floor) * words of both, so that a sentence joins a pair only if it
    brings more words in common than it costs in length.
    """
    gain = _bead_gain(left, right, floor)
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    step: dict[tuple[int, int], tuple[int, int]] = {}
    for i in range(len(left) + 1):
        for j in range(len(right) + 1):
            for width, height in ((1, 0), (0, 1), (1, 1), (2, 1), (1, 2)):
                if width > i or height > j:
                    continue
                value = best[i - width][j - height] + gain(i - width, width, j - height, height)
                if value > best[i][j] or (i, j) not in step:
                    best[i][j] = value
                    step[i, j] = width, height
    beads: list[Bead] = []
    i, j = len(left), len(right)
    while i or j:
        width, height = step[i, j]
        i, j = i - width, j - height
        if width and height:
            beads.append((i, width, j, height))
    return beads[::-1]


def _bead_gain(
    left: Sequence[Sequence[str]], right: Sequence[Sequence[str]], floor: float
) -> Callable[[int, int, int, int], float]:
    def gain(i: int, width: int, j: int, height: int) -> float:
        if not width or not height:
            return 0.0
        some, others = left[i], right[j]
        if width == 2:
            some = [*some, *left[i + 1]]
        if height == 2:
            others = [*others, *right[j + 1]]
        score = likeness(some, others, floor)
        if not score:
            return 0.0 if (width, height) == (1, 1) else -1.0
        cost = _JOIN_COST if width + height == 3 else 0.0
        return max((score - floor) * (len(some) + len(others)), 1e-9) - cost

    return gain


def mutual_best(
    left: Sequence[str], right: Sequence[str], *, floor: float
) -> list[tuple[int, int]]:
    """Pairs, anywhere, of which each is the other's best by rare words in common, and alike.

    In the order of `left`. Linear in the text: nothing is compared that shares no rare word.
    """
    left_words = [words_of(key) for key in left]
    right_words = [words_of(key) for key in right]
    holders: dict[str, list[int]] = defaultdict(list)
    for j, words in enumerate(right_words):
        for word in _features(words):
            holders[word].append(j)
    best_of_left: dict[int, tuple[int, int]] = {}
    best_of_right: dict[int, tuple[int, int]] = {}
    for i, words in enumerate(left_words):
        votes: Counter[int] = Counter()
        for word in _features(words):
            if len(found := holders.get(word, ())) <= _RARE:
                votes.update(found)
        for j, count in votes.items():
            if count > best_of_left.get(i, (0, 0))[0]:
                best_of_left[i] = count, j
            if count > best_of_right.get(j, (0, 0))[0]:
                best_of_right[j] = count, i
    return [
        (i, j)
        for i, (_, j) in best_of_left.items()
        if best_of_right[j][1] == i and likeness(left_words[i], right_words[j], floor)
    ]


def _features(words: Sequence[str]) -> set[str]:
    """The words, or pairs of characters, that propose a partner."""
    if isinstance(words, str):
        return {words[at : at + 2] for at in range(len(words) - 1)}
    return set(words)


def heaviest_rising(values: Sequence[int], weights: Sequence[int]) -> set[int]:
    """The places of the rising subsequence of greatest weight. Values differ from one another.

    >>> sorted(heaviest_rising([5, 1, 2], [1, 1, 1]))
    [1, 2]
    >>> sorted(heaviest_rising([5, 1, 2], [9, 1, 1]))
    [0]
    """
    rank = {value: at + 1 for at, value in enumerate(sorted(values))}
    # A Fenwick tree of maxima: the heaviest chain that ends at a rank or below, and its last place.
    tree = [(0, -1)] * (len(values) + 1)
    before: list[int] = []
    heaviest = (0, -1)
    for at, (value, weight) in enumerate(zip(values, weights, strict=True)):
        best, node = (0, -1), rank[value] - 1
        while node:
            best = max(best, tree[node], key=lambda chain: chain[0])
            node &= node - 1
        before.append(best[1])
        chain, node = (best[0] + weight, at), rank[value]
        heaviest = max(heaviest, chain, key=lambda chain: chain[0])
        while node <= len(values):
            tree[node] = max(tree[node], chain, key=lambda chain: chain[0])
            node += node & -node
    places = set()
    at = heaviest[1]
    while at >= 0:
        places.add(at)
        at = before[at]
    return places
