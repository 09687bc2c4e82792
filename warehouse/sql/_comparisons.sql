-- Internal. What may have been compared twice: no pair is by one classifier, so as long as there was
-- only one nothing, else every comparison.
create or replace macro _compared_again() as table
    select before_text_id, text_id, recorded_at
    from lake.comparisons
    where (select min(classifier_version) <> max(classifier_version) from lake.comparisons);

-- Internal. One row per pair of texts and classifier that compared it, with the time from which the
-- next one did, else infinity. What a revision changed is told as the newest of its day saw it.
-- Not NULL: an OR in the condition of a left join makes DuckDB compare every row with every other.
create or replace view _comparisons as
    select c.*, coalesce(d.until, 'infinity'::timestamptz) as until
    from lake.comparisons as c
    left join (
        select
            before_text_id, text_id, recorded_at,
            lead(recorded_at) over (
                partition by before_text_id, text_id order by recorded_at
            ) as until
        from _compared_again()
    ) as d
        on d.before_text_id = c.before_text_id and d.text_id = c.text_id
        and d.recorded_at = c.recorded_at
    where _among_texts(c.text_id);
