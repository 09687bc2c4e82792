"""The laws of the diff, on invented texts of several scripts."""

from collections import Counter
from collections.abc import Iterable

from hypothesis import assume, given, settings

from parsers.normalise import normalise, normalised_body
from tests.history.texts import bodies, body_pairs
from tests.laws import many
from warehouse.history.diff import apply, diff
from warehouse.history.tokens import count_words, has_word, raw_offsets, tokenise

Pair = tuple[tuple[str, ...], tuple[str, ...]]


@given(body_pairs())
@settings(max_examples=many(200))
def test_applying_the_diff_gives_the_new_text(pair: Pair) -> None:
    before, after = pair
    assert apply(before, diff(before, after)) == after


@given(body_pairs())
@settings(max_examples=many(100))
def test_every_character_lies_in_one_hunk(pair: Pair) -> None:
    before, after = pair
    hunks = diff(before, after).hunks
    for text, spans in (
        (before, [hunk.before for hunk in hunks if hunk.before]),
        (after, [hunk.after for hunk in hunks if hunk.after]),
    ):
        for paragraph, stored in enumerate(text):
            ends = sorted((s.start, s.end) for s in spans if s.paragraph == paragraph)
            if normalise(stored):
                assert [start for start, _ in ends] == [0, *(end for _, end in ends[:-1])]
                assert ends[-1][1] == len(stored)


@given(bodies)
def test_a_text_against_itself_is_kept_whole(body: tuple[str, ...]) -> None:
    assert {hunk.op for hunk in diff(body, body).hunks} <= {"keep"}


@given(body_pairs())
@settings(max_examples=many(100))
def test_words_that_came_and_went_balance(pair: Pair) -> None:
    before, after = pair
    # One stored character that is two words when normalised (U+00B8) cannot be cut in two.
    assume(all(" " not in normalise(word) for text in pair for word in " ".join(text).split()))
    balance = _tokens(before)
    for hunk in diff(before, after).hunks:
        if hunk.op in ("delete", "replace") and hunk.before:
            text = before[hunk.before.paragraph][hunk.before.start : hunk.before.end]
            balance.subtract(_tokens([text]))
        if hunk.op in ("insert", "replace"):
            balance.update(_tokens([hunk.text or ""]))
    assert +balance == _tokens(after)
    assert -balance == Counter()


def _tokens(paragraphs: Iterable[str]) -> Counter[str]:
    normals = [normalise(paragraph) for paragraph in paragraphs]
    return Counter(
        token.text for normal in normals for token in tokenise(normal, 0, 0, len(normal))
    )


@given(bodies)
def test_the_way_back_to_the_stored_text(body: tuple[str, ...]) -> None:
    for stored in body:
        normal = normalise(stored)
        offsets = list(raw_offsets(stored, normal))
        assert len(offsets) == len(normal) + 1
        assert offsets == sorted(offsets)


@given(bodies)
def test_tokens_cover_the_text(body: tuple[str, ...]) -> None:
    normal = normalised_body(body)
    tokens = tokenise(normal, 0, 0, len(normal))
    assert "".join(token.text for token in tokens) == normal.replace(" ", "")
    assert all(normal[token.start : token.end] == token.text for token in tokens)
    assert sum(has_word(token.text) for token in tokens) == count_words(normal)


def test_paragraphs_of_one_repeated_word_are_paired_once() -> None:
    """Found by hypothesis: what had moved whole was paired again as touched where it stood."""
    before = ("The ", "The The The 0 ", "The The The The ", "The The The The ")
    after = ("", "The The The The ", "The ", "The The The The ", "The The The 0 ")
    assert apply(before, diff(before, after)) == after
