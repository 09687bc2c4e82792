-- Internal. One row per release as known at known_at, with the revision that stood at stood_at.
create or replace macro _releases_at(known_at, stood_at) as table
    -- by source too, so that who asks for one source reads its rows alone
    with addresses as (
        select release_id, source_id, max(url) as url
        from (
            select release_id, source_id, url, arg_max(role, recorded_at) as role
            from lake.url_log
            where _is_by(recorded_at, known_at) and _among_releases(release_id)
            group by release_id, source_id, url
        )
        where role = 'canonical'
        group by release_id, source_id
    ),
    states as (
        select release_id, arg_max(status, since) as status, max(since) as status_since
        from (
            select release_id, since, arg_max(status, recorded_at) as status
            from lake.state_log
            where _is_by(recorded_at, known_at) and _is_by(since, stood_at)
                and _among_releases(release_id)
            group by release_id, since
        )
        where status <> 'none'
        group by release_id
    ),
    seen as (
        select
            release_id, source_id, min(captured_at) as first_seen_at,
            max(captured_at) as last_seen_at
        from _looks_as_of(known_at)
        where release_id is not null and _is_by(captured_at, stood_at)
            and _among_releases(release_id)
        group by release_id, source_id
    ),
    repeats as (
        select
            release_id,
            arg_max(
                {'cluster_id': cluster_id, 'of': duplicate_of, 'kind': duplicate_kind}, recorded_at
            ) as told
        from lake.cluster_log
        where _is_by(recorded_at, known_at) and _among_releases(release_id)
        group by release_id
    ),
    standing as (
        select r.*
        from _held_at(known_at) as r
        left join (
            select release_id, source_id, before_revision_id
            from _later_at(known_at)
            where _is_by(seen_at, stood_at)
        ) as n
            on n.before_revision_id = r.revision_id and n.release_id = r.release_id
            and n.source_id = r.source_id
        where _is_by(r.seen_at, stood_at) and n.before_revision_id is null
    )
    select -- only what is asked for
        r.release_id,
        r.source_id,
        a.url,
        t.headline,
        t.published_on,
        t.published_text,
        t.event_on,
        t.place,
        t.language,
        t.kind,
        coalesce(st.status, 'live') as status,
        coalesce(st.status_since, s.first_seen_at) as status_since,
        r.revision,
        s.first_seen_at,
        s.last_seen_at,
        r.seen_at as last_changed_at,
        array_to_string(t.paragraphs, chr(10) || chr(10)) as text,
        t.paragraphs,
        t.word_count,
        d.told.of as duplicate_of,
        d.told.kind as duplicate_kind,
        coalesce(d.told.cluster_id, r.release_id) as cluster_id,
        r.revision_id,
        r.text_id
    from standing as r
    join (from lake.texts where _among_texts(text_id)) as t -- each has one
        on t.text_id = r.text_id and t.source_id = r.source_id
    left join seen as s on s.release_id = r.release_id and s.source_id = r.source_id
    left join addresses as a on a.release_id = r.release_id and a.source_id = r.source_id
    left join states as st on st.release_id = r.release_id
    left join repeats as d on d.release_id = r.release_id
    where _among_releases(r.release_id);

-- Internal. What the views and macros of releases show, with the id of the text, by which a
-- release to be shown is found first.
create or replace view _releases as
    from _releases_at('infinity'::timestamptz, 'infinity'::timestamptz);

create or replace macro _releases_as_of(ts) as table
    from _releases_at(ts, 'infinity'::timestamptz);

create or replace macro _releases_valid_at(ts) as table
    from _releases_at('infinity'::timestamptz, ts)
    where status <> 'withdrawn';
