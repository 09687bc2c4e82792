"""Which paragraphs of two texts are the same: in place, moved, or touched in a few words.

The first pass of `align`, and where most of its speed comes from: most paragraphs of most
revisions are untouched, and are neither normalised nor cut.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from unicodedata import combining

from rapidfuzz.distance import Indel, Levenshtein

from parsers.normalise import normalise, normalised_body
from warehouse.history.similar import ALIKE, common_ends

_TOUCH = 60
"""Characters: about ten words."""
_STOP = frozenset(".!?。！？")
_FEW = 8
_MATRIX_CELLS = 20_000_000
"""Above it the exact longest common subsequence gives way to an alignment that needs no matrix."""
Pairs = list[tuple[int, int]]
Text = tuple[tuple[str, ...], tuple[str, ...]]
"""Paragraphs as stored, and as normalised."""


def pair_in_order(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """The most pairs of equal keys that keep their order, as indexes into both.

    >>> pair_in_order(["a", "b", "c"], ["b", "x", "c", "a"])
    [(1, 0), (2, 2)]
    """
    head, tail = common_ends(left, right)
    i_end, j_end = len(left) - tail, len(right) - tail
    common = set(left[head:i_end]) & set(right[head:j_end])
    i_of = [i for i in range(head, i_end) if left[i] in common]
    j_of = [j for j in range(head, j_end) if right[j] in common]
    some = [left[i] for i in i_of]
    others = [right[j] for j in j_of]
    if some == others:
        middle = list(zip(i_of, j_of, strict=True))
    else:
        metric = Indel if len(some) * len(others) <= _MATRIX_CELLS else Levenshtein
        middle = [
            (i_of[block.a + step], j_of[block.b + step])
            for block in metric.opcodes(some, others).as_matching_blocks()
            for step in range(block.size)
        ]
    start = [(k, k) for k in range(head)]
    return start + middle + [(i_end + k, j_end + k) for k in range(tail)]


def pair_elsewhere(
    left: Sequence[str], right: Sequence[str], stayed: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Equal keys that `stayed` leaves over, the first with the first."""
    used_left, used_right = {i for i, _ in stayed}, {j for _, j in stayed}
    waiting: dict[str, list[int]] = defaultdict(list)
    for i in reversed(range(len(left))):
        if i not in used_left and left[i]:
            waiting[left[i]].append(i)
    return [
        (waiting[key].pop(), j)
        for j, key in enumerate(right)
        if j not in used_right and waiting.get(key)
    ]


def pair_as_stored(old: Sequence[str], new: Sequence[str]) -> Pairs:
    """The paragraphs that both texts hold character for character and in the same order.

    A shortcut: most of most revisions is untouched, and normalising is the dearest step. None is
    taken where much moved, or where what moved has a typographic twin: that may be what stayed.
    """
    pairs = pair_in_order(old, new)
    crossing = (Counter(old) & Counter(new)) - Counter([old[i] for i, _ in pairs])
    if crossing.total() > _FEW or any(_has_twin(text, {*old, *new}) for text in crossing):
        return []
    return pairs


def _has_twin(text: str, others: Iterable[str]) -> bool:
    """Whether another paragraph of about its length has the same normal form."""
    room = 16 + len(text) // 16
    normal = normalise(text)
    return any(
        abs(len(other) - len(text)) <= room and other != text and normalise(other) == normal
        for other in others
    )


def gaps(pairs: Pairs, left: int, right: int) -> Iterator[tuple[int, int, int, int]]:
    """The stretches between pairs in order that hold something on both sides."""
    i = j = 0
    for i_to, j_to in [*pairs, (left, right)]:
        if i < i_to and j < j_to:
            yield i, i_to, j, j_to
        i, j = i_to + 1, j_to + 1


def pair_touched(left: Sequence[str], right: Sequence[str], stayed: Pairs, moved: Pairs) -> Pairs:
    """Paragraphs between the same neighbours that differ in a few words, within one sentence: the
    commonest edit, told by its equal ends without cutting the paragraph into sentences. What moved
    whole is paired already."""
    touched = []
    gone, come = {i for i, _ in moved}, {j for _, j in moved}
    for i, k, j, m in gaps(stayed, len(left), len(right)):
        if k - i == m - j:
            pairs = zip(range(i, k), range(j, m), strict=True)
            touched += [
                (a, b)
                for a, b in pairs
                if a not in gone and b not in come and _is_touch(left[a], right[b])
            ]
    return touched


def _is_touch(left: str, right: str) -> bool:
    head, tail = common_ends(left, right)
    middles = left[head : len(left) - tail], right[head : len(right) - tail]
    return all(0 < len(text) <= _TOUCH for text in middles) and (
        _STOP.isdisjoint(middles[0] + middles[1])
        and head + tail >= ALIKE * max(len(left), len(right))
    )


def differ_in_borders(before: Text, after: Text, paired: Pairs) -> bool:
    """Whether texts that differ in more than `paired` are one text with other borders.

    Cheap signs first: what is unpaired must hold as many characters, and then the whole must read
    the same. What is paired is not normalised, so a first difference in typography says nothing.
    """
    if len(paired) == max(len(before[0]), len(after[0])):
        return False
    rests = []
    for (_, normals), taken in (before, {i for i, _ in paired}), (after, {j for _, j in paired}):
        rest = "".join([text for k, text in enumerate(normals) if k not in taken])
        rests.append(len(rest) - rest.count(" "))
    if rests[0] != rests[1]:
        return False
    some, others = (" ".join([text for text in normals if text]) for _, normals in (before, after))
    if some == others:
        return True
    head, _ = common_ends(some, others)
    if _begins_word(some, head) and _begins_word(others, head) and some[head] != others[head]:
        return False
    return normalised_body(before[0]) == normalised_body(after[0])


def _begins_word(text: str, at: int) -> bool:
    """Whether a letter or digit that normalising leaves alone stands there."""
    return (
        text[at : at + 1].isalnum()
        and normalise(text[at]) == text[at]
        and not combining(text[at + 1 : at + 2] or " ")
    )
