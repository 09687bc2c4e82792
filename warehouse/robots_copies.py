"""The last good robots.txt of every host, kept across runs in one small file.

It is no evidence (every robots.txt that was fetched is that already) and may be deleted: it only
lets a run go on while a host's robots.txt cannot be had (RFC 9309, 2.4: up to 24 h).
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from warehouse.disk import sync_folder

_FILE = "robots.json"


@dataclass(frozen=True, slots=True)
class RobotsCopy:
    """A robots.txt as it stood; an empty text is one that forbids nothing."""

    origin: str
    """`scheme://host[:port]`."""
    fetched_at: datetime
    """Aware, UTC."""
    text: str


def load_robots_copies(folder: Path) -> tuple[RobotsCopy, ...]:
    """The copies kept below the warehouse's folder; none when there is no readable file."""
    try:
        entries = json.loads((folder / _FILE).read_text("utf-8"))
        return tuple(
            RobotsCopy(one["origin"], datetime.fromisoformat(one["fetched_at"]), one["text"])
            for one in entries
        )
    except FileNotFoundError:
        return ()
    except (ValueError, KeyError, TypeError):
        return ()  # half a file of another program: the copies come back with the next run


def save_robots_copies(folder: Path, copies: Iterable[RobotsCopy]) -> None:
    """Keep these copies, and those of other hosts that were kept before; the last one wins."""
    kept = {copy.origin: copy for copy in load_robots_copies(folder)}
    kept |= {copy.origin: copy for copy in copies}
    entries = [
        {"origin": one.origin, "fetched_at": one.fetched_at.isoformat(), "text": one.text}
        for _, one in sorted(kept.items())
    ]
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{_FILE}.{os.getpid()}"
    with new.open("w", encoding="utf-8") as file:
        json.dump(entries, file, ensure_ascii=False, indent=0)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / _FILE)
    sync_folder(folder)
