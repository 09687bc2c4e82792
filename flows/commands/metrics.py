"""`metrics`: the state of the archive for a monitor."""

import os
from importlib.metadata import version
from pathlib import Path

from flows.commands.shared import OK, Options, settings_of
from flows.effects import utc_now
from flows.metrics import gauges
from flows.openmetrics import render
from warehouse.health import bytes_by_part, last_runs
from warehouse.readmodel import source_states


def metrics(options: Options, output: Path | None) -> int:
    """Print the metrics, or replace a file with them."""
    settings = settings_of(options)
    place = settings.place
    found = gauges(
        settings.watched, source_states(place), last_runs(place), bytes_by_part(place.root),
        version("pressdiff"), utc_now(),
    )  # fmt: skip
    text = render(found)
    if output is None:
        print(text, end="")
    else:
        _replace(output, text)
    return OK


def _replace(path: Path, text: str) -> None:
    """Put a text in a file's place; whoever reads it sees the old one or the new one, whole."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with new.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
