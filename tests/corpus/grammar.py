"""Sentences from the vocabulary: templates compiled once, filled by dice."""

import re
from collections.abc import Callable, Mapping

from tests.corpus.dice import Dice
from tests.corpus.vocabulary import GRAMMAR, GRAMMAR_RU, ROMAN

_SLOT = re.compile(r"\{(\w+)\}")
NOTHING: Mapping[str, str] = {}
Template = tuple[str, ...]
"""Text and slot names in turn, text first."""

_RULES: dict[str, tuple[Template, ...]] = {
    name: tuple(tuple(_SLOT.split(option)) for option in options)
    for name, options in (GRAMMAR | GRAMMAR_RU).items()
}


def ordinal(number: int) -> str:
    """The number as "1st", "12th".

    >>> ordinal(1), ordinal(12), ordinal(23)
    ('1st', '12th', '23rd')
    """
    ending = (
        "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    )
    return f"{number}{ending}"


def _years(dice: Dice) -> str:
    first = dice.number(2001, 2030)
    return f"{first}-{first + dice.number(1, 5)}"


_TERMINALS: dict[str, Callable[[Dice], str]] = {
    "n": lambda dice: str(dice.number(11, 999)),
    "small": lambda dice: str(dice.number(2, 10)),
    "year": lambda dice: str(dice.number(2001, 2030)),
    "years": _years,
    "ordinal": lambda dice: ordinal(dice.number(2, 60)),
    "roman": lambda dice: dice.pick(ROMAN),
}


def say(dice: Dice, rule: str, bound: Mapping[str, str] = NOTHING) -> str:
    """One expansion of the rule; its first letter as the grammar has it. A slot of the rule that
    is bound says its words, so that two sentences speak of one thing."""
    terminal = _TERMINALS.get(rule)
    if terminal is not None:
        return terminal(dice)
    parts = dice.pick(_RULES[rule])
    if len(parts) == 1:
        return parts[0]
    said = list(parts)
    for index in range(1, len(parts), 2):
        said[index] = bound.get(parts[index]) or say(dice, parts[index])
    return "".join(said)


def capitalised(text: str) -> str:
    """The text with a capital first letter, quotes before it kept."""
    for index, letter in enumerate(text):
        if letter.isalnum():
            return text[:index] + letter.upper() + text[index + 1 :]
    return text


def sentence(dice: Dice, rule: str = "sentence") -> str:
    """One sentence with a capital."""
    return capitalised(say(dice, rule))
