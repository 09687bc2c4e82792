-- Internal. One row per look known at ts, with the release it belongs to as known at ts.
create or replace macro _looks_as_of(ts) as table
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
    union all
    select
        l.capture_id, l.run_id, l.source_id, r.release_id, l.url, l.final_url, l.captured_at,
        l.http_status, l.outcome, l.digest, l.bytes, l.warc_file, l.warc_offset, l.error,
        l.reading_id, l.address, l.recorded_at
    from (
        select capture_id, arg_max(release_id, recorded_at) as release_id
        from lake.reassigned
        where recorded_at <= ts
        group by capture_id
    ) as r
    join lake.looks as l on l.capture_id = r.capture_id
    where l.recorded_at <= ts;
