"""Which words of a sentence were edited: the shortest edit, made readable.

Three steps: the common start and end go, the rest is aligned by rapidfuzz, and the raw edits are
tidied: a lone word left standing between two larger edits joins them, and a pure insertion or
deletion slides to where a sentence or clause begins.
"""

from collections import Counter
from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

from warehouse.history.similar import common_ends
from warehouse.history.tokens import GLUED, Token, has_word

Edit = tuple[int, int, int, int]
"""Tokens `i:i_end` of the old sentence became `j:j_end` of the new; one of them may be empty."""

_CELLS = 400_000_000
"""Alignment is quadratic in bits: 20,000 words against 20,000 take 0.15 s, and above
it the text is cut at words that stand once on both sides."""


def word_edits(left: Sequence[Token], right: Sequence[Token]) -> list[Edit]:
    """The edits that turn `left` into `right`, in order, never touching one another.

    Found in a canonical direction, so that the way back is the mirror.
    """
    keys = [token.key for token in left], [token.key for token in right]
    if keys[1] < keys[0]:
        mirrored = _edits((keys[1], keys[0]), right)
        return [(i, k, j, m) for j, m, i, k in mirrored]
    return _edits(keys, left)


def _edits(keys: tuple[list[str], list[str]], left: Sequence[Token]) -> list[Edit]:
    raw = _aligned(*keys)
    edits = _joined(raw, left)
    for at, edit in enumerate(edits):
        low = edits[at - 1][1] if at else 0
        high = edits[at + 1][0] if at + 1 < len(edits) else len(left)
        edits[at] = _slide(edit, keys, (edit[0] - low, high - edit[1]))
    return edits


def _aligned(left: list[str], right: list[str]) -> list[Edit]:
    head, tail = common_ends(left, right)
    some, others = left[head : len(left) - tail], right[head : len(right) - tail]
    if not some and not others:
        return []
    if not some or not others or len(some) == len(others) == 1:
        edits = [(0, len(some), 0, len(others))]
    elif len(some) * len(others) > _CELLS:
        edits = _cut_at_lone_words(some, others)
    else:
        edits = [
            (code.src_start, code.src_end, code.dest_start, code.dest_end)
            for code in Levenshtein.opcodes(some, others)
            if code.tag != "equal"
        ]
    return _touching_joined([(i + head, k + head, j + head, m + head) for i, k, j, m in edits])


def _cut_at_lone_words(left: list[str], right: list[str]) -> list[Edit]:
    """Huge sentences: words that occur once on both sides and keep their order part them."""
    at_right = {key: j for j, key in enumerate(right)}
    lone = {key for key, count in Counter(left).items() if count == 1}
    lone &= {key for key, count in Counter(right).items() if count == 1}
    edits: list[Edit] = []
    i = j = 0
    for i_to, key in enumerate(left):
        j_to = at_right[key] if key in lone else -1
        # A jump of more than a screen is a move, not an anchor.
        if j_to >= j and abs((j_to - j) - (i_to - i)) < 500:
            edits += _between(left, right, (i, i_to, j, j_to))
            i, j = i_to + 1, j_to + 1
    return edits + _between(left, right, (i, len(left), j, len(right)))


def _between(left: list[str], right: list[str], edit: Edit) -> list[Edit]:
    i, i_end, j, j_end = edit
    if i == i_end and j == j_end:
        return []
    if (i_end - i) * (j_end - j) > _CELLS:
        return [edit]
    return [(i + a, i + b, j + c, j + d) for a, b, c, d in _aligned(left[i:i_end], right[j:j_end])]


def _touching_joined(edits: Sequence[Edit]) -> list[Edit]:
    whole: list[Edit] = []
    for edit in edits:
        if whole and whole[-1][1] == edit[0] and whole[-1][3] == edit[2]:
            whole[-1] = (whole[-1][0], edit[1], whole[-1][2], edit[3])
        else:
            whole.append(edit)
    return whole


def _joined(edits: Sequence[Edit], left: Sequence[Token]) -> list[Edit]:
    """Edits with at most two words standing between them become one if both are longer than that;
    "40 of 50" against "14 of 60" stays two."""
    whole: list[Edit] = []
    for edit in edits:
        if whole:
            last = whole[-1]
            kept = [token for token in left[last[1] : edit[0]] if has_word(token.text)]
            sizes = [max(k - i, m - j) for i, k, j, m in (last, edit)]
            if len(kept) <= 2 and len(kept) < min(sizes):
                whole[-1] = (last[0], edit[1], last[2], edit[3])
                continue
        whole.append(edit)
    return whole


def _slide(edit: Edit, texts: tuple[list[str], list[str]], room: tuple[int, int]) -> Edit:
    """A pure insertion or deletion at the most natural of its equivalent places.

    `room`: how many tokens stand between it and the edits before and after.
    """
    i, i_end, j, j_end = edit
    if i < i_end and j < j_end:
        return edit
    keys, start, end = (texts[0], i, i_end) if i < i_end else (texts[1], j, j_end)
    lowest = highest = 0
    while lowest > -room[0] and keys[start + lowest - 1] == keys[end + lowest - 1]:
        lowest -= 1
    while highest < room[1] and keys[start + highest] == keys[end + highest]:
        highest += 1
    if lowest == highest:
        return edit
    shift = max(
        range(lowest, highest + 1),
        key=lambda by: (_boundary(keys, start + by, end + by), by),
    )
    return i + shift, i_end + shift, j + shift, j_end + shift


def _boundary(keys: Sequence[str], start: int, end: int) -> int:
    """How natural it is to cut a stretch out of a text: best between sentences or clauses."""
    before = keys[start - 1] if start else f"{GLUED}."
    score = 0
    for mark, value in ((".!?。", 4), (",;:،、", 2)):
        if before[-1] in mark and keys[end - 1][-1] in mark:
            score = max(score, value)
    follower = keys[end] if end < len(keys) else f"{GLUED}."
    if keys[start][-1] in ",;:" and not has_word(follower):
        score = max(score, 3)
    return score + (not keys[start].startswith(GLUED))
