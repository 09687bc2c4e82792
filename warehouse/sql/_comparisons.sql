-- Internal. What may have been compared twice: no pair is by one classifier, so as long as there was
-- only one nothing, else every comparison.
create or replace macro _compared_again() as table
    select before_text_id, text_id, recorded_at
    from lake.comparisons
    where (select min(classifier_version) <> max(classifier_version) from lake.comparisons);

-- Internal. One row per pair of texts compared by ts, as the newest classifier saw it.
create or replace macro _comparisons_as_of(ts) as table
    select c.*
    from lake.comparisons as c
    anti join _compared_again() as d
        on d.before_text_id = c.before_text_id and d.text_id = c.text_id
        and d.recorded_at > c.recorded_at and d.recorded_at <= ts
    where c.recorded_at <= ts;
