"""What a dedup run puts aside when memory is short: keys by part, and the texts."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import numpy as np
import pyarrow as pa

from warehouse.dedup_input import DedupError
from warehouse.dedup_texts import SPARE, strings_of, text_bytes
from warehouse.history.fingerprint import I64, U64, Shingles, Strings
from warehouse.history.pairing import PARTS

A = TypeVar("A")
B = TypeVar("B")

KEYS_IN_MEMORY_BYTES = 768 << 20
TEXTS_IN_MEMORY_BYTES = 384 << 20


class KeySpill:
    """Keys with their rows, parted by their top bits; in files once there are many."""

    def __init__(
        self,
        folder: Path,
        parted: Callable[[U64, I64, int], tuple[U64, I64]],
        in_order: Callable[[U64], U64],
        limit_bytes: int = KEYS_IN_MEMORY_BYTES,
    ) -> None:
        """`parted` and `in_order` are those of `pairing` or their equals."""
        self._folder = folder
        self._parted = parted
        self._in_order = in_order
        self._limit_bytes = limit_bytes
        self._held: list[list[U64]] = [[] for _ in range(PARTS)]
        self._held_bytes = 0
        self._in_files = False
        self.count = 0

    def add(self, keys: U64, ends: I64, first: int) -> None:
        """Take the keys of further texts in; see `pairing.parted`."""
        entries, bounds = self._parted(keys, ends, first)
        for part, (start, stop) in enumerate(pairwise(bounds.tolist())):
            self._held[part].append(entries[start:stop])
        self.count += len(keys)
        self._held_bytes += entries.nbytes
        if self._held_bytes > self._limit_bytes:
            self._write_out()

    def _write_out(self) -> None:
        for part, held in enumerate(self._held):
            with self._path(part).open("ab", buffering=0) as file:
                for entries in held:
                    write_whole(file, entries.view(np.uint8).data)
            held.clear()
        self._held_bytes = 0
        self._in_files = True

    def part(self, part: int) -> U64:
        """The sorted entries of one part."""
        held, kept = self._held[part], 0
        if self._in_files:
            kept = self._path(part).stat().st_size // 8
        entries = np.empty(kept + sum(map(len, held)), np.uint64)
        if kept:  # into place: a part may be a tenth of all keys
            with self._path(part).open("rb") as file:
                file.readinto(entries[:kept].view(np.uint8).data)
        np.concatenate([entries[:0], *held], out=entries[kept:])
        return self._in_order(entries)

    def _path(self, part: int) -> Path:
        return self._folder / f"keys-{part:02d}"


class TextShelf:
    """Texts by row: arrays as they were read while those are few, else all of them in a file."""

    def __init__(
        self, folder: Path, expected_bytes: int, limit_bytes: int = TEXTS_IN_MEMORY_BYTES
    ) -> None:
        """Of texts that are expected to be too many none is held, nor are their shingles kept."""
        self._path = folder / "texts"
        self._limit_bytes = limit_bytes
        self._held: list[Strings] = []
        self._held_bytes = 0
        self._starts = [0]
        self._ends: list[I64] = []
        self._written = 0
        self._file: BinaryIO | None = None
        self._cut: list[Shingles] | None = []
        if expected_bytes > limit_bytes:
            self._write_out()

    @property
    def in_memory(self) -> bool:
        """Whether nothing was written to a file yet."""
        return self._file is None

    def offer(self, texts: Strings) -> None:
        """Take the next rows' texts in."""
        self._starts.append(self._starts[-1] + len(texts))
        self._held.append(texts)
        self._held_bytes += texts.nbytes
        if self._held_bytes > self._limit_bytes or self._file is not None:
            self._write_out()

    def keep(self, cut: Shingles) -> None:
        """Take the shingles of the next rows in, which are lost once texts go to a file."""
        if self._cut is not None:
            self._cut.append(cut)

    def _write_out(self) -> None:
        self._cut = None
        if self._file is None:
            self._file = self._path.open("w+b", buffering=0)
        for texts in self._held:
            offsets, data = text_bytes(texts)
            self._ends.append(offsets[1:] + self._written)
            write_whole(self._file, data)
            self._written += len(data)
        self._held.clear()

    def batches(self) -> Iterator[Strings]:
        """Every text, in order."""
        if self.in_memory:
            yield from self._held
            return
        for start, stop in pairwise(self._starts):
            yield self.take(np.arange(start, stop))

    def kept(self, rows: I64) -> list[tuple[Shingles, I64]] | None:
        """The shingles of the batches with some ascending rows, and which rows of each those are.

        None unless all were kept.
        """
        if self._cut is None or len(self._cut) < len(self._held):
            return None
        return [(self._cut[batch], inside) for batch, inside in self._parted(rows)]

    def take(self, rows: I64) -> Strings:
        """The texts of ascending rows, as one large_string array."""
        if self.in_memory:
            parts = (_chosen(self._held[batch], inside) for batch, inside in self._parted(rows))
            return strings_of(list(chain.from_iterable(parts)))
        begin, sizes = self._places(rows)
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(sizes, out=offsets[1:])
        data = np.empty(int(offsets[-1]) + len(SPARE), np.uint8)
        room, file = memoryview(cast(Any, data)), cast(BinaryIO, self._file).fileno()
        # read, not mapped: pages of a map would count as our memory
        for start, place, stop in zip(
            begin.tolist(), offsets[:-1].tolist(), offsets[1:].tolist(), strict=True
        ):
            if os.preadv(file, [room[place:stop]], start) < stop - place:
                raise DedupError(f"{self._path} was cut short while it was in use")
        return pa.LargeStringArray.from_buffers(
            len(rows), pa.py_buffer(cast(Any, offsets)), pa.py_buffer(cast(Any, data))
        )

    def _parted(self, rows: I64) -> Iterator[tuple[int, I64]]:
        """The batches that hold some rows, and the rows' places in each."""
        owner = np.searchsorted(self._starts, rows, "right") - 1
        bounds = np.searchsorted(owner, np.arange(len(self._starts)))
        for batch, (start, stop) in enumerate(pairwise(bounds.tolist())):
            if start < stop:
                yield batch, rows[start:stop] - self._starts[batch]

    def _places(self, rows: I64) -> tuple[I64, I64]:
        """Where the texts of some rows begin in the file, and their sizes."""
        if len(self._ends) > 1:
            self._ends = [np.concatenate(self._ends)]
        ends = self._ends[0]
        begin = np.where(rows > 0, ends[rows - 1], 0)
        return begin, ends[rows] - begin

    def close(self) -> None:
        """Let the scratch file go."""
        if self._file is not None:
            self._file.close()


def _chosen(texts: Strings, rows: I64) -> Iterator[memoryview]:
    """The bytes of some rows' texts where they lie."""
    offsets, data = text_bytes(texts)
    for start, stop in zip(offsets[rows].tolist(), offsets[rows + 1].tolist(), strict=True):
        yield data[start:stop]


def write_whole(file: BinaryIO, data: Any) -> None:
    """Write all of some bytes to an unbuffered scratch file; a full disk is a DedupError."""
    try:
        while len(data):
            data = data[file.write(data) :]
    except OSError as error:
        raise DedupError(
            f"{file.name} cannot be written: {error.strerror}; TMPDIR names a folder with more room"
        ) from error


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
