"""Copies the evidence of many small runs, byte for byte, into few larger files.

Copying goes on outside the writer's lock, for it takes long; only the commit of the new places
holds it. The order is what makes a kill or a power cut harmless at any moment: the pack is whole
and on the disk, then the rows that name it are committed, and days later `discard.py` removes the
files it was made of. A file in which anything does not verify is left as it is, and said.
"""

import errno
import hashlib
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path, PurePosixPath

from warehouse.duck import open_reader
from warehouse.errors import WarcError, WarehouseBusyError
from warehouse.evidence import Evidence, EvidenceFile, evidence_of
from warehouse.finding import Finding
from warehouse.parts import PACKS, Part, plan_packs, read_parts
from warehouse.place import Place
from warehouse.store import Store
from warehouse.warc_members import check_members

_LOG = logging.getLogger(__name__)

LOST = (errno.EIO, errno.ENOENT)
"""A file that cannot be read, or that is gone: what is lost is that file."""

Locked = Callable[[], AbstractContextManager[None]]
"""Makes this process the one writer for a block."""
_Looks = Mapping[str, Sequence[tuple[int, str | None]]]
"""Where the looks of a run say that their records begin, and what digest they have; by its file."""


@dataclass(frozen=True, slots=True)
class Repacked:
    """What was copied, and what could not be."""

    files: int
    packs: int
    findings: tuple[Finding, ...]


def repack(place: Place, run_id: str, locked: Locked, now: Callable[[], datetime]) -> Repacked:
    """Pack the small evidence files of committed runs. Raises WarehouseBusyError."""
    connection, _ = open_reader(place)
    try:
        parts = read_parts(connection)
    finally:
        connection.close()
    evidence = evidence_of(place)
    held = {
        name: list(group)
        for name, group in groupby(
            sorted(parts, key=lambda one: (one.stored_in, one.offset)),
            key=lambda one: one.stored_in,
        )
    }
    there = {one.name: one for one in evidence.files() if one.name in held}
    files = packs = 0
    findings: list[Finding] = []
    lengths = {name: one.length_bytes for name, one in there.items()}
    for level, names in plan_packs(lengths):
        sources = {there[name]: held[name] for name in names}
        pack = _Pack(evidence, level, sources)
        moved = pack.copy(_looks_of(place, sources), findings)
        if moved and _commit(place, evidence, pack, moved, run_id, locked, now):
            files += len({one.warc_file for one in moved})
            packs += 1
    _LOG.info("packed evidence: files=%d packs=%d refused=%d", files, packs, len(findings))
    return Repacked(files, packs, tuple(findings))


def _looks_of(place: Place, sources: Mapping[EvidenceFile, list[Part]]) -> _Looks:
    wanted = [part.warc_file for parts in sources.values() for part in parts]
    connection, _ = open_reader(place)
    try:
        rows = connection.execute(
            "select warc_file, list((warc_offset, digest)) from lake.looks "
            "where warc_file in (select unnest($1)) group by warc_file",
            [wanted],
        ).fetchall()
    finally:
        connection.close()
    return dict(rows)


class _Pack:
    """One new file and what it is made of."""

    def __init__(
        self, evidence: Evidence, level: int,
        sources: Mapping[EvidenceFile, list[Part]],
    ) -> None:  # fmt: skip
        self._evidence = evidence
        self.sources = dict(sources)
        first = next(iter(sources.values()))[0].warc_file
        stem = PurePosixPath(first).name.removesuffix(".warc.gz")
        self.name = f"{PACKS}/{level}/{stem}-{secrets.token_hex(3)}.warc.gz"

    def copy(self, looks: _Looks, findings: list[Finding]) -> list[Part]:
        """Make the file, safe on the disk; its parts. Nothing is made of less than two files.

        A source in which something does not verify is told in `findings` and left out of
        `sources`.
        """
        draft = self._evidence.draft(self.name)
        try:
            moved = self._write(draft, looks, findings)
            if len(self.sources) < 2:
                draft.unlink()
                return []
            self._evidence.keep(draft, self.name)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        return moved

    def _write(self, draft: Path, looks: _Looks, findings: list[Finding]) -> list[Part]:
        moved: list[Part] = []
        with draft.open("wb") as target:
            for source, parts in list(self.sources.items()):
                try:
                    checked = list(_checked(self._evidence, source, parts, looks))
                except (WarcError, OSError) as error:
                    if isinstance(error, OSError) and error.errno not in LOST:
                        raise  # the service, not the file
                    said = self._evidence.said(source.name)
                    findings.append(Finding("damage", said, f"it was not packed: {error}"))
                    del self.sources[source]
                    continue
                for part, data in checked:
                    moved.append(replace(part, stored_in=self.name, offset=target.tell()))
                    target.write(data)
        return moved


def _checked(
    evidence: Evidence, source: EvidenceFile, parts: Sequence[Part], looks: _Looks
) -> Iterator[tuple[Part, bytes]]:
    """The parts of a file and their bytes; raises when one is not as it was."""
    with evidence.open(source.name) as file:
        whole = file.read()
    for part in parts:
        length = len(whole) if part.length_bytes is None else part.length_bytes
        data = whole[part.offset : part.offset + length]
        digest = _check(part, length, data, looks.get(part.warc_file, ()))
        yield replace(part, length_bytes=length, digest=digest), data


def _check(part: Part, length: int, data: bytes, looks: Iterable[tuple[int, str | None]]) -> str:
    """The digest of a part's bytes. Raises WarcError when they are not what rows and records
    say."""
    digest = hashlib.sha256(data).hexdigest()
    if len(data) != length or (part.digest is not None and digest != part.digest):
        raise WarcError(f"the bytes of {part.warc_file} are not those that were committed")
    members = {one.offset: one.digest for one in check_members(data)}
    for offset, said in looks:
        if offset not in members or (said is not None and members[offset] != said):
            raise WarcError(f"at offset {offset}: there is not the record that a look names")
    return digest


def _commit(
    place: Place, evidence: Evidence, pack: _Pack, moved: Sequence[Part], run_id: str,
    locked: Locked, now: Callable[[], datetime],
) -> bool:  # fmt: skip
    """Say where the parts lie now; False when somebody moved or altered a source meanwhile."""
    try:
        with locked():
            store = Store.open(place, now())
            try:
                if not _is_unchanged(store, evidence, pack):
                    evidence.remove(pack.name)
                    return False
                _append(store, moved, run_id, now)
            finally:
                store.close()
    except WarehouseBusyError:
        evidence.remove(pack.name)
        raise
    return True


def _is_unchanged(store: Store, evidence: Evidence, pack: _Pack) -> bool:
    names = {one.name for one in pack.sources}
    wanted = sorted((part for parts in pack.sources.values() for part in parts), key=_place_of)
    parts = [one for one in read_parts(store.connection) if one.stored_in in names]
    there = {one for one in evidence.files() if one.name in names}
    return sorted(parts, key=_place_of) == wanted and there == set(pack.sources)


def _place_of(part: Part) -> tuple[str, int]:
    return part.stored_in, part.offset


def _append(store: Store, moved: Sequence[Part], run_id: str, now: Callable[[], datetime]) -> None:
    store.begin()
    try:
        recorded_at = store.next_recorded_at(now())
        store.append(
            "repacked",
            [
                {
                    "warc_file": one.warc_file,
                    "stored_in": one.stored_in,
                    "offset_shift": one.offset,
                    "length_bytes": one.length_bytes,
                    "digest": one.digest,
                    "run_id": run_id,
                    "recorded_at": recorded_at,
                }
                for one in moved
            ],
        )
    except BaseException:
        store.rollback()
        raise
    store.commit()  # whatever it says, the rows may stand: the pack stays
