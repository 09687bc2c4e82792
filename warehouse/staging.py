"""Looks read but not yet decided, kept on disk so that a run's memory does not follow its length.

A run's file lies in the staging folder until its commit. One left behind by a run that died holds
nothing that its WARC file does not; the next run removes it.
"""

import os
import pickle
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from warehouse.model import StagedLook

_PICKLE_PROTOCOL = 5


class StagedLooks:
    """The looks of one run, appended in order and read back in batches."""

    def __init__(self, folder: Path, run_id: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{run_id}.{os.getpid()}.looks"
        self._file = self._path.open("wb")
        self.count = 0

    def add(self, looks: list[StagedLook]) -> None:
        """Append looks of one source."""
        pickle.dump(looks, self._file, _PICKLE_PROTOCOL)
        self.count += len(looks)

    def batches(self, size: int) -> Iterator[tuple[str, list[StagedLook]]]:
        """(source id, looks) in the order added; at most about `size` looks of one source each."""
        self._file.flush()
        for source_id, chunks in groupby(self._chunks(), key=lambda looks: looks[0].source_id):
            batch: list[StagedLook] = []
            for looks in chunks:
                batch += looks
                if len(batch) >= size:
                    yield source_id, batch
                    batch = []
            if batch:
                yield source_id, batch

    def discard(self) -> None:
        """Remove the file: its looks are committed, or the run is given up."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def _chunks(self) -> Iterator[list[StagedLook]]:
        with self._path.open("rb") as file:
            while file.peek(1):
                if looks := pickle.load(file):
                    yield looks


def remove_abandoned(folder: Path) -> int:
    """Remove the files of runs whose process is gone; how many there were."""
    removed = 0
    for path in folder.glob("*.looks"):
        pid = path.name.split(".")[-2]
        if pid.isdigit() and not _alive(int(pid)):
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
