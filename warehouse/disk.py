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


def copy_synced(source: IO[bytes], target: Path) -> None:
    """Copy a file into evidence; it and its folders survive a power cut when this returns."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        shutil.copyfileobj(source, file)
        file.flush()
        os.fsync(file.fileno())
    for folder in (target.parent, target.parent.parent):
        sync_folder(folder)
