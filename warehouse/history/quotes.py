"""Where a normalised paragraph quotes: between `"` marks, whatever their shape was as stored."""

from functools import lru_cache

_BEFORE_OPENING = frozenset(" ([-/")
_AFTER_CLOSING = frozenset(" .,;:!?)]-/")


@lru_cache(maxsize=64)
def quoted_spans(normal: str) -> list[tuple[int, int]]:
    """The outermost quoted stretches, marks included. One that does not close is none, unless it
    opens the paragraph: then the quotation goes on in the next one.

    >>> text = 'Zas said: "We meet in "Valdai" soon" and "left.'
    >>> [text[start:end] for start, end in quoted_spans(text)]
    ['"We meet in "Valdai" soon"']
    """
    spans: list[tuple[int, int]] = []
    opened: list[int] = []
    at = normal.find('"')
    while at >= 0:
        opens = at == 0 or normal[at - 1] in _BEFORE_OPENING
        closes = at + 1 == len(normal) or normal[at + 1] in _AFTER_CLOSING
        if opened and (closes or not opens):
            start = opened.pop()
            if not opened:
                spans.append((start, at + 1))
        elif opens or not opened:
            opened.append(at)
        at = normal.find('"', at + 1)
    if opened and opened[0] == 0:
        return [(0, len(normal))]
    if opened:
        # An inner pair counts though the mark before it never closed.
        inner = quoted_spans(normal[opened[-1] + 1 :])
        shift = opened[-1] + 1
        kept = [span for span in spans if span[1] <= opened[0]]
        return kept + [(start + shift, end + shift) for start, end in inner]
    return spans
