-- neighbours: one row per pair of releases that are alike. Key: (release_id, other_id), ids ordered.
-- jaccard is of their distinct 3-word shingles, containment of the smaller set in the larger.
-- contained_id is the one that lies in the other, and what follows the place where it lies there;
-- NULL but for teasers and updates.
create or replace view neighbours as
    select
        release_id, other_id, kind, jaccard, containment, contained_id, paragraph_from,
        paragraph_to, word_from, word_to
    from (
        select *
        from lake.neighbour_log
        qualify row_number() over (partition by release_id, other_id order by recorded_at desc) = 1
    )
    where kind is not null;
