-- changes: one row per change between two revisions adjacent today. Key: (revision_id, seq).
-- before is NULL for an insertion, after for a deletion, paragraph_* outside the body.
create or replace view changes as
    select
        r.release_id,
        r.revision,
        r.revision_id,
        r.before_revision_id,
        c.seq,
        c.field,
        c.op,
        c.kind,
        c.before,
        c.after,
        c.paragraph_before,
        c.paragraph_after,
        f.release_id is not null as flapping,
        r.seen_at,
        r.recorded_at
    from _held_at('infinity'::timestamptz) as r
    join lake.change_log as c
        on c.before_text_id = r.before_text_id and c.text_id = r.text_id
    anti join (
        -- a later classifier saw the pair otherwise
        select p.before_text_id, p.text_id, p.run_id
        from lake.comparisons as p
        semi join _compared_again() as n
            on n.before_text_id = p.before_text_id and n.text_id = p.text_id
            and n.recorded_at > p.recorded_at
    ) as o
        on o.before_text_id = c.before_text_id and o.text_id = c.text_id and o.run_id = c.run_id
    left join flappings as f
        on f.release_id = r.release_id and r.revision > f.first_revision
        and r.revision <= f.last_revision
    where r.before_text_id is not null;
