"""Kinds, passages and clusters on releases."""

from datetime import UTC, date, datetime
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.neighbours.corpus import Writer
from warehouse.history.neighbours import (
    Article,
    Neighbour,
    Relation,
    clusters,
    find_passage,
    tie_releases,
)

WRITER = Writer(3)
BASE = tuple(WRITER.release(260, 300))
NOW = datetime(2024, 1, 1, tzinfo=UTC)


def article(release_id: str, paragraphs: tuple[str, ...], day: int = 1) -> Article:
    return Article(release_id, paragraphs, NOW, date(2023, 5, day))


def relation(
    one: tuple[str, ...], other: tuple[str, ...], days: tuple[int, int] = (1, 2)
) -> Relation | None:
    articles = {"a": article("a", one, days[0]), "b": article("b", other, days[1])}
    ties = tie_releases([("b", "a"), ("a", "b")], articles)
    assert len(ties) <= 1
    return ties[0].kind if ties else None


EXTENDED = (*BASE, "A spokesman later added that talks would go on for as long as needed.")
LONGER = (*BASE[:-1], BASE[-1] + " That is all.")
TEASER = (max(BASE, key=len),)
EDITION = tuple(WRITER.next_edition(list(BASE)))

KINDS = [
    ("equal", BASE, BASE, (1, 2), Relation.EXACT),
    ("other paragraph borders", BASE, (" ".join(BASE),), (1, 2), Relation.EXACT),
    ("cosmetic", BASE, tuple(p.replace(" ", "\u00a0 ") for p in BASE), (1, 2), Relation.EXACT),
    ("empty", (), (), (1, 2), None),
    ("blank", (" ",), ("\n",), (1, 2), None),
    ("one paragraph", TEASER, BASE, (1, 2), Relation.TEASER),
    ("teaser before the release", BASE, TEASER, (1, 2), Relation.TEASER),
    ("later and longer", BASE, EXTENDED, (1, 2), Relation.UPDATE),
    ("earlier and longer is no update", BASE, EXTENDED, (2, 1), Relation.NEAR),
    ("longer without a new paragraph", BASE, LONGER, (1, 2), Relation.NEAR),
    ("numbers, names and dates differ", BASE, EDITION, (1, 2), Relation.LOOKALIKE),
    ("some words differ", BASE, tuple(WRITER.edited(list(BASE), 0.04)), (1, 2), Relation.NEAR),
    ("paragraphs reordered", BASE, BASE[::-1], (1, 2), Relation.NEAR),
    ("strangers", BASE, tuple(WRITER.release(260, 300)), (1, 2), None),
    ("tiny, equal", ("Video",), ("Video",), (1, 2), Relation.EXACT),
    ("tiny, other", ("Video",), ("Photo",), (1, 2), None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "days", "expected"), [c[1:] for c in KINDS], ids=[c[0] for c in KINDS]
)
def test_kinds(
    one: tuple[str, ...], other: tuple[str, ...], days: tuple[int, int], expected: Relation | None
) -> None:
    assert relation(one, other, days) == expected
    assert relation(other, one, days[::-1]) == expected


def test_jaccard_and_containment_are_exact() -> None:
    articles = {"a": article("a", ("a b c d e f",)), "b": article("b", ("a b c d e x",))}
    (tie,) = tie_releases([("a", "b")], articles)
    assert (tie.jaccard, tie.containment) == (3 / 5, 3 / 4)


def test_an_unknown_date_counts_from_the_first_sight() -> None:
    older = Article("b", BASE, datetime(2022, 1, 1, tzinfo=UTC))
    newer = Article("a", EXTENDED, NOW, date(2023, 1, 1))
    assert [t.kind for t in tie_releases([("a", "b")], {"a": newer, "b": older})] == [
        Relation.UPDATE
    ]


def test_passage_is_found_in_place() -> None:
    passage = find_passage(BASE[1], BASE)
    assert passage is not None
    start = len(BASE[0].split(" "))
    assert (passage.paragraph, passage.last_paragraph) == (1, 1)
    assert (passage.start_word, passage.end_word) == (start, start + len(BASE[1].split(" ")))
    assert find_passage("nothing of this kind stands there", BASE) is None
    assert find_passage("", BASE) is None


def tie(one: str, other: str, kind: Relation, jaccard: float = 0.6) -> Neighbour:
    return Neighbour(min(one, other), max(one, other), kind, jaccard, jaccard)


def ages(*ids: str) -> dict[str, int]:
    return {release: place for place, release in enumerate(ids)}


def test_a_cluster_is_named_for_its_oldest() -> None:
    ties = [
        tie("a", "b", Relation.NEAR),
        tie("b", "c", Relation.TEASER),
        tie("d", "e", Relation.UPDATE),
    ]
    assert clusters(ties, ages("c", "a", "b", "d", "e")) == {"a": "c", "b": "c", "c": "c"}


def test_lookalikes_share_no_cluster_through_a_third() -> None:
    ties = [
        tie("a", "t", Relation.TEASER, 0.1), tie("b", "t", Relation.TEASER, 0.2),
        tie("a", "b", Relation.LOOKALIKE),
    ]  # fmt: skip
    assert clusters(ties, ages("a", "b", "t")) == {"b": "b", "t": "b"}


pairs = st.sampled_from(list(combinations("abcdefgh", 2)))
tie_sets = st.dictionaries(
    pairs,
    st.tuples(st.sampled_from(list(Relation)), st.sampled_from([0.5, 0.6, 0.9, 1.0])),
    max_size=16,
).map(lambda found: [Neighbour(*pair, kind, j, j) for pair, (kind, j) in found.items()])


@settings(deadline=None)
@given(tie_sets, st.randoms(use_true_random=False))
def test_clusters_depend_on_the_set_of_ties_alone(ties: list[Neighbour], random: object) -> None:
    born = ages(*"hgfedcba")
    expected = clusters(ties, born)
    shuffled = [*ties, *ties[:3]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert clusters(shuffled, born) == expected
    for release, cluster in expected.items():
        assert expected[cluster] == cluster
        assert born[cluster] <= born[release]
    for t in ties:
        if t.kind is Relation.LOOKALIKE and t.release_id in expected:
            assert expected[t.release_id] != expected.get(t.other_id)


@settings(deadline=None)
@given(tie_sets)
def test_a_tie_that_comes_and_goes_leaves_no_trace(ties: list[Neighbour]) -> None:
    born = ages(*"abcdefgh")
    for gone in ties:
        rest = [t for t in ties if t != gone]
        assert clusters([*rest, gone], born) == clusters(ties, born)
        assert clusters(rest, born) == clusters(list(reversed(rest)), born)
