"""Edits planted in real and invented releases, each with the row an analyst should read.

A planter takes a random source and a body and gives the edited body with the expected op, kind
and class, or None where the body offers no place for such an edit.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from tests.history.texts import seed_paragraphs
from warehouse.history.change import TextState

Body = list[str]


@dataclass(frozen=True, slots=True)
class Planted:
    """A body before and after, and what should be read of it."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    op: str
    kind: str
    change_class: str

    def states(self) -> tuple[TextState, TextState]:
        return TextState("Talks", None, self.before), TextState("Talks", None, self.after)


Planter = Callable[[random.Random, Body], "tuple[Body, str, str, str] | None"]

_PLACES = ("Minsk", "Dushanbe", "Yerevan", "Astana", "Bishkek", "Moscow", "Osh", "Brest")
_PEOPLE = ("Zas", "Sidorov", "Tasmagambetov", "Ordabayev", "Masadykov", "Sultonov", "Japarov")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_VERBS = ("discussed", "reviewed", "approved", "considered", "prepared", "outlined", "welcomed")
_THINGS = (
    *(
        "the draft agenda",
        "joint training",
        "measures against drug trafficking",
        "border protection",
    ),
    *("the budget of the year", "a plan of consultations", "the exchange of experience"),
)


def invented_body(rng: random.Random) -> Body:
    """A release of five to nine paragraphs that resembles none in particular."""
    return [
        " ".join(_sentence(rng) for _ in range(rng.randint(1, 4))) for _ in range(rng.randint(5, 9))
    ]


def _sentence(rng: random.Random) -> str:
    person, place, day = rng.choice(_PEOPLE), rng.choice(_PLACES), rng.randint(1, 28)
    month, year, count = rng.choice(_MONTHS), rng.randint(2010, 2025), rng.randint(12, 9800)
    verb, thing, other = rng.choice(_VERBS), rng.choice(_THINGS), rng.choice(_THINGS)
    return rng.choice(
        (
            f"On {day} {month} {year}, the delegations {verb} {thing} in {place}.",
            f"The participants of the meeting {verb} {thing} and agreed to continue consultations.",
            f'Secretary General {person} said that the sides "were ready to support {other}".',
            f"According to {person}, about {count:,} specialists will take part in {thing}.",
            f"Much attention was paid to {thing}, which is important for the whole region.",
            f"The parties {verb} {thing} and {other} with {rng.randint(3, 90)} percent of votes.",
        )
    )


@cache
def _seeds() -> tuple[str, ...]:
    return tuple(seed_paragraphs())


def seed_body(rng: random.Random) -> Body:
    """Five to nine neighbouring paragraphs of the seeds."""
    some = _seeds()
    count = rng.randint(5, 9)
    start = rng.randrange(len(some) - count)
    return list(some[start : start + count])


def _replaced(
    rng: random.Random, body: Body, pattern: str, new: Callable[[re.Match[str]], str]
) -> Body | None:
    """The body with one match of the pattern replaced."""
    found = [(k, match) for k, text in enumerate(body) for match in re.finditer(pattern, text)]
    if not found:
        return None
    k, match = rng.choice(found)
    text = body[k]
    changed = text[: match.start()] + new(match) + text[match.end() :]
    return [*body[:k], changed, *body[k + 1 :]]


def _as(
    body: Body | None, op: str, kind: str, change_class: str
) -> tuple[Body, str, str, str] | None:
    return None if body is None else (body, op, kind, change_class)


_MONTH = "|".join(_MONTHS)


def number(rng: random.Random, body: Body) -> tuple[Body, str, str, str] | None:
    """Another number: digits that are no date."""
    # Where a month stands, a bare number may be a day: leave that paragraph alone.
    plain = ["" if re.search(_MONTH, text) else text for text in body]
    pattern = r"(?<![\w.,/-])\d{1,3}(?:,\d{3})?(?= [a-z])"
    new = _replaced(rng, plain, pattern, lambda match: str(int(match[0].replace(",", "")) + 7))
    if new is not None:
        new = [text or old for text, old in zip(new, body, strict=True)]
    return _as(new, "replace", "number", "substantive")


def date(rng: random.Random, body: Body) -> tuple[Body, str, str, str] | None:
    """Another day, month or year."""

    def shifted(match: re.Match[str]) -> str:
        if rng.random() < 0.5:
            return f"{int(match[1]) % 28 + 1} {match[2]}"
        return f"{match[1]} {_MONTHS[(_MONTHS.index(match[2]) + 5) % 12]}"

    pattern = rf"(?<![\w-])(\d{{1,2}}) ({_MONTH})\b"
    return _as(_replaced(rng, body, pattern, shifted), "replace", "date", "substantive")


def name(rng: random.Random, body: Body) -> tuple[Body, str, str, str] | None:
    """Another person or place in the middle of a sentence."""
    pattern = rf"(?<=[a-z] )(?!{_MONTH})[A-Z][a-z]{{3,}}\b(?=[ ,.][a-z ])"
    new = _replaced(rng, body, pattern, lambda _: rng.choice(("Lindqvist", "Okonkwo", "Havel")))
    return _as(new, "replace", "name", "substantive")


def quote(rng: random.Random, body: Body) -> tuple[Body, str, str, str] | None:
    """A word of a quotation."""
    # Either curly, or the only straight pair of its paragraph: no guess which mark opens.
    pattern = r'“[^“”"]*”|(?<!.)[^"“”]*"[^"]*"(?=[^"]*$)'

    def reworded(match: re.Match[str]) -> str:
        start = max(match[0].find('"'), 0)
        words = re.sub(r"\b[a-z]{4,}\b", "altogether", match[0][start:], count=1)
        return match[0][:start] + words

    new = _replaced(rng, body, pattern, reworded)
    if new == body or new is None or not any("altogether" in text for text in new):
        return None
    return _as(new, "replace", "quote", "substantive")


def negation(rng: random.Random, body: Body) -> tuple[Body, str, str, str] | None:
    """A "not" after an auxiliary verb, outside quotations."""
    plain = [text if '"' not in text and "“" not in text else "" for text in body]
    pattern = r"\b(?:will|was|were|is|are|has|have)\b(?= [a-z])"
    new = _replaced(rng, plain, pattern, lambda match: f"{match[0]} not")
    if new is None:
        return None
    merged = [text or old for text, old in zip(new, body, strict=True)]
    return _as(merged, "insert", "negation", "substantive")


def typo(rng: random.Random, body: Body) -> tuple[Body, str, str, str] | None:
    """A letter dropped, doubled or swapped in a word of six letters or more."""

    def misspelt(match: re.Match[str]) -> str:
        word = match[0]
        at = rng.randint(2, len(word) - 3)
        if rng.random() < 0.3 and word[at] != word[at + 1]:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return word[:at] + word[at] * rng.choice((0, 2)) + word[at + 1 :]

    plain = [text if '"' not in text and "“" not in text else "" for text in body]
    new = _replaced(rng, plain, r"(?<=[a-z] )[a-z]{6,}\b(?= [a-z])", misspelt)
    if new is None:
        return None
    merged = [text or old for text, old in zip(new, body, strict=True)]
    return _as(merged, "replace", "typo", "minor")


def wording(rng: random.Random, body: Body) -> tuple[Body, str, str, str] | None:
    """Another word that is no name, number or negation."""
    plain = [text if '"' not in text and "“" not in text else "" for text in body]
    words = ("considerable", "noteworthy", "jointly", "broadly", "thorough")
    new = _replaced(rng, plain, r"(?<=[a-z] )[a-z]{3,}\b(?= [a-z])", lambda _: rng.choice(words))
    if new is None:
        return None
    merged = [text or old for text, old in zip(new, body, strict=True)]
    return _as(merged, "replace", "wording", "minor")


def paragraph_in(rng: random.Random, body: Body) -> tuple[Body, str, str, str] | None:
    """A paragraph that came."""
    at = rng.randint(0, len(body))
    text = "Observers from two neighbouring countries followed the proceedings with interest."
    return [*body[:at], text, *body[at:]], "insert", "paragraph", "substantive"


def paragraph_out(rng: random.Random, body: Body) -> tuple[Body, str, str, str] | None:
    """A paragraph that went."""
    at = rng.randrange(len(body))
    return [*body[:at], *body[at + 1 :]], "delete", "paragraph", "substantive"


def sentence_out(rng: random.Random, body: Body) -> tuple[Body, str, str, str] | None:
    """A sentence that went, out of several of its paragraph."""
    parts = [re.split(r"(?<=[a-z]{4}\.) (?=[A-Z])", text) for text in body]
    places = [k for k, some in enumerate(parts) if len(some) > 2]
    if not places:
        return None
    k = rng.choice(places)
    at = rng.randrange(len(parts[k]))
    text = " ".join(part for number, part in enumerate(parts[k]) if number != at)
    return [*body[:k], text, *body[k + 1 :]], "delete", "paragraph", "substantive"


def move(rng: random.Random, body: Body) -> tuple[Body, str, str, str] | None:
    """A paragraph that stands elsewhere."""
    at, to = rng.sample(range(len(body)), 2)
    rest = [*body[:at], *body[at + 1 :]]
    return [*rest[:to], body[at], *rest[to:]], "move", "paragraph", "reordered"


PLANTERS: tuple[Planter, ...] = (
    number, date, name, quote, negation, typo, wording, paragraph_in, paragraph_out,
    sentence_out, move,
)  # fmt: skip


def planted(planter: Planter, seed: int) -> Iterator[Planted]:
    """Edits of one kind without end, every other one in paragraphs of the seeds."""
    rng = random.Random(seed)
    makers = (invented_body, seed_body)
    turn = 0
    while True:
        body = makers[turn % 2](rng)
        turn += 1
        result = planter(rng, body)
        if result is not None and result[0] != body:
            yield Planted(tuple(body), tuple(result[0]), *result[1:])


_QUOTES = str.maketrans({"“": '"', "”": '"', "’": "'", "–": "-"})
_CURLY = str.maketrans({"'": "’", "-": "–", '"': "”"})


def cosmetic(rng: random.Random, body: Sequence[str]) -> tuple[str, ...]:
    """The same words with other spaces, quotes, dashes, invisible characters and borders."""
    texts = [text.translate(rng.choice((_QUOTES, _CURLY))) for text in body]
    for _ in range(rng.randint(1, 4)):
        k = rng.randrange(len(texts))
        words = texts[k].split(" ")
        at = rng.randrange(len(words))
        variant = rng.randint(0, 4)
        if variant == 0:
            words[at] = words[at][:2] + rng.choice("\u00ad\u200b\ufeff\u2060") + words[at][2:]
        elif variant == 1:
            words[at] += rng.choice((" ", "\n", "\u00a0", "\t"))
        elif variant == 2 and len(words) > 2:
            texts[k : k + 1] = [" ".join(words[:at]), " ".join(words[at:])]
            continue
        elif variant == 3 and k + 1 < len(texts):
            texts[k : k + 2] = [f"{texts[k]} {texts[k + 1]}"]
            continue
        else:
            words[at] = "\u00a0" + words[at]
        texts[k] = " ".join(words)
    return tuple(texts)
