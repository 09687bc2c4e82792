-- coverage: one row per source and run. Key: (run_id, source_id). Every gap is a number here.
create or replace view coverage as
    select run_id, source_id, listed, fetched, unchanged, parsed, failed, never_fetched
    from lake.coverage_log;
