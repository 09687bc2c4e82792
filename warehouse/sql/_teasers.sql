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
-- where it leads to no page of the web. Most are absolute or NULL: told first, without an expression.
create or replace macro _absolute(link, page) as
    case
        when link is null then null
        when starts_with(link, 'https://') or starts_with(link, 'http://')
            then split_part(link, '#', 1)
        when not regexp_matches(page, '^https?://') then null
        when starts_with(link, '//')
            then regexp_extract(page, '^(https?:)', 1) || split_part(link, '#', 1)
        when starts_with(link, '/')
            then regexp_extract(page, '^(https?://[^/?#]+)', 1) || split_part(link, '#', 1)
        when regexp_matches(link, '^([a-zA-Z][a-zA-Z0-9+.-]*:|#|\?|\.|$)') then null
        else regexp_extract(page, '^(https?://[^?#]*/)', 1) || split_part(link, '#', 1)
    end;

-- Internal. One row per teaser seen in a capture, with the address that its link leads to.
create or replace view _teasers as
    with shown as (
        select l.capture_id, l.captured_at, l.source_id, l.url as page, g.ticker_id
        from _looks_read_at('infinity'::timestamptz) as l
        join _readings as g on g.reading_id = l.reading_id and g.source_id = l.source_id
        where g.ticker_id is not null
    ),
    said as (
        -- a teaser is seen on many pages
        select *, _as_headline(text) as headline from lake.tickers
    )
    select -- only what is asked for
        s.capture_id,
        t.seq,
        s.captured_at as seen_at,
        t.dated_on,
        t.text,
        t.url,
        _absolute(t.url, s.page) as leads_to,
        coalesce(a.release_id, h.release_id) as release_id,
        s.source_id
    from shown as s
    join said as t on t.ticker_id = s.ticker_id
    left join _named_releases as a
        on a.way = 'at' and a.source_id = s.source_id and a.name = _absolute(t.url, s.page)
    left join _named_releases as h
        on h.way = 'headline' and h.source_id = s.source_id
        and h.name = t.headline;
