"""The equi-join: which bodies in the lake share keys with new ones.

The lake keeps keys flat, one row a (signature, key), in order of arrival: that reads twenty times
faster than unnesting lists. A key there is 32 bits, for 8 bytes a row before compression: by chance
one of 3,400 new keys meets one of 7 million known ones five times, and the exact check drops those.
Equal bodies have one signature, so no key is needed to find them.
"""

import numpy as np
import pyarrow as pa

from warehouse.history.fingerprint import (
    BAND,
    COPY,
    PASSAGE,
    PASSAGE_WORDS,
    SORT_BITS,
    U64,
    Signatures,
)
from warehouse.history.pairing import GRAMS_PER_HIT, SHORT_WORDS, Caps
from warehouse.store import Store

_LAKE_BITS = 32

_CANDIDATES = """
with hits as materialized (
    select known.key, known.signature
    from lake.signature_keys as known
    where known.signature >= $first and known.key in (select key from new_keys)
),
standing as materialized (
    -- of those signatures the ones whose body some release has today
    select s.signature, s.body_digest, s.words
    from lake.signatures as s
    where s.signature in (select signature from hits)
        and s.body_digest in (
            select told.body_digest
            from (
                select release_id, max_by({'body_digest': body_digest}, recorded_at) as told
                from lake.article_log
                where release_id in (
                    select release_id from lake.article_log
                    where body_digest in (
                        select body_digest from lake.signatures
                        where signature in (select signature from hits)
                    )
                )
                group by release_id
            )
        )
),
met as (
    -- of every key the bodies that arrived first, as many as its sort allows
    select hits.key, unnest(if(hits.key & $sort_bits = $band,
        min(hits.signature, $bands), min(hits.signature, $passages))) as other
    from hits semi join standing on standing.signature = hits.signature
    group by hits.key
),
pairs as (
    select n.signature, met.other,
        count(*) filter (where n.key & $sort_bits = $passage) as passages,
        count(*) filter (where n.key & $sort_bits = $band) as bands
    from new_keys as n join met on met.key = n.key
    where n.signature <> met.other
    group by all
)
select one.body_digest, other.body_digest
from pairs
join new_bodies as one on one.signature = pairs.signature
join standing as other on other.signature = pairs.other
where bands > 1 or (bands > 0 and (passages > 0 or least(one.words, other.words) < $short))
    or passages * $grams_per_hit >= least(one.words, other.words)::bigint - $edge
"""


def lake_keys(signed: Signatures, first: int) -> tuple[np.ndarray, U64]:
    """(signature numbers from `first` on, keys) of some signatures as the lake keeps them."""
    counts = np.diff(signed.ends, prepend=0)
    numbers = np.repeat(np.arange(first, first + len(signed)), counts)
    kept = (signed.keys & np.uint64(SORT_BITS)) != np.uint64(COPY)
    keys = signed.keys[kept]
    packed = keys >> np.uint64(64 - _LAKE_BITS) & ~np.uint64(SORT_BITS)
    return numbers[kept].astype(np.uint32), packed | keys & np.uint64(SORT_BITS)


def find_candidates(
    store: Store, new_keys: pa.Table, new_bodies: pa.Table, first: int, caps: Caps
) -> set[tuple[str, str]]:
    """The pairs of body digests worth an exact check, a new one first.

    `new_keys` has (signature, key), `new_bodies` (signature, body_digest, words); what they hold is
    in the lake already. Only signatures from `first` on count: those before are of another scheme.
    """
    found = store.ask(
        _CANDIDATES,
        {
            "sort_bits": SORT_BITS, "band": BAND, "passage": PASSAGE, "first": first,
            "bands": caps.bands, "passages": caps.passages,
            "grams_per_hit": GRAMS_PER_HIT, "edge": PASSAGE_WORDS - 1, "short": SHORT_WORDS,
        },
        new_keys=new_keys, new_bodies=new_bodies,
    )  # fmt: skip
    return {(one, other) for one, other in found}
