-- release_urls: one row per URL a release has or had. Key: (release_id, url). Absolute URLs, the
-- canonical one too; first_seen_at and last_seen_at are looks at that URL, NULL if there was none.
create or replace view release_urls as
    -- by source too, so that who asks for one release reads its source's rows alone
    with roles as (
        select release_id, source_id, url, arg_max(role, recorded_at) as role
        from lake.url_log
        where _among_releases(release_id) and _among_urls(url)
        group by release_id, source_id, url
    ),
    seen as (
        select
            source_id, url, min(captured_at) as first_seen_at, max(captured_at) as last_seen_at
        from _looks_as_of('infinity'::timestamptz)
        where release_id is not null and _among_urls(url)
        group by source_id, url
    )
    select -- only what is asked for
        r.release_id, r.url, r.role, s.first_seen_at, s.last_seen_at
    from roles as r
    semi join _held_at('infinity'::timestamptz) as h
        on h.release_id = r.release_id and h.source_id = r.source_id
    left join seen as s on s.url = r.url and s.source_id = r.source_id
    where r.role <> 'none';
