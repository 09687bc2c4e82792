-- Internal. One row per body read, as its newest parser read it.
create or replace view _readings as
    select *
    from lake.reading_log
    qualify row_number() over (partition by reading_id order by recorded_at desc) = 1;
