"""What a dedup run puts aside when memory is short: keys by part, and the texts it will check."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from warehouse.history.fingerprint import I64, U64, Strings
from warehouse.history.pairing import PARTS, pack

A = TypeVar("A")
B = TypeVar("B")

KEYS_IN_MEMORY_BYTES = 768 << 20
TEXTS_IN_MEMORY_BYTES = 384 << 20


class KeySpill:
    """Keys with their rows, parted by their top bits; in files once there are many."""

    def __init__(self, folder: Path, limit_bytes: int = KEYS_IN_MEMORY_BYTES) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._held: list[list[U64]] = [[] for _ in range(PARTS)]
        self._held_bytes = 0
        self.count = 0

    def add(self, keys: U64, rows: npt.NDArray[np.integer]) -> None:
        """Take keys of further rows in."""
        parts, entries = pack(keys, rows)
        order = np.argsort(parts, kind="stable")
        bounds = np.searchsorted(parts[order], np.arange(PARTS + 1))
        entries = entries[order]
        for part in range(PARTS):
            self._held[part].append(entries[bounds[part] : bounds[part + 1]])
        self.count += len(keys)
        self._held_bytes += entries.nbytes
        if self._held_bytes > self._limit_bytes:
            self._write_out()

    def _write_out(self) -> None:
        for part, held in enumerate(self._held):
            with self._path(part).open("ab") as file:
                for entries in held:
                    file.write(entries.data)
            held.clear()
        self._held_bytes = 0

    def part(self, part: int) -> U64:
        """The sorted entries of one part."""
        found = list(self._held[part])
        if self._path(part).exists():
            found.append(np.fromfile(self._path(part), np.uint64))
        entries = np.concatenate(found) if found else np.zeros(0, np.uint64)
        entries.sort()
        return entries

    def _path(self, part: int) -> Path:
        return self._folder / f"keys-{part:02d}"


class TextShelf:
    """Texts by row: arrays as they were read while those are few, else a file of what is wanted."""

    def __init__(self, folder: Path, limit_bytes: int = TEXTS_IN_MEMORY_BYTES) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._read: list[Strings] | None = []
        self._read_bytes = 0
        self._place: I64 = np.zeros(0, np.int64)
        self._ends: I64 = np.zeros(0, np.int64)
        self._file: BinaryIO | None = None

    @property
    def complete(self) -> bool:
        """Whether every text that was offered is still in memory."""
        return self._read is not None

    def offer(self, texts: Strings) -> None:
        """Keep the next rows' texts, or give all up when they are too many."""
        if self._read is None:
            return
        self._read.append(texts)
        self._read_bytes += texts.nbytes
        if self._read_bytes > self._limit_bytes:
            self._read = None

    def fill(
        self,
        batches: Iterable[Strings],
        wanted: npt.NDArray[np.bool_],
        progress: Callable[[int], None],
    ) -> None:
        """Write the texts of the wanted rows to the scratch file, from all batches in order."""
        self._place = np.cumsum(wanted) - 1
        sizes: list[npt.NDArray[np.int64]] = []
        path = self._folder / "texts"
        first = 0
        with path.open("wb") as file:
            for texts in batches:
                rows = np.flatnonzero(wanted[first : first + len(texts)])
                first += len(texts)
                kept = texts.take(rows).cast(pa.large_string())
                _, offsets, data = cast("list[Any]", kept.buffers())
                ends = np.frombuffer(offsets, np.int64)[kept.offset :][: len(kept) + 1]
                sizes.append(np.diff(ends))
                if data is not None:
                    file.write(memoryview(data)[ends[0] : ends[-1]])
                progress(first)
        self._ends = np.cumsum(np.concatenate(sizes)) if sizes else self._ends
        if len(self._ends) and self._ends[-1]:
            self._file = path.open("rb")

    def batches(self) -> Iterator[Strings]:
        """Every text as it was offered; only while `complete`."""
        yield from self._read or []

    def take(self, rows: I64) -> Strings:
        """The texts of ascending rows, as one large_string array."""
        if self._read is not None:
            if not self._read:
                return pa.array([], pa.large_string())
            starts = np.cumsum([0, *map(len, self._read)])
            owner = np.searchsorted(starts, rows, "right") - 1
            taken = [
                self._read[o].take(rows[owner == o] - starts[o]).cast(pa.large_string())
                for o in np.unique(owner).tolist()
            ]
            return pa.concat_arrays(taken) if taken else pa.array([], pa.large_string())
        place = self._place[rows]
        begin = np.where(place > 0, self._ends[place - 1], 0)
        sizes = self._ends[place] - begin
        data = b""
        if self._file is not None:  # read, not mapped: pages of a map would count as our memory
            handle = self._file.fileno()
            spans = zip(sizes.tolist(), begin.tolist(), strict=True)
            data = b"".join(os.pread(handle, size, start) for size, start in spans)
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(sizes, out=offsets[1:])
        return pa.LargeStringArray.from_buffers(
            len(rows), pa.py_buffer(cast(Any, offsets)), pa.py_buffer(data)
        )

    def close(self) -> None:
        """Let the scratch file go."""
        if self._file is not None:
            self._file.close()


def mapped(task: Callable[[A], B], items: Iterable[A], threads: int) -> Iterator[B]:
    """`task` of every item, in order, on some threads; few items wait at a time."""
    if threads < 2:
        yield from map(task, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[B]] = deque()
        for item in items:
            waiting.append(pool.submit(task, item))
            if len(waiting) > 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
