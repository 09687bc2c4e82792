-- Internal. One row per body read: the teasers around it, as its newest parser read it.
create or replace view _readings as
    select source_id, reading_id, arg_max_null(ticker_id, recorded_at) as ticker_id
    from lake.reading_log
    where _among_readings(reading_id)
    group by source_id, reading_id;
