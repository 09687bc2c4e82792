-- silent_edits: one row per edit that the page did not announce, and per release that appeared late
-- (revision 1), the weightiest first, flapping texts last. Key: (release_id, revision). weight
-- counts what may change a reader's belief: numbers, dates, names, quotes and negations ten each,
-- wording and paragraphs one for every six characters of the longer side, at most thirty, a paragraph
-- at least five; a typo or a move one. A moved-back date or a late appearance adds ten.
create or replace view silent_edits as
    with weighed as (
        select
            release_id,
            revision_id,
            sum(
                case
                    when op = 'move' or kind = 'typo' then 1
                    when kind in ('number', 'date', 'name', 'quote', 'negation') then 10
                    else greatest(
                        if(kind = 'paragraph', 5, 1),
                        least(30, greatest(
                            coalesce(length(before), 0), coalesce(length(after), 0)
                        ) // 6)
                    )
                end
            ) as weight,
            list(distinct kind order by kind) as kinds
        from changes
        group by release_id, revision_id
    )
    select
        r.release_id,
        r.revision,
        r.source_id,
        r.headline,
        r.published_on,
        r.change_class,
        r.backdated,
        r.appeared_late,
        r.flapping,
        cast(
            coalesce(w.weight, 0) + if(r.backdated, 10, 0) + if(r.appeared_late, 10, 0) as bigint
        ) as weight,
        w.kinds,
        r.words_added,
        r.words_removed,
        r.changed_after,
        r.seen_at,
        r.revision_id
    from revisions as r
    left join weighed as w on w.revision_id = r.revision_id and w.release_id = r.release_id
    where (r.cause = 'publisher' and r.announced = false) or r.appeared_late
    order by r.flapping, weight desc, r.seen_at desc, r.release_id, r.revision;
