-- captures: one row per look at a URL or file. Key: capture_id. release_id is NULL where no release
-- was read, digest where there was no body, warc_file where nothing was exchanged.
create or replace view captures as
    select -- only what is asked for
        l.capture_id, l.run_id, l.source_id, l.release_id, l.url, l.final_url, l.captured_at,
        l.http_status, l.outcome, l.digest, l.bytes, coalesce(e.stored_in, l.warc_file) as warc_file,
        l.warc_offset + coalesce(e.offset_shift, 0) as warc_offset, l.error, l.recorded_at
    from _looks_as_of('infinity'::timestamptz) as l
    left join (
        select
            warc_file, arg_max(stored_in, recorded_at) as stored_in,
            arg_max(offset_shift, recorded_at) as offset_shift
        from lake.repacked
        group by warc_file
    ) as e on e.warc_file = l.warc_file;
