-- changes: one row per change between two revisions adjacent today. Key: (revision_id, seq).
-- before is NULL for an insertion, after for a deletion, paragraph_* outside the body. Told as the
-- classifier of the day saw it on which the revision was recorded.
create or replace view changes as
    select -- only what is asked for
        e.release_id,
        e.revision,
        e.revision_id,
        e.before_revision_id,
        e.seq,
        e.field,
        e.op,
        e.kind,
        e.before,
        e.after,
        e.paragraph_before,
        e.paragraph_after,
        f.release_id is not null as flapping,
        e.seen_at,
        e.recorded_at
    from lake.edit_log as e
    anti join lake.superseded as s on s.entry_id = e.entry_id
    left join flappings as f
        on f.release_id = e.release_id and e.revision > f.first_revision
        and e.revision <= f.last_revision;
