-- neighbours: one row per pair of releases that are alike. Key: (release_id, other_id), ids ordered.
-- jaccard is of their distinct 3-word shingles, containment of the smaller set in the larger; NULL
-- for a translation, which is proposed by a model and has its cosine instead. contained_id is the
-- one that lies in the other, and what follows the place where it lies there; NULL but for teasers
-- and updates.
create or replace view neighbours as
    with tied as (
        select *
        from lake.neighbour_log
        qualify row_number() over (partition by release_id, other_id order by recorded_at desc) = 1
    ),
    proposed as (
        select *
        from lake.translation_log
        qualify row_number() over (partition by release_id, other_id order by recorded_at desc) = 1
    )
    select
        release_id, other_id, kind, jaccard, containment, contained_id, paragraph_from,
        paragraph_to, word_from, word_to, null::double as cosine
    from tied
    where kind is not null
    union all by name
    select p.release_id, p.other_id, 'translation' as kind, p.cosine
    from proposed as p
    where p.cosine is not null and not exists (
        select 1 from tied as t
        where t.release_id = p.release_id and t.other_id = p.other_id and t.kind is not null
    );
