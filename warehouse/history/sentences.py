"""Which sentences became which, between paragraphs that are paired: passes 2 to 6 of `align`."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from warehouse.history.paragraphs import pair_elsewhere, pair_in_order
from warehouse.history.similar import ALIKE, RELATED, affix_share, mutual_best, pair_beads
from warehouse.history.tokens import is_unspaced

_DISTINCTIVE_WORDS = 4
"""A shorter sentence ("He said so.") that turns up elsewhere is no move."""
_DISTINCTIVE_CHARACTERS = 8
"""The same for languages without spaces."""


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


class Pairing:
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


def pair_sentences(pairing: Pairing) -> None:
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


def _pair_equal_elsewhere(pairing: Pairing) -> None:
    some, others = pairing.free()
    keys = [pairing.left[i].key for i in some], [pairing.right[j].key for j in others]
    for i, j in pair_elsewhere(*keys, stayed=[]):
        if _is_distinctive(keys[0][i]):
            pairing.link(some[i], 1, others[j], 1, moved=True)


def _is_distinctive(key: str) -> bool:
    if is_unspaced(key):
        return len(key) >= _DISTINCTIVE_CHARACTERS
    return key.count(" ") + 1 >= _DISTINCTIVE_WORDS


def _pair_alike(pairing: Pairing, floor: float) -> None:
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


def _pair_beside_moved(pairing: Pairing) -> None:
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
