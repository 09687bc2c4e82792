"""What of two texts is compared for likeness: their distinct runs of three words."""

from collections.abc import Sequence

from parsers.normalise import normalise

SHINGLE_WORDS = 3


def words_of(text: str) -> list[str]:
    """The words shingles are made of: the lower-cased normalised text, split at white space.

    >>> words_of("The  Council\\u2019s\\u00a0session")
    ['the', "council's", 'session']
    """
    return normalise(text).lower().split()


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
