"""Captures that lie on disk: which files there are, when they were taken, their address."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from urllib.parse import quote

FILE_CAP_BYTES = 64 * 1024 * 1024
_DOCUMENTS = (".txt", ".html", ".htm", ".xhtml", ".pdf")
_WARCS = (".warc", ".warc.gz")


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that holds one capture, or a WARC file that holds many."""

    path: Path
    url: str
    """A `file:` URI relative to the configuration's folder."""
    captured_at: datetime
    """As told, else the file's modification time."""
    told: bool
    """Whether somebody said so."""
    is_warc: bool


@dataclass(frozen=True, slots=True)
class BadInput:
    """A path that cannot be read, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """What paths or globs led to, oldest capture first."""

    files: tuple[InputFile, ...]
    bad: tuple[BadInput, ...]
    unknown: int
    """Files in folders whose type is none of ours."""


def find_inputs(
    paths: Iterable[Path], root: Path, captured_at: datetime | None, *, named: bool
) -> Inputs:
    """The captures at paths; folders are searched, links to folders are not followed.

    `named`: a person named these paths, so one that is missing or of unknown type is bad input;
    otherwise they come from a glob, and an unknown type is only counted.
    """
    files: dict[Path, InputFile] = {}
    bad: list[BadInput] = []
    unknown = 0
    for path in paths:
        for found in _walk(path):
            if isinstance(found, BadInput):
                bad.append(found)
            elif _kind(found) is None and found == path and named:
                bad.append(BadInput(str(path), _unknown_type(path)))
            elif _kind(found) is None:
                unknown += 1
            else:
                one = _describe(found, root, captured_at)
                if isinstance(one, BadInput):
                    bad.append(one)
                else:
                    files.setdefault(_absolute(found), one)
    ordered = sorted(files.values(), key=lambda one: (one.captured_at, one.url))
    return Inputs(tuple(ordered), tuple(bad), unknown)


def glob_paths(patterns: Sequence[str], root: Path) -> Iterator[Path]:
    """The files that globs lead to, in order; a pattern that is a folder leads to all below it."""
    for pattern in patterns:
        anchor = Path(pattern).anchor
        base = Path(anchor) if anchor else root
        yield from sorted(base.glob(str(Path(pattern).relative_to(anchor)) if anchor else pattern))


def read_file(path: Path) -> bytes | BadInput:
    """The bytes of a file, or why they cannot be had."""
    try:
        if path.stat().st_size > FILE_CAP_BYTES:
            return BadInput(str(path), f"larger than {FILE_CAP_BYTES // 1024**2} MiB")
        return path.read_bytes()
    except OSError as error:
        return BadInput(str(path), _reason(error))


def _walk(path: Path) -> Iterator[Path | BadInput]:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        yield BadInput(str(path), _reason(error))
        return
    if not S_ISDIR(mode):
        yield path if S_ISREG(mode) else BadInput(str(path), "neither a file nor a folder")
        return
    faults: list[OSError] = []
    for folder, folders, names in os.walk(path, onerror=faults.append):
        folders.sort()
        for name in sorted(names):
            yield from _entry(Path(folder) / name)
    yield from (BadInput(str(fault.filename), _reason(fault)) for fault in faults)


def _entry(path: Path) -> Iterator[Path | BadInput]:
    """A folder's entry that is no folder itself: a file, or a link to one."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        yield BadInput(str(path), _reason(error))
        return
    if S_ISREG(mode):
        yield path


def _kind(path: Path) -> str | None:
    name = path.name.lower()
    if name.endswith(_WARCS):
        return "warc"
    return "document" if name.endswith(_DOCUMENTS) else None


def _describe(path: Path, root: Path, captured_at: datetime | None) -> InputFile | BadInput:
    try:
        modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError) as error:
        return BadInput(str(path), _reason(error))
    return InputFile(
        path=path,
        url=file_url(path, root),
        captured_at=captured_at or modified_at,
        told=captured_at is not None,
        is_warc=_kind(path) == "warc",
    )


def file_url(path: Path, root: Path) -> str:
    """The `file:` URI of a path: relative below the root, absolute elsewhere."""
    absolute = _absolute(path)
    said = absolute.relative_to(root) if absolute.is_relative_to(root) else absolute
    return f"file:{quote(os.fsencode(said), safe='/~')}"


def _absolute(path: Path) -> Path:
    """Without `..`, links left as they are: the address is the one the user knows."""
    return Path(os.path.normpath(path.absolute()))


def _unknown_type(path: Path) -> str:
    known = ", ".join((*_DOCUMENTS, *_WARCS))
    return f"a file of type {path.suffix or '(none)'}; known are {known}"


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) else None
    if isinstance(error, OSError) and error.errno == 40:
        text = "a loop of symbolic links"
    return (text or str(error)).lower()
