-- Internal. One row per address of a release (at), and one per headline of a release as teasers are
-- compared (headline); the release it leads to: of several the oldest id.
create or replace view _named_releases as
    with addresses as (
        select url, min(release_id) as release_id
        from release_urls
        group by url
    )
    select source_id, 'at' as way, a.url as name, any_value(a.release_id) as release_id
    from addresses as a
    join (select distinct release_id, source_id from lake.revision_log) as r
        on r.release_id = a.release_id
    group by source_id, a.url
    union all
    select
        t.source_id, 'headline', trim(regexp_replace(lower(t.headline), '\s+', ' ', 'g')),
        min(r.release_id)
    from lake.revision_log as r
    join lake.texts as t on t.text_id = r.text_id
    where not exists (select 1 from lake.superseded as p where p.entry_id = r.entry_id)
    group by all;
-- Internal. A link as a page carries it, against the page's own address, without a fragment; NULL
-- where it leads to no page of the web.
create or replace macro _absolute(link, page) as
    case
        when link is null then null
        when regexp_matches(link, '^https?://') then regexp_replace(link, '#.*$', '')
        when not regexp_matches(page, '^https?://') then null
        when starts_with(link, '//')
            then regexp_extract(page, '^(https?:)', 1) || regexp_replace(link, '#.*$', '')
        when starts_with(link, '/')
            then regexp_extract(page, '^(https?://[^/?#]+)', 1) || regexp_replace(link, '#.*$', '')
        when regexp_matches(link, '^([a-zA-Z][a-zA-Z0-9+.-]*:|#|\?|\.|$)') then null
        else regexp_extract(page, '^(https?://[^?#]*/)', 1) || regexp_replace(link, '#.*$', '')
    end;
