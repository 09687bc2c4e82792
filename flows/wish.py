"""What is asked of a pass over live sites; light to import, for every command."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wish:
    """How far a pass goes."""

    recheck: str = "due"
    """due, all or none: which known releases are looked at again."""
    full: bool = False
    """Whether no request is conditional."""
