"""A folder that appears whole or not at all, also in the place of an earlier one.

It is filled beside its place under a hidden name and renamed at the end. POSIX has no portable
exchange of two folders, so an earlier export is first renamed away; should we die just then, the
next export finds it under its hidden name and puts it back.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from warehouse.disk import sync_folder
from warehouse.errors import WarehouseError

MANIFEST = "manifest.json"
README = "README.txt"
MARK = "pressdiff_export"
"""The key of a manifest by which an earlier export is known."""


@contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """An empty folder to fill; it takes the place of `target` when the block ends well.

    Raises WarehouseError when `target` holds anything but an earlier export, or another export
    into it is under way. On any error `target` is what it was before.
    """
    target = target.resolve()
    _put_back(target)
    _check(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    new = _hidden(target, "new")
    new.mkdir(exist_ok=True)
    handle = os.open(new, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(handle, target)
        for left_behind in new.iterdir():  # by an export that was killed
            _remove(left_behind)
        try:
            yield new
            sync_folder(new)
            _put_in_place(new, target)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
    finally:
        os.close(handle)


def _hidden(target: Path, what: str) -> Path:
    return target.with_name(f".{target.name}.pressdiff-{what}")


def _lock(handle: int, target: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise WarehouseError(f"another export into {target} is under way") from error


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _put_in_place(new: Path, target: Path) -> None:
    old = _hidden(target, "old")
    if target.exists() and any(target.iterdir()):
        target.rename(old)
    try:
        new.rename(target)  # over nothing, or over an empty folder
    except OSError:
        _put_back(target)
        raise
    sync_folder(target.parent)
    if old.exists():
        shutil.rmtree(old)


def _put_back(target: Path) -> None:
    """Undo the first of the two renames, or finish what follows the second."""
    old = _hidden(target, "old")
    if not old.exists():
        return
    if target.exists() and any(target.iterdir()):
        shutil.rmtree(old)
    else:
        old.rename(target)


def _check(target: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise WarehouseError(f"{target} is a file; name a folder to export to")
    there = {path.name for path in target.iterdir()}
    if not there:
        return
    foreign = sorted(there - _exported(target))
    if foreign:
        raise WarehouseError(
            f"{target} holds {foreign[0]}, which no export of ours wrote; "
            "name a new or empty folder, or that of an earlier export"
        )


def _exported(target: Path) -> set[str]:
    """The names that an earlier export says it wrote; empty when there was none."""
    try:
        said: Any = json.loads((target / MANIFEST).read_bytes())
        if MARK not in said:
            return set()
        return {MANIFEST, README, *(str(file["file"]) for file in said["files"])}
    except (FileNotFoundError, IsADirectoryError, ValueError, TypeError, KeyError):
        return set()  # whatever it is, no manifest of ours
