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
        r.flapping,
        r.seen_at,
        r.recorded_at
    from revisions as r
    join _comparisons_as_of('infinity'::timestamptz) as p
        on p.before_text_id = r.before_text_id and p.text_id = r.text_id
    join lake.change_log as c
        on c.before_text_id = p.before_text_id and c.text_id = p.text_id and c.run_id = p.run_id;
