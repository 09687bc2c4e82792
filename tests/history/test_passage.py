"""Values are looked for only where a token hints at one, and none is missed by that."""

import random

from tests.history.texts import seed_paragraphs
from warehouse.history.align import align
from warehouse.history.passage import passage
from warehouse.history.tokens import Token, tokenise
from warehouse.history.values import values

SAID = (
    "between in early 2022 and the year 2023, forty-two thousand five hundred rubles",
    "a fall of 5 per cent, $ 1 000 000 and -3.5 million dollars on 20th and 22nd of May 2024",
    "the XVI-XVII sessions, mid-May, B-52 and resolution 1267/1989 since 1999",
    "on Tuesday, two hundred and twenty-one men, three quarters, one of them",
)


def in_tokens(normal: str, tokens: list[Token]) -> list[tuple[int, int, str]]:
    """All values of a text, each with its tokens; two of one token count as the first."""
    found: list[tuple[int, int, str]] = []
    for value in values(normal):
        touched = [
            at
            for at, token in enumerate(tokens)
            if token.start < value.end and value.start < token.end
        ]
        if touched and (not found or found[-1][1] <= touched[0]):
            found.append((touched[0], touched[-1] + 1, value.meaning))
    return found


def test_hints_miss_no_value() -> None:
    rng = random.Random(7)
    plain = [word for text in seed_paragraphs() for word in text.split()]
    for said in (*SAID, *seed_paragraphs()):
        for _ in range(5):
            words = [*rng.choices(plain, k=30), *said.split(), *rng.choices(plain, k=30)]
            side = align([" ".join(words)], ["It met."]).before
            (normal,) = side.normals
            tokens = tokenise(normal, 0, 0, len(normal))
            found = [(low, high, one.meaning) for low, high, one in passage(side, tokens).values]
            assert found == in_tokens(normal, tokens)
