"""An index folder: what was deduplicated before, so that a new table meets only its candidates.

    index.json              scheme, id type and the segments that count
    segments/NAME/          some batches of documents, never changed
        documents.arrow     id, words, digest; one row a document
        keys.npy ...        the keys (`dedup_keys`)
        texts.bin ...       the texts (`dedup_texts`): the exact check reads them

A commit writes one segment, syncs it and then replaces index.json, so a kill at any time leaves
the old index or the new one. The segment takes in those before it that are no larger than all
that came after them: each is larger than all later ones together, so a million documents that
came by fifty lie in some fifteen segments, and each was rewritten at most as often. Rows keep
their order, so answers do not depend on it. Folders that index.json does not name are left-overs,
removed by the writer that replaced them or, when it was killed, by the next. Writers hold an
exclusive lock on the folder, readers a shared one.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from warehouse.dedup_input import DedupError, DedupUsageError
from warehouse.dedup_keys import MAX_ROWS, count_keys, probe_keys, read_keys, write_keys
from warehouse.dedup_texts import check_texts, read_texts, write_texts
from warehouse.history.fingerprint import I64, U64, Strings

FORMAT = 2
MAX_SEGMENT_ROWS = MAX_ROWS


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
        """All its documents, in order; mapped, not read."""
        path = self.path / "documents.arrow"
        with _damage_named(path), pa.memory_map(str(path)) as file:
            table = pa.ipc.open_file(file).read_all()
            if table.num_rows != self.rows:
                raise ValueError(f"{table.num_rows} documents instead of {self.rows}")
            ids, words, digests = (column.combine_chunks() for column in table.columns)
            sums = cast("pa.FixedSizeListArray[Any]", digests).flatten().to_numpy()
            return Documents(ids, words.to_numpy(), sums.reshape(self.rows, 2))

    def probe(self, keys: U64, most: I64) -> tuple[I64, I64]:
        """For ascending keys, how many rows hold each (`most` at most) and those rows, in order."""
        with _damage_named(self.path):
            return probe_keys(self.path, self.rows, keys, most)

    def keys(self, part: int) -> U64:
        """Its entries of one part of the key space, as `commit` takes them."""
        with _damage_named(self.path):
            return read_keys(self.path, self.rows, part)

    def key_count(self) -> int:
        """How many keys it has; it is whole enough to be copied, or a DedupError says it is not."""
        with _damage_named(self.path):
            check_texts(self.path, self.rows)
            return count_keys(self.path)

    def texts(self, rows: I64) -> Strings:
        """The texts of ascending rows, as one large_string array."""
        with _damage_named(self.path):
            return read_texts(self.path, rows)


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
        raise DedupUsageError(
            f"{path} is an index of format {version}, not {FORMAT}: build it anew"
        )
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
    entries: Sequence[Callable[[], U64]],
    key_count: int,
    texts: Iterable[Strings],
) -> Index:
    """The index with further documents. Call it under the write lock.

    `entries` give the keys of each part of the key space, with their rows in one number (40 bits
    of key above 24 bits of row), ascending; `texts` come in row order.
    """
    kept, merged = _tail(index.segments, len(documents.words))
    name = f"{1 + max((int(s.path.name) for s in index.segments), default=0):06d}"
    folder = index.path / "segments" / name
    _remove_leftovers(index)
    folder.mkdir(parents=True)
    before = [segment.documents() for segment in merged]
    whole = Documents.joined([*before, documents], documents.ids.type)
    _write_documents(folder / "documents.arrow", whole)
    count = key_count + sum(segment.key_count() for segment in merged)
    write_keys(folder, _merged_keys(merged, entries), count, len(whole.words))
    write_texts(folder, [segment.path for segment in merged], texts)
    for file in folder.iterdir():
        _sync(file)
    for parent in (folder, folder.parent):
        _sync(parent)
    added = Segment(folder, len(whole.words), sum(segment.rows for segment in kept))
    changed = Index(index.path, index.scheme, str(documents.ids.type), (*kept, added))
    _write_manifest(changed)
    _remove_leftovers(changed)
    return changed


def _tail(
    segments: tuple[Segment, ...], rows: int
) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """The segments that stay, and those at the end that merge with so many new rows."""
    start = len(segments)
    while start and segments[start - 1].rows <= min(rows, MAX_SEGMENT_ROWS - rows):
        start -= 1
        rows += segments[start].rows
    return segments[:start], segments[start:]


def _merged_keys(
    segments: Sequence[Segment], entries: Sequence[Callable[[], U64]]
) -> Iterator[U64]:
    """The keys of every part: those of the segments, and the new ones with rows behind theirs."""
    shifts = np.cumsum([0, *(segment.rows for segment in segments)]).astype(np.uint64)
    for part, new in enumerate(entries):
        held = [segment.keys(part) for segment in segments]
        found = np.concatenate([e + s for e, s in zip([*held, new()], shifts, strict=True)])
        if segments:
            found.sort()
        yield found


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
    """Not compressed, so that they need not be read to be looked up."""
    digests = pa.array(np.ascontiguousarray(documents.digests).ravel())
    table = pa.table(
        {
            "id": documents.ids,
            "words": pa.array(documents.words),
            "digest": pa.FixedSizeListArray.from_arrays(digests, 2),
        }
    )
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
