"""Every table of the lake, column by column: the one place that defines them.

Rows are appended, never updated or deleted. What changes its mind does so by a later row: a table
that says "latest wins" is read by its key's newest `recorded_at`; a `revision_log` row is closed
by a row in `superseded`. `docs/data-dictionary.md` is generated from this file and from the
comments of `warehouse/sql/*.sql`.
"""

from dataclasses import dataclass

import pyarrow as pa

SCHEMA_VERSION = 5
"""Of the tables below; a warehouse that says a higher number was written by a newer pressdiff."""

ROW_GROUP_ROWS = 8192
"""One release among a million by id: 18 ms, against 89 ms at DuckDB's 122,880."""

BY_SIXTEENTHS = "left(release_id, 1)"
"""Before the source in a table's order, where one release is asked for as often as all of a source:
each source's rows lie in 16 places then, and an id leads to a 16th of the table, not to a place in
every source's. A release as of a time among a million of 20 sources: 46 -> 29 ms of CPU."""

TIME = pa.timestamp("us", tz="UTC")
_TEXT_LIST = pa.list_(pa.string())
_COUNTS = pa.map_(pa.string(), pa.int64())
_DIGESTS = pa.map_(pa.string(), pa.string())
_MARKS = pa.map_(pa.string(), pa.binary())


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, Arrow type, whether it may be NULL, and what it means."""

    name: str
    type: pa.DataType
    meaning: str
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table: what a row is, its key, its columns, and the order its files are kept in."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    sorted_by: tuple[str, ...] = ()
    row_group_rows: int = ROW_GROUP_ROWS
    zstd_level: int | None = None
    """None: DuckDB's own, which is 3."""

    @property
    def arrow(self) -> pa.Schema:
        """The Arrow schema in which rows are appended."""
        return pa.schema([pa.field(c.name, c.type, c.nullable) for c in self.columns])


def _text(name: str, meaning: str, nullable: bool = False) -> Column:
    return Column(name, pa.string(), meaning, nullable)


def _time(name: str, meaning: str, nullable: bool = False) -> Column:
    return Column(name, TIME, meaning, nullable)


def _day(name: str, meaning: str) -> Column:
    return Column(name, pa.date32(), meaning, nullable=True)


def _count(name: str, meaning: str, nullable: bool = False) -> Column:
    return Column(name, pa.int64(), meaning, nullable)


_RUN_ID = _text("run_id", "the run that appended this row")
_RECORDED_AT = _time(
    "recorded_at", "when we learned it: the run's commit time, our transaction time"
)
_SOURCE_ID = _text("source_id", "the source, as its source file names it")
_RELEASE_ID = _text("release_id", "the release; 16 hex digits, stable")
_CHANGE = (
    Column("seq", pa.int32(), "reading order, from 1"),
    _text("field", "headline, published_on or body"),
    _text("op", "insert, delete, replace or move"),
    _text("kind", "number, date, name, quote, negation, wording, typo or paragraph"),
    _text("before", "what stood there; NULL: nothing", nullable=True),
    _text("after", "what stands there; NULL: nothing", nullable=True),
    Column("paragraph_before", pa.int32(), "from 1; NULL: not in the body", nullable=True),
    Column("paragraph_after", pa.int32(), "from 1; NULL: not in the body", nullable=True),
)
"""One difference between two texts."""
CHANGE_COLUMNS = tuple(column.name for column in _CHANGE)

TABLES = (
    Table(
        "schema_versions",
        "one row per schema version this warehouse has had; the highest is today's",
        ("version",),
        (
            _count("version", "the schema's number"),
            _text("pressdiff_version", "the package that wrote it"),
            _RECORDED_AT,
        ),
    ),
    Table(
        "run_log",
        "one row per run",
        ("run_id",),
        (
            _text("run_id", "sortable by start: UTC time and a random tail"),
            _text("command", "what was asked: run, ingest, ..."),
            _time("started_at", "when it began"),
            _time("finished_at", "when its rows were committed"),
            _text("status", "ok; partial: some source, page or input could not be read"),
            Column("counts", _COUNTS, "looks by outcome, and what was skipped"),
            _text("pressdiff_version", "the package that ran"),
            _text("warc_file", "the evidence it wrote; NULL: none, or before schema 3", True),
            _count("warc_bytes", "length of that file", nullable=True),
            _text("warc_digest", "sha-256 of that file, headers and requests included", True),
            _RECORDED_AT,
        ),
    ),
    Table(
        "looks",
        "one row per look at a URL or file",
        ("capture_id",),
        (
            _text("capture_id", "hash of source, URL, time and digest: the same look, the same id"),
            _RUN_ID,
            _SOURCE_ID,
            _text("url", "the address looked at; `file:` relative to the configuration's folder"),
            _text("final_url", "where redirects led; NULL when that is `url`", nullable=True),
            _time("captured_at", "when the publisher's bytes were taken"),
            Column("http_status", pa.int32(), "NULL for a file", nullable=True),
            _text("outcome", "what came of it (docs/outcomes.md)"),
            _text("digest", "sha-256 of the body, content-encoding undone; NULL: no body", True),
            _count("bytes", "length of that body", nullable=True),
            _text("warc_file", "evidence file it was written to; NULL: no exchange", nullable=True),
            _count("warc_offset", "where its record started there (`repacked`)", nullable=True),
            _text("error", "one sentence, when nothing could be read", nullable=True),
            _text("reading_id", "what was read in these bytes; NULL: nothing", nullable=True),
            _text("address", "canonical URL of the release; NULL: it has none", nullable=True),
            _text("release_id", "the release read, as decided then; NULL: none", nullable=True),
            _text("link_text", "the words of the link that led here", nullable=True),
            _text("etag", "the validator the server gave; NULL: none", nullable=True),
            _text("last_modified", "likewise, as sent", nullable=True),
            _RECORDED_AT,
        ),
        sorted_by=("source_id", "release_id", "captured_at"),
    ),
    Table(
        "look_days",
        "one row per source and day on which it was looked at",
        ("source_id", "day"),
        (
            _SOURCE_ID,
            Column("day", pa.date32(), "the day of a look's `captured_at`, in UTC"),
            _RUN_ID,
            _RECORDED_AT,
        ),
        sorted_by=("source_id", "day"),
    ),
    Table(
        "reassigned",
        "one row per look that moved to another release; latest wins",
        ("capture_id", "recorded_at"),
        (_text("capture_id", "the look"), _RELEASE_ID, _RUN_ID, _RECORDED_AT),
    ),
    Table(
        "redecided",
        "one row per look decided otherwise: its bytes were read again, or it is held no longer; "
        "latest wins, and a "
        "later move of the look (`reassigned`) wins over it",
        ("capture_id", "recorded_at"),
        (
            _text("capture_id", "the look"),
            _text("reading_id", "what was read in its bytes", nullable=True),
            _text("address", "canonical URL of the release; NULL: it has none", nullable=True),
            _text("release_id", "the release read now; NULL: none", nullable=True),
            _text("outcome", "what came of the look, as read now"),
            _text("error", "one sentence, when nothing can be read now", nullable=True),
            _RUN_ID,
            _RECORDED_AT,
        ),
    ),
    Table(
        "reading_log",
        "one row per body of a source and reading of it; latest wins",
        ("reading_id", "recorded_at"),
        (
            _text("reading_id", "hash of source and digest: the same bytes, the same id"),
            _SOURCE_ID,
            _text("parser_version", "hash of reader, source file and profile"),
            _text("outcome", "read, unreadable, not_found or listing"),
            _text("reason", "why nothing was read", nullable=True),
            _text("layout", "which layout read it: layout[0], blocks, generic", nullable=True),
            _text("charset", "how the bytes were decoded", nullable=True),
            _text("charset_rule", "which rule chose it", nullable=True),
            _text("container_digest", "hash of the layout's container; NULL: none", nullable=True),
            _text("canonical_url", "the address the page states for itself", nullable=True),
            _text("text_id", "the text read; NULL: none", nullable=True),
            _text("ticker_id", "the teasers around it; NULL: none", nullable=True),
            _RUN_ID,
            _RECORDED_AT,
        ),
        sorted_by=("source_id", "reading_id"),
    ),
    Table(
        "texts",
        "one row per distinct text of a source, exactly as it stood",
        ("text_id",),
        (
            _text("text_id", "hash of every field below that the publisher wrote"),
            _SOURCE_ID,
            _text("headline", "as it stood"),
            _day("published_on", "the date the page states as its own; NULL: it states none"),
            _text("published_text", "the characters that date was read from", nullable=True),
            _day("modified_on", "the page's `dateModified`; NULL: it states none, or a file"),
            _day("event_on", "the event's day where the text is certain of it"),
            _text("place", "where the event was, if the text says", nullable=True),
            _text("language", "ISO 639-1", nullable=True),
            _text("kind", "html, pdf or text"),
            Column("paragraphs", _TEXT_LIST, "the body, one block each"),
            _count("word_count", "words of the body"),
            _text("text_digest", "hash of normalised headline, date and body: equal = no edit"),
            _text("headline_digest", "hash of the normalised headline"),
            _text("body_digest", "hash of the normalised body; NULL: no text", nullable=True),
            _RUN_ID,
            _RECORDED_AT,
        ),
        sorted_by=("source_id", "text_id"),
        row_group_rows=2048,  # a text costs the reading of a whole group: 2 MB instead of 8
        zstd_level=9,  # a tenth smaller than 3; 19 another sixth, at a tenth of the speed
    ),
    Table(
        "tickers",
        "one row per teaser of a distinct set of teasers",
        ("ticker_id", "seq"),
        (
            _text("ticker_id", "hash of the whole set"),
            Column("seq", pa.int32(), "place in the set, from 1"),
            _day("dated_on", "the ticker's own date line"),
            _text("text", "as it stood"),
            _text("url", "the link it carries", nullable=True),
            _RECORDED_AT,
        ),
        sorted_by=("ticker_id",),
    ),
    Table(
        "appearance_log",
        "one row per text met at an address, or met earlier or elsewhere than we knew; latest wins",
        ("source_id", "address", "text_digest"),
        (
            _SOURCE_ID,
            _text("address", "canonical URL; NULL for all looks without one", nullable=True),
            _text("text_digest", "the text"),
            _text("text_id", "one stored form of it"),
            _text("headline_digest", "by which texts without a URL find each other"),
            _text("body_digest", "likewise", nullable=True),
            _day("published_on", "likewise"),
            _time("captured_at", "the earliest look that held it there"),
            _text("digest", "of that look: settles ties of time"),
            _RELEASE_ID,
            _RUN_ID,
            _RECORDED_AT,
        ),
    ),
    Table(
        "retired",
        "one row per appearance that no look shows any more, since its bytes are read otherwise; "
        "a later row of `appearance_log` brings it back",
        ("source_id", "address", "text_digest", "recorded_at"),
        (
            _SOURCE_ID,
            _text("address", "canonical URL; NULL for all looks without one", nullable=True),
            _text("text_digest", "the text"),
            _RUN_ID,
            _RECORDED_AT,
        ),
    ),
    Table(
        "revision_log",
        "one row per state of what we know of a revision; `superseded` closes it",
        ("entry_id",),
        (
            _text("entry_id", "this row"),
            _text("revision_id", "stable, whatever is learned later"),
            _RELEASE_ID,
            _SOURCE_ID,
            Column("revision", pa.int32(), "position by `seen_at`, from 1"),
            _text("before_revision_id", "the revision before it; NULL: first", nullable=True),
            Column("reverts_to", pa.int32(), "earliest revision with this text", nullable=True),
            _text("text_id", "the text"),
            _text("text_digest", "its normalised digest"),
            _text("before_text_id", "the text before it; NULL: first", nullable=True),
            _text("capture_id", "the first look that held it"),
            _text("anchor_capture_id", "the look by which `revision_id` was named"),
            _time("seen_at", "when that first look was taken"),
            _time("changed_after", "last look that held the text before; NULL: first", True),
            _text("parser_version", "the parser that read the text"),
            _RUN_ID,
            _RECORDED_AT,
        ),
        sorted_by=("revision", BY_SIXTEENTHS, "source_id", "release_id"),
    ),
    Table(
        "superseded",
        "one row per `revision_log` row that no longer holds",
        ("entry_id",),
        (_text("entry_id", "the row it closes"), _RUN_ID, _RECORDED_AT),
    ),
    Table(
        "url_log",
        "one row per role a URL took for a release; latest wins",
        ("release_id", "url"),
        (
            _RELEASE_ID,
            _SOURCE_ID,
            _text("url", "absolute"),
            _text("role", "canonical, alias or moved_from; none: the release was another's"),
            _RUN_ID,
            _RECORDED_AT,
        ),
        sorted_by=("role", BY_SIXTEENTHS, "source_id", "release_id"),
    ),
    Table(
        "move_log",
        "one row per look that showed a release at another address than before",
        ("source_id", "from_url", "to_url", "moved_at"),
        (
            _SOURCE_ID,
            _text("from_url", "where it stood"),
            _text("to_url", "where it stands"),
            _time("moved_at", "when that look was taken"),
            _text("capture_id", "that look, at `from_url`"),
            _RUN_ID,
            _RECORDED_AT,
        ),
    ),
    Table(
        "state_log",
        "one row per change of a release's state; latest wins",
        ("release_id", "since"),
        (
            _RELEASE_ID,
            _text("status", "live, missing or withdrawn; none: taken back by later evidence"),
            _time("since", "the look that showed it"),
            _text("capture_id", "that look"),
            _RUN_ID,
            _RECORDED_AT,
        ),
    ),
    Table(
        "comparisons",
        "one row per pair of texts that followed each other",
        ("before_text_id", "text_id"),
        (
            _text("before_text_id", "the older text"),
            _text("text_id", "the newer text"),
            _text("change_class", "substantive, minor or reordered"),
            _count("words_added", "words only the newer has"),
            _count("words_removed", "words only the older has"),
            Column("announced", pa.bool_(), "whether the page's text told its readers of the edit"),
            Column(
                "announced_how",
                _TEXT_LIST,
                "published_on, updated_line, correction_note (modified_on is the view's to judge)",
            ),
            Column("backdated", pa.bool_(), "whether its date moved to the past"),
            _text("classifier_version", "the rules that classed it"),
            _RUN_ID,
            _RECORDED_AT,
        ),
        sorted_by=("text_id",),
    ),
    Table(
        "change_log",
        "one row per change between the two texts of a comparison",
        ("before_text_id", "text_id", "seq"),
        (
            _text("before_text_id", "the older text"),
            _text("text_id", "the newer text"),
            *_CHANGE,
            _RUN_ID,
            _RECORDED_AT,
        ),
        sorted_by=("text_id", "seq"),
    ),
    Table(
        "edit_log",
        "one row per change of a revision, newest edits first: `revision_log` joined to "
        "`change_log` when it was written, so that the last edits are read without joining all",
        ("entry_id", "seq"),
        (
            _text("entry_id", "the row of `revision_log`; it holds as long as that row does"),
            _RELEASE_ID,
            Column("revision", pa.int32(), "position by `seen_at`"),
            _text("revision_id", "stable, whatever is learned later"),
            _text("before_revision_id", "the revision before it"),
            _time("seen_at", "when the first look that held it was taken"),
            *_CHANGE,
            _RUN_ID,
            _RECORDED_AT,
        ),
        sorted_by=("seen_at desc", "entry_id", "seq"),
    ),
    Table(
        "revision_readings",
        "one row per `revision_log` row and the reading of the look that it begins with: "
        "`revision_log` joined to `looks` when it was written, so that who asks for readings need "
        "not read all looks",
        ("entry_id",),
        (
            _text("entry_id", "the row of `revision_log`; it holds as long as that row does"),
            _text("revision_id", "stable, whatever is learned later"),
            Column("revision", pa.int32(), "position by `seen_at`, from 1"),
            _SOURCE_ID,
            _text("reading_id", "what was read in the first look that held it"),
            _RUN_ID,
            _RECORDED_AT,
        ),
        sorted_by=("revision_id",),
    ),
    Table(
        "neighbour_log",
        "one row per tie found between two releases, or found gone; latest wins",
        ("release_id", "other_id"),
        (
            _text("release_id", "the smaller id of the two"),
            _text("other_id", "the larger id"),
            _text("kind", "how they are alike; NULL: no longer", nullable=True),
            Column("jaccard", pa.float64(), "of their 3-word shingles", nullable=True),
            Column("containment", pa.float64(), "of the smaller in the larger", nullable=True),
            _text("contained_id", "of a teaser or update: the one that lies in the other", True),
            *(
                Column(name, pa.int32(), f"where it lies there: {meaning}", nullable=True)
                for name, meaning in (
                    ("paragraph_from", "first paragraph, from 1"),
                    ("paragraph_to", "last paragraph"),
                    ("word_from", "first word of the normalised text, from 1"),
                    ("word_to", "last word"),
                )
            ),
            _RUN_ID,
            _RECORDED_AT,
        ),
        sorted_by=("release_id",),
    ),
    Table(
        "article_log",
        "one row per state in which a release was compared with all others; latest wins",
        ("release_id", "recorded_at"),
        (
            _RELEASE_ID,
            _text("text_id", "the text that stood; NULL: the release is no more", True),
            _text("body_digest", "of its body; NULL: nothing to compare (empty, a PDF)", True),
            _text("language", "ISO 639-1", nullable=True),
            _day("published_on", "the date its page states; NULL: none"),
            _time("first_seen_at", "when it was first seen; NULL: the release is no more", True),
            _text("rules", "scheme and rules by which its ties were decided"),
            _RUN_ID,
            _RECORDED_AT,
        ),
        sorted_by=("release_id",),
    ),
    Table(
        "signatures",
        "one row per distinct body and scheme",
        ("signature",),
        (
            Column("signature", pa.uint32(), "its number, in order of arrival over all schemes"),
            _text("scheme", "how it was signed; keys of two schemes are never compared"),
            _text("body_digest", "the body"),
            _count("words", "of the normalised body"),
            _RUN_ID,
            _RECORDED_AT,
        ),
        sorted_by=("signature",),
    ),
    Table(
        "signature_keys",
        "one row per key of a signature; bodies that may be alike share one",
        ("signature", "key"),
        (
            Column("signature", pa.uint32(), "whose key it is"),
            Column("key", pa.uint32(), "30 bits of the key; the lowest two: 0 passage, 1 band"),
            _RECORDED_AT,
        ),
        sorted_by=("signature",),
        row_group_rows=122_880,  # revisions share most keys: 38 % smaller where they share a group
    ),
    Table(
        "embeddings",
        "one row per text and model: its opening, as it is compared with other languages",
        ("text_id", "model"),
        (
            _text("text_id", "the text"),
            _text("model", "encoder, its version and the rules; two are never compared"),
            _text("language", "ISO 639-1"),
            _day("dated_on", "the day it states as its own, else its event's; NULL: neither"),
            Column("numbers", _TEXT_LIST, "the numbers of headline and first paragraphs"),
            Column("names", _TEXT_LIST, "their names, by the consonants"),
            Column("vector", pa.binary(), "what the encoder made of them, a byte a number"),
            _RUN_ID,
            _RECORDED_AT,
        ),
        sorted_by=("dated_on",),
    ),
    Table(
        "embedding_pairs",
        "one row per pair of texts in two languages that may say the same, and model",
        ("text_id", "other_text_id", "model"),
        (
            _text("text_id", "the smaller id of the two"),
            _text("other_text_id", "the larger id"),
            _text("model", "by which they were compared"),
            Column("cosine", pa.float64(), "of their vectors"),
            _RUN_ID,
            _RECORDED_AT,
        ),
    ),
    Table(
        "translation_log",
        "one row per translation proposed between two releases, or no longer; latest wins",
        ("release_id", "other_id"),
        (
            _text("release_id", "the smaller id of the two"),
            _text("other_id", "the larger id"),
            Column("cosine", pa.float64(), "of their openings' vectors; NULL: no longer", True),
            _text("model", "by which it was found"),
            _RUN_ID,
            _RECORDED_AT,
        ),
        sorted_by=("release_id",),
    ),
    Table(
        "cluster_log",
        "one row per change of what a release repeats; latest wins, none: nothing",
        ("release_id", "recorded_at"),
        (
            _RELEASE_ID,
            _text("cluster_id", "the oldest release of those that are the same text"),
            _text("duplicate_of", "the older release that it repeats; NULL: none", nullable=True),
            _text("duplicate_kind", "exact, near, teaser or translation; NULL: none", True),
            _RUN_ID,
            _RECORDED_AT,
        ),
        sorted_by=("release_id",),
    ),
    Table(
        "incident_log",
        "one row per step of an incident: opened, closed; latest wins",
        ("incident_id",),
        (
            _text("incident_id", "the incident"),
            _RUN_ID,
            _SOURCE_ID,
            _text("kind", "what happened"),
            _text("detail", "one sentence for a person"),
            Column("urls", _TEXT_LIST, "what was held back"),
            _time("opened_at", "when it was noticed"),
            _time("closed_at", "when it was settled; NULL: open", nullable=True),
            _text("key", "what tells it from another of its kind", nullable=True),
            _text("decision", "accepted, dismissed, repaired or recovered; NULL: open", True),
            _RECORDED_AT,
        ),
    ),
    Table(
        "held_log",
        "one row per look held back from history",
        ("capture_id",),
        (
            _text("capture_id", "the look"),
            _text("incident_id", "why"),
            _RUN_ID,
            _RECORDED_AT,
        ),
    ),
    Table(
        "found_log",
        "one row per address that a listing, feed or sitemap named for the first time",
        ("source_id", "url"),
        (
            _SOURCE_ID,
            _text("url", "absolute"),
            _text("link_text", "the words of the link; NULL: it had none", nullable=True),
            _day("dated_on", "the date beside the link"),
            _text("found_in", "listing, feed or sitemap: the first that named it"),
            _RUN_ID,
            _RECORDED_AT,
        ),
        sorted_by=("source_id", "url"),
    ),
    Table(
        "gap_log",
        "one row per gap that was found, or found gone, when a large source's were looked for, and "
        "one per source that says they were; latest wins",
        ("source_id", "kept", "url", "gap", "detail"),
        (
            _SOURCE_ID,
            _count("kept", "which keeping this is, from 1; the latest wins"),
            _text("url", "the address; NULL: of a teaser without a link", nullable=True),
            _text("gap", "what kind, as in view gaps; NULL: the source was looked at", True),
            _text("detail", "what is said of it", nullable=True),
            _time("since", "from when it is one; NULL: it is none any more", nullable=True),
            _text("rules", "digest of the SQL that found it"),
            _time("recorded_at", "the newest commit that was known then"),
        ),
        sorted_by=("source_id", "kept"),
    ),
    Table(
        "listing_log",
        "one row per listing, feed or sitemap and run that got it",
        ("run_id", "source_id", "url"),
        (
            _SOURCE_ID,
            _text("url", "its address, `{page}` left as it is"),
            _count("items", "how many releases its first page named"),
            Column("deep", pa.bool_(), "whether it was walked to its end, whatever was known"),
            Column("complete", pa.bool_(), "whether it was read as far as was wanted"),
            _RUN_ID,
            _RECORDED_AT,
        ),
    ),
    Table(
        "coverage_log",
        "one row per source and run",
        ("run_id", "source_id"),
        (
            _RUN_ID,
            _SOURCE_ID,
            _count("listed", "addresses known to the run: files found, pages listed"),
            _count("fetched", "looked at"),
            _count("unchanged", "of those, nothing new"),
            _count("parsed", "of those, a release was read"),
            _count("failed", "of those, nothing could be read"),
            _count("never_fetched", "listed but not looked at"),
            _RECORDED_AT,
        ),
    ),
    Table(
        "chain_log",
        "one row per commit, linked to the one before (docs/operations.md)",
        ("position",),
        (
            _count("position", "place in the chain, from 1"),
            _RUN_ID,
            _text("previous", "the link before; NULL: the first", nullable=True),
            Column("row_counts", _COUNTS, "rows it appended, by table"),
            Column("row_digests", _DIGESTS, "their digest, by table"),
            _text("link", "sha-256 of all that"),
            Column(
                "row_marks",
                _MARKS,
                "the first 4 bytes of each row's digest, sorted, by table: they tell which row was "
                "altered, and prove nothing; NULL: before schema 3",
                nullable=True,
            ),
            _RECORDED_AT,
        ),
    ),
    Table(
        "repacked",
        "one row per evidence file whose records were copied, byte for byte, into a larger one; "
        "latest wins",
        ("warc_file", "recorded_at"),
        (
            _text("warc_file", "the file, as `looks` names it"),
            _text("stored_in", "the evidence file below `evidence/` that holds its bytes now"),
            _count("offset_shift", "where they begin there: to be added to `looks.warc_offset`"),
            _count("length_bytes", "how many they are"),
            _text("digest", "their sha-256"),
            _text("run_id", "the upkeep that copied them"),
            _RECORDED_AT,
        ),
        sorted_by=("warc_file",),
    ),
    Table(
        "upkeep_log",
        "one row per upkeep: how much there was of each table, and of evidence, when it ended",
        ("run_id",),
        (
            _text("run_id", "the upkeep"),
            Column("row_counts", _COUNTS, "rows, by table"),
            Column("file_counts", _COUNTS, "files, by table and of evidence"),
            Column("length_bytes", _COUNTS, "their bytes, likewise"),
            _RECORDED_AT,
        ),
    ),
    Table(
        "redacted_rows",
        "one row per row that a legal removal took away; its digest stands for it in the chain",
        ("table_name", "row_digest"),
        (
            _text("table_name", "the table it was in"),
            _time("row_recorded_at", "its own time"),
            _text("row_digest", "its digest"),
            _text("reason", "why it was removed"),
            _RUN_ID,
            _RECORDED_AT,
        ),
    ),
)

BY_NAME = {table.name: table for table in TABLES}
