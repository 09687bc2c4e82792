"""The signatures of bodies in the lake: appended once a body and scheme, joined by their keys."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from warehouse.candidates import Keys, capped, lake_keys, meet, over_cap, promising
from warehouse.history import fingerprint
from warehouse.history.fingerprint import Route, Scheme
from warehouse.history.pairing import Caps
from warehouse.rows import Stamp
from warehouse.schema import BY_NAME
from warehouse.store import Store

COMPILED_FROM_TEXTS = 8000
"""Below it the plain route is done before numba is imported: 200 us a text against 1.5 s."""

_BODIES_AT_ONCE = 5000
_KEYS_HELD = 4_000_000
"""Keys of so many are kept at hand after signing: 32 MB."""

_KNOWN = """
select signature, body_digest, words from lake.signatures
where scheme = $scheme and {among}
"""
_NUMBERED = """
select signature, body_digest, words from lake.signatures
where signature in (select signature from wanted)
"""
_KEYS_OF = """
select signature, key from lake.signature_keys where signature in (select signature from wanted)
"""
_SHARING = """
select signature, key from lake.signature_keys
where signature >= $first and key in (select key from wanted)
"""


def route_for(texts: int) -> Route:
    """The quicker route for so many texts; importing the compiled one takes a second."""
    if texts < COMPILED_FROM_TEXTS:
        return fingerprint.PLAIN
    from warehouse.history import bulk

    return bulk.COMPILED


class SignatureLog:
    """The signatures of one scheme. `route` computes what is missing."""

    def __init__(self, store: Store, stamp: Stamp, scheme: Scheme, route: Route) -> None:
        self._store = store
        self._stamp = stamp
        self._scheme = scheme
        self._route = route
        self._numbers: dict[str, int] = {}
        self._words: dict[int, int] = {}
        self._body: dict[int, str] = {}
        self._held: list[Keys] = []
        self._held_count = 0
        newest, first = store.ask(
            "select max(signature), min(signature) filter (where scheme = $scheme) "
            "from lake.signatures", {"scheme": str(scheme)},
        )[0]  # fmt: skip
        self._next = 0 if newest is None else newest + 1
        self._first = self._next if first is None else first
        """Signatures before it are of another scheme."""

    def words_of(self, body_digest: str) -> int | None:
        """The length of a body that was signed or met by this object."""
        number = self._numbers.get(body_digest)
        return None if number is None else self._words[number]

    def sign(self, bodies: Mapping[str, str], texts: Mapping[str, Iterable[str]]) -> None:
        """Sign those of these bodies that are not signed yet.

        Each is given with the id of a text that has it; `texts` has the paragraphs of some texts,
        so that they need not be read.
        """
        if self._first < self._next:
            self._remember(self._ask_bodies(bodies))
        new = sorted(bodies.keys() - self._numbers.keys())
        for start in range(0, len(new), _BODIES_AT_ONCE):
            part = {body: bodies[body] for body in new[start : start + _BODIES_AT_ONCE]}
            missing = [text for text in part.values() if text not in texts]
            held = {**texts, **self._store.paragraphs(missing)} if missing else texts
            self._sign(list(part), ["\n\n".join(held[text]) for text in part.values()])

    def _sign(self, bodies: list[str], texts: list[str]) -> None:
        signed = self._route.sign(pa.array(texts, pa.large_string()), self._scheme)
        first, count = self._next, len(signed)
        self._next += count
        self._remember(zip(range(first, first + count), bodies, signed.words.tolist(), strict=True))
        columns: dict[str, Any] = {
            "signature": pa.array(np.arange(first, first + count, dtype=np.uint32)),
            "scheme": pa.repeat(str(self._scheme), count),
            "body_digest": pa.array(bodies),
            "words": pa.array(signed.words.astype(np.int64)),
            "run_id": pa.repeat(self._stamp.run_id, count),
        }
        self._append("signatures", columns)
        keys = lake_keys(signed, first)
        self._append(
            "signature_keys", {"signature": pa.array(keys.signatures), "key": pa.array(keys.keys)}
        )
        self._held_count += len(keys.keys)
        if self._held_count <= _KEYS_HELD:
            self._held.append(keys)

    def candidates(self, bodies: Iterable[str], caps: Caps) -> set[tuple[str, str]]:
        """The pairs (one of these signed bodies, any signed body) worth an exact check."""
        new = self._keys_of(np.array(sorted(self._numbers[body] for body in bodies), np.uint32))
        if not len(new.keys):
            return set()
        wanted = pa.table({"key": pa.array(np.unique(new.keys))})
        known = _keys(self._store.ask_table(_SHARING, {"first": self._first}, wanted=wanted))
        known = self._without_fallen(known, over_cap(known, caps))
        met = meet(new, capped(known, caps))
        unknown = set(met.other.tolist()) - self._words.keys()
        if unknown:
            self._remember(self._ask_numbers(unknown))
        return {(self._body[one], self._body[other]) for one, other in promising(met, self._words)}

    def _without_fallen(self, known: Keys, crowded: np.ndarray) -> Keys:
        """The keys without those of crowded signatures whose body no release has any more, so that
        these do not take a place below a cap."""
        if not len(crowded):
            return known
        table = pa.table({"signature": pa.array(crowded)})
        standing = self._store.ask(_STANDING, wanted=table)
        fallen = np.setdiff1d(crowded, np.array([row[0] for row in standing], np.uint32))
        kept = ~np.isin(known.signatures, fallen)
        return Keys(known.signatures[kept], known.keys[kept])

    def _keys_of(self, numbers: np.ndarray) -> Keys:
        """All keys of these signatures: those at hand, else the lake's."""
        if self._held_count <= _KEYS_HELD and self._held:
            held = Keys(*(np.concatenate(c) for c in zip(*map(_columns, self._held), strict=True)))
            mine = np.isin(held.signatures, numbers)
            found = [Keys(held.signatures[mine], held.keys[mine])]
            numbers = np.setdiff1d(numbers, held.signatures)
        else:
            found = []
        if len(numbers) or not found:
            wanted = pa.table({"signature": pa.array(numbers)})
            found.append(_keys(self._store.ask_table(_KEYS_OF, wanted=wanted)))
        return Keys(*(np.concatenate(c) for c in zip(*map(_columns, found), strict=True)))

    def _ask_bodies(self, bodies: Iterable[str]) -> list[tuple[int, str, int]]:
        scheme = str(self._scheme)
        return _rows(self._store.ask_keys(_KNOWN, "body_digest", bodies, scheme=scheme))

    def _ask_numbers(self, numbers: Iterable[int]) -> list[tuple[int, str, int]]:
        wanted = pa.table({"signature": pa.array(sorted(numbers), pa.uint32())})
        return _rows(self._store.ask(_NUMBERED, wanted=wanted))

    def _remember(self, rows: Iterable[tuple[int, str, int]]) -> None:
        for number, body, words in rows:
            self._numbers[body] = number
            self._words[number] = words
            self._body[number] = body

    def _append(self, table: str, columns: dict[str, Any]) -> None:
        shape = BY_NAME[table].arrow
        at = pa.scalar(self._stamp.recorded_at, shape.field("recorded_at").type)
        columns["recorded_at"] = pa.repeat(at, len(columns["signature"]))
        self._store.append_table(table, pa.table(columns, schema=shape))


_STANDING = """
select s.signature from lake.signatures as s
where s.signature in (select signature from wanted)
    and s.body_digest in (
        select told.body_digest
        from (
            select release_id, max_by({'body_digest': body_digest}, recorded_at) as told
            from lake.article_log
            where release_id in (
                select release_id from lake.article_log
                where body_digest in (
                    select body_digest from lake.signatures
                    where signature in (select signature from wanted)
                )
            )
            group by release_id
        )
    )
"""


def _columns(keys: Keys) -> tuple[np.ndarray, np.ndarray]:
    return keys.signatures, keys.keys


def _keys(table: pa.Table) -> Keys:
    return Keys(table["signature"].to_numpy(), table["key"].to_numpy())


def _rows(rows: Iterable[tuple[int, str, int]]) -> list[tuple[int, str, int]]:
    return [(row[0], row[1], row[2]) for row in rows]
