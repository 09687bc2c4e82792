"""The equi-join: which signed texts in the lake share keys with new ones.

The lake keeps keys flat, one row a (row, key), where `row` numbers signatures in the order they
arrived; that reads twenty times faster than unnesting lists. A release that gets a new revision
gets a new signature with a new row: leave superseded rows out of the relations given here.
"""

import duckdb
import numpy as np
import pyarrow as pa

from warehouse.history.fingerprint import BAND, COPY, PASSAGE, PASSAGE_WORDS, SORT_BITS, Signatures
from warehouse.history.pairing import GRAMS_PER_HIT, Caps

_CANDIDATES = """
with wanted as (
    select "row" as new_row, key, (key & $sort_bits)::utinyint as sort from {new_keys}
),
found as (
    -- of every key the members that arrived first, as many as its sort allows
    select k.key, unnest(case k.key & $sort_bits
        when $copy then min(k."row", $copies)
        when $band then min(k."row", $bands)
        else min(k."row", $passages) end) as old_row
    from {known_keys} as k
    semi join wanted on wanted.key = k.key
    group by k.key
),
pairs as (
    select least(new_row, old_row) as "row", greatest(new_row, old_row) as other_row,
        count(distinct found.key) filter (where sort = $passage) as passages,
        count(*) filter (where sort <> $passage) as others
    from wanted join found using (key)
    where new_row <> old_row
    group by all
)
select pairs."row", other_row
from pairs
join {lengths} as one on one."row" = pairs."row"
join {lengths} as other on other."row" = other_row
where others > 0
    or passages * $grams_per_hit >= least(one.words, other.words)::bigint - $edge
order by all
"""


def key_table(signatures: Signatures, first_row: int) -> pa.Table:
    """The keys as the lake keeps them: (row, key), rows numbered from `first_row` on."""
    counts = np.diff(signatures.ends, prepend=0)
    rows = np.repeat(np.arange(first_row, first_row + len(signatures)), counts)
    return pa.table({"row": rows, "key": signatures.keys})


def find_candidates(
    connection: duckdb.DuckDBPyConnection,
    new_keys: str,
    known_keys: str,
    lengths: str,
    caps: Caps,
) -> list[tuple[int, int]]:
    """The pairs of rows worth an exact check, the lower row first, ordered.

    Three relations by name: `new_keys` and `known_keys` have (row, key), the known ones include
    the new; `lengths` has (row, words) of all. A new row meets, for each of its keys, the rows
    that came first, as many as `caps` allows.
    """
    names = {
        name: ".".join(f'"{part}"' for part in relation.replace('"', "").split("."))
        for name, relation in (
            ("new_keys", new_keys), ("known_keys", known_keys), ("lengths", lengths),
        )
    }  # fmt: skip
    found = connection.execute(
        _CANDIDATES.format(**names),
        {
            "sort_bits": SORT_BITS, "copy": COPY, "band": BAND, "passage": PASSAGE,
            "copies": caps.copies, "bands": caps.bands, "passages": caps.passages,
            "grams_per_hit": GRAMS_PER_HIT, "edge": PASSAGE_WORDS - 1,
        },
    ).fetchall()  # fmt: skip
    return [(int(row), int(other)) for row, other in found]
