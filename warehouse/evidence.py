"""Where evidence is kept: a folder, or a bucket that a run's WARC file is uploaded to."""

import fcntl
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Protocol

from warehouse.buckets import Bucket, access_from
from warehouse.captures import EvidenceWriter, Location, WarcLook
from warehouse.disk import keep_synced
from warehouse.place import Place
from warehouse.warc_reader import RecordReader

_LOG = logging.getLogger(__name__)

_FOLDER = "evidence"
_DRAFT = ".part"


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """One WARC file that is there, whether a row names it or not."""

    name: str
    """Below `evidence/`."""
    length_bytes: int
    modified_at: datetime


class Evidence(Protocol):
    """The WARC files of a warehouse, by their names below `evidence/`."""

    def writer(self, run_id: str, software: str) -> EvidenceWriter:
        """The file of one run, to be filled."""

    def reader(self, warc_file: str) -> RecordReader:
        """One file, to be read; it raises WarcError on entry when it is gone."""

    def open(self, warc_file: str) -> IO[bytes]:
        """One file, as bytes. Raises OSError."""

    def files(self) -> Iterator[EvidenceFile]:
        """Every file there is, by name."""

    def sizes(self) -> Iterator[tuple[str, int]]:
        """(name, bytes) of every file there is, by name."""

    def draft(self, warc_file: str) -> Path:
        """Where on this machine to build a new file, until `keep`."""

    def keep(self, draft: Path, warc_file: str) -> None:
        """Make a draft a file of evidence; it is safe, whole, when this returns."""

    def remove(self, warc_file: str) -> bool:
        """Remove a file; False when it is gone already, or a living run writes it."""

    def left_behind(self) -> Iterator[Path]:
        """Files on this machine that are no evidence yet: drafts, and what was to be uploaded."""

    def said(self, warc_file: str) -> str:
        """What a person calls a file."""


def evidence_of(place: Place) -> Evidence:
    """The evidence of a warehouse."""
    if place.bucket is None:
        return _FolderEvidence(place.evidence)
    return _BucketEvidence(place.evidence, Bucket(place.bucket, access_from()))


def read_evidence(place: Place, location: Location) -> WarcLook:
    """The look kept at a location. Raises WarcError when there is none."""
    with evidence_of(place).reader(location.warc_file) as reader:
        return reader.read(location)


def is_locked(path: Path) -> bool:
    """Whether a living process writes this file; the kernel drops its lock with it."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


class _Local:
    """What both kinds keep on this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def draft(self, warc_file: str) -> Path:
        path = self._folder / f"{warc_file}{_DRAFT}"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


class _FolderEvidence(_Local):
    def writer(self, run_id: str, software: str) -> EvidenceWriter:
        return EvidenceWriter(self._folder, run_id, software)

    def reader(self, warc_file: str) -> RecordReader:
        return RecordReader(self._folder / warc_file)

    def open(self, warc_file: str) -> IO[bytes]:
        return (self._folder / warc_file).open("rb")

    def files(self) -> Iterator[EvidenceFile]:
        for path in sorted(self._folder.rglob("*.warc.gz")):
            found = path.stat()
            name = path.relative_to(self._folder).as_posix()
            modified_at = datetime.fromtimestamp(found.st_mtime, UTC)
            yield EvidenceFile(name, found.st_size, modified_at)

    def sizes(self) -> Iterator[tuple[str, int]]:
        yield from ((one.name, one.length_bytes) for one in self.files())

    def keep(self, draft: Path, warc_file: str) -> None:
        keep_synced(draft, self._folder / warc_file, self._folder)

    def remove(self, warc_file: str) -> bool:
        path = self._folder / warc_file
        if not path.exists() or is_locked(path):
            return False
        path.unlink()
        return True

    def left_behind(self) -> Iterator[Path]:
        yield from sorted(self._folder.rglob(f"*{_DRAFT}"))

    def said(self, warc_file: str) -> str:
        return str(self._folder / warc_file)


class _BucketEvidence(_Local):
    def __init__(self, spool: Path, bucket: Bucket) -> None:
        super().__init__(spool)
        self._bucket = bucket

    def writer(self, run_id: str, software: str) -> EvidenceWriter:
        return EvidenceWriter(self._folder, run_id, software, _Uploaded(self._bucket))

    def reader(self, warc_file: str) -> RecordReader:
        return RecordReader(Path(warc_file), lambda: self.open(warc_file))

    def open(self, warc_file: str) -> IO[bytes]:
        return self._bucket.open(f"{_FOLDER}/{warc_file}")

    def files(self) -> Iterator[EvidenceFile]:
        for name, size, made_at in sorted(self._bucket.objects(_FOLDER)):
            yield EvidenceFile(name, size, made_at)

    def sizes(self) -> Iterator[tuple[str, int]]:
        yield from sorted(self._bucket.sizes(_FOLDER))

    def keep(self, draft: Path, warc_file: str) -> None:
        self._bucket.put(draft, f"{_FOLDER}/{warc_file}")
        draft.unlink()

    def remove(self, warc_file: str) -> bool:
        # a living run of another machine looks for its object again before its COMMIT
        if self._bucket.length(f"{_FOLDER}/{warc_file}") is None:
            return False
        self._bucket.remove(f"{_FOLDER}/{warc_file}")
        return True

    def left_behind(self) -> Iterator[Path]:
        yield from sorted(path for path in self._folder.rglob("*.warc.gz*") if path.is_file())

    def said(self, warc_file: str) -> str:
        return f"{self._bucket.url}/{_FOLDER}/{warc_file}"


class _Uploaded:
    """Keeps finished WARC files in a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def put(self, path: Path, name: str) -> None:
        self._bucket.put(path, f"{_FOLDER}/{name}")

    def length(self, name: str) -> int | None:
        return self._bucket.length(f"{_FOLDER}/{name}")

    def remove(self, name: str) -> None:
        try:
            self._bucket.remove(f"{_FOLDER}/{name}")
        except OSError as error:  # why it is removed matters more than that it stays
            _LOG.info("a file that no row names stays: file=%s reason=%s", name, error)
