"""The signatures of bodies in the lake: appended once a body and scheme, joined by their keys."""

import os
from collections import deque
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa

from warehouse.candidates import Keys, capped, lake_keys, meet, promising
from warehouse.history import fingerprint
from warehouse.history.fingerprint import Route, Scheme, Signatures
from warehouse.history.pairing import Caps
from warehouse.rows import Stamp
from warehouse.schema import BY_NAME
from warehouse.store import Store
from warehouse.watch import Watch

COMPILED_FROM_TEXTS = 8000
"""Below it the plain route is done before numba is imported: 200 us a text against 1.5 s."""

_BODIES_AT_ONCE = 5000
_KEYS_HELD = 4_000_000
"""Keys of so many are kept at hand after signing: 32 MB."""

_KNOWN = """
select max(signature), min(signature) filter (scheme = $scheme),
    list({{'signature': signature, 'body_digest': body_digest, 'words': words}})
        filter (scheme = $scheme and {among})
from lake.signatures
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
where key in (select key from wanted)
"""
_OF_THIS_SCHEME = " and signature >= $first"


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
        self._next = 0
        self._first = 0
        """Signatures before it are of another scheme."""

    def words_of(self, body_digest: str) -> int | None:
        """The length of a body that was signed or met by this object."""
        number = self._numbers.get(body_digest)
        return None if number is None else self._words[number]

    def sign(
        self, bodies: Mapping[str, str], texts: Mapping[str, Sequence[str]], watch: Watch
    ) -> None:
        """Sign those of these bodies that are not signed yet, many of them on all cores.

        Each is given with the id of a text that has it; `texts` has the paragraphs of some texts,
        so that they need not be read.
        """
        self._remember(self._ask_bodies(bodies))
        # in the order of the texts' files, so that each of these is read once
        new = sorted(bodies.keys() - self._numbers.keys(), key=bodies.__getitem__)
        if len(new) <= _BODIES_AT_ONCE:
            self._append_signed(new, self._signed(self._read(new, bodies, texts)))
            return
        cores = os.cpu_count() or 1
        under_way: deque[tuple[list[str], Future[Signatures]]] = deque()
        with ThreadPoolExecutor(cores, thread_name_prefix="sign") as pool:
            for start in range(0, len(new), _BODIES_AT_ONCE):
                watch("signing", start, len(new))
                part = new[start : start + _BODIES_AT_ONCE]
                read = self._read(part, bodies, texts)
                under_way.append((part, pool.submit(self._signed, read)))
                if len(under_way) > cores:
                    signable, signed = under_way.popleft()
                    self._append_signed(signable, signed.result())
            for signable, signed in under_way:
                self._append_signed(signable, signed.result())

    def _read(
        self, new: Sequence[str], bodies: Mapping[str, str], texts: Mapping[str, Sequence[str]]
    ) -> "pa.LargeStringArray":
        missing = [bodies[body] for body in new if bodies[body] not in texts]
        read = self._store.paragraphs(missing) if missing else {}
        whole = (
            "\n\n".join(texts.get(text) or read[text]) for text in map(bodies.get, new) if text
        )
        return pa.array(whole, pa.large_string())

    def _signed(self, texts: "pa.LargeStringArray") -> Signatures:
        return self._route.sign(texts, self._scheme)

    def _append_signed(self, bodies: Sequence[str], signed: Signatures) -> None:
        if not bodies:
            return
        first, count = self._next, len(signed)
        self._next += count
        self._remember(zip(range(first, first + count), bodies, signed.words.tolist(), strict=True))
        columns: dict[str, Any] = {
            "signature": pa.array(np.arange(first, first + count, dtype=np.uint32)),
            "scheme": pa.repeat(str(self._scheme), count),
            "body_digest": pa.array(bodies, pa.string()),
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

    def candidates(
        self, bodies: Iterable[str], caps: Caps, holders: Callable[[set[str]], Container[str]]
    ) -> set[tuple[str, str]]:
        """The pairs (one of these signed bodies, any signed body) worth an exact check.

        `holders` gives those of some bodies that a release has today: a body that none has any
        more takes no place below a cap.
        """
        numbers = sorted(self._numbers[body] for body in bodies)
        if not numbers:
            return set()
        new = self._keys_of(np.array(numbers, np.uint32))
        wanted = pa.table({"key": pa.array(np.unique(new.keys))})
        only, named = (_OF_THIS_SCHEME, {"first": self._first}) if self._first else ("", None)
        known = _keys(self._store.ask_table(_SHARING + only, named, wanted=wanted))
        while True:
            first, crowded = capped(known, caps)
            met = meet(new, first)
            unknown = {*met.other.tolist(), *crowded.tolist()} - self._words.keys()
            self._remember(self._ask_numbers(unknown))
            pairs = promising(met, self._words)
            at_stake = {self._body[number] for number in crowded.tolist()}
            standing = holders(at_stake | {self._body[n] for pair in pairs for n in pair})
            fallen = [n for n in crowded.tolist() if self._body[n] not in standing]
            if not fallen:
                return {(self._body[one], self._body[other]) for one, other in pairs}
            kept = ~np.isin(known.signatures, np.array(fallen, np.uint32))
            known = Keys(known.signatures[kept], known.keys[kept])

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
        rows = self._store.ask_keys(_KNOWN, "body_digest", bodies, scheme=scheme)
        newest, first, known = rows[0] if rows else (None, None, None)
        self._next = 0 if newest is None else newest + 1
        self._first = self._next if first is None else first
        return [(one["signature"], one["body_digest"], one["words"]) for one in known or ()]

    def _ask_numbers(self, numbers: Iterable[int]) -> list[tuple[int, str, int]]:
        wanted = pa.table({"signature": pa.array(sorted(numbers), pa.uint32())})
        rows = self._store.ask(_NUMBERED, wanted=wanted) if len(wanted) else []
        return [(row[0], row[1], row[2]) for row in rows]

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


def _columns(keys: Keys) -> tuple[np.ndarray, np.ndarray]:
    return keys.signatures, keys.keys


def _keys(table: pa.Table) -> Keys:
    return Keys(table["signature"].to_numpy(), table["key"].to_numpy())
