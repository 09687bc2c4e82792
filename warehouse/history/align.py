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

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from parsers.normalise import normalise
from warehouse.history.paragraphs import (
    Pairs,
    Text,
    differ_in_borders,
    gaps,
    pair_as_stored,
    pair_elsewhere,
    pair_in_order,
    pair_touched,
)
from warehouse.history.sentences import Link, Pairing, Unit, pair_sentences
from warehouse.history.similar import heaviest_rising
from warehouse.history.tokens import sentence_spans

_PARAGRAPH_WEIGHT = 10_000_000
"""More characters than any text has: a paragraph counts before its length does."""


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
    as_stored = pair_as_stored(old, new)
    left = _normals(old, {i for i, _ in as_stored})
    right = _normals(new, {j for _, j in as_stored})
    if differ_in_borders((old, left), (new, right), as_stored):
        return _borders_alone(old, new)
    stayed = list(as_stored)
    for i, k, j, m in gaps(as_stored, len(left), len(right)):
        stayed += [(i + a, j + b) for a, b in pair_in_order(left[i:k], right[j:m])]
    stayed.sort()
    moved = pair_elsewhere(left, right, stayed)
    touched = pair_touched(left, right, stayed, moved)
    return _with_units((old, left), (new, right), (stayed, touched, moved))


def _normals(paragraphs: Sequence[str], paired: set[int]) -> tuple[str, ...]:
    """The paragraphs normalised, but for those already paired as they stand."""
    return tuple([text if k in paired else normalise(text) for k, text in enumerate(paragraphs)])


def _with_units(before: Text, after: Text, pairs: tuple[Pairs, Pairs, Pairs]) -> Alignment:
    """The alignment, given the paragraphs that stayed, were touched and moved."""
    stayed, touched, moved = pairs
    whole = [*stayed, *touched, *moved]
    left_units, left_at = _cut(before[1], {i for i, _ in whole})
    right_units, right_at = _cut(after[1], {j for _, j in whole})
    pairing = Pairing(left_units, right_units)
    for some, is_moved, equal in (
        (stayed, False, True),
        (touched, False, False),
        (moved, True, True),
    ):
        for i, j in some:
            if i in left_at:
                pairing.link_one(left_at[i], right_at[j], is_moved, equal)
    if len(pairing.links) < max(len(left_units), len(right_units)):
        pair_sentences(pairing)
    return Alignment(
        Side(*before, tuple(left_units)),
        Side(*after, tuple(right_units)),
        _settled(pairing.links, left_units, right_units),
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
