"""Look-alikes: what counts as a different number, date or name, and what does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import many
from tests.neighbours.corpus import Writer
from warehouse.history.conflict import _conflict_anywhere, _conflict_in_step, conflicts

CASES = [
    # spec: aligned number, date or name that differs
    ("The 16th session was held.", "The 17th session was held.", True),
    ("Held on 13 November 2023 in Minsk.", "Held on 25 December 2024 in Minsk.", True),
    ("Held on 5 May in the capital.", "Held on 5 June in the capital.", True),
    ("It was opened by Stanislav Zas there.", "It was opened by Khasan Sultonov there.", True),
    ("met 5 ноября in all", "met 5 декабря in all", True),
    ("The XVI meeting was held in Moscow.", "The XVII meeting was held in Moscow.", True),
    ("Minsk, 25 December\n\nThe ministers met.", "Moscow, 13 May\n\nThe ministers met.", True),
    # spec: one side only, or a name against an ordinary word
    ("A session was held in Minsk today.", "A session was held in Minsk on 5 May.", False),
    ("It was opened by Zas in the hall.", "It was opened by nobody in the hall.", False),
    ("Ministers met in Minsk. They agreed.", "Ministers met. They agreed on 5 points.", False),
    # the same said otherwise
    ("Held on 13.11.2023 in Minsk.", "Held on 13 November 2023 in Minsk.", False),
    ("Some 1,000 people took part.", "Some 1000 people took part.", False),
    ("The report by Kh. Sultonov was heard.", "The report by Khasan Sultonov was heard.", False),
    ("All of the CSTO met.", "All of the Collective Security Treaty Organization met.", False),
    # capitals that the start of a sentence explains
    ("Yesterday ministers met. Fine.", "Today ministers met. Fine.", False),
    # moved, not changed
    ("Zas spoke first. Then 5 others spoke.", "Then 5 others spoke. Zas spoke first.", False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "other", "expected"), CASES)
def test_conflicts(text: str, other: str, expected: bool) -> None:
    assert conflicts(text, other) is expected
    assert conflicts(other, text) is expected


@settings(max_examples=many(30))
@given(st.integers(0, 10**6))
def test_reordered_paragraphs_never_conflict(seed: int) -> None:
    writer = Writer(seed)
    paragraphs = writer.release(80, 200)
    shuffled = list(writer.random.permutation(paragraphs))
    assert not conflicts("\n\n".join(paragraphs), "\n\n".join(shuffled))


@given(st.integers(0, 10**6), st.lists(st.sampled_from(["edit", "next", "move", "drop", "twice"])))
def test_reading_in_step_changes_no_answer(seed: int, changes: list[str]) -> None:
    """The quick reading of two texts says what pairing all of their sentences says, or nothing."""
    writer = Writer(seed)
    text = [f"{writer.sentence()} {writer.sentence()}" for _ in range(3)]
    other = writer.changed(text, changes)
    texts = "\n\n".join(text), "\n \n".join(other).replace(" ", "  ", seed % 3)
    for one, two in (texts, texts[::-1]):
        assert _conflict_in_step(one, two) in (None, _conflict_anywhere(one, two))


def test_next_years_edition_is_read_in_step() -> None:
    texts = [f"Session {n} was held in Minsk.\n\nIt heard a report by the head." for n in (16, 17)]
    assert _conflict_in_step(*texts) is True
    assert _conflict_in_step(texts[0], texts[0].replace("head", "chair")) is False
