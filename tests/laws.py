"""How many examples a law is tried on."""

from hypothesis import settings

_SMALL = 30
"""Of the profile that `make test` uses; `make drill` asks for ten times as many."""


def many(examples: int) -> int:
    """So many under `make test`, as many times more under a larger profile."""
    return examples * max(settings().max_examples // _SMALL, 1)
