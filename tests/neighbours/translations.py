"""Releases in two languages and more, with the truth about which are translations."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import combinations
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Told:
    """A release of `translations.toml`; those of one `event` are translations of each other."""

    event: str
    language: str
    published_on: date
    headline: str
    paragraphs: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.event}-{self.language}"


@cache
def told() -> tuple[Told, ...]:
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        found = tomllib.load(file)["release"]
    return tuple(Told(**{**one, "paragraphs": tuple(one["paragraphs"])}) for one in found)


def true_pairs() -> set[tuple[str, str]]:
    """Pairs of names, ordered, that are translations."""
    return {
        (min(a.name, b.name), max(a.name, b.name))
        for a, b in combinations(told(), 2)
        if a.event == b.event
    }
