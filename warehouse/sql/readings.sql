-- readings: one row per revision and parser version that read its evidence. Key: (revision_id,
-- parser_version). cause is parser where a later version of ours read it again, and for a revision
-- that is none any more: an older version saw an edit where the publisher made none.
create or replace view _readings_kept as
    with held as (
        select revision_id, revision, source_id, capture_id, seen_at, true as stands
        from _held_at('infinity'::timestamptz)
        where _among_revisions(revision_id)
        union all
        select
            r.revision_id, 0, any_value(r.source_id), arg_max(r.capture_id, r.recorded_at),
            arg_max(r.seen_at, r.recorded_at), false
        from lake.revision_log as r
        join lake.superseded as s on s.entry_id = r.entry_id
        anti join _held_at('infinity'::timestamptz) as h on h.revision_id = r.revision_id
        where _among_revisions(r.revision_id)
        group by r.revision_id
    ),
    -- materialized: what all three share is the source, and by that alone DuckDB would join first
    looked as materialized (
        select h.revision_id, h.revision, h.source_id, h.stands, l.reading_id
        from held as h
        -- the look's own source and time say nothing new; they spare the other sources' rows
        join _looks_read_at('infinity'::timestamptz) as l
            on l.capture_id = h.capture_id and l.source_id = h.source_id
            and l.captured_at = h.seen_at
    ),
    -- grouped, not by windows: those take three times as long
    read as not materialized (
        select
            h.revision_id, h.revision, h.source_id, h.stands, g.parser_version,
            arg_max_null(g.text_id, g.recorded_at) as text_id, min(g.recorded_at) as recorded_at
        from looked as h
        join lake.reading_log as g on g.reading_id = h.reading_id and g.source_id = h.source_id
        group by all
    )
    select -- only what is asked for
        r.revision_id,
        r.parser_version,
        case
            when not r.stands or r.parser_version <> f.parser_version then 'parser'
            when r.revision = 1 then 'first'
            else 'publisher'
        end as cause,
        t.headline,
        t.published_on,
        t.paragraphs,
        t.text_digest,
        r.recorded_at,
        r.text_id
    from read as r
    join (from lake.texts where _among_texts(text_id)) as t -- each has one
        on t.text_id = r.text_id and t.source_id = r.source_id
    left join (
        select revision_id, arg_min(parser_version, (recorded_at, parser_version)) as parser_version
        from read
        where text_id is not null
        group by revision_id
    ) as f on f.revision_id = r.revision_id
    left join (
        select revision_id, count(*) as versions
        from read
        where not stands
        group by revision_id
    ) as v on v.revision_id = r.revision_id
    where r.text_id is not null and (r.stands or v.versions > 1);

create or replace view readings as
    select revision_id, * exclude (revision_id, text_id)
    from _readings_kept;
