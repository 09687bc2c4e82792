-- Internal. A text as it is compared with headlines. Most have single spaces only, and to look for
-- others by an expression takes ten times as long.
create or replace macro _as_headline(said) as trim(lower(if(
    contains(said, '  ') or contains(said, chr(9)) or contains(said, chr(10))
        or contains(said, chr(12)) or contains(said, chr(13)),
    regexp_replace(said, '\s+', ' ', 'g'),
    said
)));

-- Internal. One row per address of a release (at), and one per headline of a release as teasers are
-- compared (headline); the release it leads to: of several the oldest id.
create or replace view _named_releases as
    select source_id, 'at' as way, url as name, min(release_id) as release_id
    from (
        select source_id, release_id, url, arg_max(role, recorded_at) as role
        from lake.url_log
        group by source_id, release_id, url
    )
    where role <> 'none'
    group by source_id, url
    union all
    select
        t.source_id, 'headline', _as_headline(t.headline),
        min(r.release_id)
    from _held_at('infinity'::timestamptz) as r
    join lake.texts as t on t.text_id = r.text_id and t.source_id = r.source_id
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
