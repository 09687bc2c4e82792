-- runs: one row per run that was committed. Key: run_id. counts maps outcomes to numbers of looks.
create or replace view runs as
    select run_id, command, started_at, finished_at, status, counts, pressdiff_version
    from lake.run_log;
