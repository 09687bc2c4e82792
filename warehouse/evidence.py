"""Where evidence is kept: a folder, or a bucket that a run's WARC file is uploaded to."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from warehouse.buckets import Bucket, access_from
from warehouse.captures import EvidenceWriter, Location, RecordReader, WarcLook
from warehouse.place import Place

_LOG = logging.getLogger(__name__)

_FOLDER = "evidence"


class Evidence(Protocol):
    """The WARC files of a warehouse, by their names below `evidence/`."""

    def writer(self, run_id: str, software: str) -> EvidenceWriter:
        """The file of one run, to be filled."""

    def reader(self, warc_file: str) -> RecordReader:
        """One file, to be read; it raises WarcError on entry when it is gone."""

    def open(self, warc_file: str) -> IO[bytes]:
        """One file, as bytes. Raises OSError."""

    def sizes(self) -> Iterator[tuple[str, int]]:
        """(name, bytes) of every file there is."""

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


class _FolderEvidence:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def writer(self, run_id: str, software: str) -> EvidenceWriter:
        return EvidenceWriter(self._folder, run_id, software)

    def reader(self, warc_file: str) -> RecordReader:
        return RecordReader(self._folder / warc_file)

    def open(self, warc_file: str) -> IO[bytes]:
        return (self._folder / warc_file).open("rb")

    def sizes(self) -> Iterator[tuple[str, int]]:
        for path in sorted(self._folder.rglob("*.warc.gz")):
            yield path.relative_to(self._folder).as_posix(), path.stat().st_size

    def said(self, warc_file: str) -> str:
        return str(self._folder / warc_file)


class _BucketEvidence:
    def __init__(self, spool: Path, bucket: Bucket) -> None:
        self._spool = spool
        self._bucket = bucket

    def writer(self, run_id: str, software: str) -> EvidenceWriter:
        return EvidenceWriter(self._spool, run_id, software, _Uploaded(self._bucket))

    def reader(self, warc_file: str) -> RecordReader:
        return RecordReader(Path(warc_file), lambda: self.open(warc_file))

    def open(self, warc_file: str) -> IO[bytes]:
        return self._bucket.open(f"{_FOLDER}/{warc_file}")

    def sizes(self) -> Iterator[tuple[str, int]]:
        yield from sorted(self._bucket.sizes(_FOLDER))

    def said(self, warc_file: str) -> str:
        return f"{self._bucket.url}/{_FOLDER}/{warc_file}"


class _Uploaded:
    """Keeps finished WARC files in a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def put(self, path: Path, name: str) -> None:
        self._bucket.put(path, f"{_FOLDER}/{name}")

    def remove(self, name: str) -> None:
        try:
            self._bucket.remove(f"{_FOLDER}/{name}")
        except OSError as error:  # why it is removed matters more than that it stays
            _LOG.info("a file that no row names stays: file=%s reason=%s", name, error)
