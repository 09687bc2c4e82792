"""Typography that is no edit: a text typed otherwise, equal when normalised."""

import re
import unicodedata

_UNSEEN = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SINGLE = re.compile("[\u2018-\u201b\u2032\u02bc\u0060\u00b4]")
_DOUBLE = re.compile("[\u201c-\u201f\u2033\u00ab\u00bb]")
_DASH = re.compile("[\u2010-\u2015\u2212\u2043]")


def normalised(text: str) -> str:
    """The text as edits are judged by, written again from the rules for normalising.

    >>> normalised("«Don’t\u00a0co\u00adoperate» –  no")
    '"Don\\'t cooperate" - no'
    """
    text = _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    text = _DASH.sub("-", _DOUBLE.sub('"', _SINGLE.sub("'", text)))
    return " ".join(text.split())


def squashed(text: str) -> str:
    """The text with single spaces; every letter as typed."""
    return " ".join(text.split())


def dressed(text: str, manner: int) -> str:
    """The text in one of four manners: as typed; straight quotes and plain dashes; curly quotes
    and unbreakable spaces; soft hyphens and zero-width spaces.

    >>> [dressed('the "Rock"', manner) for manner in (0, 2)]
    ['the "Rock"', 'the\\xa0“Rock”']
    """
    if manner == 1:
        return _DASH.sub("-", _DOUBLE.sub('"', _SINGLE.sub("'", text)))
    if manner == 2:
        text = re.sub(r'"([^"]*)"', "“\\1”", text).replace("'", "’")
        return text.replace("the ", "the\u00a0")
    if manner == 3:
        return re.sub(r"([a-z]{4})([a-z]{4})", "\\1\u00ad\\2", text).replace(". ", ".\u200b ")
    return text


MANNERS = 4
