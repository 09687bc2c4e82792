-- readings: one row per revision and parser version that read its evidence. Key: (revision_id,
-- parser_version). cause is parser where a later version of ours read it again, and for a revision
-- that is none any more: an older version saw an edit where the publisher made none.
create or replace view readings as
    with held as (
        select revision_id, revision, source_id, capture_id, seen_at, true as stands
        from _held_at('infinity'::timestamptz)
        union all
        select
            r.revision_id, 0, any_value(r.source_id), arg_max(r.capture_id, r.recorded_at),
            arg_max(r.seen_at, r.recorded_at), false
        from lake.revision_log as r
        join lake.superseded as s on s.entry_id = r.entry_id
        anti join _held_at('infinity'::timestamptz) as h on h.revision_id = r.revision_id
        group by r.revision_id
    ),
    read as (
        select
            h.revision_id, h.revision, h.source_id, h.stands, g.parser_version, g.text_id,
            min(g.recorded_at) over same_version as recorded_at,
            count(distinct g.parser_version) over (partition by h.revision_id) as versions
        from held as h
        -- the look's own source and time say nothing new; they spare the other sources' rows
        join _looks_read_at('infinity'::timestamptz) as l
            on l.capture_id = h.capture_id and l.source_id = h.source_id
            and l.captured_at = h.seen_at
        join lake.reading_log as g on g.reading_id = l.reading_id and g.source_id = h.source_id
        window same_version as (partition by h.revision_id, g.parser_version)
        qualify row_number() over (same_version order by g.recorded_at desc) = 1
    )
    select
        r.revision_id,
        r.parser_version,
        case
            when not r.stands then 'parser'
            when row_number() over (
                partition by r.revision_id order by r.recorded_at, r.parser_version
            ) > 1 then 'parser'
            when r.revision = 1 then 'first'
            else 'publisher'
        end as cause,
        t.headline,
        t.published_on,
        t.paragraphs,
        t.text_digest,
        r.recorded_at
    from read as r
    join lake.texts as t on t.text_id = r.text_id and t.source_id = r.source_id
    where r.stands or r.versions > 1;
