-- incidents: one row per thing held back from history. Key: incident_id. closed_at is NULL while it
-- waits for a person or a repaired layout, and so is decision.
create or replace view incidents as
    select incident_id, run_id, source_id, kind, detail, urls, opened_at, closed_at, decision
    from lake.incident_log
    qualify row_number() over (partition by incident_id order by recorded_at desc) = 1;
