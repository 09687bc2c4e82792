"""How long work tells of its progress."""

from collections.abc import Callable

Watch = Callable[[str, int, int], None]
"""Is told what is done, how much of it is, and of how much."""
