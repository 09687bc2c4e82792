"""Readings made again but not yet published, kept outside the lake so that a killed run goes on.

One folder for a source and a parser version; each chunk is a pickle of looks and, written last, a
Parquet file of the keys it holds: a chunk without its keys was cut short and is made again. When
the warehouse lies in a bucket the chunks go there too, so that many machines may read and one
publishes what all of them read.
"""

import os
import pickle
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from parsers.model import Reading, Sighting
from warehouse.buckets import Bucket, access_from
from warehouse.disk import sync_folder
from warehouse.errors import WarehouseError
from warehouse.model import KeptBody, StagedLook, Text, short_hash
from warehouse.place import Place

_PICKLE_PROTOCOL = 5
_KEYS = pa.schema([("key", pa.string())])
_FOLDER = "staging"
_SHAPE = short_hash(
    *(one.name for kind in (StagedLook, Text, Reading, Sighting) for one in fields(kind)), length=4
)
"""What is pickled changes with its fields: another pressdiff may not take up what one has left."""


@dataclass(frozen=True, slots=True)
class Share:
    """One of so many equal parts of what is to be read, in the order of the evidence."""

    number: int
    """From 1."""
    of: int


ALL = Share(1, 1)


class StagedReadings:
    """The chunks staged so far for one source and parser version, by whatever machine."""

    def __init__(self, place: Place, source_id: str, version: str, share: Share = ALL) -> None:
        self._prefix = f"reread-{source_id}-"
        self.folder = place.staging / f"{self._prefix}{version}-{_SHAPE}"
        if share == ALL:
            self._remove_others()
        self.folder.mkdir(parents=True, exist_ok=True)
        said = "" if share == ALL else f"-{share.number}of{share.of}"
        self.work = self.folder / f"work{said}.parquet"
        """Where the bodies left to read are listed."""
        self._bucket = Bucket(place.bucket, access_from()) if place.bucket is not None else None
        self._writer = secrets.token_hex(4)
        self.collect()
        whole = [int(path.stem.partition("-")[0]) for path in self.folder.glob("*.ids")]
        self._next = max(whole, default=0) + 1

    def _remove_others(self) -> None:
        """What other versions of this source's parser read and never published."""
        for path in self.folder.parent.glob(f"{self._prefix}*"):
            if path.is_dir() and self._is_other(path.name):
                shutil.rmtree(path)

    def _is_other(self, name: str) -> bool:
        """Whether a folder is of this source and another version."""
        of_source = name.startswith(self._prefix) and len(name) == len(self.folder.name)
        return of_source and name != self.folder.name

    def add(self, keys: Sequence[str], looks: Sequence[StagedLook]) -> None:
        """Keep the readings of bodies with these keys; safe when it returns."""
        # a writer's chunks sort as it wrote them, for later ones may refer to earlier ones
        name = f"{self._next:08}-{self._writer}"
        read = self.folder / f"{name}.looks"
        with read.open("wb") as file:
            pickle.dump(list(looks), file, _PICKLE_PROTOCOL)
            file.flush()
            os.fsync(file.fileno())
        part = self.folder / f"{name}.part"
        pq.write_table(pa.table({"key": list(keys)}, schema=_KEYS), part)
        if self._bucket is not None:
            self._bucket.put(read, self._key(f"{name}.looks"))
            self._bucket.put(part, self._key(f"{name}.ids"))
            read.unlink()
        part.rename(self.folder / f"{name}.ids")
        sync_folder(self.folder)
        self._next += 1

    def collect(self) -> None:
        """Know what other machines have staged until now, and forget what one has published."""
        if self._bucket is None:
            return
        there = {
            name for name, _ in self._bucket.sizes(self._key("")[:-1]) if name.endswith(".ids")
        }
        here = {path.name for path in self.folder.glob("*.ids")}
        for name in here - there:
            (self.folder / name).unlink()
        for name in sorted(there - here):
            part = (self.folder / name).with_suffix(".part")
            with self._bucket.open(self._key(name)) as source, part.open("wb") as file:
                shutil.copyfileobj(source, file)
            part.rename(self.folder / name)

    def to_read(self, size: int) -> Iterator[list[KeptBody]]:
        """The bodies listed in `work`, so many at a time."""
        with pq.ParquetFile(self.work) as file:
            for batch in file.iter_batches(size):
                columns = (column.to_pylist() for column in batch.columns)
                yield [KeptBody(*row) for row in zip(*columns, strict=True)]

    def chunks(self) -> Iterator[list[StagedLook]]:
        """The looks of every whole chunk, each writer's in the order staged."""
        for path in sorted(self.folder.glob("*.ids")):
            with self._open(path.with_suffix(".looks")) as file:
                yield _Looks(file).load()

    def _open(self, path: Path) -> IO[bytes]:
        if self._bucket is None:
            return path.open("rb")
        return self._bucket.open(self._key(path.name))

    @property
    def count(self) -> int:
        """How many bodies were read."""
        return sum(pq.read_metadata(path).num_rows for path in self.folder.glob("*.ids"))

    def discard(self) -> None:
        """Remove all of the source that was staged: it is published, or of another version."""
        if self._bucket is not None:
            names = [name for name, _ in self._bucket.sizes(_FOLDER)]
            for name in names:
                folder = name.partition("/")[0]
                if folder == self.folder.name or self._is_other(folder):
                    self._bucket.remove(f"{_FOLDER}/{name}")
        shutil.rmtree(self.folder)

    def _key(self, name: str) -> str:
        return f"{_FOLDER}/{self.folder.name}/{name}"


class _Looks(pickle.Unpickler):
    """Reads back looks and nothing else: whoever may write to a bucket shall not run code here."""

    _ROOMS = frozenset(("parsers.model", "warehouse.model"))
    _VALUES = frozenset((("datetime", "datetime"), ("datetime", "date"), ("datetime", "timezone"),
                         ("datetime", "timedelta")))  # fmt: skip

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("builtins", "getattr"):
            return _member
        found = None
        if "." not in name and (module in self._ROOMS or (module, name) in self._VALUES):
            found = super().find_class(module, name)
        if not isinstance(found, type):
            raise WarehouseError(f"what was staged holds {module}.{name}, which is no reading")
        return found


def _member(kind: object, name: str) -> Enum:
    """A member of an enumeration, as Python 3.11 pickles one."""
    if not (isinstance(kind, type) and issubclass(kind, Enum)):
        raise WarehouseError(f"what was staged holds {name} of {kind!r}, which is no reading")
    return kind[name]
