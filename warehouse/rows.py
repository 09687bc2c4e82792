"""Frozen values into rows of the lake's tables. Pure; `schema.py` says what each column means."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parsers.model import Outcome, Teaser
from warehouse.edits import OF_REVISION
from warehouse.history.announce import announcement
from warehouse.history.change import TextState
from warehouse.history.classify import CLASSIFIER_VERSION, compare
from warehouse.model import Appearance, Revision, StagedLook, Text, TextKey, short_hash
from warehouse.revision_readings import OF_ENTRY
from warehouse.schema import CHANGE_COLUMNS

Row = Mapping[str, Any]
Pair = tuple[str, str]
"""Ids of two texts that follow each other."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every row of a run carries."""

    run_id: str
    recorded_at: datetime

    @property
    def columns(self) -> dict[str, Any]:
        """As columns."""
        return {"run_id": self.run_id, "recorded_at": self.recorded_at}


def look_row(
    look: StagedLook, outcome: str, error: str | None, address: str | None, release_id: str | None,
    stamp: Stamp,
) -> Row:  # fmt: skip
    """A row of `looks`."""
    return {
        "capture_id": look.capture_id,
        "source_id": look.source_id,
        "url": look.url,
        "final_url": look.final_url,
        "captured_at": look.captured_at,
        "http_status": look.http_status,
        "outcome": outcome,
        "digest": look.digest,
        "bytes": look.length_bytes,
        "warc_file": look.warc_file,
        "warc_offset": look.warc_offset,
        "error": error,
        "reading_id": look.reading_id,
        "address": address,
        "release_id": release_id,
        "link_text": look.link_text,
        "etag": look.etag,
        "last_modified": look.last_modified,
        **stamp.columns,
    }


def reading_row(
    look: StagedLook, ticker_id: str | None, key: TextKey | None, canonical_url: str | None,
    stamp: Stamp,
) -> Row:  # fmt: skip
    """A row of `reading_log` for a look that was read in this run."""
    reading = look.reading
    assert reading is not None
    return {
        "reading_id": look.reading_id,
        "source_id": look.source_id,
        "parser_version": look.parser_version,
        "outcome": (Outcome.READ if key else reading.outcome).value,
        "reason": reading.reason,
        "layout": reading.layout,
        "charset": reading.charset,
        "charset_rule": reading.charset_rule,
        "container_digest": reading.container_digest,
        "canonical_url": canonical_url,
        "text_id": key.text_id if key else None,
        "ticker_id": ticker_id,
        **stamp.columns,
    }


def text_row(text: Text, stamp: Stamp) -> Row:
    """A row of `texts`."""
    sighting = text.sighting
    return {
        "text_id": text.text_id,
        "source_id": text.source_id,
        "headline": sighting.headline,
        "published_on": sighting.published_on,
        "published_text": sighting.published_text,
        "modified_on": sighting.modified_on,
        "event_on": sighting.event_on,
        "place": sighting.place,
        "language": sighting.language,
        "kind": sighting.kind.value,
        "paragraphs": list(sighting.paragraphs),
        "word_count": sum(len(paragraph.split()) for paragraph in sighting.paragraphs),
        "text_digest": text.text_digest,
        "headline_digest": text.headline_digest,
        "body_digest": text.body_digest,
        **stamp.columns,
    }


def ticker_rows(teasers: tuple[Teaser, ...], stamp: Stamp) -> tuple[str | None, list[Row]]:
    """The id of a set of teasers and its rows of `tickers`; None for the empty set."""
    if not teasers:
        return None, []
    said = (part for one in teasers for part in (one.text, one.dated_on, one.url))
    ticker_id = short_hash(*said)
    return ticker_id, [
        {
            "ticker_id": ticker_id,
            "seq": seq,
            "dated_on": one.dated_on,
            "text": one.text,
            "url": one.url,
            "recorded_at": stamp.recorded_at,
        }
        for seq, one in enumerate(teasers, 1)
    ]


def appearance_row(source_id: str, one: Appearance, stamp: Stamp) -> Row:
    """A row of `appearance_log`."""
    return {
        "source_id": source_id,
        "address": one.address,
        "text_digest": one.key.text_digest,
        "text_id": one.key.text_id,
        "headline_digest": one.key.headline_digest,
        "body_digest": one.key.body_digest,
        "published_on": one.key.published_on,
        "captured_at": one.captured_at,
        "digest": one.digest,
        "release_id": one.release_id,
        **stamp.columns,
    }


@dataclass(frozen=True, slots=True)
class Redecided:
    """What a look is taken for, once its bytes were read again."""

    capture_id: str
    reading_id: str | None
    address: str | None
    release_id: str | None
    outcome: str
    error: str | None


def redecided_row(one: Redecided, stamp: Stamp) -> Row:
    """A row of `redecided`."""
    return {**{name: getattr(one, name) for name in Redecided.__slots__}, **stamp.columns}


def retired_row(source_id: str, unit: tuple[str | None, str], stamp: Stamp) -> Row:
    """A row of `retired`."""
    return {
        "source_id": source_id, "address": unit[0], "text_digest": unit[1], **stamp.columns,
    }  # fmt: skip


def comparison_rows(
    pair: tuple[str, str], before: TextState, after: TextState, stamp: Stamp
) -> tuple[Row, list[Row]]:
    """The row of `comparisons` and the rows of `change_log` for two texts that follow each other.

    A PDF whose bytes alone changed has no change to show, and counts as substantive.
    """
    keys = {"before_text_id": pair[0], "text_id": pair[1]}
    compared = compare(before, after)
    told = announcement(before, after, compared)
    row = {
        **keys,
        "change_class": compared.change_class or "substantive",
        "words_added": compared.words_added,
        "words_removed": compared.words_removed,
        "announced": told.announced,
        "announced_how": list(told.how),
        "backdated": told.backdated,
        "classifier_version": CLASSIFIER_VERSION,
        **stamp.columns,
    }
    changes: list[Row] = [
        {
            **keys,
            "seq": one.seq,
            "field": one.field,
            "op": one.op,
            "kind": one.kind,
            "before": one.before,
            "after": one.after,
            "paragraph_before": one.paragraph_before,
            "paragraph_after": one.paragraph_after,
            **stamp.columns,
        }
        for one in compared.changes
    ]
    return row, changes


def by_pair(changes: Iterable[Row]) -> dict[Pair, list[Row]]:
    """Rows of `change_log` by the texts that they tell apart."""
    found: dict[Pair, list[Row]] = {}
    for row in changes:
        found.setdefault((row["before_text_id"], row["text_id"]), []).append(row)
    return found


def edit_rows(revision: Row, changes: Mapping[Pair, Sequence[Row]]) -> Iterator[Row]:
    """The rows of `edit_log` that a row of `revision_log` makes."""
    for change in changes.get((revision["before_text_id"], revision["text_id"]), ()):
        yield {
            **{name: revision[name] for name in OF_REVISION},
            **{name: change[name] for name in CHANGE_COLUMNS},
        }


def revision_row(one: Revision, stamp: Stamp) -> Row:
    """A row of `revision_log`."""
    return {
        "entry_id": short_hash(one.revision_id, stamp.run_id, one),
        **{name: getattr(one, name) for name in Revision.__slots__},
        **stamp.columns,
    }


def revision_reading_row(revision: Row, reading_id: str) -> Row:
    """The row of `revision_readings` that a row of `revision_log` makes."""
    return {**{name: revision[name] for name in OF_ENTRY}, "reading_id": reading_id}
