-- flappings: one row per stretch of revisions that alternate between the same two texts, three
-- changes or more. Key: (release_id, first_revision). The stretch's changes are those of the
-- revisions after first_revision up to last_revision: `flapping` in revisions and changes.
create or replace macro _flappings_at(ts) as table
    with held as (
        -- the least that flaps is A, B, A, B
        select release_id, source_id, revision, text_digest, seen_at
        from _held_at(ts)
        where release_id in (select release_id from _held_at(ts) where revision >= 4)
    ),
    compared as (
        select
            *,
            lag(text_digest) over line as text_before,
            lag(text_digest, 2) over line as text_before_that,
            lag(seen_at, 2) over line as seen_before_that
        from held
        window line as (partition by release_id order by revision)
    ),
    returned as (
        select
            *, revision - row_number() over (partition by release_id order by revision) as stretch
        from compared
        where text_digest = text_before_that
    )
    select
        release_id,
        any_value(source_id) as source_id,
        cast(min(revision) - 2 as integer) as first_revision,
        cast(max(revision) as integer) as last_revision,
        count(*) + 1 as flips,
        [arg_min(text_before_that, revision), arg_min(text_before, revision)] as text_digests,
        min(seen_before_that) as since,
        max(seen_at) as until
    from returned
    group by release_id, stretch
    having count(*) >= 2;

create or replace view flappings as
    from _flappings_at('infinity'::timestamptz);
