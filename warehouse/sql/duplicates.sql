-- duplicates: the neighbours that are the same text again. Key: (release_id, other_id).
-- NULLs as in neighbours.
create or replace view duplicates as
    select *
    from neighbours
    where kind in ('exact', 'near', 'teaser', 'translation');
