"""`pressdiff dedup`: the near-duplicate engine on anyone's table, in bounded memory.

One pass signs the texts and puts them and their keys aside, in scratch files when there are many;
sorting the keys gives candidates, and each is checked on its true shingles. With an
index the keys are looked up there too, and the table is added to it in one commit at the end.
What stays in memory per row: id, digest, length, 128 bytes of sketch; per pair some 40 bytes.
"""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.dedup_check import Checked, check_pairs, cluster_rows
from warehouse.dedup_index import MAX_SEGMENT_ROWS, Documents, Index, commit, locked, open_index
from warehouse.dedup_input import (
    DedupError,
    DedupUsageError,
    ParquetFile,
    Table,
    check_ids,
    open_table,
)
from warehouse.dedup_scratch import KeySpill, TextShelf, mapped
from warehouse.dedup_settings import (
    KINDS,
    DedupSettings,
    DedupSummary,
    check_paths,
    chosen_kinds,
    with_threshold,
)
from warehouse.history import fingerprint, pairing
from warehouse.history.fingerprint import (
    I64,
    U64,
    Keeping,
    Route,
    Shingles,
    Signatures,
    Strings,
)
from warehouse.history.neighbours import Relation, Rules, may_relate
from warehouse.history.pairing import (
    MAX_ROWS,
    PARTS,
    Caps,
    Pairs,
    pack_pairs,
    unpack,
    worth_checking,
)
from warehouse.history.sketches import SKETCH_NUMBERS
from warehouse.memory import keep_freed_memory

__all__ = ["KINDS", "DedupError", "DedupSettings", "DedupSummary", "DedupUsageError", "dedup"]

COMPILED_FROM_ROWS = 8000
"""Below it the plain route is done before numba is imported: 200 us a text against 1.5 s."""

FEW_KEYS = 1 << 22
PAIRS_AT_ONCE = 1 << 16
"""Whose sketches are compared at a time: what that needs in between stays in the cache."""

Progress = Callable[[str, int, int], None]
"""Told the step (read, pair, check, add), how much is done and how much there is."""


@dataclass(frozen=True, slots=True)
class _Input:
    """The table after its first pass. Rows are numbered behind the index's documents."""

    table: Table
    index: Index | None
    documents: Documents
    """Of the index first, then of the table."""
    spill: KeySpill
    key_counts: npt.NDArray[np.uint32]
    """(rows of the table,): keys of each text."""
    sketches: U64
    """(rows of the table, SKETCH_NUMBERS)"""
    shelf: TextShelf
    known: npt.NDArray[np.bool_]
    """(rows of the table,): whether the index holds the document already."""

    @property
    def base(self) -> int:
        """Number of the table's first row."""
        return self.index.rows if self.index is not None else 0

    def evidence(self, route: Route, rows: I64) -> tuple[Shingles, Callable[[I64], Strings]]:
        """The shingles of ascending rows, and what gives the texts of ascending ones of them."""
        mine = rows[rows >= self.base] - self.base
        held = self.index.texts(rows[rows < self.base]) if self.index else None
        cut = self.shelf.kept(mine)
        if cut is None:
            texts = self.shelf.take(mine)
            texts = texts if held is None else pa.concat_arrays([held, texts])
            return route.shingles(texts), texts.take
        kept = route.keeping.distinct(cut)
        if held is None:
            return kept, lambda places: self.shelf.take(mine[places])
        known = len(held)
        return (
            Shingles.joined([route.shingles(held), kept]),
            lambda places: pa.concat_arrays(
                [
                    held.take(places[places < known]),
                    self.shelf.take(mine[places[places >= known] - known]),
                ]
            ),
        )


def dedup(
    settings: DedupSettings,
    input: Path,
    id_column: str,
    text_column: str,
    output: Path,
    against: Path | None = None,
    add: bool = True,
    kinds: Iterable[str] = KINDS,
    threshold: float | None = None,
    clusters: Path | None = None,
    progress: Progress = lambda *_: None,
) -> DedupSummary:
    """Write every pair of near-duplicates of a Parquet table to another; what was done.

    The output has id, other_id (id < other_id, typed as the input's), kind, jaccard and
    containment; with `against` also the pairs between the input and the index. `threshold`
    replaces the Jaccard from which texts are near or look-alikes. `clusters` names a file for
    (id, cluster_id) of every row that this run's pairs join to another; cluster_id is the member
    that came first. Raises DedupError when something given cannot be used.
    """
    keep_freed_memory()
    chosen = chosen_kinds(kinds)
    settings = with_threshold(settings, threshold)
    check_paths(input, output, clusters)
    table = open_table(input, id_column, text_column)
    with ExitStack() as stack:
        if against is not None:
            stack.enter_context(locked(against, write=add))
        index = open_index(against, str(settings.scheme)) if against is not None else None
        _check_fits(table, index, add)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pressdiff-dedup-")))
        route = _route(table.rows)
        source = _read(table, index, folder, settings, route, progress)
        stack.callback(source.shelf.close)
        left, right = _candidates(source, settings, route, progress)
        checked = _check(source, left, right, settings, route, progress)
        _write(source, checked, output, chosen)
        joined = _write_clusters(source, checked, clusters) if clusters is not None else None
        added = 0
        if index is not None and add:
            index, added = _add(source, index, progress)
    return DedupSummary(
        rows=table.rows,
        candidates=len(left),
        pairs={
            kind.value: int((checked.kinds == i).sum())
            for i, kind in enumerate(KINDS)
            if kind in chosen
        },
        clusters=joined,
        added=added,
        index_rows=None if index is None else index.rows,
    )


def _check_fits(table: Table, index: Index | None, add: bool) -> None:
    """Refuse what the index or the row numbers cannot hold."""
    if table.rows >= MAX_ROWS:
        raise DedupError(f"{table.path} has {table.rows} rows; one run takes up to {MAX_ROWS - 1}")
    if index is None:
        return
    if index.id_type not in (None, str(table.id_type)):
        raise DedupUsageError(
            f"{index.path} holds ids of type {index.id_type}, {table.path} of {table.id_type}"
        )
    for segment in index.segments if add else ():
        segment.key_count()  # damage is told before the pairs are written, not when it is merged
    if add and table.rows > MAX_SEGMENT_ROWS:
        raise DedupError(
            f"{table.path} has {table.rows} rows; an index takes {MAX_SEGMENT_ROWS} at a time"
        )


def _route(rows: int) -> Route:
    if rows < COMPILED_FROM_ROWS:
        return fingerprint.PLAIN
    from warehouse.history import bulk  # a second of CPU: only when it pays

    return bulk.COMPILED


def _pairing(rows: int) -> Any:
    """Where `parted`, `in_order`, `meetings` and `added_up` are: two modules that give the same."""
    if rows < COMPILED_FROM_ROWS:
        return pairing
    from warehouse.history import bulk_pairing

    return bulk_pairing


def _read(
    table: Table,
    index: Index | None,
    folder: Path,
    settings: DedupSettings,
    route: Route,
    progress: Progress,
) -> _Input:
    """Sign every text; ids are checked and, with an index, matched to its own."""
    by_key = _pairing(table.rows)
    spill = KeySpill(folder, by_key.parted, by_key.in_order)
    shelf = TextShelf(folder, table.text_bytes)
    ids: list[Strings] = []
    parts: list[Documents] = []
    counts: list[npt.NDArray[np.uint32]] = [np.zeros(0, np.uint32)]
    sketches = np.empty((table.rows, SKETCH_NUMBERS), np.uint64)

    def texts() -> Iterable[tuple[Strings, Keeping | None]]:
        for ids_read, texts_read in table.batches():
            ids.append(ids_read)
            shelf.offer(texts_read)
            yield texts_read, route.keeping if shelf.in_memory else None

    def sign(texts: tuple[Strings, Keeping | None]) -> tuple[Signatures, Shingles | None]:
        read, keeping = texts
        if keeping is None:
            return route.sign(read, settings.scheme), None
        return keeping.sign(read, settings.scheme)

    done = 0
    for signed, cut in mapped(sign, texts(), settings.threads):
        counts.append(np.diff(signed.ends, prepend=0).astype(np.uint32))
        spill.add(signed.keys, signed.ends, done)
        if cut is not None:
            shelf.keep(cut)
        sketches[done : done + len(signed)] = signed.sketches
        parts.append(Documents(ids[len(parts)], signed.words, signed.digests))
        done += len(signed)
        progress("read", done, table.rows)
    own = Documents.joined(parts, table.id_type)
    check_ids(own.ids, table)
    documents, known = own, np.zeros(done, np.bool_)
    if index is not None and index.rows:
        held = index.documents()
        known = _match(own, held, index, table)
        documents = Documents.joined([held, own], table.id_type)
    return _Input(table, index, documents, spill, np.concatenate(counts), sketches, shelf, known)


def _match(own: Documents, held: Documents, index: Index, table: Table) -> npt.NDArray[np.bool_]:
    """Which of the table's documents the index holds; with another text is a DedupError."""
    # The table's ids are fewer as a rule: a set of them is made sooner than one of the index's.
    shared = np.flatnonzero(pc.is_in(held.ids, own.ids).to_numpy(zero_copy_only=False))
    twin = pc.index_in(own.ids, held.ids.take(shared))
    known = twin.is_valid().to_numpy(zero_copy_only=False)
    places = shared[twin.drop_null().to_numpy()]
    changed = np.flatnonzero((own.digests[known] != held.digests[places]).any(axis=1))
    if len(changed):
        first = own.ids[int(np.flatnonzero(known)[changed[0]])].as_py()
        raise DedupError(
            f"{index.path} holds {len(changed)} ids of {table.path} with another text,"
            f" one of them {first!r}"
        )
    return np.asarray(known, np.bool_)


def _candidates(
    source: _Input, settings: DedupSettings, route: Route, progress: Progress
) -> tuple[I64, I64]:
    """The pairs worth an exact check, the lower row left."""
    by_key, caps = _pairing(source.table.rows), settings.caps
    pairs, meet = Pairs(by_key.added_up), by_key.meetings
    # few keys are looked up in the index for several parts at once, which costs as much as for one
    at_once = 8 if source.spill.count <= FEW_KEYS else 1
    for first in range(0, PARTS, at_once):
        parts = [(part, source.spill.part(part)) for part in range(first, first + at_once)]
        held = _pair_with_index(source, parts, caps, pairs)
        for (_, entries), met in zip(parts, held, strict=True):
            pairs.add(meet(entries, caps, met, source.base))
        del parts, held, entries  # before the next ones are made
        progress("pair", first + at_once, PARTS)
    left, right, hits = pairs.result()
    keep = np.empty(len(left), np.bool_)
    for start in range(0, len(left), PAIRS_AT_ONCE):
        block = slice(start, start + PAIRS_AT_ONCE)
        keep[block] = _promising(
            source, left[block], right[block], hits[block], settings.rules, route
        )
    if source.known.any():
        # a document on both sides meets the others as a row of the table
        held_ids = source.documents.ids.slice(0, source.base)
        twins = np.zeros(len(source.documents.words), np.bool_)
        twins[: source.base] = pc.is_in(held_ids, source.documents.ids.slice(source.base)).to_numpy(
            zero_copy_only=False
        )
        keep &= ~twins[left]
    return left[keep], right[keep]


def _promising(
    source: _Input, left: I64, right: I64, hits: npt.NDArray[np.uint32], rules: Rules, route: Route
) -> npt.NDArray[np.bool_]:
    """Which pairs may be any relation, by the keys they share and by their sketches.

    There is none of an index's document; pairs with one are told by their keys alone.
    """
    words, base = source.documents.words, source.base
    keep = worth_checking(hits, words[left], words[right])
    own = np.flatnonzero(keep & (left >= base))
    left, right = left[own], right[own]
    bounds = route.unshared(source.sketches, left - base, right - base)
    lengths = words[left].astype(np.int64), words[right].astype(np.int64)
    keep[own] = may_relate(*lengths, *bounds, rules)
    return keep


def _pair_with_index(
    source: _Input, parts: Sequence[tuple[int, U64]], caps: Caps, pairs: Pairs
) -> Sequence[I64 | None]:
    """Add the pairs between the index and some parts' entries; how many each entry met."""
    if not source.base or source.index is None:
        return [None] * len(parts)
    keys, sort, rows = (
        np.concatenate(found)
        for found in zip(*(unpack(part, entries) for part, entries in parts), strict=True)
    )
    rows = rows + source.base
    held = np.zeros(len(keys), np.int64)
    for segment in source.index.segments:
        found, others = segment.probe(keys, caps.of(sort) - held)
        new = np.repeat(rows, found), np.repeat(sort, found)
        pairs.add(pack_pairs(others + segment.first, *new))
        held += found
    return np.split(held, np.cumsum([len(entries) for _, entries in parts])[:-1])


def _check(
    source: _Input,
    left: I64,
    right: I64,
    settings: DedupSettings,
    route: Route,
    progress: Progress,
) -> Checked:
    """The relation of every candidate."""
    documents = source.documents
    equal = (documents.digests[left] == documents.digests[right]).all(axis=1)
    return check_pairs(
        left, right, equal, documents.words, partial(source.evidence, route),
        settings.rules, route, settings.threads,
        lambda done: progress("check", done, len(left)),
    )  # fmt: skip


def _write(source: _Input, checked: Checked, output: Path, chosen: frozenset[Relation]) -> None:
    """The pairs of the chosen kinds, the lower id first."""
    ids, id_type = source.documents.ids, source.table.id_type
    schema = pa.schema(
        [
            pa.field("id", id_type, nullable=False),
            pa.field("other_id", id_type, nullable=False),
            pa.field("kind", pa.string(), nullable=False),
            pa.field("jaccard", pa.float64(), nullable=False),
            pa.field("containment", pa.float64(), nullable=False),
        ]
    )
    names = pa.array([kind.value for kind in KINDS])
    rows = np.flatnonzero(np.isin(checked.kinds, [KINDS.index(kind) for kind in chosen]))
    with ParquetFile(output, schema) as file:
        for start in range(0, len(rows), 1 << 17):
            part = rows[start : start + (1 << 17)]
            one, other = (ids.take(r[part]) for r in (checked.left, checked.right))
            ordered = pc.less(one, other)
            file.write(
                [
                    pc.if_else(ordered, one, other),
                    pc.if_else(ordered, other, one),
                    names.take(checked.kinds[part]),
                    pa.array(checked.jaccard[part]),
                    pa.array(checked.containment[part]),
                ]
            )


def _write_clusters(source: _Input, checked: Checked, path: Path) -> int:
    """The cluster of every row in one; how many there are."""
    members, first = cluster_rows(checked, KINDS)
    ids = source.documents.ids
    schema = pa.schema(
        [
            pa.field("id", source.table.id_type, nullable=False),
            pa.field("cluster_id", source.table.id_type, nullable=False),
        ]
    )
    with ParquetFile(path, schema) as file:
        file.write([ids.take(members), ids.take(first)])
    return len(np.unique(first))


def _add(source: _Input, index: Index, progress: Progress) -> tuple[Index, int]:
    """The index with the table's new documents, in one commit; how many they are."""
    new = ~source.known
    count = int(new.sum())
    if not count:
        return index, 0
    place = np.cumsum(new) - 1

    def entries(part: int) -> U64:
        keys, _, rows = unpack(part, source.spill.part(part))
        progress("add", part + 1, PARTS)
        return (keys | place[rows].astype(np.uint64))[new[rows]]

    def texts() -> Iterable[Strings]:
        done = 0
        for part in source.shelf.batches():
            kept = new[done : done + len(part)]
            done += len(part)
            yield part if kept.all() else part.filter(pa.array(kept))

    own = source.documents.slice(source.base).filter(new)
    parts = [partial(entries, part) for part in range(PARTS)]
    return commit(index, own, parts, int(source.key_counts[new].sum()), texts()), count
