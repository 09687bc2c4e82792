"""Where the bytes of each run's evidence lie today, and which of them are small enough to be copied
together. A part is what one run wrote: a file of its own, or a stretch of a pack.

A pack's level is one more than that of the files it was made of, and stands in its name; only files
of one level are packed together, so each byte is copied once a level.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from warehouse.snapshot import Asked

PACK_BYTES = 256 * 1024 * 1024
"""A legal removal, or a damaged sector, costs a file of this size to be written anew or fetched
from the backup: a second or two. Larger ones would save nobody anything: 2.7 GB a year are 11."""
SMALL_BYTES = PACK_BYTES // 8
"""Files of at least this size stay as they are: packing them would divide their number by less than
eight. It is also what a copy holds in memory."""
FEWEST_FILES = 32
"""Of a level, before they are packed: a source looked at every hour has 8,760 files after a year,
packed once 274 packs, packed again 9 (and up to 31 of each level that still wait)."""
PACKS = "packs"
_STEP_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """What one run wrote, where it lies today."""

    warc_file: str
    """As looks name it."""
    stored_in: str
    offset: int
    length_bytes: int | None
    """None: all of the file, whose length was not recorded (before schema 3)."""
    digest: str | None
    """sha-256 hex of its bytes; None: not recorded."""


def read_parts(connection: Asked) -> list[Part]:
    """The parts of all committed runs, in order of where they lie."""
    rows = connection.execute(
        """
        with moved as (
            select * from lake.repacked
            qualify row_number() over (partition by warc_file order by recorded_at desc) = 1
        )
        select
            l.warc_file, coalesce(m.stored_in, l.warc_file), coalesce(m.offset_shift, 0),
            coalesce(m.length_bytes, r.warc_bytes), coalesce(m.digest, r.warc_digest)
        from (select distinct warc_file from lake.looks where warc_file is not null) as l
        left join moved as m on m.warc_file = l.warc_file
        left join lake.run_log as r on r.warc_file = l.warc_file
        order by 2, 3, 1
        """
    ).fetchall()
    return [Part(*row) for row in rows]


def named_files(connection: Asked) -> set[str]:
    """Every evidence file that a row names, be it the one that holds its bytes today or not."""
    rows = connection.execute(
        """
        select warc_file from lake.looks where warc_file is not null
        union select warc_file from lake.repacked union select stored_in from lake.repacked
        """
    ).fetchall()
    return {row[0] for row in rows}


def digest_of(file: IO[bytes], part: Part) -> str:
    """sha-256 hex of a part's bytes in the file that holds it."""
    digest = hashlib.sha256()
    file.seek(part.offset)
    left = part.length_bytes
    while (left is None or left > 0) and (
        data := file.read(_STEP_BYTES if left is None else min(left, _STEP_BYTES))
    ):
        digest.update(data)
        left = None if left is None else left - len(data)
    return digest.hexdigest()


def level_of(name: str) -> int:
    """How many times the records of a file were copied.

    >>> level_of("2026/20260301T000000Z-1.warc.gz"), level_of("packs/2/x.warc.gz")
    (0, 2)
    """
    folder, _, rest = name.partition("/")
    number = rest.partition("/")[0]
    return int(number) if folder == PACKS and number.isdigit() else 0


def plan_packs(lengths: Mapping[str, int]) -> Iterator[tuple[int, list[str]]]:
    """(level of the pack, files to copy into it, by name): of these files what should be packed.

    >>> small = {f"2026/{n:02}.warc.gz": 1000 for n in range(40)}
    >>> [(level, len(files)) for level, files in plan_packs({**small, "2026/large": 10**9})]
    [(1, 40)]
    >>> list(plan_packs(dict(list(small.items())[:31])))
    []
    """
    levels: dict[int, list[str]] = {}
    for name in sorted(lengths):
        if lengths[name] < SMALL_BYTES:
            levels.setdefault(level_of(name), []).append(name)
    for level, names in sorted(levels.items()):
        if len(names) < FEWEST_FILES:
            continue
        for chunk, is_full in _chunks(names, lengths):
            if is_full or len(chunk) >= FEWEST_FILES:
                yield level + 1, chunk


def _chunks(names: Iterable[str], lengths: Mapping[str, int]) -> Iterator[tuple[list[str], bool]]:
    """Names in chunks that fit in a pack, and whether the next one would not have fitted."""
    chunk: list[str] = []
    total = 0
    for name in names:
        if total + lengths[name] > PACK_BYTES:
            yield chunk, True
            chunk, total = [], 0
        chunk.append(name)
        total += lengths[name]
    yield chunk, False
