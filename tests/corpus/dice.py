"""All randomness of the corpus: one seeded source of choices, the same on every Python."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Choices drawn from `Random.random` alone: of its methods the only one whose sequence
    Python promises to keep.

    >>> Dice(1, "x").number(1, 6) == Dice(1, "x").number(1, 6)
    True
    """

    __slots__ = ("roll",)

    def __init__(self, seed: int, use: str) -> None:
        """`use` parts the streams, so that a new choice in one does not shift another."""
        self.roll = Random(f"{use}:{seed}").random

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, all alike."""
        return options[int(self.roll() * len(options))]

    def number(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.roll() * (high - low + 1))

    def chance(self, share: float) -> bool:
        """True in that share of throws."""
        return self.roll() < share

    def weighted(self, options: Mapping[T, float]) -> T:
        """One of the keys, by weight; weights need not add up to one."""
        left = self.roll() * sum(options.values())
        for option, weight in options.items():
            left -= weight
            if left < 0:
                return option
        return option

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in another order."""
        rest = list(items)
        return [rest.pop(int(self.roll() * len(rest))) for _ in items]

    def token(self, length: int) -> str:
        """Lower-case hexadecimal digits."""
        return "".join("0123456789abcdef"[int(self.roll() * 16)] for _ in range(length))
