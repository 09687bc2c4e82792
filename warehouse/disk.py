"""Files and names that survive a power cut."""

import os
import shutil
from pathlib import Path
from typing import IO


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Make the bytes of a file survive a power cut."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def keep_synced(draft: Path, target: Path, root: Path) -> None:
    """Give a finished file its name; it and its folders up to a root survive a power cut then."""
    sync_file(draft)
    draft.rename(target)
    _sync_up(target, root)


def copy_synced(source: IO[bytes], target: Path, root: Path) -> None:
    """Copy a file; it and its folders up to a root survive a power cut when this returns."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        shutil.copyfileobj(source, file)
        file.flush()
        os.fsync(file.fileno())
    _sync_up(target, root)


def _sync_up(path: Path, root: Path) -> None:
    for folder in path.parents:
        sync_folder(folder)
        if folder == root:
            break
