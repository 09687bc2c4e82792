-- Internal. One row per look known at ts, with the release it belongs to as known at ts. A look that
-- was held back has the outcome of its decision once there is one.
create or replace macro _looks_as_of(ts) as table
    with settled as (
        select capture_id, arg_max(outcome, recorded_at) as outcome
        from lake.settled
        where recorded_at <= ts
        group by capture_id
    ),
    moved as (
        select capture_id, arg_max(release_id, recorded_at) as release_id
        from lake.reassigned
        where recorded_at <= ts
        group by capture_id
    )
    select
        l.capture_id, l.run_id, l.source_id, l.release_id, l.url, l.final_url, l.captured_at,
        l.http_status, l.outcome, l.digest, l.bytes, l.warc_file, l.warc_offset, l.error,
        l.reading_id, l.address, l.recorded_at
    from lake.looks as l
    where l.recorded_at <= ts
        and not exists (
            select 1 from lake.reassigned as r
            where r.capture_id = l.capture_id and r.recorded_at <= ts
        )
        and not exists (
            select 1 from lake.settled as s
            where s.capture_id = l.capture_id and s.recorded_at <= ts
        )
    union all
    select
        l.capture_id, l.run_id, l.source_id, coalesce(m.release_id, l.release_id) as release_id,
        l.url, l.final_url, l.captured_at, l.http_status, coalesce(s.outcome, l.outcome) as outcome,
        l.digest, l.bytes, l.warc_file, l.warc_offset, l.error, l.reading_id, l.address,
        l.recorded_at
    from (select capture_id from moved union select capture_id from settled) as c
    join lake.looks as l on l.capture_id = c.capture_id
    left join moved as m on m.capture_id = c.capture_id
    left join settled as s on s.capture_id = c.capture_id
    where l.recorded_at <= ts;
