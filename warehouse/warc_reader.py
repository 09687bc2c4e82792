"""Reads WARC files: single records of evidence by their offset, and whole files of anybody's."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import IO

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from warehouse.captures import Location, WarcFault, WarcLook
from warehouse.errors import WarcError
from warehouse.warc_look import BrokenRecordError, first_line, look_of


class RecordReader:
    """Reads single records of one evidence file by offset. Use as a context manager."""

    def __init__(self, path: Path, opener: Callable[[], IO[bytes]] | None = None) -> None:
        self._path = path
        self._opener = opener or (lambda: path.open("rb"))

    def __enter__(self) -> "RecordReader":
        try:
            self._file = self._opener()
        except OSError as error:
            raise WarcError(f"{self._path}: {error.strerror or first_line(error)}") from error
        self._length_bytes = self._file.seek(0, os.SEEK_END)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, location: Location) -> WarcLook:
        """The look kept at a location. Raises WarcError when no whole record starts there."""
        self._file.seek(location.offset)
        found = next(_looks(self._file, self._length_bytes), None)
        if found is None:
            raise WarcError(f"{self._path}: no record starts at offset {location.offset}")
        if isinstance(found, WarcFault):
            raise WarcError(f"{self._path}: at offset {location.offset}: {found.reason}")
        return found


def read_record(folder: Path, location: Location) -> WarcLook:
    """The look kept at a location below the evidence folder; WarcError when there is none."""
    with RecordReader(folder / location.warc_file) as reader:
        return reader.read(location)


def read_warc(path: Path) -> Iterator[WarcLook | WarcFault]:
    """Every look of a WARC file in file order, and a fault for what cannot be read.

    Records of other kinds (request, metadata, warcinfo) are passed over. After a cut the fault is
    the last item. Raises WarcError when the file cannot be opened or is no WARC at all.
    """
    try:
        with path.open("rb") as file:
            yield from _looks(file, os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise WarcError(f"{path}: {error.strerror}") from error


def _looks(file: IO[bytes], size: int) -> Iterator[WarcLook | WarcFault]:
    iterator = ArchiveIterator(file, no_record_parse=True)
    end = file.tell()
    digests: dict[str, str] = {}
    for number in count(1):
        try:
            record = next(iterator, None)
        except (ArchiveLoadFailed, EOFError, ValueError) as error:
            yield WarcFault(number, f"not a WARC record ({first_line(error)})")
            return
        if record is None:
            if end < size or number == 1:  # a cut inside a header reads like the end
                yield WarcFault(number, "the file ends inside the header of a record")
            return
        try:
            look = look_of(record, digests)
        except BrokenRecordError as error:
            yield WarcFault(number, str(error))
            if error.cut:
                return
            look = None
        iterator.read_to_end()
        end = iterator.offset  # where the next record has to start
        if look is not None:
            yield look
