"""Which sentence of the old text became which of the new one: the pairing every diff stands on.

Read it as passes, each over what the pass before left unpaired:

1. whole paragraphs with the same normal form: in order first, then those that moved;
2. equal sentences between the same neighbours, paragraph borders ignored;
3. equal sentences elsewhere: moved;
4. alike sentences between the same neighbours, one to one, two to one or one to two;
5. alike sentences elsewhere: moved and lightly edited;
6. less alike sentences between the same neighbours, or inside one paragraph that moved.

Texts are compared in a canonical order and the answer is turned round, so that comparing b with a
is the mirror of comparing a with b.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple
from unicodedata import combining

from rapidfuzz.distance import Indel, Levenshtein

from parsers.normalise import normalise
from warehouse.history.similar import (
    ALIKE,
    RELATED,
    affix_share,
    common_ends,
    heaviest_rising,
    mutual_best,
    pair_beads,
)
from warehouse.history.tokens import is_unspaced, sentence_spans

_DISTINCTIVE_WORDS = 4
"""A shorter sentence ("He said so.") that turns up elsewhere is no move."""
_DISTINCTIVE_CHARACTERS = 8
"""The same for languages without spaces."""
_TOUCH = 60
"""Characters: about ten words."""
_STOP = frozenset(".!?。！？")
_PARAGRAPH_WEIGHT = 10_000_000
"""More characters than any text has: a paragraph counts before its length does."""
_FEW = 8
_MATRIX_CELLS = 20_000_000
"""Above it the exact longest common subsequence gives way to an alignment that needs no matrix."""


class Unit(NamedTuple):
    """A sentence, or a whole paragraph that has a twin; offsets into the normalised paragraph."""

    key: str
    paragraph: int
    start: int
    end: int


class Link(NamedTuple):
    """Units `before[0]:before[1]` of the old text became `after[0]:after[1]` of the new."""

    before: tuple[int, int]
    after: tuple[int, int]
    moved: bool
    equal: bool
    """Equal once normalised, up to paragraph borders."""


@dataclass(frozen=True, slots=True)
class Side:
    """One text, cut into units."""

    paragraphs: tuple[str, ...]
    normals: tuple[str, ...]
    """A paragraph that the other text holds character for character is left as it stands."""
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Both texts and the links between them, by their place in the new text. A unit without a
    link came or went."""

    before: Side
    after: Side
    links: tuple[Link, ...]


def align(before: Sequence[str], after: Sequence[str]) -> Alignment:
    """How the paragraphs of two texts correspond."""
    old, new = tuple(before), tuple(after)
    if new < old:
        turned = _align(new, old)
        links = [Link(link.after, link.before, link.moved, link.equal) for link in turned.links]
        return Alignment(turned.after, turned.before, _in_order(links))
    return _align(old, new)


def _in_order(links: Iterable[Link]) -> tuple[Link, ...]:
    return tuple(sorted(links, key=itemgetter(1)))


def _settled(links: Sequence[Link], old: Sequence[Unit], new: Sequence[Unit]) -> tuple[Link, ...]:
    """The links in order, `moved` set anew so that as few paragraphs as possible moved, and of
    these as little text."""
    ordered = _in_order(links)
    if not any(link.moved for link in ordered):
        return ordered
    routes = [(old[link.before[0]].paragraph, new[link.after[0]].paragraph) for link in ordered]
    shares = Counter(routes)
    weights = [
        _PARAGRAPH_WEIGHT // shares[route] + sum(len(unit.key) for unit in old[slice(*link.before)])
        for link, route in zip(ordered, routes, strict=True)
    ]
    stayed = heaviest_rising([link.before[0] for link in ordered], weights)
    return tuple(link._replace(moved=k not in stayed) for k, link in enumerate(ordered))


def _align(old: tuple[str, ...], new: tuple[str, ...]) -> Alignment:
    as_stored = _pair_as_stored(old, new)
    left = _normals(old, {i for i, _ in as_stored})
    right = _normals(new, {j for _, j in as_stored})
    if _are_equal((old, left), (new, right), as_stored):
        return _borders_alone(old, new)
    stayed = list(as_stored)
    for i, k, j, m in _gaps(as_stored, len(left), len(right)):
        stayed += [(i + a, j + b) for a, b in pair_in_order(left[i:k], right[j:m])]
    stayed.sort()
    moved = _pair_elsewhere(left, right, stayed)
    touched = _pair_touched(left, right, stayed)
    return _with_units((old, left), (new, right), (stayed, touched, moved))


def _normals(paragraphs: Sequence[str], paired: set[int]) -> tuple[str, ...]:
    """The paragraphs normalised, but for those already paired as they stand."""
    return tuple([text if k in paired else normalise(text) for k, text in enumerate(paragraphs)])


_Pairs = list[tuple[int, int]]
_Text = tuple[tuple[str, ...], tuple[str, ...]]
"""Paragraphs as stored, and as normalised."""


def _with_units(before: _Text, after: _Text, pairs: tuple[_Pairs, _Pairs, _Pairs]) -> Alignment:
    """The alignment, given the paragraphs that stayed, were touched and moved."""
    stayed, touched, moved = pairs
    whole = [*stayed, *touched, *moved]
    left_units, left_at = _cut(before[1], {i for i, _ in whole})
    right_units, right_at = _cut(after[1], {j for _, j in whole})
    pairing = _Pairing(left_units, right_units)
    for some, is_moved, equal in (
        (stayed, False, True),
        (touched, False, False),
        (moved, True, True),
    ):
        for i, j in some:
            if i in left_at:
                pairing.link_one(left_at[i], right_at[j], is_moved, equal)
    if len(pairing.links) < max(len(left_units), len(right_units)):
        _pair_sentences(pairing)
    return Alignment(
        Side(*before, tuple(left_units)),
        Side(*after, tuple(right_units)),
        _settled(pairing.links, left_units, right_units),
    )


def _are_equal(before: _Text, after: _Text, paired: _Pairs) -> bool:
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
    return normalise(" ".join(before[0])) == normalise(" ".join(after[0]))


def _begins_word(text: str, at: int) -> bool:
    """Whether a letter or digit that normalising leaves alone stands there."""
    return (
        text[at : at + 1].isalnum()
        and normalise(text[at]) == text[at]
        and not combining(text[at + 1 : at + 2] or " ")
    )


def _borders_alone(old: tuple[str, ...], new: tuple[str, ...]) -> Alignment:
    """One link between texts that differ in paragraph borders and typography."""
    sides = []
    for text in (old, new):
        normals = tuple(map(normalise, text))
        sides.append(Side(text, normals, tuple(_cut(normals, set())[0])))
    before, after = sides
    links = (Link((0, len(before.units)), (0, len(after.units)), False, True),)
    return Alignment(before, after, links if before.units else ())


def _gaps(pairs: _Pairs, left: int, right: int) -> Iterator[tuple[int, int, int, int]]:
    """The stretches between pairs in order that hold something on both sides."""
    i = j = 0
    for i_to, j_to in [*pairs, (left, right)]:
        if i < i_to and j < j_to:
            yield i, i_to, j, j_to
        i, j = i_to + 1, j_to + 1


def _pair_as_stored(old: Sequence[str], new: Sequence[str]) -> _Pairs:
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


def _pair_touched(left: Sequence[str], right: Sequence[str], stayed: _Pairs) -> _Pairs:
    """Paragraphs between the same neighbours that differ in a few words, within one sentence: the
    commonest edit, told by its equal ends without cutting the paragraph into sentences."""
    touched = []
    for i, k, j, m in _gaps(stayed, len(left), len(right)):
        if k - i == m - j:
            pairs = zip(range(i, k), range(j, m), strict=True)
            touched += [(a, b) for a, b in pairs if _is_touch(left[a], right[b])]
    return touched


def _is_touch(left: str, right: str) -> bool:
    head, tail = common_ends(left, right)
    middles = left[head : len(left) - tail], right[head : len(right) - tail]
    return all(0 < len(text) <= _TOUCH for text in middles) and (
        _STOP.isdisjoint(middles[0] + middles[1])
        and head + tail >= ALIKE * max(len(left), len(right))
    )


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


def _pair_elsewhere(
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


def _cut(normals: Sequence[str], whole: set[int]) -> tuple[list[Unit], dict[int, int]]:
    """The units of a text, and the unit of each paragraph that stays whole."""
    units: list[Unit] = []
    unit_of = {}
    for paragraph, normal in enumerate(normals):
        if paragraph not in whole:
            units += [
                Unit(normal[start:end], paragraph, start, end)
                for start, end in sentence_spans(normal)
            ]
        elif normal:
            unit_of[paragraph] = len(units)
            units.append(Unit(normal, paragraph, 0, len(normal)))
    return units, unit_of


class _Pairing:
    """The links found so far, and what is still unpaired."""

    def __init__(self, left: Sequence[Unit], right: Sequence[Unit]) -> None:
        self.left, self.right = left, right
        self.links: list[Link] = []
        self.left_free = [True] * len(left)
        self.right_free = [True] * len(right)

    def link(self, i: int, width: int, j: int, height: int, moved: bool) -> None:
        """Pair `width` units from `i` with `height` units from `j`."""
        some, others = (i, i + width), (j, j + height)
        equal = joined(self.left, some) == joined(self.right, others)
        self.links.append(Link(some, others, moved, equal))
        self.left_free[i : i + width] = [False] * width
        self.right_free[j : j + height] = [False] * height

    def link_one(self, i: int, j: int, moved: bool, equal: bool) -> None:
        """Pair one unit with one, known to be equal or not."""
        self.links.append(Link((i, i + 1), (j, j + 1), moved, equal))
        self.left_free[i] = self.right_free[j] = False

    def slots(self) -> list[tuple[list[int], list[int]]]:
        """The unpaired units between neighbours that stayed; both sides hold some."""
        slots = []
        i = j = 0
        stayed = sorted(link for link in self.links if not link.moved)
        ends = [(link.before, link.after) for link in stayed]
        ends.append(((len(self.left), 0), (len(self.right), 0)))
        for (i_to, i_next), (j_to, j_next) in ends:
            if i < i_to and j < j_to:
                some = [k for k in range(i, i_to) if self.left_free[k]]
                others = [k for k in range(j, j_to) if self.right_free[k]]
                if some and others:
                    slots.append((some, others))
            i, j = i_next, j_next
        return slots

    def free(self) -> tuple[list[int], list[int]]:
        """All unpaired units of both sides."""
        return (
            [i for i, free in enumerate(self.left_free) if free],
            [j for j, free in enumerate(self.right_free) if free],
        )


def joined(units: Sequence[Unit], span: tuple[int, int]) -> str:
    """Several units as one text; a border counts as a space, beside Chinese characters as none."""
    first, end = span
    if end - first == 1:
        return units[first].key
    return " ".join(unit.key for unit in units[first:end])


def _pair_sentences(pairing: _Pairing) -> None:
    """Passes 2 to 6 of the module's head."""
    left, right = pairing.left, pairing.right
    for some, others in pairing.slots():
        keys = [left[i].key for i in some], [right[j].key for j in others]
        for i, j in pair_in_order(*keys):
            pairing.link(some[i], 1, others[j], 1, moved=False)
    _pair_equal_elsewhere(pairing)
    _pair_alike(pairing, ALIKE)
    some, others = pairing.free()
    if some and others:
        keys = [left[i].key for i in some], [right[j].key for j in others]
        for i, j in mutual_best(*keys, floor=ALIKE):
            if _is_distinctive(keys[0][i]) and _is_distinctive(keys[1][j]):
                pairing.link(some[i], 1, others[j], 1, moved=True)
    _pair_alike(pairing, RELATED)
    _pair_beside_moved(pairing)


def _pair_equal_elsewhere(pairing: _Pairing) -> None:
    some, others = pairing.free()
    keys = [pairing.left[i].key for i in some], [pairing.right[j].key for j in others]
    for i, j in _pair_elsewhere(*keys, stayed=[]):
        if _is_distinctive(keys[0][i]):
            pairing.link(some[i], 1, others[j], 1, moved=True)


def _is_distinctive(key: str) -> bool:
    if is_unspaced(key):
        return len(key) >= _DISTINCTIVE_CHARACTERS
    return key.count(" ") + 1 >= _DISTINCTIVE_WORDS


def _pair_alike(pairing: _Pairing, floor: float) -> None:
    """Pair what is alike between the same neighbours, in order."""
    for some, others in pairing.slots():
        spans = (some[0], some[-1] + 1), (others[0], others[-1] + 1)
        solid = spans[0][1] - spans[0][0] == len(some) and spans[1][1] - spans[1][0] == len(others)
        if solid and joined(pairing.left, spans[0]) == joined(pairing.right, spans[1]):
            pairing.link(some[0], len(some), others[0], len(others), moved=False)
            continue
        keys = [pairing.left[i].key for i in some], [pairing.right[j].key for j in others]
        if len(some) == len(others) and all(
            affix_share(a, b) >= floor for a, b in zip(*keys, strict=True)
        ):
            beads = [(k, 1, k, 1) for k in range(len(some))]
        else:
            beads = pair_beads(*keys, floor=floor)
        for i, width, j, height in beads:
            if _adjacent(some, i, width) and _adjacent(others, j, height):
                pairing.link(some[i], width, others[j], height, moved=False)


def _adjacent(places: Sequence[int], at: int, count: int) -> bool:
    return places[at + count - 1] - places[at] == count - 1


def _pair_beside_moved(pairing: _Pairing) -> None:
    """Pair what is left over in two paragraphs of which another sentence moved across."""
    left, right = pairing.left, pairing.right
    some, others = pairing.free()
    rest_left = {key: list(group) for key, group in groupby(some, lambda i: left[i].paragraph)}
    rest_right = {key: list(group) for key, group in groupby(others, lambda j: right[j].paragraph)}
    routes = {
        (left[link.before[0]].paragraph, right[link.after[0]].paragraph): None
        for link in sorted(pairing.links)
        if link.moved
    }
    for source, target in routes:
        ours, theirs = rest_left.pop(source, []), rest_right.pop(target, [])
        keys = [left[i].key for i in ours], [right[j].key for j in theirs]
        for i, width, j, height in pair_beads(*keys, floor=RELATED):
            if width == height == 1:
                pairing.link(ours[i], 1, theirs[j], 1, moved=True)
