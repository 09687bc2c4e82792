"""An index folder: what was deduplicated before, so that a new table meets only its candidates.

    index.json              scheme, id type and the segments that count
    segments/NAME/          one batch of documents, never changed
        documents.arrow     id, words, digest; one row a document
        keys.npy            5 bytes a key: low 24 bits the row, high 16 bits of the key
        buckets.npy         where the keys with each prefix begin
        texts.arrow         the texts, sixteen to a compressed block: the exact check reads them

A commit writes a whole segment, syncs it and then replaces index.json, so a kill at any time
leaves the old index or the new one. Folders that index.json does not name are left-overs, removed
by the next writer. Writers hold an exclusive lock on the folder, readers a shared one.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from warehouse.dedup_input import DedupError, DedupUsageError
from warehouse.history.fingerprint import I64, U64, Strings

FORMAT = 1
ROW_BITS = 24
MAX_SEGMENT_ROWS = 1 << ROW_BITS
_REST_BITS = 16
_REST = np.uint64((1 << _REST_BITS) - 1)
BUCKET_KEYS = 16
BLOCK_ROWS = 16


@dataclass(frozen=True, slots=True)
class Documents:
    """What an index knows of documents besides their keys and texts."""

    ids: Strings
    words: npt.NDArray[np.uint32]
    digests: U64
    """(n, 2)"""

    @classmethod
    def joined(cls, parts: Sequence["Documents"], id_type: pa.DataType) -> "Documents":
        """All of some parts, in order."""
        return cls(
            pa.concat_arrays([pa.array([], id_type), *(part.ids for part in parts)]),
            np.concatenate([np.zeros(0, np.uint32), *(part.words for part in parts)]),
            np.concatenate([np.zeros((0, 2), np.uint64), *(part.digests for part in parts)]),
        )

    def slice(self, start: int) -> "Documents":
        """All from a row on."""
        return Documents(self.ids.slice(start), self.words[start:], self.digests[start:])

    def filter(self, keep: npt.NDArray[np.bool_]) -> "Documents":
        """The chosen rows."""
        return Documents(self.ids.filter(pa.array(keep)), self.words[keep], self.digests[keep])


@dataclass(frozen=True, slots=True)
class Segment:
    """One batch of documents on disk; `first` is the index-wide number of its row 0."""

    path: Path
    rows: int
    first: int

    def documents(self) -> Documents:
        """All its documents, in order."""
        path = self.path / "documents.arrow"
        with _damage_named(path):
            with pa.OSFile(str(path), "rb") as file:
                table = pa.ipc.open_file(file).read_all()
            if table.num_rows != self.rows:
                raise ValueError(f"{table.num_rows} documents instead of {self.rows}")
            ids, words, *digests = (column.combine_chunks() for column in table.columns)
            sums = np.stack([d.to_numpy() for d in digests], axis=1)
            return Documents(ids, words.to_numpy(), sums)

    def probe(self, keys: U64, most: I64) -> tuple[I64, I64]:
        """For ascending keys, how many rows hold each (`most` at most) and those rows, in order.

        The keys are mapped anew by every call, so that pages of earlier calls do not add up.
        """
        with _damage_named(self.path):
            buckets = np.load(self.path / "buckets.npy", mmap_mode="r")
            entries = np.load(self.path / "keys.npy", mmap_mode="r")
            first, after = _spans(entries, buckets, keys)
            found = np.minimum(after - first, most)
            rows = _entries(entries, np.repeat(first, found) + _ramp(found))
        return found, (rows & np.uint64(MAX_SEGMENT_ROWS - 1)).astype(np.int64)

    def texts(self, rows: I64) -> Strings:
        """The texts of ascending rows, as one large_string array."""
        found: list[Strings] = [pa.array([], pa.large_string())]
        path = self.path / "texts.arrow"
        with _damage_named(path), pa.memory_map(str(path)) as file:
            blocks = pa.ipc.open_file(file)
            owner = rows // BLOCK_ROWS
            for block in np.unique(owner).tolist():
                inside = pa.array(rows[owner == block] - block * BLOCK_ROWS)
                found.append(blocks.get_batch(block).column(0).take(inside))
        return pa.concat_arrays(found)


@dataclass(frozen=True, slots=True)
class Index:
    """The committed state of an index folder when it was opened."""

    path: Path
    scheme: str
    id_type: str | None
    """None while the index is empty."""
    segments: tuple[Segment, ...]

    @property
    def rows(self) -> int:
        """Documents in all segments."""
        return sum(segment.rows for segment in self.segments)

    def documents(self) -> Documents:
        """Of all segments; only of an index that is not empty."""
        parts = [segment.documents() for segment in self.segments]
        return Documents.joined(parts, parts[0].ids.type)

    def texts(self, rows: I64) -> Strings:
        """The texts of ascending index-wide rows."""
        found: list[Strings] = [pa.array([], pa.large_string())]
        for segment in self.segments:
            inside = (rows >= segment.first) & (rows < segment.first + segment.rows)
            if inside.any():
                found.append(segment.texts(rows[inside] - segment.first))
        return pa.concat_arrays(found)


def open_index(path: Path, scheme: str) -> Index:
    """The index in a folder; an empty one where there is none. Of another scheme: a DedupError."""
    manifest = path / "index.json"
    if not manifest.exists():
        if path.is_dir() and any(p.name not in {"segments", ".part"} for p in path.iterdir()):
            raise DedupUsageError(f"{path} holds other files and no index")
        return Index(path, scheme, None, ())
    try:
        stated = json.loads(manifest.read_text("utf-8"))
        version, other = stated["format"], stated["scheme"]
        named = [(s["name"], s["rows"]) for s in stated["segments"]]
        id_type = stated["id_type"]
    except (ValueError, KeyError, TypeError) as error:
        raise DedupError(f"{manifest} is not the head of an index: {error}") from error
    if version != FORMAT:
        raise DedupError(f"{path} is an index of format {version}, not {FORMAT}")
    if other != scheme:
        raise DedupUsageError(f"{path} is an index of scheme {other}, not {scheme}: build it anew")
    segments, first = [], 0
    for name, rows in named:
        segments.append(Segment(path / "segments" / name, rows, first))
        first += rows
    return Index(path, scheme, id_type, tuple(segments))


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """A file of a segment that cannot be read becomes a DedupError."""
    try:
        yield
    except (pa.ArrowException, OSError, EOFError, ValueError, IndexError) as error:
        said = " ".join(str(error).split())
        raise DedupError(f"the index is damaged at {path}: {said}; build it anew") from error


@contextmanager
def locked(path: Path, *, write: bool) -> Iterator[None]:
    """Hold the folder's lock; a writer creates the folder. Waits for whoever holds it."""
    if path.exists() and not path.is_dir():
        raise DedupUsageError(f"{path} is not a folder")
    if write:
        path.mkdir(parents=True, exist_ok=True)
    elif not path.is_dir():
        yield
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if write else fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def commit(
    index: Index,
    documents: Documents,
    entries: Iterable[U64],
    key_count: int,
    texts: Iterable[Strings],
) -> Index:
    """The index with one more segment. Call it under the write lock.

    `entries` are key and row in one number (40 bits of key above 24 bits of row), ascending over
    all arrays; `texts` come in row order.
    """
    name = f"{1 + max((int(s.path.name) for s in index.segments), default=0):06d}"
    folder = index.path / "segments" / name
    _remove_leftovers(index)
    folder.mkdir(parents=True)
    _write_documents(folder / "documents.arrow", documents)
    _write_keys(folder, entries, key_count)
    _write_texts(folder / "texts.arrow", texts)
    for file in folder.iterdir():
        _sync(file)
    for parent in (folder, folder.parent):
        _sync(parent)
    added = Segment(folder, len(documents.words), index.rows)
    changed = Index(index.path, index.scheme, str(documents.ids.type), (*index.segments, added))
    _write_manifest(changed)
    return changed


def _write_manifest(index: Index) -> None:
    """Replace index.json: the commit itself."""
    stated = {
        "format": FORMAT,
        "scheme": index.scheme,
        "id_type": index.id_type,
        "segments": [{"name": s.path.name, "rows": s.rows} for s in index.segments],
    }
    part = index.path / ".part"
    part.write_text(json.dumps(stated, indent=1) + "\n", "utf-8")
    _sync(part)
    part.replace(index.path / "index.json")
    _sync(index.path)


def _remove_leftovers(index: Index) -> None:
    """Remove segments that a killed writer left."""
    known = {segment.path.name for segment in index.segments}
    folder = index.path / "segments"
    for leftover in folder.iterdir() if folder.is_dir() else ():
        if leftover.name not in known:
            shutil.rmtree(leftover)


def _write_documents(path: Path, documents: Documents) -> None:
    columns = {
        "id": documents.ids,
        "words": pa.array(documents.words),
        "digest_0": pa.array(documents.digests[:, 0].copy()),
        "digest_1": pa.array(documents.digests[:, 1].copy()),
    }
    table = pa.table(columns)
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with (
        pa.OSFile(str(path), "wb") as file,
        pa.ipc.new_file(file, table.schema, options=options) as writer,
    ):
        writer.write_table(table)


def _write_keys(folder: Path, entries: Iterable[U64], count: int) -> None:
    """The keys in 5 bytes each and the bucket of every prefix."""
    prefix_bits = max(0, int(np.ceil(np.log2(max(count / BUCKET_KEYS, 1)))))
    sizes = np.zeros((1 << prefix_bits) + 1, np.int64)
    packed = np.lib.format.open_memmap(folder / "keys.npy", "w+", np.uint8, (count, 5))
    at = 0
    for part in entries:
        if prefix_bits:
            prefix = (part >> np.uint64(64 - prefix_bits)).astype(np.int64)
            sizes[1:] += np.bincount(prefix, minlength=1 << prefix_bits)
        else:
            sizes[1] += len(part)
        rest = part >> np.uint64(64 - prefix_bits - _REST_BITS) & _REST
        five = rest << np.uint64(ROW_BITS) | part & np.uint64(MAX_SEGMENT_ROWS - 1)
        packed[at : at + len(part)] = five.view(np.uint8).reshape(-1, 8)[:, :5]
        at += len(part)
    packed.flush()
    np.save(folder / "buckets.npy", np.cumsum(sizes).astype(np.uint32))


def _write_texts(path: Path, texts: Iterable[Strings]) -> None:
    """The texts in blocks of BLOCK_ROWS, the last one shorter."""
    schema = pa.schema([("text", pa.large_string())])
    options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", 5), use_threads=False)
    with (
        pa.OSFile(str(path), "wb") as file,
        pa.ipc.new_file(file, schema, options=options) as writer,
    ):
        rest: Strings = pa.array([], pa.large_string())
        for part in texts:
            rest = pa.concat_arrays([rest, part.cast(pa.large_string())])
            whole = len(rest) - len(rest) % BLOCK_ROWS
            for start in range(0, whole, BLOCK_ROWS):
                writer.write_batch(pa.record_batch([rest.slice(start, BLOCK_ROWS)], schema=schema))
            rest = rest.slice(whole)
        if len(rest):
            writer.write_batch(pa.record_batch([rest], schema=schema))


def _spans(
    entries: npt.NDArray[np.uint8], buckets: npt.NDArray[np.uint32], keys: U64
) -> tuple[I64, I64]:
    """Where the entries of each of some ascending keys begin and end."""
    prefix_bits = int(np.log2(len(buckets) - 1))
    prefix = (
        (keys >> np.uint64(64 - prefix_bits)).astype(np.int64)
        if prefix_bits
        else np.zeros(len(keys), np.int64)
    )
    rest = keys >> np.uint64(64 - prefix_bits - _REST_BITS) & _REST
    begin, end = buckets[prefix].astype(np.int64), buckets[prefix + 1].astype(np.int64)
    first = _lower_bound(entries, begin, end, rest)
    return first, _lower_bound(entries, first, end, rest + np.uint64(1))


def _entries(entries: npt.NDArray[np.uint8], at: I64) -> U64:
    """The entries at some places as numbers."""
    wide = np.zeros((len(at), 8), np.uint8)
    wide[:, :5] = entries[at]
    return wide.view(np.uint64).ravel()


def _lower_bound(entries: npt.NDArray[np.uint8], low: I64, high: I64, rest: U64) -> I64:
    """For each probe the first place in [low, high) whose key is not below `rest`, or high."""
    low, high = low.copy(), high.copy()
    open_ = np.flatnonzero(low < high)
    while len(open_):
        middle = (low[open_] + high[open_]) >> 1
        below = _entries(entries, middle) >> np.uint64(ROW_BITS) < rest[open_]
        low[open_[below]] = middle[below] + 1
        high[open_[~below]] = middle[~below]
        open_ = open_[low[open_] < high[open_]]
    return low


def _ramp(counts: I64) -> I64:
    """0, 1, ... for every count in turn."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
