"""The texts of one segment of an index, in small compressed blocks that are read one by one.

    texts.bin       blocks, each compressed by itself: where its texts end (uint32), then the texts
    blocks.npy      per block its place in texts.bin, its first row and its size unpacked; a last
                    row says where all end

Blocks are copied as they are when segments merge.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow as pa

from warehouse.history.fingerprint import I64, Strings

BLOCK_ROWS = 16
SPARE = bytes(16)
"""Behind the last text: the compiled route reads eight bytes at a time without copying first."""
_LEVEL = 5
_COPY_BYTES = 1 << 22


def write_texts(folder: Path, older: Sequence[Path], texts: Iterable[Strings]) -> None:
    """Write the texts of some segments' folders, in order, and further ones behind them."""
    stated: list[I64] = []
    place = row = 0
    with (folder / "texts.bin").open("wb") as file:
        for other in older:
            blocks = np.load(other / "blocks.npy")
            stated.append(blocks[:-1] + np.array([place, row, 0]))
            place += _copy(other / "texts.bin", file)
            row += int(blocks[-1, 1])
        codec = pa.Codec("zstd", _LEVEL)
        for offsets, data in _blocks(texts):
            raw = offsets[1:].astype(np.uint32).tobytes() + data
            packed = codec.compress(raw, asbytes=True)
            file.write(packed)
            stated.append(np.array([[place, row, len(raw)]]))
            place += len(packed)
            row += len(offsets) - 1
    stated.append(np.array([[place, row, 0]]))
    np.save(folder / "blocks.npy", np.concatenate(stated).astype(np.int64))


def check_texts(folder: Path, rows: int) -> None:
    """A ValueError unless the files hold that many texts, whole; without reading those."""
    size, held, _ = np.load(folder / "blocks.npy", mmap_mode="r")[-1].tolist()
    found = (folder / "texts.bin").stat().st_size
    if (found, held) != (size, rows):
        raise ValueError(f"{held} texts in {found} bytes instead of {rows} in {size}")


def read_texts(folder: Path, rows: I64) -> Strings:
    """The texts of ascending rows, as one large_string array."""
    blocks = np.load(folder / "blocks.npy", mmap_mode="r").view(np.ndarray)
    firsts = blocks[:, 1]
    owner = np.searchsorted(firsts, rows, "right") - 1
    codec = pa.Codec("zstd")
    found: list[bytes] = []
    with (folder / "texts.bin").open("rb", buffering=0) as file:
        for block in np.unique(owner).tolist():
            place, first, size = blocks[block].tolist()
            file.seek(place)
            packed = file.read(int(blocks[block + 1, 0]) - place)
            raw = codec.decompress(packed, decompressed_size=size, asbytes=True)
            count = int(firsts[block + 1]) - first
            ends = [0, *np.frombuffer(raw, np.uint32, count).tolist()]
            data = raw[4 * count :]
            found += (data[ends[i] : ends[i + 1]] for i in (rows[owner == block] - first).tolist())
    return strings_of(found)


def strings_of(texts: Sequence[bytes | memoryview]) -> Strings:
    """Texts in UTF-8 as one large_string array."""
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=offsets[1:])
    return pa.LargeStringArray.from_buffers(
        len(texts), pa.py_buffer(cast(Any, offsets)), pa.py_buffer(b"".join([*texts, SPARE]))
    )


def text_bytes(texts: Strings) -> tuple[I64, memoryview]:
    """Where each text of an array without nulls begins and the last ends, from 0, and the bytes."""
    _, stated, data = cast("list[Any]", texts.cast(pa.large_string()).buffers())
    offsets = np.frombuffer(stated, np.int64)[texts.offset :][: len(texts) + 1]
    whole = memoryview(b"") if data is None else memoryview(data)[offsets[0] : offsets[-1]]
    return offsets - offsets[0], whole


def _blocks(texts: Iterable[Strings]) -> Iterator[tuple[I64, bytes]]:
    """Offsets and bytes of every BLOCK_ROWS texts, at last of what is left."""
    rest: Strings = pa.array([], pa.large_string())
    for part in texts:
        rest = pa.concat_arrays([rest, part.cast(pa.large_string())])
        whole = len(rest) - len(rest) % BLOCK_ROWS
        yield from _cut(rest.slice(0, whole))
        rest = rest.slice(whole)
    yield from _cut(rest)


def _cut(texts: Strings) -> Iterator[tuple[I64, bytes]]:
    offsets, data = text_bytes(texts)
    for start in range(0, len(texts), BLOCK_ROWS):
        inside = offsets[start : start + BLOCK_ROWS + 1]
        yield inside - inside[0], bytes(data[inside[0] : inside[-1]])


def _copy(source: Path, target: BinaryIO) -> int:
    """Append a file; how many bytes."""
    copied = 0
    with source.open("rb") as file:
        while part := file.read(_COPY_BYTES):
            target.write(part)
            copied += len(part)
    return copied
