"""The openings of texts in the lake: their vectors, and which pairs of them are alike.

Both are facts of texts, appended once and true for ever; which of them make a proposal depends on
the releases that stand and is decided in `warehouse.translations`.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from warehouse.encoder import Encoder
from warehouse.history.translation import (
    Likeness,
    Marks,
    Opening,
    alike,
    marks_of,
    opening_of,
    quantised,
)
from warehouse.rows import Stamp
from warehouse.schema import BY_NAME
from warehouse.store import Store
from warehouse.watch import Watch

_TEXTS_AT_ONCE = 10_000
_ENCODED_AT_ONCE = 64
"""After so many progress is told."""
_COMPARED_AT_ONCE = 2_000

_LANGUAGES = """
select count(distinct language) from lake.article_log where body_digest is not null
"""
_LACKING = """
select distinct text_id from lake.article_log
where language is not null and body_digest is not null
    and text_id not in (select text_id from lake.embeddings where model = $model)
order by text_id
"""
_OPENINGS = """
select text_id, language, coalesce(published_on, event_on), headline, paragraphs[:20]
from lake.texts where {among}
"""
_NEAR = """
select text_id, language, dated_on, numbers, names, vector from lake.embeddings
where model = $model and (dated_on is null or dated_on between $first and $last)
"""
_ALL = """
select text_id, language, dated_on, numbers, names, vector from lake.embeddings
where model = $model
"""
_PAIRS = """
select text_id, other_text_id, cosine from lake.embedding_pairs
where model = $model and (
    text_id in (select key from wanted) or other_text_id in (select key from wanted)
)
"""
_NEWEST_MODEL = "select arg_max(model, recorded_at) from lake.embeddings"


class OpeningLog:
    """The openings of one model. Without an encoder it knows what the newest model found."""

    def __init__(
        self, store: Store, stamp: Stamp, encoder: Encoder | None, rules: Likeness
    ) -> None:
        self._store = store
        self._stamp = stamp
        self._encoder = encoder
        self._rules = rules
        self.model: str | None = f"{encoder.name} {rules}" if encoder else None
        if encoder is None and store.has_rows("embeddings"):
            self.model = store.ask(_NEWEST_MODEL)[0][0]

    def behind(self) -> bool:
        """Whether texts wait for a first comparison, as after the extra was installed."""
        return bool(self._lacking())

    def _lacking(self) -> list[str]:
        """The texts that were compared in their own language alone. In an archive of one language
        no other is looked for, and none is lacking."""
        if self._encoder is None or self._store.ask(_LANGUAGES)[0][0] < 2:
            return []
        return [row[0] for row in self._store.ask(_LACKING, {"model": self.model})]

    def embed_lacking(self, watch: Watch) -> set[str]:
        """Append the vectors of all texts that were compared but have none yet, and the pairs they
        are in; the ids of these texts."""
        lacking, encoder = self._lacking(), self._encoder
        if not lacking or encoder is None:
            return set()
        dated: list[tuple[date | None, str]] = []
        for start in range(0, len(lacking), _TEXTS_AT_ONCE):
            part = lacking[start : start + _TEXTS_AT_ONCE]
            for batch in self._read(part):
                watch("comparing languages", len(dated), len(lacking))
                self._append(encoder, batch)
                dated += [(row[2], row[0]) for row in batch]
        self._compare(sorted(dated, key=lambda one: (one[0] is None, one)))
        return set(lacking)

    def _read(self, text_ids: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
        rows = self._store.ask_keys(_OPENINGS, "text_id", text_ids)
        for start in range(0, len(rows), _ENCODED_AT_ONCE):
            yield rows[start : start + _ENCODED_AT_ONCE]

    def _append(self, encoder: Encoder, rows: Sequence[tuple[Any, ...]]) -> None:
        openings = [opening_of(headline, paragraphs) for *_, headline, paragraphs in rows]
        vectors = quantised(encoder.encode(openings))
        marks = [marks_of(opening) for opening in openings]
        self._insert(
            "embeddings",
            {
                "text_id": [row[0] for row in rows],
                "language": [row[1] for row in rows],
                "dated_on": [row[2] for row in rows],
                "numbers": [sorted(one.numbers) for one in marks],
                "names": [sorted(one.names) for one in marks],
                "vector": [vector.tobytes() for vector in vectors],
            },
        )

    def _compare(self, dated: Sequence[tuple[date | None, str]]) -> None:
        """Append the pairs of these texts, ordered by date, with all that are near in time."""
        found: dict[tuple[str, str], float] = {}
        for start in range(0, len(dated), _COMPARED_AT_ONCE):
            part = dated[start : start + _COMPARED_AT_ONCE]
            ids = {text_id for _, text_id in part}
            known = list(self._near([day for day, _ in part]))
            new = [one for one in known if one.text_id in ids]
            for block in range(0, len(known), _COMPARED_AT_ONCE):
                found |= alike(new, known[block : block + _COMPARED_AT_ONCE], self._rules)
        pairs = sorted(found)
        if pairs:
            self._insert(
                "embedding_pairs",
                {
                    "text_id": [one for one, _ in pairs],
                    "other_text_id": [other for _, other in pairs],
                    "cosine": [found[pair] for pair in pairs],
                },
            )

    def _near(self, days: Sequence[date | None]) -> Iterator[Opening]:
        """All openings that may be near to a text of one of these days."""
        stated = [day for day in days if day is not None]
        if len(stated) < len(days):
            rows = self._store.ask(_ALL, {"model": self.model})
        else:
            reach = timedelta(days=self._rules.days)
            first, last = min(stated) - reach, max(stated) + reach
            rows = self._store.ask(_NEAR, {"model": self.model, "first": first, "last": last})
        for text_id, language, dated_on, numbers, names, vector in sorted(rows, key=lambda r: r[0]):
            marks = Marks(frozenset(numbers), frozenset(names))
            yield Opening(text_id, language, dated_on, marks, np.frombuffer(vector, np.int8))

    def pairs(self, text_ids: Iterable[str]) -> dict[tuple[str, str], float]:
        """Every pair that one of these texts is in, with its cosine."""
        wanted = sorted(set(text_ids))
        if not wanted or not self._store.has_rows("embedding_pairs"):
            return {}
        table = pa.table({"key": pa.array(wanted, pa.string())})
        rows = self._store.ask(_PAIRS, {"model": self.model}, wanted=table)
        return {(row[0], row[1]): row[2] for row in rows}

    def _insert(self, table: str, columns: dict[str, Any]) -> None:
        shape = BY_NAME[table].arrow
        count = len(columns["text_id"])
        at = pa.scalar(self._stamp.recorded_at, shape.field("recorded_at").type)
        columns |= {
            "model": pa.repeat(self.model, count),
            "run_id": pa.repeat(self._stamp.run_id, count),
            "recorded_at": pa.repeat(at, count),
        }
        self._store.append_table(table, pa.table(columns, schema=shape))
