"""Normalised text cut into sentences and tokens, and the way back to the stored characters.

Offsets count characters of the *normalised* paragraph; `raw_offsets` leads back to the stored one.
Languages that put no spaces between words are cut by character (Han, kana) or by character with
its marks (Thai, Lao, Khmer, Burmese).
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from parsers.normalise import normalise

_CJK = (
    "\u2e80-\u2fff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3040-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_CJK_MARK = "\u3001-\u3004\u3008-\u3020\u302a-\u3030\u30fb"
_UNSPACED = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e3f-\u0e46\u0e4f-\u0e5b\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"
)
_UNSPACED_MARK = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u1056-\u1059"
    "\u105e-\u1060\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d\u17b4-\u17d3\u17dd"
)
_PUNCTUATION = (
    r"!-/:-@\[-^`{-~\u00a1-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u055a-\u055f\u0589"
    r"\u05be\u060c\u061b-\u061f\u066a-\u066d\u06d4\u0964\u0965\u2010-\u2027\u2030-\u2043\u2045-\u206f"
    r"\u20a0-\u20cf\u2190-\u23ff"
)
_WORD = rf"[^\s{_PUNCTUATION}{_CJK}{_CJK_MARK}{_UNSPACED}{_UNSPACED_MARK}]"
_TOKEN = re.compile(
    rf"{_WORD}+(?:['\u2019-]{_WORD}+|(?<=\d)[.,:/]\d+)*"
    rf"|[{_CJK}][\ufe00-\ufe0f\U000e0100-\U000e01ef]*"
    rf"|[{_UNSPACED}{_UNSPACED_MARK}][{_UNSPACED_MARK}]*"
    r"|[^\s]"
)
"""A word with inner hyphens and apostrophes, a number with its separators, one character of a
language without spaces, or one mark."""
_ASCII_WORD = r"[^\s!-/:-@\[-`{-~]"
_ASCII_PIECE = re.compile(
    rf" ?(?:{_ASCII_WORD}+(?:['-]{_ASCII_WORD}+|(?<=\d)[.,:/]\d+)*|[^\s])", re.ASCII
)
"""The same with the space before it, where all is ASCII, as in most texts: half the time."""
_UNSPACED_CHAR = re.compile(rf"[{_CJK}{_CJK_MARK}{_UNSPACED}]")
_UNSPACED_WORD = re.compile(rf"[{_CJK}]|[{_UNSPACED}{_UNSPACED_MARK}][{_UNSPACED_MARK}]*")
_CJK_CHAR = re.compile(rf"[{_CJK}{_CJK_MARK}]")
_SENTENCE_END = re.compile(r"[.!?]+[\"')\]]* (?=\S)|[。！？]+[\"')\]」』]*\s?(?=\S)")
_LAST_WORD = re.compile(r"([^\W\d_]+)\.$")
_TITLES = frozenset(
    {"Gen", "Col", "Maj", "Sgt", "Capt", "Prof", "Rev", "Hon", "Mrs", "Art"}
    | {"Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sep", "Sept", "Oct", "Nov", "Dec"}
)
GLUED = "\u2060"
"""Before a key: no space stood before the token. The normaliser leaves no such character."""


class Token(NamedTuple):
    """One word, number, character or mark of a normalised paragraph. (A tuple: made by the
    thousand, and twice as fast to make as a frozen dataclass.)"""

    key: str
    """What is compared: the text, after `GLUED` if no space stands before it."""
    paragraph: int
    start: int
    end: int

    @property
    def text(self) -> str:
        """The token as normalised."""
        return self.key.removeprefix(GLUED)


def _ascii_tokens(pieces: list[str], stops: list[int], paragraph: int) -> list[Token]:
    """The tokens of pieces that follow each other, each with the space before it."""
    tokens = [
        _new(Token, (piece[1:], paragraph, at + 1, stop))
        if piece[0] == " "
        else _new(Token, (GLUED + piece, paragraph, at, stop))
        for piece, at, stop in zip(pieces, stops, stops[1:], strict=False)
    ]
    if tokens:
        tokens[0] = tokens[0]._replace(key=tokens[0].text)
    return tokens


_new = tuple.__new__
"""Makes a Token in two thirds of the time that its own constructor takes."""


def tokenise(normal: str, paragraph: int, start: int, end: int) -> list[Token]:
    """The tokens of `normal[start:end]`. Spaces count as part of the text, except beside Chinese
    and Japanese characters, where they are layout.

    >>> [token.text for token in tokenise("On 20-22 May, 1,000 men (B-52) met.", 0, 0, 35)]
    ['On', '20-22', 'May', ',', '1,000', 'men', '(', 'B-52', ')', 'met', '.']
    >>> [token.key for token in tokenise("5月 会", 0, 0, 4)]
    ['5', '月', '会']
    """
    tokens: list[Token] = []
    previous = start if start == 0 or normal[start - 1] == " " else -1
    if normal.isascii() or normal[start:end].isascii():
        pieces = _ASCII_PIECE.findall(normal, start, end)
        stops = list(accumulate(map(len, pieces), initial=start))
        if stops[-1] == end:
            return _ascii_tokens(pieces, stops, paragraph)
    loose = True
    for match in _TOKEN.finditer(normal, start, end):
        at = match.start()
        text = match.group()
        layout = text[0] > "\u2e00" and _CJK_CHAR.match(text) is not None
        glued = at == previous and at != start and not (layout or loose)
        tokens.append(Token(GLUED + text if glued else text, paragraph, at, match.end()))
        previous, loose = match.end(), layout
    return tokens


def has_word(text: str) -> bool:
    """Whether a token counts as a word: it holds a letter or digit of any script."""
    return text.isalnum() or any(map(str.isalnum, text))


def count_tokens(normal: str) -> int:
    """How many tokens a normalised text has."""
    return len(_TOKEN.findall(normal))


def count_words(normal: str) -> int:
    """How many tokens of a normalised text are words.

    >>> count_words("On 14 May - well-known. 会议")
    6
    """
    return sum(1 for text in _TOKEN.findall(normal) if has_word(text))


def is_unspaced(text: str) -> bool:
    """Whether any of the text is written without spaces between words."""
    return not text.isascii() and _UNSPACED_CHAR.search(text) is not None


def split_words(normal: str) -> list[str]:
    """A normalised text cut at white space; each character of a language without spaces is a word.

    >>> split_words("On 5 May"), split_words("第16次会议"), split_words("")
    (['On', '5', 'May'], ['第', '16', '次', '会', '议'], [])
    """
    if normal.isascii() or _UNSPACED_CHAR.search(normal) is None:
        return normal.split(" ") if normal else []
    return _UNSPACED_WORD.sub(r" \g<0> ", normal).split()


def sentence_spans(normal: str) -> list[tuple[int, int]]:
    """Where each sentence of a normalised paragraph begins and ends, without the space between.

    An initial (`S.`), a capital and a letter (`Kh.`, `No.`) and a short title (`Gen.`) end no
    sentence, nor does a stop before a lower-case letter.

    >>> text = 'Gen. S. Zas spoke. "No." He left.'
    >>> [text[start:end] for start, end in sentence_spans(text)]
    ['Gen. S. Zas spoke.', '"No."', 'He left.']
    >>> sentence_spans("")
    []
    """
    if not normal:
        return []
    spans = []
    start = 0
    for match in _SENTENCE_END.finditer(normal):
        follower = normal[match.end()]
        stop = normal.find(".", match.start(), match.end())
        if follower.islower() or (stop == match.end() - 2 and _abbreviates(normal, start, stop)):
            continue
        spans.append((start, match.end() - (normal[match.end() - 1] == " ")))
        start = match.end()
    spans.append((start, len(normal)))
    return spans


def _abbreviates(normal: str, start: int, stop: int) -> bool:
    """Whether the stop at `stop` belongs to a word such as `S.`, `Kh.`, `Gen.` or `p.`."""
    match = _LAST_WORD.search(normal, max(start, stop - 7), stop + 1)
    if match is None:
        return False
    word = match.group(1)
    return len(word) == 1 or (word.istitle() and (len(word) == 2 or word in _TITLES))


def sentence_around(paragraph: str, start: int, end: int) -> str:
    """The sentences of a stored paragraph that `paragraph[start:end]` touches, as stored.

    >>> sentence_around("It met. Zas  spoke. It ended.", 8, 11)
    'Zas  spoke.'
    """
    normal = normalise(paragraph)
    offsets = raw_offsets(paragraph, normal)
    touched = [
        (offsets[low], offsets[high])
        for low, high in sentence_spans(normal)
        if offsets[low] <= max(start, end - 1) and start < max(offsets[high], offsets[low] + 1)
    ]
    return paragraph[touched[0][0] : touched[-1][1]].strip() if touched else paragraph[start:end]


@lru_cache(maxsize=64)
def raw_offsets(raw: str, normal: str) -> Sequence[int]:
    """For each character of `normal`, and for its end, where it begins in `raw`; never descends.

    `normal` is `normalise(raw)`. Characters that one stored character became share its offset.

    >>> list(raw_offsets("a  \\u00adb", "a b"))
    [0, 1, 4, 5]
    """
    if raw == normal or _differs_by_character(raw, normal):
        return range(len(raw) + 1)
    offsets: list[int] = []
    end = 0
    for match in re.finditer(r"\S+", raw):
        folded = normalise(match.group())
        if folded:
            if offsets:
                offsets.append(end)
            offsets += _chunk_offsets(match.group(), folded, match.start())
            end = match.end()
    offsets.append(len(raw))
    if len(offsets) != len(normal) + 1:
        raise AssertionError("a paragraph's normal form is not that of its words")
    return offsets


_FEW_STARTS = 4
"""Each is looked at by itself from the paragraph's start; above it the paragraph is mapped once."""


def raw_starts(raw: str, normal: str, starts: Sequence[int]) -> list[int]:
    """Where tokens that begin at `starts` of the normal form begin in the stored text.

    Looks first whether they begin at the same place, as in most texts: a text is normalised word
    by word, so it is enough that what stands before the word has that normal form.

    >>> raw_starts("“a” b", '"a" b', [4])
    [4]
    """
    if raw == normal:
        return list(starts)
    if len(starts) <= _FEW_STARTS and all(
        raw[start - 1 : start].isspace() and normalise(raw[:start]) == normal[:start].rstrip()
        for start in starts
    ):
        return list(starts)
    offsets = raw_offsets(raw, normal)
    return [offsets[start] for start in starts]


def _differs_by_character(raw: str, normal: str) -> bool:
    """Whether each character was folded to one character, as typographic quotes are."""
    return len(raw) == len(normal) and all(
        old == new or (new == " " and old.isspace()) or normalise(old) == new
        for old, new in set(zip(raw, normal, strict=True))
    )


_MARKS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_CLUSTER = re.compile(rf".[{_MARKS}]*", re.DOTALL)


def _chunk_offsets(chunk: str, folded: str, at: int) -> list[int]:
    """Offsets of one word's normalised characters; all at its start when it cannot be told."""
    if chunk == folded:
        return list(range(at, at + len(chunk)))
    clusters = _CLUSTER.findall(chunk)
    parts = [normalise(cluster) for cluster in clusters]
    if "".join(parts) != folded:
        return [at] * len(folded)
    starts = accumulate((len(cluster) for cluster in clusters), initial=at)
    return [start for start, part in zip(starts, parts, strict=False) for _ in part]
