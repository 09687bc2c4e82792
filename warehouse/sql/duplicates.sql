-- duplicates: the neighbours that are the same text again. Key: (release_id, other_id).
create or replace view duplicates as
    select release_id, other_id, kind, jaccard, containment
    from neighbours
    where kind in ('exact', 'near', 'teaser', 'translation');
