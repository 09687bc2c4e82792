"""What of two texts is compared for likeness: their distinct runs of three words."""

from collections.abc import Sequence

from parsers.normalise import normalise
from warehouse.history.tokens import split_words

SHINGLE_WORDS = 3


def words_of(text: str) -> list[str]:
    """The words shingles are made of: the lower-cased normalised text, split at white space.

    In languages without spaces each character is one.

    >>> words_of("The  Council\\u2019s\\u00a0session"), words_of("会议 举行")
    (['the', "council's", 'session'], ['会', '议', '举', '行'])
    """
    return [word.lower() for word in split_words(normalise(text))]


def shingles_of(words: Sequence[str]) -> frozenset[tuple[str, ...]]:
    """The distinct 3-word runs; one of what is there when there are fewer words, of none none.

    >>> sorted(shingles_of(["a", "b", "c", "d"]))
    [('a', 'b', 'c'), ('b', 'c', 'd')]
    >>> shingles_of(["a"]), shingles_of([])
    (frozenset({('a',)}), frozenset())
    """
    if len(words) < SHINGLE_WORDS:
        return frozenset([tuple(words)] if words else [])
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """The shingles of a text.

    >>> sorted(shingles("The Council met. The Council met."))
    [('council', 'met.', 'the'), ('met.', 'the', 'council'), ('the', 'council', 'met.')]
    """
    return shingles_of(words_of(text))


def jaccard(a: frozenset[tuple[str, ...]], b: frozenset[tuple[str, ...]]) -> float:
    """Shared shingles over all shingles; 0.0 when either text is empty."""
    return len(a & b) / len(a | b) if a and b else 0.0
