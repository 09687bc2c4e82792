-- Internal. One row per pair of texts compared by ts, as the newest classifier saw it.
create or replace macro _comparisons_as_of(ts) as table
    select *
    from lake.comparisons
    where recorded_at <= ts
    qualify row_number() over (partition by before_text_id, text_id order by recorded_at desc) = 1;
