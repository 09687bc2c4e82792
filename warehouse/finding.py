"""What a check finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit."""

    severity: str
    """damage: something kept is lost or altered. note: harmless, worth knowing."""
    subject: str
    sentence: str
