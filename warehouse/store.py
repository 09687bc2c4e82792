"""What the lake knows, asked for by key: each question takes any number of keys and reads each
table once. Appending, and the rules for it, are `warehouse.lake`'s.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from warehouse.captures import Location
from warehouse.history.change import TextState
from warehouse.known_live import LiveKnowledge
from warehouse.lake import Lake
from warehouse.located import FILE_NOW, LOCATED, OFFSET_NOW
from warehouse.model import (
    Appearance,
    KeptBody,
    KnownRevision,
    Look,
    PlacedLook,
    Revision,
    TextKey,
    line_look,
)
from warehouse.rows import Pair, Row
from warehouse.schema import CHANGE_COLUMNS

_FEW_TEXTS = 256
"""As `FEW_KEYS`, of bodies."""

_REVISION_FIELDS = tuple(field.name for field in fields(Revision))


@dataclass(frozen=True, slots=True)
class KnownReading:
    """What a body was read as, as the lake has it."""

    reading_id: str
    outcome: str
    reason: str | None
    canonical_url: str | None
    key: TextKey | None
    """None when no release was read."""
    parser_version: str
    """Of the newest reading, which this is."""


class Store(LiveKnowledge, Lake):
    """An open lake and what it knows."""

    def known_captures(self, capture_ids: Iterable[str]) -> set[str]:
        """Which of these looks the lake has."""
        return {row[0] for row in self.match("looks", "capture_id", capture_ids, "t.capture_id")}

    def look_days(self, source_id: str, since: date) -> set[date]:
        """The days from one on, in UTC, on which a source was looked at."""
        rows = self.ask(
            "select day from lake.look_days where source_id = $source and day >= $since",
            {"source": source_id, "since": since},
        )
        return {day for (day,) in rows}

    def newest_digests(self, source_id: str, urls: Iterable[str]) -> dict[str, str]:
        """The digest of the newest look with a body at each of these URLs."""
        rows = self.match(
            "looks", "url", urls, "t.url, arg_max(t.digest, (t.captured_at, t.recorded_at))",
            "t.source_id = $source and t.digest is not null group by t.url", source=source_id,
        )  # fmt: skip
        return dict(rows)

    def first_looks(
        self, source_id: str, digests: Iterable[str]
    ) -> dict[str, tuple[str, datetime]]:
        """The URL and time of the earliest recorded look at each of these digests."""
        rows = self.match(
            "looks", "digest", digests, "t.digest, arg_min((t.url, t.captured_at), t.recorded_at)",
            "t.source_id = $source group by t.digest", source=source_id,
        )  # fmt: skip
        return {digest: (first[0], first[1]) for digest, first in rows}

    def readings(self, reading_ids: Iterable[str]) -> dict[str, KnownReading]:
        """The newest reading of each of these ids that there is."""
        rows = self.match(
            "reading_log", "reading_id", reading_ids,
            "t.reading_id, t.outcome, t.reason, t.canonical_url, x.text_id, x.text_digest, "
            "x.headline_digest, x.body_digest, x.published_on, t.parser_version",
            "true qualify row_number() over "
            "(partition by t.reading_id order by t.recorded_at desc) = 1",
            join="left join lake.texts as x on x.text_id = t.text_id",
        )  # fmt: skip
        return {row[0]: _known_reading(row) for row in rows}

    def newest_containers(
        self, source_id: str, parser_version: str, urls: Iterable[str]
    ) -> dict[str, tuple[str, str]]:
        """The reading id and container digest of the newest look that this parser version read
        at each of these URLs."""
        rows = self.match(
            "looks", "url", urls,
            "t.url, arg_max((g.reading_id, g.container_digest), (t.captured_at, t.recorded_at))",
            "t.source_id = $source and g.parser_version = $version "
            "and g.container_digest is not null and g.text_id is not null group by t.url",
            join="join lake.reading_log as g on g.reading_id = t.reading_id",
            source=source_id, version=parser_version,
        )  # fmt: skip
        return {url: (found[0], found[1]) for url, found in rows}

    def known_ids(self, table: str, column: str, ids: Iterable[str]) -> set[str]:
        """Which of these ids stand in a table's column."""
        return {row[0] for row in self.match(table, column, ids, f"t.{column}")}

    def appearances(self, source_id: str, column: str, keys: Iterable[str]) -> list[Appearance]:
        """The appearances of a source whose column is one of keys, as last recorded."""
        rows = self.match(
            "appearance_log", column, keys,
            "t.address, t.text_id, t.text_digest, t.headline_digest, t.body_digest, "
            "t.published_on, t.captured_at, t.digest, t.release_id",
            "t.source_id = $source and not exists (select 1 from lake.retired as r "
            "where r.source_id = t.source_id and r.text_digest = t.text_digest "
            "and r.address is not distinct from t.address and r.recorded_at >= t.recorded_at) "
            "qualify row_number() over "
            "(partition by t.address, t.text_digest order by t.recorded_at desc) = 1",
            source=source_id,
        )  # fmt: skip
        return [Appearance(row[0], TextKey(*row[1:6]), *row[6:]) for row in rows]

    def releases_of_addresses(self, source_id: str, addresses: Iterable[str]) -> dict[str, str]:
        """The release that each of these URLs names, by whatever role."""
        rows = self.match(
            "url_log", "url", addresses, "t.url, arg_max(t.release_id, t.recorded_at)",
            "t.source_id = $source and t.role <> 'none' group by t.url", source=source_id,
        )  # fmt: skip
        return dict(rows)

    def url_roles(self, release_ids: Iterable[str]) -> dict[tuple[str, str], str]:
        """The role of every URL of these releases, by (release id, URL)."""
        rows = self.match(
            "url_log", "release_id", release_ids,
            "t.release_id, t.url, arg_max(t.role, t.recorded_at)",
            "true group by t.release_id, t.url",
        )  # fmt: skip
        return {(row[0], row[1]): row[2] for row in rows}

    def revisions(self, release_ids: Iterable[str]) -> dict[str, list[KnownRevision]]:
        """The revisions of each of these releases that hold today, in order."""
        columns = ", ".join(f"t.{name}" for name in _REVISION_FIELDS)
        rows = self.match(
            "revision_log", "release_id", release_ids, f"t.entry_id, {columns}",
            "not exists (select 1 from lake.superseded as s where s.entry_id = t.entry_id) "
            "order by t.release_id, t.revision",
        )  # fmt: skip
        found: dict[str, list[KnownRevision]] = {}
        for entry_id, *values in rows:
            revision = Revision(*values)
            found.setdefault(revision.release_id, []).append(KnownRevision(entry_id, revision))
        return found

    def looks(self, release_ids: Iterable[str]) -> dict[str, list[Look]]:
        """Every look at these releases that read a text, as assigned today."""
        found: dict[str, list[Look]] = {}
        for placed in self.placed_looks("release_id", release_ids):
            if placed.release_id and (look := line_look(placed)):
                found.setdefault(placed.release_id, []).append(look)
        return found

    def looks_of_texts(
        self, source_id: str, text_digests: Iterable[str]
    ) -> list[tuple[str | None, Look]]:
        """(address, look) of every look of a source that read one of these texts."""
        placed = self.placed_looks("text_digest", text_digests, source_id)
        return [
            (one.address, look) for one in placed if one.release_id and (look := line_look(one))
        ]

    def has_other_parser(self, source_id: str, version: str) -> bool:
        """Whether any reading of a source is another parser version's."""
        parameters = {"source": source_id, "version": version}
        ever = self.ask(
            "select 1 from lake.reading_log where source_id = $source "
            "and parser_version <> $version limit 1",
            parameters,
        )
        if not ever:
            return False
        found = self.ask(
            f"with {NEWEST_READINGS} select 1 from newest where parser_version <> $version limit 1",
            parameters,
        )
        return bool(found)

    def bodies_to_read_again(
        self, source_id: str, version: str, reading_ids: Iterable[str]
    ) -> list[KeptBody]:
        """Those of these readings that another parser version made, in order of the evidence."""
        wanted = pa.array(sorted(set(reading_ids)), pa.string())
        rows = self.ask(
            f"{TO_READ_AGAIN} and key in (select key from wanted) order by warc_file, warc_offset",
            {"source": source_id, "version": version},
            wanted=pa.table({"key": wanted}),
        )
        return [KeptBody(*row) for row in rows]

    def write_bodies_to_read_again(
        self, source_id: str, version: str, staged: Path, to: Path, share: tuple[int, int] = (1, 1)
    ) -> int:
        """Write to a Parquet file, in order of the evidence, the bodies that another parser version
        read, but for those whose keys stand in the Parquet files `staged/*.ids`; how many.

        `share`: of all of them, staged or not, which one of how many parts.
        """
        parameters = {"source": source_id, "version": version, "to": str(to)}
        done = "true"
        if any(staged.glob("*.ids")):
            done = "key not in (select key from read_parquet($staged))"
            parameters["staged"] = str(staged / "*.ids")
        ((many,),) = self.ask(
            f"copy (select * exclude (part) from ({TO_READ_AGAIN_IN_PARTS.format(*share)}) "
            f"where {done} order by warc_file, warc_offset) to $to (format parquet)",
            parameters,
        )
        return int(many)

    def records_of(self, source_id: str, digest: str) -> list[Location]:
        """Every place in evidence where a look at these bytes is kept, oldest first."""
        rows = self.match(
            "looks", "digest", [digest], f"{FILE_NOW}, {OFFSET_NOW}",
            "t.source_id = $source and t.warc_file is not null "
            "order by t.recorded_at, t.warc_file, t.warc_offset", LOCATED, source=source_id,
        )  # fmt: skip
        return [Location(*row) for row in rows]

    def placed_looks(
        self, column: str, keys: Iterable[str], source_id: str | None = None
    ) -> list[PlacedLook]:
        """The looks whose column (capture_id, reading_id, release_id, text_digest, url) is one of
        keys, as they are read and placed today; of one source, when it is given."""
        wanted = pa.array(sorted(set(keys)), pa.string())
        if not len(wanted):
            return []
        rows = self.ask(
            f"{_PLACED} select * exclude (source_id) from placed "
            f"where {column} in (select key from wanted) and source_id = "
            "coalesce($source, source_id)",
            {"source": source_id},
            wanted=pa.table({"key": wanted}),
        )
        return [_placed_look(row) for row in rows]

    def paragraphs(self, text_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The body of each of these texts."""
        query = "select text_id, paragraphs from lake.texts where {among}"
        rows = self.ask_keys(query, "text_id", text_ids, _FEW_TEXTS)
        return {text_id: tuple(paragraphs) for text_id, paragraphs in rows}

    def text_keys(self, text_ids: Iterable[str]) -> dict[str, TextKey]:
        """By what each of these texts is compared."""
        rows = self.match(
            "texts", "text_id", text_ids,
            "t.text_id, t.text_digest, t.headline_digest, t.body_digest, t.published_on",
        )  # fmt: skip
        return {row[0]: TextKey(*row) for row in rows}

    def states(self, text_ids: Iterable[str]) -> dict[str, TextState]:
        """Of each of these texts, what a reader sees."""
        rows = self.match(
            "texts", "text_id", text_ids, "t.text_id, t.headline, t.published_on, t.paragraphs"
        )
        return {row[0]: TextState(row[1], row[2], tuple(row[3])) for row in rows}

    def compared(self, version: str, text_ids: Iterable[str]) -> set[tuple[str, str]]:
        """The pairs that this classifier version compared whose newer text is one of these."""
        rows = self.match(
            "comparisons", "text_id", text_ids, "t.before_text_id, t.text_id",
            "t.classifier_version = $version", version=version,
        )  # fmt: skip
        return {(row[0], row[1]) for row in rows}

    def changes_between(self, version: str, pairs: Iterable[Pair]) -> list[Row]:
        """The rows of `change_log`, without their run, that this classifier version made of these
        pairs of texts."""
        wanted = set(pairs)
        columns = ("before_text_id", "text_id", *CHANGE_COLUMNS)
        rows = self.match(
            "change_log", "text_id", {after for _, after in wanted},
            ", ".join(f"t.{name}" for name in columns), "p.classifier_version = $version",
            "join lake.comparisons as p on p.before_text_id = t.before_text_id "
            "and p.text_id = t.text_id and p.recorded_at = t.recorded_at",
            version=version,
        )  # fmt: skip
        return [dict(zip(columns, row, strict=True)) for row in rows if (row[0], row[1]) in wanted]


NEWEST_READINGS = """newest as (
    select reading_id, parser_version, text_id from lake.reading_log where source_id = $source
    qualify row_number() over (partition by reading_id order by recorded_at desc) = 1
)"""

TO_READ_AGAIN = f"""
with {NEWEST_READINGS},
again as (
    select capture_id, arg_max(reading_id, recorded_at) as reading_id
    from lake.redecided group by capture_id
),
kept as (
    select t.* exclude (warc_file, warc_offset), {FILE_NOW} as warc_file,
        {OFFSET_NOW} as warc_offset, coalesce(a.reading_id, t.reading_id) as read_as
    from lake.looks as t left join again as a on a.capture_id = t.capture_id {LOCATED}
    where t.source_id = $source and t.digest is not null and t.warc_file is not null
),
bodies as (
    -- the record kept first holds the bytes, later ones are revisits of it
    select digest, arg_min({{'file': warc_file, 'at': warc_offset}},
        (recorded_at, warc_file, warc_offset)) as record
    from kept group by digest
),
shown as (
    select read_as, arg_min({{'capture_id': capture_id, 'url': url, 'captured_at': captured_at,
        'digest': digest, 'http_status': http_status, 'final_url': final_url, 'address': address}},
        (captured_at, capture_id)) as look
    from kept where read_as is not null group by read_as
    union all
    select null, {{'capture_id': capture_id, 'url': url, 'captured_at': captured_at,
        'digest': digest, 'http_status': http_status, 'final_url': final_url, 'address': address}}
    from kept where read_as is null and outcome = 'discovery' and http_status between 200 and 299
),
bodies_again as (
    select coalesce(s.read_as, s.look.capture_id) as key, s.read_as, s.look.capture_id, s.look.url,
        s.look.captured_at, s.look.digest, s.look.http_status, s.look.final_url, s.look.address,
        n.text_id is not null, if(x.kind = 'pdf', x.headline, null),
        b.record.file as warc_file, b.record.at as warc_offset
    from shown as s
    join bodies as b on b.digest = s.look.digest
    left join newest as n on n.reading_id = s.read_as
    left join lake.texts as x on x.text_id = n.text_id
    where s.read_as is null or n.parser_version <> $version
)
select * from bodies_again where true
"""

TO_READ_AGAIN_IN_PARTS = f"""
select * from (
    select *, ntile({{1:d}}) over (order by warc_file, warc_offset, key) as part
    from ({TO_READ_AGAIN.replace("{", "{{").replace("}", "}}")})
)
where part = {{0:d}}
"""

_PLACED = """
with moved as (
    select capture_id, arg_max(release_id, recorded_at) as release_id,
        max(recorded_at) as recorded_at
    from lake.reassigned group by capture_id
),
again as (
    select * from lake.redecided
    qualify row_number() over (partition by capture_id order by recorded_at desc) = 1
),
read as (
    select reading_id, parser_version, text_id from lake.reading_log
    qualify row_number() over (partition by reading_id order by recorded_at desc) = 1
),
decided as (
    select l.capture_id, l.captured_at, l.digest, l.url, l.source_id,
        if(a.capture_id is null, l.reading_id, a.reading_id) as reading_id,
        coalesce(a.outcome, l.outcome) as outcome,
        if(a.capture_id is null, l.address, a.address) as address,
        if(a.capture_id is not null and (m.recorded_at is null or a.recorded_at >= m.recorded_at),
            a.release_id, coalesce(m.release_id, l.release_id)) as release_id
    from lake.looks as l
    left join moved as m on m.capture_id = l.capture_id
    left join again as a on a.capture_id = l.capture_id
),
placed as (
    select d.capture_id, d.captured_at, d.digest, d.url, d.reading_id, g.parser_version, d.outcome,
        d.address, d.release_id, x.text_id, x.text_digest, x.headline_digest, x.body_digest,
        x.published_on, d.source_id
    from decided as d
    left join read as g on g.reading_id = d.reading_id
    left join lake.texts as x on x.text_id = g.text_id
)
"""


def _placed_look(row: tuple[Any, ...]) -> PlacedLook:
    *facts, text_id, text_digest, headline_digest, body_digest, published_on = row
    key = TextKey(text_id, text_digest, headline_digest, body_digest, published_on)
    return PlacedLook(*[*facts, key if text_id is not None else None])


def _known_reading(row: tuple[Any, ...]) -> KnownReading:
    reading_id, outcome, reason, canonical_url, *key, version = row
    text = TextKey(*key) if key[0] is not None else None
    return KnownReading(reading_id, outcome, reason, canonical_url, text, version)
