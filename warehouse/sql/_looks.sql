-- Internal. One row per look whose release or reading is another than the run that took it decided:
-- by a later move to another release, by a later reading of its bytes, or by what was decided of a
-- look held back, whichever came last. They are few.
create or replace macro _altered_at(ts) as table
    select
        coalesce(a.capture_id, m.capture_id) as capture_id,
        a.capture_id is not null as is_again,
        case
            when m.recorded_at is null or a.recorded_at >= m.recorded_at then a.release_id
            else m.release_id
        end as release_id,
        a.reading_id, a.address, a.outcome, a.error
    from (
        select capture_id, arg_max(release_id, recorded_at) as release_id,
            max(recorded_at) as recorded_at
        from lake.reassigned
        where _is_by(recorded_at, ts)
        group by capture_id
    ) as m
    full join (
        select *
        from lake.redecided
        where _is_by(recorded_at, ts)
        qualify row_number() over (partition by capture_id order by recorded_at desc) = 1
    ) as a on a.capture_id = m.capture_id;

-- Internal. One row per look known at ts, as it was read and placed by then. No CTE and no correlated
-- subquery here: either makes DuckDB read every column of every look, whatever is asked.
create or replace macro _looks_as_of(ts) as table
    select
        l.capture_id, l.run_id, l.source_id, l.release_id, l.url, l.final_url, l.captured_at,
        l.http_status, l.outcome, l.digest, l.bytes, l.warc_file, l.warc_offset, l.error,
        l.reading_id, l.address, l.recorded_at
    from lake.looks as l
    anti join _altered_at(ts) as a on a.capture_id = l.capture_id
    where _is_by(l.recorded_at, ts)
    union all
    select
        l.capture_id, l.run_id, l.source_id, a.release_id, l.url, l.final_url, l.captured_at,
        l.http_status, if(a.is_again, a.outcome, l.outcome), l.digest, l.bytes, l.warc_file,
        l.warc_offset, if(a.is_again, a.error, l.error), if(a.is_again, a.reading_id, l.reading_id),
        if(a.is_again, a.address, l.address), l.recorded_at
    from _altered_at(ts) as a
    join lake.looks as l on l.capture_id = a.capture_id
    where _is_by(l.recorded_at, ts);

-- Internal. The same for who does not look for a release: one pass over all looks, where the above
-- takes a second one to find those that were altered.
create or replace macro _looks_read_at(ts) as table
    select
        l.capture_id, l.source_id, l.url, l.captured_at,
        if(coalesce(a.is_again, false), a.reading_id, l.reading_id) as reading_id,
        if(coalesce(a.is_again, false), a.address, l.address) as address,
        if(coalesce(a.is_again, false), a.outcome, l.outcome) as outcome,
        if(coalesce(a.is_again, false), a.error, l.error) as error
    from lake.looks as l
    left join _altered_at(ts) as a on a.capture_id = l.capture_id
    where _is_by(l.recorded_at, ts);
