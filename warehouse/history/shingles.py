"""What of two texts is compared for likeness: their distinct runs of three words."""

from parsers.normalise import normalise

SHINGLE_WORDS = 3


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """The distinct 3-word runs of the lower-cased normalised text.

    A text of one or two words is one shingle; an empty one has none.

    >>> sorted(shingles("The Council met. The Council met."))
    [('council', 'met.', 'the'), ('met.', 'the', 'council'), ('the', 'council', 'met.')]
    """
    words = normalise(text).lower().split()
    if len(words) < SHINGLE_WORDS:
        return frozenset([tuple(words)] if words else [])
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def jaccard(a: frozenset[tuple[str, ...]], b: frozenset[tuple[str, ...]]) -> float:
    """Shared shingles over all shingles; 0.0 when either text is empty."""
    return len(a & b) / len(a | b) if a and b else 0.0
