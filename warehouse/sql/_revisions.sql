-- Internal. What the text tells of its edit, and whether the page's dateModified moved past what it
-- was: a claim that appears with a date before the old text was last seen tells nobody of the edit.
create or replace macro _announced_how(told, modified_on, claimed) as if(
    modified_on > claimed,
    list_append(list_filter(told, lambda one: one <> 'modified_on'), 'modified_on'),
    list_filter(told, lambda one: one <> 'modified_on')
);

-- Internal. One row per revision as known at ts, as history derived it.
create or replace macro _held_at(ts) as table
    select r.*
    from lake.revision_log as r
    anti join (
        select entry_id from lake.superseded where _is_by(recorded_at, ts)
    ) as s on s.entry_id = r.entry_id
    where _is_by(r.recorded_at, ts) and _among_releases(r.release_id);

-- Internal. One row per revision that came after another, by that one. First ones, nine in ten, are
-- skipped by their number, which the files are sorted by.
create or replace macro _later_at(ts) as table
    select release_id, source_id, before_revision_id, seen_at
    from _held_at(ts)
    where revision > 1 and before_revision_id is not null;

-- Internal. One row per revision as known at ts, with its text and when it ended: revisions_as_of adds
-- what only its neighbours and its source's other looks tell.
create or replace macro _revisions_at(ts) as table
    select -- only what is asked for
        r.release_id,
        r.revision,
        r.revision_id,
        r.source_id,
        case when r.revision = 1 then 'first' else 'publisher' end as cause,
        case
            when r.revision = 1 then 'first'
            when r.reverts_to is not null then 'restored'
            else coalesce(c.change_class, 'substantive')
        end as change_class,
        r.reverts_to,
        t.headline,
        t.published_on,
        t.published_text,
        t.modified_on,
        t.event_on,
        t.place,
        t.language,
        t.kind,
        array_to_string(t.paragraphs, chr(10) || chr(10)) as text,
        t.paragraphs,
        t.word_count,
        c.words_added,
        c.words_removed,
        len(_announced_how(
            c.announced_how, t.modified_on, coalesce(b.modified_on, r.changed_after::date - 1)
        )) > 0 as announced,
        _announced_how(
            c.announced_how, t.modified_on, coalesce(b.modified_on, r.changed_after::date - 1)
        ) as announced_how,
        c.backdated,
        r.text_digest,
        r.seen_at,
        r.changed_after,
        r.seen_at as valid_from,
        n.seen_at as valid_to,
        r.recorded_at,
        r.parser_version,
        r.capture_id,
        r.run_id,
        r.before_revision_id,
        r.text_id,
        r.before_text_id
    from _held_at(ts) as r
    join (from lake.texts where _among_texts(text_id)) as t -- each has one
        on t.text_id = r.text_id and t.source_id = r.source_id
    left join _later_at(ts) as n
        on n.before_revision_id = r.revision_id and n.release_id = r.release_id
    left join _comparisons as c
        on c.before_text_id = r.before_text_id and c.text_id = r.text_id
        and c.recorded_at <= r.recorded_at and c.until > r.recorded_at
    left join (
        select text_id, source_id, modified_on
        from lake.texts
        where modified_on is not null and _among_texts(text_id)
    ) as b on b.text_id = r.before_text_id and b.source_id = r.source_id
    where _among_revisions(r.revision_id)
        and _among_texts(coalesce(r.before_text_id, r.text_id))
        and r.revision > 0;  -- always; by it DuckDB takes texts, broad, for the side that is not held
