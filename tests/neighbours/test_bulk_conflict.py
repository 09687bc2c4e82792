"""The compiled reading of look-alikes against its definition in `warehouse.history.conflict`."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.neighbours.corpus import CYRILLIC, Writer
from warehouse.history import bulk, fingerprint
from warehouse.history.bulk_conflict import EDGE, MONTH_HASHES, surely_conflict
from warehouse.history.bulk_tables import cases, fold_tables
from warehouse.history.conflict import count_paragraphs

WORDS = st.sampled_from(
    ["a", "the", "met.", "It", "Zas", "Zas's", "S.", "Kh.", "Minsk,", "CSTO", "may", "May", "June",
     "5", "05", "6", "5th", "1,000", "2023", "13.11.2023", "(16", "2-3", ".", "..", "`q`",
     "Été", "\u201cZas\u2019s\u201d", "Минск", "мая", "с\u00adт", "Ё.", "²", "…"]
)  # fmt: skip
BORDERS = st.sampled_from(
    [" ", " ", "\u00a0", "\n\u200b\n", " ", "  ", "\n", ". ", ".\n", "\n\n", " \n \n\t", "\x1c\x00"]
)
SENTENCES = st.lists(st.tuples(WORDS, BORDERS), min_size=1, max_size=12).map(
    lambda parts: "".join(word + border for word, border in parts)
)


def assert_same(texts: list[str]) -> None:
    left, right = map(np.array, np.triu_indices(len(texts), 1))
    strings = pa.array(texts, pa.large_string())
    expected = fingerprint.conflict(strings, left, right)
    assert bulk.conflict(strings, left, right).tolist() == expected.tolist()
    assert bulk.conflict(strings, right, left).tolist() == expected.tolist()
    counts = [*map(count_paragraphs, texts)]
    assert bulk.count_paragraphs(strings).tolist() == counts


@settings(max_examples=300, deadline=None)
@given(SENTENCES, st.lists(st.tuples(st.integers(0, 200), WORDS), max_size=3), SENTENCES)
def test_odd_texts_are_judged_as_defined(
    text: str, edits: list[tuple[int, str]], tail: str
) -> None:
    """Two texts that differ in few words, with another's end behind them or not."""
    words = text.split(" ")
    for at, word in edits:
        words[at % len(words)] = word
    other = " ".join(words)
    assert_same([text, other, text + tail, tail + other, " " * 70 + "\n\n" + text])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.sampled_from(["edit", "next", "move", "drop", "twice"])))
def test_releases_are_judged_as_defined(seed: int, changes: list[str]) -> None:
    writer = Writer(seed)
    text = [f"{writer.sentence()} {writer.sentence()}" for _ in range(4)]
    other = writer.changed(text, changes)
    assert_same(["\n\n".join(text), "\n \n".join(other).replace(" ", "  ", seed % 3)])


def test_most_editions_are_told_from_their_bytes() -> None:
    """Else the compiled reading spares nothing."""
    writer, russian = Writer(3), Writer(3, CYRILLIC)
    texts = [one.release() for one in (writer, russian) for _ in range(20)]
    found = [text for t in texts for text in (t, writer.next_edition(writer.edited(t, 0.03)))]
    strings = pa.array(["\n\n".join(text) for text in found], pa.large_string())
    left = np.arange(0, len(found), 2)

    def told(strings: "pa.Array[pa.LargeStringScalar]") -> np.ndarray:
        tables = EDGE, MONTH_HASHES, *fold_tables(), cases()
        return surely_conflict(*bulk._buffers(strings), left, left + 1, *tables)

    assert told(strings).mean() > 0.9
    edited = [writer.edited(t, 0.05) for t in texts]
    other = pa.array(["\n\n".join(t) for pair in zip(texts, edited, strict=True) for t in pair])
    assert not told(other).any()
