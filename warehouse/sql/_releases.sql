-- Internal. One row per release as known at known_at, with the revision that stood at stood_at.
create or replace macro _releases_at(known_at, stood_at) as table
    with addresses as (
        select release_id, max(url) as url
        from (
            select release_id, url, arg_max(role, recorded_at) as role
            from lake.url_log
            where recorded_at <= known_at
            group by release_id, url
        )
        where role = 'canonical'
        group by release_id
    ),
    states as (
        select release_id, arg_max(status, since) as status, max(since) as status_since
        from (
            select release_id, since, arg_max(status, recorded_at) as status
            from lake.state_log
            where recorded_at <= known_at and since <= stood_at
            group by release_id, since
        )
        where status <> 'none'
        group by release_id
    ),
    seen as (
        select release_id, min(captured_at) as first_seen_at, max(captured_at) as last_seen_at
        from _looks_as_of(known_at)
        where release_id is not null and captured_at <= stood_at
        group by release_id
    ),
    repeats as (
        select
            release_id,
            arg_max(
                {'cluster_id': cluster_id, 'of': duplicate_of, 'kind': duplicate_kind}, recorded_at
            ) as told
        from lake.cluster_log
        where recorded_at <= known_at
        group by release_id
    )
    select
        r.release_id,
        r.source_id,
        a.url,
        r.headline,
        r.published_on,
        r.published_text,
        r.event_on,
        r.place,
        r.language,
        r.kind,
        coalesce(st.status, 'live') as status,
        coalesce(st.status_since, s.first_seen_at) as status_since,
        r.revision,
        s.first_seen_at,
        s.last_seen_at,
        r.seen_at as last_changed_at,
        r.text,
        r.paragraphs,
        r.word_count,
        d.told.of as duplicate_of,
        d.told.kind as duplicate_kind,
        coalesce(d.told.cluster_id, r.release_id) as cluster_id,
        r.revision_id
    from _revisions_at(known_at) as r
    join seen as s on s.release_id = r.release_id
    left join addresses as a on a.release_id = r.release_id
    left join states as st on st.release_id = r.release_id
    left join repeats as d on d.release_id = r.release_id
    where r.valid_from <= stood_at and (r.valid_to is null or r.valid_to > stood_at);
