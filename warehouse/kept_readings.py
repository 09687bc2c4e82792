"""Appends what was read in bodies, once for each body and parser version."""

from collections.abc import Sequence

from warehouse.model import StagedLook, Text, TextKey
from warehouse.rows import Row, Stamp, reading_row, text_row, ticker_rows
from warehouse.store import KnownReading, Store


def keep_readings(
    store: Store, stamp: Stamp, looks: Sequence[StagedLook]
) -> dict[str, KnownReading]:
    """Append what was read for the first time; every look's reading, by reading id."""
    ids = {look.reading_id for look in looks} | {look.same_as for look in looks}
    known = store.readings(one for one in ids if one)
    standing = {one.reading_id: one.parser_version for one in known.values()}
    texts: dict[str, list[Row]] = {}
    tickers: dict[str, list[Row]] = {}
    rows: list[Row] = []
    for look in looks:
        if look.reading is None or look.reading_id is None:
            continue
        if standing.get(look.reading_id) == look.parser_version:
            continue
        standing[look.reading_id] = look.parser_version
        ticker_id, teasers = ticker_rows(look.reading.teasers, stamp)
        if ticker_id is not None:
            tickers[ticker_id] = teasers
        key, canonical_url = None, None
        if look.text is not None:
            texts[look.text.text_id] = [text_row(look.text, stamp)]
            key, canonical_url = _key(look.text), look.text.sighting.canonical_url
        elif look.same_as is not None:
            key, canonical_url = known[look.same_as].key, known[look.same_as].canonical_url
        known[look.reading_id] = KnownReading(
            reading_id=look.reading_id,
            outcome=look.reading.outcome.value,
            reason=look.reading.reason,
            canonical_url=canonical_url,
            key=key,
            parser_version=look.parser_version,
        )
        rows.append(reading_row(look, ticker_id, key, canonical_url, stamp))
    _append_missing(store, "texts", "text_id", texts)
    _append_missing(store, "tickers", "ticker_id", tickers)
    store.append("reading_log", rows)
    return known


def _append_missing(store: Store, table: str, column: str, rows: dict[str, list[Row]]) -> None:
    there = store.known_ids(table, column, rows)
    new = [row for key, many in rows.items() if key not in there for row in many]
    store.append(table, new)


def _key(text: Text) -> TextKey:
    return TextKey(
        text.text_id,
        text.text_digest,
        text.headline_digest,
        text.body_digest,
        text.sighting.published_on,
    )
