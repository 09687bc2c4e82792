-- revisions: one row per distinct state of a release's text. Key: (release_id, revision), counted
-- from 1 by seen_at; revision_id is stable when older evidence shifts the count. The edit happened
-- after changed_after and not later than seen_at. changed_after is NULL for the first revision,
-- valid_to for the last, reverts_to where the text is no earlier revision's, and what compares it
-- with the one before (words_added to backdated) for the first. flapping: a change between two texts
-- that stood there by turns (view flappings). appeared_late: a first revision met over a week after
-- the date it bears, though its source was looked at before that date and between then and now.
-- revisions_as_of(ts): the same, as we knew it at ts (transaction time). Never looks ahead.
create or replace macro revisions_as_of(ts) as table
    with days as (
        select distinct source_id, captured_at::date as day
        from lake.looks
        where recorded_at <= ts
    ),
    late as (
        select r.release_id
        from _revisions_at(ts) as r
        where r.revision = 1
            and r.seen_at::date - r.published_on > 7
            and exists (
                select 1 from days as d
                where d.source_id = r.source_id and d.day < r.published_on
            )
            and exists (
                select 1 from days as d
                where d.source_id = r.source_id and d.day > r.published_on
                    and d.day < r.seen_at::date
            )
    )
    select
        r.*,
        f.release_id is not null as flapping,
        r.revision = 1 and l.release_id is not null as appeared_late
    from _revisions_at(ts) as r
    left join late as l on l.release_id = r.release_id
    left join _flappings_at(ts) as f
        on f.release_id = r.release_id and r.revision > f.first_revision
        and r.revision <= f.last_revision;

create or replace view revisions as
    from revisions_as_of('infinity'::timestamptz);

-- revisions_valid_at(ts): what stood on the site at ts, as far as we know today. At most one row
-- per release.
create or replace macro revisions_valid_at(ts) as table
    select *
    from main.revisions
    where valid_from <= ts and (valid_to is null or valid_to > ts);
