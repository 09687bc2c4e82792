"""Readings made again but not yet published, kept outside the lake so that a killed run goes on.

One folder for a source and a parser version; each chunk is a pickle of looks and, written last, a
Parquet file of the keys it holds: a chunk without its keys was cut short and is made again.
"""

import os
import pickle
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.disk import sync_folder
from warehouse.model import KeptBody, StagedLook

_PICKLE_PROTOCOL = 5
_KEYS = pa.schema([("key", pa.string())])


class StagedReadings:
    """The chunks staged so far for one source and parser version."""

    def __init__(self, staging: Path, source_id: str, version: str) -> None:
        self.folder = staging / f"reread-{source_id}-{version}"
        self._remove_others(f"reread-{source_id}-")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.work = self.folder / "work.parquet"
        """Where the bodies left to read are listed."""
        whole = [int(path.stem) for path in self.folder.glob("*.ids")]
        self._next = max(whole, default=0) + 1

    def _remove_others(self, prefix: str) -> None:
        """What other versions of this source's parser read and never published."""
        for path in self.folder.parent.glob(f"{prefix}*"):
            is_of_source = len(path.name) == len(self.folder.name) and path.is_dir()
            if is_of_source and path != self.folder:
                shutil.rmtree(path)

    def add(self, keys: Sequence[str], looks: Sequence[StagedLook]) -> None:
        """Keep the readings of bodies with these keys; on disk when it returns."""
        name = f"{self._next:08}"
        with (self.folder / f"{name}.looks").open("wb") as file:
            pickle.dump(list(looks), file, _PICKLE_PROTOCOL)
            file.flush()
            os.fsync(file.fileno())
        part = self.folder / f"{name}.part"
        pq.write_table(pa.table({"key": list(keys)}, schema=_KEYS), part)
        part.rename(self.folder / f"{name}.ids")
        sync_folder(self.folder)
        self._next += 1

    def to_read(self, size: int) -> Iterator[list[KeptBody]]:
        """The bodies listed in `work`, so many at a time."""
        with pq.ParquetFile(self.work) as file:
            for batch in file.iter_batches(size):
                columns = (column.to_pylist() for column in batch.columns)
                yield [KeptBody(*row) for row in zip(*columns, strict=True)]

    def chunks(self) -> Iterator[list[StagedLook]]:
        """The looks of every whole chunk, in the order staged."""
        for path in sorted(self.folder.glob("*.ids")):
            with path.with_suffix(".looks").open("rb") as file:
                yield pickle.load(file)

    @property
    def count(self) -> int:
        """How many bodies were read."""
        return sum(
            pq.ParquetFile(path).metadata.num_rows for path in sorted(self.folder.glob("*.ids"))
        )

    def discard(self) -> None:
        """Remove the folder: its readings are published."""
        shutil.rmtree(self.folder)
