"""The signatures of bodies in the lake: appended once a body and scheme, joined by their keys."""

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa

from warehouse.candidates import find_candidates, lake_keys
from warehouse.history import fingerprint
from warehouse.history.fingerprint import Route, Scheme
from warehouse.history.pairing import Caps
from warehouse.rows import Stamp
from warehouse.schema import BY_NAME
from warehouse.store import Store

COMPILED_FROM_TEXTS = 8000
"""Below it the plain route is done before numba is imported: 200 us a text against 1.5 s."""

_BODIES_AT_ONCE = 5000

_KNOWN = """
select signature, body_digest, words from lake.signatures
where scheme = $scheme and body_digest in (select key from wanted)
"""
_KEYS = """
select signature, key from lake.signature_keys where signature in (select signature from new_bodies)
"""


def route_for(texts: int) -> Route:
    """The quicker route for so many texts; importing the compiled one takes a second."""
    if texts < COMPILED_FROM_TEXTS:
        return fingerprint.PLAIN
    from warehouse.history import bulk

    return bulk.COMPILED


class SignatureLog:
    """The signatures of one scheme."""

    def __init__(self, store: Store, stamp: Stamp, scheme: Scheme) -> None:
        self._store = store
        self._stamp = stamp
        self._scheme = scheme

    def sign(self, bodies: Mapping[str, str | None]) -> None:
        """Sign those of these bodies that are not signed yet; each is given with a text that has it."""
        known = {row[1] for row in self._known(bodies)}
        new = sorted(bodies.keys() - known)
        route = route_for(len(new))
        for start in range(0, len(new), _BODIES_AT_ONCE):
            self._sign({body: bodies[body] for body in new[start : start + _BODIES_AT_ONCE]}, route)

    def _sign(self, bodies: Mapping[str, str | None], route: Route) -> None:
        held = self._store.paragraphs(text for text in bodies.values() if text is not None)
        texts = ["\n\n".join(held[text]) for text in bodies.values() if text is not None]
        signed = route.sign(pa.array(texts, pa.large_string()), self._scheme)
        ((newest,),) = self._store.ask("select max(signature) from lake.signatures")
        first = 0 if newest is None else newest + 1
        count = len(signed)
        columns = {
            "signature": pa.array(np.arange(first, first + count, dtype=np.uint32)),
            "scheme": pa.repeat(str(self._scheme), count),
            "body_digest": pa.array(list(bodies)),
            "words": pa.array(signed.words.astype(np.int64)),
            "run_id": pa.repeat(self._stamp.run_id, count),
        }
        self._append("signatures", columns)
        numbers, keys = lake_keys(signed, first)
        self._append("signature_keys", {"signature": pa.array(numbers), "key": _unsigned(keys)})

    def candidates(self, bodies: Iterable[str], caps: Caps) -> set[tuple[str, str]]:
        """The pairs (one of these bodies, a body that stands) worth an exact check."""
        rows = self._known(bodies)
        if not rows:
            return set()
        new_bodies = pa.table(
            {
                "signature": pa.array([row[0] for row in rows], pa.uint32()),
                "body_digest": [row[1] for row in rows],
                "words": [row[2] for row in rows],
            }
        )
        keys = self._store.ask(_KEYS, new_bodies=new_bodies)
        new_keys = pa.table(
            {
                "signature": pa.array([row[0] for row in keys], pa.uint32()),
                "key": pa.array([row[1] for row in keys], pa.uint32()),
            }
        )
        query = "select min(signature) from lake.signatures where scheme = $scheme"
        ((first,),) = self._store.ask(query, {"scheme": str(self._scheme)})
        return find_candidates(self._store, new_keys, new_bodies, first, caps)

    def _known(self, bodies: Iterable[str]) -> list[tuple[int, str, int]]:
        wanted = pa.table({"key": pa.array(sorted(set(bodies)), pa.string())})
        rows = self._store.ask(_KNOWN, {"scheme": str(self._scheme)}, wanted=wanted)
        return [(row[0], row[1], row[2]) for row in rows]

    def _append(self, table: str, columns: dict[str, pa.Array]) -> None:
        shape = BY_NAME[table].arrow
        size = len(columns["signature"])
        columns["recorded_at"] = pa.repeat(
            pa.scalar(self._stamp.recorded_at, shape.field("recorded_at").type), size
        )
        self._store.append_table(table, pa.table(columns, schema=shape))


def _unsigned(keys: np.ndarray) -> pa.Array:
    return pa.array(keys.astype(np.uint32))
