-- readings: one row per revision and parser version that read its evidence. Key: (revision_id,
-- parser_version). cause is parser where a later version of ours read it again.
create or replace view readings as
    select
        r.revision_id,
        g.parser_version,
        case
            when row_number() over (
                partition by r.revision_id order by g.recorded_at, g.parser_version
            ) > 1 then 'parser'
            when r.revision = 1 then 'first'
            else 'publisher'
        end as cause,
        t.headline,
        t.published_on,
        t.paragraphs,
        t.text_digest,
        g.recorded_at
    from revisions as r
    join lake.looks as l on l.capture_id = r.capture_id
    join lake.reading_log as g on g.reading_id = l.reading_id
    join lake.texts as t on t.text_id = g.text_id;
