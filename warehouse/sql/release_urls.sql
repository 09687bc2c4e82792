-- release_urls: one row per URL a release has or had. Key: (release_id, url). Absolute URLs, the
-- canonical one too; first_seen_at and last_seen_at are looks at that URL, NULL if there was none.
create or replace view release_urls as
    with roles as (
        select release_id, url, arg_max(role, recorded_at) as role
        from lake.url_log
        group by release_id, url
    ),
    looked as (
        select
            release_id, url, min(captured_at) as first_seen_at, max(captured_at) as last_seen_at
        from _looks_as_of('infinity'::timestamptz)
        where release_id is not null
        group by release_id, url
    ),
    seen as (
        select url, min(first_seen_at) as first_seen_at, max(last_seen_at) as last_seen_at
        from looked
        group by url
    )
    select r.release_id, r.url, r.role, s.first_seen_at, s.last_seen_at
    from roles as r
    left join seen as s on s.url = r.url
    where r.role <> 'none' and r.release_id in (select release_id from looked);
