"""Press releases that were never published, with the truth about which are whose neighbours.

`make_corpus` writes originals and plants variants of them; every planted pair is in the truth
under the name of what was done. Words follow a Zipf law over an invented vocabulary, so strangers
share common words and some phrases, as real releases do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

_WORD_PARTS = """
tion ment ity ance al ive er ing ed s y ly ous ic ise
ba con de for ga in ko la mi nor o per ra se ta un ve wo ya zu pre sta gri che
ба кон де фор га ин ко ла ми нор о пер ра се та ун ве во я зу пре ста гри че
January February March April May June July August September October November December
Al Bel Kar Dar Ser Tok Mir Zas Ulan Vol Pash Lav
enko ov bek yan iev shin ura din ade os
Min Ast Dush Yer Bish Mos Tash Vor
sk ana anbe ev
"""
ENDINGS, SYLLABLES, CYRILLIC, MONTHS, _FIRST, _LAST, _CITY, _CITY_END = (
    line.split() for line in _WORD_PARTS.strip().splitlines()
)
NAMES = [a + b for a in _FIRST for b in _LAST]
PLACES = [a + b for a in _CITY for b in _CITY_END]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts and the pairs planted among them."""

    texts: list[str]
    planted: list[tuple[int, int, str]]
    """(row of the original, row of the variant, what was done)."""


@lru_cache(maxsize=4)
def _vocabulary(syllables: tuple[str, ...], size: int) -> np.ndarray:
    """One vocabulary for every seed, the commonest words first."""
    random = np.random.default_rng(7)
    parts = random.integers(len(syllables), size=(size * 2, 3))
    lengths, endings = random.integers(1, 4, size * 2), random.integers(len(ENDINGS), size=size * 2)
    words = {
        "".join(syllables[p] for p in row[:n]) + ENDINGS[e]
        for row, n, e in zip(parts.tolist(), lengths.tolist(), endings.tolist(), strict=True)
    }
    chosen = np.array(sorted(words)[:size], object)
    random.shuffle(chosen)
    return chosen


class Writer:
    """Writes text from a seeded generator."""

    def __init__(self, seed: int, syllables: list[str] = SYLLABLES, vocabulary: int = 9000) -> None:
        self.random = np.random.default_rng(seed)
        self.words = _vocabulary(tuple(syllables), vocabulary)
        weights = 1.0 / (np.arange(len(self.words)) + 8.0)
        self.weights = np.cumsum(weights / weights.sum())

    def pick(self, count: int) -> list[str]:
        """Ordinary words."""
        at = np.searchsorted(self.weights, self.random.random(count))
        return list(self.words[np.minimum(at, len(self.words) - 1)])

    def date(self) -> str:
        day, year = self.random.integers(1, 29), self.random.integers(2005, 2026)
        return f"{day} {MONTHS[self.random.integers(12)]} {year}"

    def fact(self) -> list[str]:
        """A date, a name, a place or a number, in words."""
        kind = self.random.integers(4)
        if kind == 0:
            return f"on {self.date()}".split()
        if kind == 1:
            return ["Secretary", NAMES[self.random.integers(len(NAMES))]]
        if kind == 2:
            return ["in", PLACES[self.random.integers(len(PLACES))]]
        return [str(self.random.integers(2, 900)), "delegates"]

    def sentence(self) -> str:
        words = self.pick(int(self.random.integers(8, 22)))
        if self.random.random() < 0.6:
            at = int(self.random.integers(1, len(words)))
            words[at:at] = self.fact()
        words[0] = words[0].capitalize()
        return " ".join(words) + "."

    def paragraph(self) -> str:
        return " ".join(self.sentence() for _ in range(int(self.random.integers(2, 5))))

    def release(self, least: int = 150, most: int = 600) -> list[str]:
        """Paragraphs of about so many words in all."""
        size = int(self.random.integers(least, most))
        found: list[str] = []
        while (missing := size - sum(p.count(" ") + 1 for p in found)) > 12:
            words = self.paragraph().split(" ")
            found.append(" ".join(words[:missing]).rstrip(".") + ".")
        return found

    def edited(self, paragraphs: list[str], share: float) -> list[str]:
        """With this share of its ordinary words replaced by other ordinary words."""
        found = []
        for paragraph in paragraphs:
            words = paragraph.split(" ")
            plain = [i for i, w in enumerate(words) if w.islower() and w.isalpha()]
            count = self.random.binomial(len(words), share)
            chosen = self.random.choice(plain, min(count, len(plain)), replace=False)
            for at, word in zip(chosen, self.pick(len(chosen)), strict=True):
                words[at] = word
            found.append(" ".join(words))
        return found

    def changed(self, paragraphs: Sequence[str], changes: Sequence[str]) -> list[str]:
        """After changes at random places: edit, next (edition), move, twice, drop."""
        found = list(paragraphs)
        for change in changes:
            at = int(self.random.integers(len(found)))
            if change == "edit":
                found[at] = self.edited([found[at]], 0.1)[0]
            elif change == "next":
                found[at] = self.next_edition([found[at]])[0]
            elif change == "move":
                found.append(found.pop(at))
            elif change == "twice":
                found.insert(at, found[at])
            elif len(found) > 1:
                del found[at]
        return found

    def next_edition(self, paragraphs: list[str]) -> list[str]:
        """The same text with every number, date, name and place changed."""
        found = []
        for paragraph in paragraphs:
            words = paragraph.split(" ")
            for i, word in enumerate(words):
                bare = word.rstrip(".,")
                tail = word[len(bare) :]
                for kind in (MONTHS, NAMES, PLACES):
                    if bare in kind:
                        step = int(self.random.integers(1, len(kind)))
                        words[i] = kind[(kind.index(bare) + step) % len(kind)] + tail
                if bare.isdigit():
                    words[i] = str(int(bare) + int(self.random.integers(1, 5))) + tail
            found.append(" ".join(words))
        return found


def make_corpus(size: int, seed: int = 1, share: float = 0.4) -> Corpus:
    """About `size` texts, this share of them variants of others."""
    writer = Writer(seed)
    russian = Writer(seed + 1, CYRILLIC)
    texts: list[str] = []
    planted: list[tuple[int, int, str]] = []
    boilerplate = "\n\n".join(writer.release(90, 110))
    kinds = sorted(VARIANTS)
    while len(texts) < size:
        source = russian if writer.random.random() < 0.05 else writer
        original = source.release()
        row = len(texts)
        texts.append("\n\n".join(original))
        if writer.random.random() < share / (1 - share):
            kind = kinds[int(writer.random.integers(len(kinds)))]
            planted.append((row, len(texts), kind))
            if kind == "boilerplate":
                texts[row] += "\n\n" + boilerplate
                texts.append("\n\n".join(source.release()) + "\n\n" + boilerplate)
            else:
                texts.append(VARIANTS[kind](source, original))
        elif writer.random.random() < 0.03:
            texts.append(str(writer.random.choice(["", " ", "Video", "Download document"])))
    order = writer.random.permutation(len(texts))
    place = np.argsort(order)
    moved = [(int(place[a]), int(place[b]), kind) for a, b, kind in planted]
    return Corpus([texts[i] for i in order], moved)


def _shuffled(writer: Writer, paragraphs: list[str]) -> str:
    return "\n\n".join(paragraphs[i] for i in writer.random.permutation(len(paragraphs)))


def _teaser(writer: Writer, paragraphs: list[str]) -> str:
    long = [p for p in paragraphs if p.count(" ") >= 25] or paragraphs
    return long[int(writer.random.integers(len(long)))]


def _with_ticker(writer: Writer, paragraphs: list[str]) -> str:
    return "\n\n".join([writer.sentence(), writer.sentence(), *paragraphs])


def _cosmetic(writer: Writer, paragraphs: list[str]) -> str:
    del writer
    return (
        "\n \n".join(p.replace(" ", "  ", 3).replace("i", "i\u00ad", 2) for p in paragraphs) + "\n"
    )


def _edit(share: float) -> Callable[[Writer, list[str]], str]:
    return lambda writer, paragraphs: "\n\n".join(writer.edited(paragraphs, share))


VARIANTS: dict[str, Callable[[Writer, list[str]], str]] = {
    "exact": lambda _, p: "\n\n".join(p),
    "cosmetic": _cosmetic,
    "reorder": _shuffled,
    "edit 1%": _edit(0.01),
    "edit 2%": _edit(0.02),
    "edit 5%": _edit(0.05),
    "edit 10%": _edit(0.10),
    "edit 20%": _edit(0.20),
    "update": lambda w, p: "\n\n".join([*p, w.paragraph()]),
    "teaser": _teaser,
    "ticker": _with_ticker,
    "lookalike": lambda w, p: "\n\n".join(w.next_edition(p)),
    "lookalike 5%": lambda w, p: "\n\n".join(w.next_edition(w.edited(p, 0.05))),
    "boilerplate": lambda *_: "",
}
"""What can be done to an original; `boilerplate` gives both texts one common paragraph."""
