"""Small questions about a text that several readers ask."""

from parsers.normalise import normalise


def squash(text: str) -> str:
    """The text for comparing two spellings of one headline: normalised, no spaces, one case.

    >>> squash("CSTO  session ") == squash("CSTO\\u00a0Session")
    True
    """
    return normalise(text).replace(" ", "").casefold()
