"""Texts for the laws of the diff: real paragraphs, invented ones, and hypothesis strategies."""

from pathlib import Path

from hypothesis import strategies as st

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "csto"

_TEXT = """
The council met in Minsk on 14 May and approved 40 documents , not 1,000 . said Zas
“peace” "peace" – - co\u00adoperation cooperation \u200b ½ №5 a\u0301 \ufdfa e\u0301tat É
Совет встретился в Минске 22 ноября 2023 года . 会议于 5月 14日 在 明斯克举行。 ไทย
"""
WORDS = _TEXT.split()
SPACES = [" ", " ", " ", "  ", "\u00a0", "\n", "\t ", ""]


def seed_paragraphs() -> list[str]:
    """Every paragraph of the seeds that stands there once."""
    lines = [
        line.strip()
        for path in sorted(SEEDS.glob("*.txt"))
        for line in path.read_text("utf-8").splitlines()
        if len(line.split()) > 3
    ]
    return list(dict.fromkeys(lines))


FEW_WORDS = [
    ["The", "0", "a"],
    ["a.", "b.", "c.", "d?"],
    ["北", "京", "14日", "会议。"],
    ["сказал", "Он", "14", "мая."],
    ["«", "»", "x", "\u00ad", "\u00b8"],
]
"""Words that repeat within a text, whose paragraphs and sentences are easily taken for others."""


def _paragraphs(word: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.tuples(word, st.sampled_from(SPACES)), max_size=12).map(
        lambda parts: "".join(word + space for word, space in parts)
    )


_paragraph = _paragraphs(st.one_of(st.sampled_from(WORDS), st.text(max_size=4)))
_of_few_words = [_paragraphs(st.sampled_from(words)) for words in FEW_WORDS]
bodies = st.lists(_paragraph, max_size=6).map(tuple)


@st.composite
def body_pairs(draw: st.DrawFn) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Two bodies that mostly share paragraphs, in any order, some of them edited."""
    paragraph = draw(st.sampled_from([_paragraph, *_of_few_words]))
    pool = draw(st.lists(paragraph, min_size=1, max_size=6))
    some = draw(st.lists(st.sampled_from(pool), max_size=8))
    others = list(draw(st.permutations(some))) if draw(st.booleans()) else list(some)
    for _ in range(draw(st.integers(0, 3))):
        if others:
            at = draw(st.integers(0, len(others) - 1))
            text = others[at]
            cut = draw(st.integers(0, len(text)))
            end = draw(st.integers(cut, len(text)))
            others[at] = text[:cut] + draw(paragraph) + text[end:]
    if len(others) > 1 and draw(st.booleans()):
        at = draw(st.integers(1, len(others) - 1))
        others[at - 1 : at + 1] = [f"{others[at - 1]} {others[at]}"]
    if others and draw(st.booleans()):
        at = draw(st.integers(0, len(others) - 1))
        text = others[at]
        cut = draw(st.integers(0, len(text)))
        others[at : at + 1] = [text[:cut], text[cut:]]
    return tuple(some), tuple(others)
