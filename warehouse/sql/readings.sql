-- Internal. One row per revision that holds and parser version that read its evidence; grouped by two
-- columns, not five, and what read it first by a window: grouping anew takes twice as long.
create or replace view _held_readings as
    with read as (
        select
            e.revision_id,
            g.parser_version,
            any_value(e.source_id) as source_id,
            any_value(e.revision) as revision,
            any_value(e.reading_id) as reading_id,
            arg_max_null(g.text_id, g.recorded_at) as text_id,
            min(g.recorded_at) as recorded_at
        from lake.revision_readings as e
        anti join lake.superseded as s on s.entry_id = e.entry_id
        join lake.reading_log as g on g.reading_id = e.reading_id and g.source_id = e.source_id
        where _among_revisions(e.revision_id) and _among_readings(g.reading_id)
        group by e.revision_id, g.parser_version
    )
    select -- only what is asked for
        revision_id,
        parser_version,
        source_id,
        reading_id,
        text_id,
        recorded_at,
        case
            when parser_version <> first_value(parser_version) over (
                partition by revision_id order by recorded_at, parser_version
            ) then 'parser'
            when revision = 1 then 'first'
            else 'publisher'
        end as cause
    from read
    where text_id is not null;

-- Internal. The same of revisions that are none any more, where more than one version read them.
create or replace view _fallen_readings as
    with fallen as (
        select
            e.revision_id,
            any_value(e.source_id) as source_id,
            arg_max(e.reading_id, e.recorded_at) as reading_id
        from lake.superseded as s
        join lake.revision_readings as e on e.entry_id = s.entry_id
        left join ( -- no anti join: through this one DuckDB passes a condition on revision_id
            select r.revision_id
            from lake.revision_readings as r
            anti join lake.superseded as c on c.entry_id = r.entry_id
        ) as h on h.revision_id = e.revision_id
        where h.revision_id is null and _among_revisions(e.revision_id)
        group by e.revision_id
    ),
    read as (
        select
            f.revision_id,
            g.parser_version,
            any_value(f.source_id) as source_id,
            any_value(f.reading_id) as reading_id,
            arg_max_null(g.text_id, g.recorded_at) as text_id,
            min(g.recorded_at) as recorded_at
        from fallen as f
        join lake.reading_log as g on g.reading_id = f.reading_id and g.source_id = f.source_id
        where _among_readings(g.reading_id)
        group by f.revision_id, g.parser_version
        qualify count(*) over (partition by f.revision_id) > 1
    )
    select -- only what is asked for
        revision_id,
        parser_version,
        source_id,
        reading_id,
        text_id,
        recorded_at,
        'parser' as cause
    from read
    where text_id is not null;

-- readings: one row per revision and parser version that read its evidence. Key: (revision_id,
-- parser_version). cause is parser where a later version of ours read it again, and for a revision
-- that is none any more: an older version saw an edit where the publisher made none.
create or replace view _readings_kept as
    select -- only what is asked for
        r.revision_id,
        r.parser_version,
        r.cause,
        t.headline,
        t.published_on,
        t.paragraphs,
        t.text_digest,
        r.recorded_at,
        r.text_id,
        r.reading_id
    from (from _held_readings union all by name from _fallen_readings) as r
    join (from lake.texts where _among_texts(text_id)) as t -- each has one
        on t.text_id = r.text_id and t.source_id = r.source_id;

create or replace view readings as
    select revision_id, * exclude (revision_id, text_id, reading_id)
    from _readings_kept;
