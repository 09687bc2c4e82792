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
        select
            source_id, day,
            lead(day) over (partition by source_id order by day) as next_day,
            row_number() over (partition by source_id order by day) = 1 as is_first
        from (select distinct source_id, day from lake.look_days where _is_by(recorded_at, ts))
    ),
    afterwards as (
        -- for each day after a source's first look, the day of the look that came next
        select source_id, day, min(next_day) as next_day
        from (
            select
                source_id, next_day,
                unnest(range(day + is_first::int, next_day, interval 1 day))::date as day
            from days
            where next_day is not null
        )
        group by source_id, day
    )
    select -- only what is asked for
        r.*,
        f.release_id is not null as flapping,
        coalesce(
            r.revision = 1 and _day_of(r.seen_at) - r.published_on > 7
                and l.next_day < _day_of(r.seen_at),
            false
        ) as appeared_late
    from _revisions_at(ts) as r
    left join afterwards as l on l.source_id = r.source_id and l.day = r.published_on
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
