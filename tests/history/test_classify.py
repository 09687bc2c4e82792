"""One sentence edited, and what an analyst should read of it. Columns: where the case comes from
(rule: docs/changes.md; seed: a shape seen in seeds/csto; bug: once got wrong here), old, new, and the
expected kind, before and after of the only change."""

# ruff: noqa: E501  (a case is one line)

import random
from datetime import date
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.normalise import normalised_body
from tests.history.planted import (
    PLANTERS,
    Planter,
    cosmetic,
    invented_body,
    planted,
    seed_body,
)
from tests.history.texts import bodies, body_pairs
from tests.laws import many
from warehouse.history.change import Change, TextState
from warehouse.history.classify import compare
from warehouse.history.diff import apply, diff
from warehouse.history.tokens import count_words

BODY = (
    "The meeting was held in Minsk under the chairmanship of the Republic of Belarus.",
    "Participants discussed cooperation in the field of peacekeeping and cybersecurity.",
)


def state(
    *paragraphs: str, headline: str = "Session in Minsk", on: date | None = None
) -> TextState:
    return TextState(headline, on, paragraphs)


def changes(old: str, new: str) -> tuple[Change, ...]:
    return compare(state(*BODY, old), state(*BODY, new)).changes


CASES = [
    ("rule", "It sent 40 trucks there.", "It sent 14 trucks there.", "number", "40", "14"),
    ("rule", "It sent forty trucks there.", "It sent fourteen trucks there.", "number", "forty", "fourteen"),
    ("rule", "It cost 1,000 rubles in all.", "It cost 1000 rubles in all.", "wording", "1,000 rubles", "1000 rubles"),
    ("rule", "It sent two trucks there.", "It sent 2 trucks there.", "wording", "two", "2"),
    ("rule", "It lies 40 km from here.", "It lies 40 miles from here.", "number", "40 km", "40 miles"),
    ("rule", "It fell by 5 percent last year.", "It fell by 5% last year.", "wording", "5 percent", "5%"),
    ("rule", "It fell by 5 percent last year.", "It fell by 5 percent.", "wording", "last year", None),
    ("rule", "It cost 5 million euros in all.", "It cost 5 billion euros in all.", "number", "5 million euros", "5 billion euros"),
    ("seed", "On Monday the XVI meeting was held there.", "On Monday the XVII meeting was held there.", "number", "XVI", "XVII"),
    ("rule", "It met there on 14 May 2024 again.", "It met there on May 14, 2024 again.", "wording", "14 May 2024", "May 14, 2024"),
    ("rule", "It met there on 14 May 2024 again.", "It met there on 15 May 2024 again.", "date", "14 May 2024", "15 May 2024"),
    ("rule", "It met there in May this year.", "It met there in June this year.", "date", "May", "June"),
    ("rule", "It met there on Monday again.", "It met there on Tuesday again.", "date", "Monday", "Tuesday"),
    ("rule", "It was founded there in 2002 already.", "It was founded there in 2003 already.", "date", "2002", "2003"),
    ("rule", "The talks were led by Zas himself.", "The talks were led by Tasmagambetov himself.", "name", "Zas", "Tasmagambetov"),
    ("seed", "Press secretary Zaynetdinov said so.", "Press secretary Zainetdinov said so.", "name", "Zaynetdinov", "Zainetdinov"),
    ("rule", "Moscow hosted the talks again.", "Brest hosted the talks again.", "name", "Moscow", "Brest"),
    ("rule", "However, the talks were held again.", "The talks were held again.", "wording", "However, the", "The"),
    ("rule", 'He called it "a good step" for all.', 'He called it "a bold step" for all.', "quote", "good", "bold"),
    ("rule", "He called the elections free and fair.", 'He called the "elections" free and fair.', "quote", "elections", '"elections"'),
    ("rule", "The troops will take part in it.", "The troops will not take part in it.", "negation", None, "not"),
    ("rule", "The troops did not take part in it.", "The troops didn't take part in it.", "wording", "did not", "didn't"),
    ("rule", "It is a likely outcome of the talks.", "It is an unlikely outcome of the talks.", "negation", "a likely", "an unlikely"),
    ("rule", "The partcipants welcomed it warmly.", "The participants welcomed it warmly.", "typo", "partcipants", "participants"),
    ("rule", "They welcomed teh outcome warmly.", "They welcomed the outcome warmly.", "typo", "teh", "the"),
    ("rule", "They welcomed the outcome warmly.", "They praised the outcome warmly.", "wording", "welcomed", "praised"),
    ("rule", "They welcomed the council warmly.", "They welcomed the Council warmly.", "wording", "council", "Council"),
    ("rule", "They met there, and left at noon.", "They met there and left at noon.", "wording", "there,", "there"),
    ("spec", "Совет обсудил 40 вопросов сегодня.", "Совет обсудил 14 вопросов сегодня.", "number", "40", "14"),
    ("spec", "Встреча прошла 22 ноября 2023 года там.", "Встреча прошла 23 ноября 2023 года там.", "date", "22 ноября 2023 года", "23 ноября 2023 года"),
    ("spec", "Войска будут участвовать в учениях.", "Войска не будут участвовать в учениях.", "negation", None, "не"),
    ("spec", "Встречу провёл генерал Сидоров вчера.", "Встречу провёл генерал Иванов вчера.", "name", "Сидоров", "Иванов"),
    ("spec", "会议于11月22日在明斯克举行。", "会议于11月23日在明斯克举行。", "date", "11月22日", "11月23日"),
    ("spec", "部队将参加演习活动。", "部队将不参加演习活动。", "negation", None, "不"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "kind", "before", "after"),
    [case[1:] for case in CASES],
    ids=[f"{case[0]}:{case[2][:40]}" for case in CASES],
)
def test_an_edit_is_of_its_kind(
    old: str, new: str, kind: str, before: str | None, after: str | None
) -> None:
    found = [(change.kind, change.before, change.after) for change in changes(old, new)]
    assert found == [(kind, before, after)]


@given(body_pairs())
@settings(max_examples=many(100))
def test_words_added_and_removed_balance(pair: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    before, after = (TextState("Talks", None, body) for body in pair)
    found = compare(before, after)
    grown = count_words(normalised_body(pair[1])) - count_words(normalised_body(pair[0]))
    if normalised_body(pair[0]) != normalised_body(pair[1]):
        assert found.words_added - found.words_removed == grown


@given(body_pairs())
@settings(max_examples=many(100))
def test_the_way_back_is_the_mirror(pair: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    before, after = (TextState("Talks", None, body) for body in pair)
    there, back = compare(before, after), compare(after, before)
    assert there.change_class == back.change_class
    assert (there.words_added, there.words_removed) == (back.words_removed, back.words_added)
    assert sorted((c.kind, c.before or "", c.after or "") for c in there.changes) == sorted(
        (c.kind, c.after or "", c.before or "") for c in back.changes
    )


@given(body_pairs())
@settings(max_examples=many(100))
def test_there_is_a_change_exactly_where_the_words_differ(
    pair: tuple[tuple[str, ...], tuple[str, ...]],
) -> None:
    old, new = pair
    differ = normalised_body(old) != normalised_body(new)
    assert bool(compare(state(*old), state(*new)).changes) == differ


@given(bodies, st.randoms(use_true_random=False))
def test_paragraphs_in_another_order_only_moved(body: tuple[str, ...], rng: random.Random) -> None:
    turned = tuple(rng.sample(body, len(body)))
    assert {change.op for change in compare(state(*body), state(*turned)).changes} <= {"move"}


@given(bodies)
def test_equal_texts_have_no_change(body: tuple[str, ...]) -> None:
    found = compare(TextState("Talks", None, body), TextState("Talks", None, body))
    assert (found.changes, found.change_class) == ((), None)


def rows(old: TextState, new: TextState) -> list[tuple[str, str, str, int | None, int | None]]:
    return [
        (c.field, c.op, c.kind, c.paragraph_before, c.paragraph_after)
        for c in compare(old, new).changes
    ]


A = "The council met in the capital to discuss the results of the year."
B = "Observers were present from three neighbouring states of the region."
C = "Work on these documents will continue at subsequent meetings."
D = "A joint statement on arms control was adopted by the ministers."


@pytest.mark.parametrize(
    ("before", "after", "expected", "change_class"),
    [
        ((A, B, C), (A, C), [("body", "delete", "paragraph", 2, None)], "substantive"),
        ((A, C), (A, B, C), [("body", "insert", "paragraph", None, 2)], "substantive"),
        ((A, B, C), (C, A, B), [("body", "move", "paragraph", 3, 1)], "reordered"),
        ((A, B, C, D), (B, C, D, A), [("body", "move", "paragraph", 1, 4)], "reordered"),
        (
            (A, B, C, D),
            (B, C, D, A.replace("the year", "last year")),
            [("body", "move", "paragraph", 1, 4), ("body", "replace", "wording", 1, 4)],
            "minor",
        ),
        ((f"{A} {B}", C), (A, C), [("body", "delete", "paragraph", 1, None)], "substantive"),
        ((f"{A} {B}", C), (A, C, B), [("body", "move", "paragraph", 2, 2)], "reordered"),
        ((f"{A} {B}", C), (A, B, C), [], None),
        (
            (A, B),
            (f"{A} {B.replace('three', '3')}",),
            [("body", "replace", "wording", 2, 1)],
            "minor",
        ),
        ((), (A,), [("body", "insert", "paragraph", None, 1)], "substantive"),
        ((A,), (), [("body", "delete", "paragraph", 1, None)], "substantive"),
        ((A, D), (B, D), [("body", "replace", "paragraph", 1, 1)], "substantive"),
        # a border amid characters that no space parts: found by random texts of few words
        (("14日 ",), ("14", "日 "), [], None),
        # what moved as one had been two paragraphs: found by random texts of few words
        (
            ("北", "14日", "", "北14日."),
            ("北14日.", "北 14日", "", ""),
            [("body", "move", "paragraph", 1, 2)],
            "reordered",
        ),
    ],
)
def test_paragraphs_that_come_go_and_move(
    before: tuple[str, ...],
    after: tuple[str, ...],
    expected: list[tuple[str, str, str, int | None, int | None]],
    change_class: str | None,
) -> None:
    assert rows(state(*before), state(*after)) == expected
    assert compare(state(*before), state(*after)).change_class == change_class


def test_headline_and_date_come_before_the_body() -> None:
    old = state(A, headline="40 documents signed", on=date(2024, 5, 14))
    new = state(B, headline="14 documents signed", on=date(2024, 5, 15))
    found = compare(old, new).changes
    assert [change.seq for change in found] == [1, 2, 3]
    assert rows(old, new) == [
        ("headline", "replace", "number", None, None),
        ("published_on", "replace", "date", None, None),
        ("body", "replace", "paragraph", 1, 1),
    ]
    assert (found[1].before, found[1].after) == ("2024-05-14", "2024-05-15")


def test_a_date_that_was_unknown_is_inserted() -> None:
    assert rows(state(A), state(A, on=date(2024, 5, 14))) == [
        ("published_on", "insert", "date", None, None)
    ]


@pytest.mark.parametrize("planter", PLANTERS, ids=lambda planter: planter.__name__)
def test_a_planted_edit_is_read_as_planted(planter: Planter) -> None:
    """In 99 of 100; benchmarks/diffing.py plants a thousand of each."""
    wrong = []
    for edit in islice(planted(planter, seed=11), 60):
        found = compare(*edit.states())
        read = [(change.op, change.kind) for change in found.changes]
        if read != [(edit.op, edit.kind)] or found.change_class != edit.change_class:
            wrong.append((read, edit.before, edit.after))
    assert len(wrong) <= 0.01 * 60, wrong[:3]


def test_cosmetic_variants_are_no_change() -> None:
    rng = random.Random(5)
    for turn in range(200):
        body = (invented_body if turn % 2 else seed_body)(rng)
        after = cosmetic(rng, body)
        assert compare(state(*body), state(*after)).changes == ()
        assert apply(body, diff(body, after)) == after
