"""A large warehouse that was never recorded look by look: rows written in bulk through Arrow.

A million releases would take the recorder the better part of an hour. What is written here is what
it would have written for the same looks: every key that joins two tables is kept (`check`), digests
and ids are hashes of the right length, texts are put together from paragraphs of `tests.corpus`.
Not written: the chain of commits and the signature keys, which no view reads.

Of a hundred releases ten were edited once, five twice (one of them back to its first text), one
went missing, one has a second address, four repeat an older one. Every fourth page shows the five
newest of its source in a ticker; of fifty of these one stands on no list. Of a thousand addresses
on lists one was never fetched, of as many releases one could not be read when looked at last.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from tests.corpus.texts import make_release
from warehouse.duck import Place
from warehouse.history.classify import CLASSIFIER_VERSION
from warehouse.kept_gaps import keep_gaps
from warehouse.store import Store
from warehouse.upkeep import merge_files

BEGINNING = datetime(2012, 1, 1, tzinfo=UTC)
END = datetime(2025, 12, 31, tzinfo=UTC)
"""Of all looks; a commit was made every two hours between."""
SOURCES = 20
_POOL_RELEASES = 6000
_BATCH = 100_000
_SHOWS = f"n % {SOURCES} in (0, 4, 7, 8, 12)"
"""Whose pages have a ticker: a quarter, those edited last among them."""
_AFTER_UPKEEP = 100
"""Releases met between upkeep and the questions."""


def make_archive(place: Place, releases: int) -> None:
    """Make the warehouse, merged as nightly upkeep would have merged it, and a run after that."""
    store = Store.open(place, BEGINNING)
    pool = _Pool()
    for start in range(0, releases, _BATCH):
        _add(store, pool.revisions(start, min(start + _BATCH, releases), releases))
    store.begin()
    for statement in _WHOLE:
        store.connection.execute(statement)
    store.commit()
    merge_files(store)
    _add(store, pool.revisions(releases, releases + _AFTER_UPKEEP, releases))
    keep_gaps(store)
    store.close()


def _add(store: Store, made: pa.Table) -> None:
    """Append what these revisions make, in one commit."""
    store.begin()
    store.connection.register("made", made)
    for statement in _STATEMENTS:
        store.connection.execute(statement)
    store.connection.unregister("made")
    store.commit()


class _Pool:
    """Paragraphs and headlines to make texts of."""

    def __init__(self) -> None:
        made = [make_release(seed) for seed in range(_POOL_RELEASES)]
        self._headlines = [one.headline for one in made]
        self._paragraphs = [paragraph for one in made for paragraph in one.paragraphs]

    def revisions(self, start: int, stop: int, releases: int) -> pa.Table:
        """One row a revision: release number, revision, text, and what an edit replaced."""
        return pa.Table.from_pylist(list(self._rows(start, stop, releases)), _MADE)

    def _rows(self, start: int, stop: int, releases: int) -> Iterator[dict[str, object]]:
        random = np.random.default_rng(start)
        span_s = int((END - BEGINNING).total_seconds()) - 300 * 86400
        picks = random.integers(len(self._paragraphs), size=(stop - start, 9)).tolist()
        sizes = random.integers(3, 10, size=stop - start).tolist()
        for n in range(start, stop):
            row = n - start
            text = [self._paragraphs[at] for at in picks[row][: sizes[row]]]
            first = {
                "n": n, "revision": 1, "headline": f"{self._headlines[n % len(self._headlines)]}",
                "paragraphs": [f"No. {n}", *text], "before": None, "after": None, "place": None,
                "first_s": n * span_s // releases, "edits": 1 if n % 10 == 3 else 0,
            }  # fmt: skip
            if n % 20 == 7:
                first["edits"] = 2
            yield first
            for revision in range(2, 2 + int(first["edits"])):
                if revision == 3 and n % 100 == 7:
                    paragraphs = first["paragraphs"]
                    before, after = f"amended {n}", None
                else:
                    paragraphs = [f"No. {n}", *text[:-1], f"{text[-1]} amended {n} {revision - 1}"]
                    before, after = None, f"amended {n} {revision - 1}"
                yield {
                    **first, "revision": revision, "paragraphs": paragraphs, "before": before,
                    "after": after, "place": len(text) + 1,
                }  # fmt: skip


_MADE = pa.schema(
    {
        "n": pa.int64(), "revision": pa.int32(), "headline": pa.string(),
        "paragraphs": pa.list_(pa.string()), "before": pa.string(), "after": pa.string(),
        "place": pa.int32(), "first_s": pa.int64(), "edits": pa.int32(),
    }
)  # fmt: skip

_FACTS = f"""
create or replace temp table facts as
with told as (
    select *, 's' || lpad((n % {SOURCES})::varchar, 2, '0') as source_id,
        sha256('r' || n)[:16] as release_id,
        timestamptz '{BEGINNING.isoformat()}' + to_seconds(first_s + 3600 * (n % 5))
            + to_days(((revision - 1) * (20 + n % 60))::int) as seen_at,
        if(revision = 3 and n % 100 = 7, 1, revision) as wording
    from made
),
dated as (
    select *, timestamptz '{BEGINNING.isoformat()}' + to_seconds(first_s)::interval as published_at,
        'https://' || source_id || '.example/news/' || n || '/' as url,
        sha256('t' || n || '.' || wording) as digest,
        lag(seen_at) over (partition by n order by revision) as seen_before
    from told
)
select *, published_at::date as published_on,
    digest[:24] as text_id, sha256(digest) as text_digest,
    sha256('h' || headline)[:16] as headline_digest,
    sha256('b' || digest)[:24] as body_digest,
    sha256('c' || n || '.' || revision)[:24] as capture_id,
    sha256('v' || n || '.' || revision)[:16] as revision_id,
    sha256('b' || digest || revision) as page_digest,
    sha256('g' || digest)[:24] as reading_id
from dated
"""


def _run(at: str) -> str:
    """The time of the commit that took a look."""
    return f"to_timestamp(7200 * ceil((epoch({at}) + 60) / 7200))"


def _run_id(at: str) -> str:
    return f"strftime({_run(at)} at time zone 'UTC', '%Y%m%dT%H%M%SZ-aaaaaa')"


_STAMP = f"{_run_id('seen_at')} as run_id, {_run('seen_at')} as recorded_at"

_STATEMENTS = (
    _FACTS,
    f"""insert into lake.texts by name
    select text_id, source_id, headline, published_on, strftime(published_on, '%d.%m.%Y')
        as published_text, published_on - 1 as event_on, 'Minsk' as place, 'en' as language,
        'html' as kind, paragraphs, list_sum(list_transform(paragraphs,
        lambda p: length(p) - length(replace(p, ' ', '')) + 1))::bigint as word_count, text_digest,
        headline_digest, body_digest, {_STAMP}
    from facts where wording = revision""",
    # one look found each revision, two find it again 9 and 18 days later, the last in other bytes
    f"""insert into lake.looks by name
    with seen as (
        select *, unnest([0, 9, 18]) as later from facts
    ),
    taken as (
        select * replace (seen_at + to_days(later::int) as seen_at,
            if(later = 0, capture_id, sha256(capture_id || later)[:24]) as capture_id,
            if(later = 18, sha256(page_digest), page_digest) as page_digest,
            if(later = 18, sha256(reading_id)[:24], reading_id) as reading_id)
        from seen
    )
    select capture_id, source_id, url, seen_at as captured_at, 200::int as http_status,
        case when later > 0 then 'unchanged' when revision = 1 then 'new' else 'edited' end
            as outcome,
        page_digest as digest, 40000 + n % 20000 as bytes,
        strftime({_run("seen_at")} at time zone 'UTC', '%Y/%m/') || {_run_id("seen_at")}
            || '.warc.gz' as warc_file,
        (n % 500) * 9000 as warc_offset, reading_id, url as address, release_id,
        headline as link_text, {_STAMP}
    from taken""",
    f"""insert into lake.reading_log by name
    with seen as (select *, unnest([0, 18]) as later from facts where wording = revision),
    taken as (
        select * replace (seen_at + to_days(later::int) as seen_at,
            if(later = 18, sha256(reading_id)[:24], reading_id) as reading_id)
        from seen
    )
    select reading_id, source_id, '3f9c2b1a7d5e' as parser_version, 'read' as outcome,
        'layout[0]' as layout, 'utf-8' as charset, 'utf-8' as charset_rule,
        sha256('k' || digest) as container_digest, url as canonical_url, text_id,
        if({_SHOWS}, sha256('u' || source_id || {_run_id("seen_at")})[:16], null) as ticker_id,
        {_STAMP}
    from taken""",
    # the ticker of a page shows the five newest of its source; one in fifty stands on no list
    f"""insert into lake.tickers by name
    select s.ticker_id, seq::int as seq, e.published_on as dated_on,
        if(e.n // {SOURCES} % 50 = 7, 'Briefing ' || e.n, e.headline) as text,
        if(e.n // {SOURCES} % 50 = 7, 'https://' || e.source_id || '.example/briefings/' || e.n,
            e.url) as url,
        s.recorded_at
    from (
        select sha256('u' || source_id || {_run_id("seen_at")})[:16] as ticker_id, max(n) as n,
            any_value({_run("seen_at")}) as recorded_at
        from facts where {_SHOWS} group by 1
    ) as s, range(1, 6) as t(seq)
    join facts as e on e.n = s.n - {SOURCES} * seq and e.revision = 1""",
    f"""insert into lake.appearance_log by name
    select source_id, url as address, text_digest, text_id, headline_digest, body_digest,
        published_on, seen_at as captured_at, page_digest as digest, release_id, {_STAMP}
    from facts where wording = revision""",
    f"""insert into lake.revision_log by name
    select sha256('e' || revision_id)[:16] as entry_id, revision_id, release_id, source_id,
        revision,
        lag(revision_id) over line as before_revision_id,
        if(wording < revision, wording, null) as reverts_to, text_id, text_digest,
        lag(text_id) over line as before_text_id, capture_id, capture_id as anchor_capture_id,
        seen_at, seen_before + to_days(18) as changed_after, '3f9c2b1a7d5e' as parser_version,
        {_STAMP}
    from facts window line as (partition by n order by revision)""",
    f"""insert into lake.url_log by name
    select release_id, source_id, url, 'canonical' as role, {_STAMP} from facts where revision = 1
    union all
    select release_id, source_id, url || 'print/', 'alias', {_STAMP}
    from facts where revision = 1 and n % 100 = 50""",
    f"""insert into lake.found_log by name
    select source_id, url, headline as link_text, published_on as dated_on, 'listing' as found_in,
        {_STAMP}
    from facts where revision = 1""",
    # of a thousand addresses on lists one was never fetched, of one release in a thousand the last
    # look found nothing that could be read
    f"""insert into lake.found_log by name
    select source_id, url || 'annex/' as url, 'Annex' as link_text, published_on as dated_on,
        'listing' as found_in, {_STAMP}
    from facts where revision = 1 and n % 997 = 501""",
    f"""insert into lake.looks by name
    select sha256('f' || n)[:24] as capture_id, source_id, url, seen_at as captured_at,
        200::int as http_status, 'unreadable' as outcome, sha256('f' || n) as digest, 900 as bytes,
        strftime({_run("seen_at")} at time zone 'UTC', '%Y/%m/') || {_run_id("seen_at")}
            || '.warc.gz' as warc_file, 0 as warc_offset,
        'no layout found its parts' as error, {_STAMP}
    from (select * replace (seen_at + interval 90 day as seen_at) from facts
        where revision = 1 and n % 991 = 777)""",
    f"""insert into lake.state_log by name
    select release_id, 'missing' as status, seen_at as since, capture_id, {_STAMP}
    from facts where revision = 1 and n % 100 = 99""",
    f"""insert into lake.comparisons by name
    select lag_text as before_text_id, text_id, 'substantive' as change_class, 3 as words_added,
        0 as words_removed, false as announced, []::varchar[] as announced_how,
        false as backdated, '{CLASSIFIER_VERSION}' as classifier_version, {_STAMP}
    from (select *, lag(text_id) over (partition by n order by revision) as lag_text from facts)
    where lag_text is not null""",
    f"""insert into lake.change_log by name
    select lag_text as before_text_id, text_id, seq::int as seq, 'body' as field,
        if(after is null, 'delete', 'insert') as op, if(seq = 1, 'number', 'wording') as kind,
        if(after is null, before, null) as before, after, place as paragraph_before,
        place as paragraph_after, {_STAMP}
    from (select *, lag(text_id) over (partition by n order by revision) as lag_text from facts),
        range(1, 3) as t(seq)
    where lag_text is not null""",
    """insert into lake.edit_log by name
    select r.entry_id, r.release_id, r.revision, r.revision_id, r.before_revision_id, r.seen_at,
        c.* exclude (before_text_id, text_id, run_id, recorded_at), r.run_id, r.recorded_at
    from facts as f
    join lake.revision_log as r on r.revision_id = f.revision_id
    join lake.change_log as c
        on c.before_text_id = r.before_text_id and c.text_id = r.text_id
    where f.revision > 1""",
    f"""insert into lake.revision_readings by name
    select sha256('e' || revision_id)[:16] as entry_id, revision_id, revision, source_id,
        reading_id, {_STAMP}
    from facts""",
    f"""insert into lake.article_log by name
    select release_id, text_id, body_digest, 'en' as language, published_on,
        min(seen_at) over (partition by n) as first_seen_at, 'rules 1' as rules, {_STAMP}
    from facts""",
    f"""insert into lake.signatures by name
    select (n * 3 + revision)::uinteger as signature, 'scheme 1' as scheme, body_digest,
        200 as words, {_STAMP}
    from facts where wording = revision""",
    f"""insert into lake.neighbour_log by name
    select least(a, b) as release_id, greatest(a, b) as other_id, kind, 0.8 as jaccard,
        0.9 as containment, {_STAMP}
    from (
        select release_id as a, sha256('r' || (n - 20))[:16] as b, seen_at,
            if(n % 50 = 41, 'near', 'lookalike') as kind
        from facts where revision = 1 and n % 25 = 16 and n > 20
    )""",
    f"""insert into lake.cluster_log by name
    select unnest([release_id, other]) as release_id, other as cluster_id,
        unnest([other, null]) as duplicate_of, unnest(['near', null]) as duplicate_kind, {_STAMP}
    from (
        select *, sha256('r' || (n - 20))[:16] as other
        from facts where revision = 1 and n % 50 = 41 and n > 20
    )""",
)
"""For each batch of releases."""

_COMMITS = f"""(
    select timestamptz '{BEGINNING.isoformat()}' + to_hours(2 * i::int) as seen_at
    from range((date_diff('hour', timestamptz '{BEGINNING.isoformat()}',
        timestamptz '{END.isoformat()}') / 2)::bigint) as t(i)
)"""
_WHOLE = (
    f"""insert into lake.run_log by name
    select run_id, 'run' as command, recorded_at - interval 10 minute as started_at,
        recorded_at as finished_at, 'ok' as status, map {{'unchanged': 60::bigint}} as counts,
        '0.1.0' as pressdiff_version, recorded_at
    from (select {_STAMP} from {_COMMITS})""",
    f"""insert into lake.coverage_log by name
    select {_STAMP}, 's' || lpad(s::varchar, 2, '0') as source_id, 40 as listed, 40 as fetched,
        38 as unchanged, 40 as parsed, 0 as failed, 0 as never_fetched
    from {_COMMITS}, range({SOURCES}) as t(s)""",
    f"""insert into lake.looks by name
    select sha256('l' || i)[:24] as capture_id, 's' || lpad((i % {SOURCES})::varchar, 2, '0')
        as source_id, 'https://lists.example/' || (i % 40) as url, seen_at as captured_at,
        200::int as http_status, if(i % 49 = 0, 'failed', 'discovery') as outcome,
        if(i % 49 = 0, null, sha256('p' || i)) as digest, 9000 as bytes,
        {_run_id("seen_at")} || '.warc.gz' as warc_file, 0 as warc_offset,
        if(i % 49 = 0, 'the connection broke', null) as error, {_STAMP}
    from (select seen_at, row_number() over () as i from {_COMMITS})""",
    f"""insert into lake.incident_log by name
    select sha256('i' || i)[:16] as incident_id, 's00' as source_id, 'listing' as kind,
        'half is gone' as detail, [url] as urls, seen_at as opened_at,
        if(closed, seen_at, null) as closed_at, url as key, if(closed, 'recovered', null)
        as decision, {_run_id("seen_at")} as run_id,
        {_run("seen_at")} + if(closed, to_microseconds(1), to_microseconds(0)) as recorded_at
    from (select seen_at, i, 'https://s00.example/' || i as url from
        (select seen_at, row_number() over () as i from {_COMMITS}) where i % 1000 = 0),
        (values (true), (false)) as t(closed)""",
    """insert into lake.look_days by name
    select source_id, captured_at::date as day, arg_min(run_id, recorded_at) as run_id,
        min(recorded_at) as recorded_at from lake.looks group by all""",
    """insert into lake.reassigned by name
    select capture_id, release_id, run_id, recorded_at + interval 1 microsecond as recorded_at
    from lake.looks where outcome = 'unchanged' and starts_with(capture_id, '00a')""",
    """insert into lake.redecided by name
    select capture_id, reading_id, address, release_id, outcome, run_id,
        recorded_at + interval 1 microsecond as recorded_at
    from lake.looks where outcome = 'unchanged' and starts_with(capture_id, '00b')""",
)
"""Once, when all releases are there."""
