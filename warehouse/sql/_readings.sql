-- Internal. One row per body whose newest reading has teasers around it.
create or replace view _readings as
    select g.source_id, g.reading_id, g.ticker_id
    from lake.reading_log as g
    -- not grouped: most bodies have no teasers, and are read once; no anti join: through this one
    -- DuckDB passes a condition on the source
    left join lake.reading_log as n
        on n.reading_id = g.reading_id and n.source_id = g.source_id
        and n.recorded_at > g.recorded_at and _among_readings(n.reading_id)
    where g.ticker_id is not null and n.reading_id is null and _among_readings(g.reading_id);
