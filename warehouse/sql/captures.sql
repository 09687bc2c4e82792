-- captures: one row per look at a URL or file. Key: capture_id. release_id is NULL where no release
-- was read, digest where there was no body, warc_file where nothing was exchanged.
create or replace view captures as
    select
        capture_id, run_id, source_id, release_id, url, final_url, captured_at, http_status, outcome,
        digest, bytes, warc_file, warc_offset, error, recorded_at
    from _looks_as_of('infinity'::timestamptz);
