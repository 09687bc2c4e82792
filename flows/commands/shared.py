"""What the commands have in common: settings, sentences on stderr, times."""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from flows.settings import Settings, load_settings

if TYPE_CHECKING:
    from flows.effects import Effects

OK, FAILED, USAGE, PARTIAL = 0, 1, 2, 3
"""Exit codes: done; failed; wrong usage or configuration; done, but something was unreadable."""


class Options(Protocol):
    """Options of every command."""

    @property
    def config(self) -> Path | None:
        """The configuration file, if one was named."""

    @property
    def verbose(self) -> bool:
        """Say more."""

    @property
    def quiet(self) -> bool:
        """Only errors."""


def settings_of(options: Options) -> Settings:
    """The settings a command line asks for. Raises SettingsError."""
    return load_settings(options.config, Path.cwd())


def speaker(options: Options) -> Callable[[str], None]:
    """Tells a person a sentence on stderr, unless asked to be quiet."""

    def say(sentence: str) -> None:
        if not options.quiet:
            print(f"pressdiff: {sentence}", file=sys.stderr)

    return say


def as_utc(at: datetime | None) -> datetime | None:
    """The time in UTC; one that names no zone is UTC already."""
    if at is None:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def effects_of(options: Options, progress: Callable[[str, int], None]) -> "Effects":
    """The real clock, waiting and ears."""
    from flows.effects import Effects, utc_now

    return Effects(utc_now, time.sleep, speaker(options), progress)
