-- Internal. A text as it is compared with headlines. Most have single spaces only and none at their
-- ends; to look for others by an expression, or to trim, takes ten times as long.
create or replace macro _as_headline(said) as if(
    contains(said, '  ') or contains(said, chr(9)) or contains(said, chr(10))
        or contains(said, chr(12)) or contains(said, chr(13))
        or starts_with(said, ' ') or ends_with(said, ' '),
    trim(lower(regexp_replace(said, '\s+', ' ', 'g'))),
    lower(said)
);

-- Internal. The addresses of releases, one row or more each.
create or replace view _named_addresses as
    select u.source_id, u.url, u.release_id
    from lake.url_log as u
    left join (
        select release_id, url, max(recorded_at) as until
        from lake.url_log
        where role = 'none'
        group by release_id, url
    ) as n on n.release_id = u.release_id and n.url = u.url
    where u.role <> 'none' and u.recorded_at > coalesce(n.until, '-infinity'::timestamptz)
        and _among_urls(u.url);

-- Internal. The headlines of releases as teasers are compared with them, one row or more each.
create or replace view _named_headlines as
    select t.source_id, _as_headline(t.headline) as headline, r.release_id
    from _held_at('infinity'::timestamptz) as r
    join lake.texts as t on t.text_id = r.text_id and t.source_id = r.source_id
    where _among_headlines(_as_headline(t.headline));

-- Internal. A link as a page carries it, against the page's own address, without a fragment; NULL
-- where it leads to no page of the web. Most are absolute or NULL: told first, without an expression.
create or replace macro _absolute(link, page) as
    case
        when link is null then null
        when starts_with(link, 'https://') or starts_with(link, 'http://')
            then if(contains(link, '#'), split_part(link, '#', 1), link)
        when not regexp_matches(page, '^https?://') then null
        when starts_with(link, '//')
            then regexp_extract(page, '^(https?:)', 1) || split_part(link, '#', 1)
        when starts_with(link, '/')
            then regexp_extract(page, '^(https?://[^/?#]+)', 1) || split_part(link, '#', 1)
        when regexp_matches(link, '^([a-zA-Z][a-zA-Z0-9+.-]*:|#|\?|\.|$)') then null
        else regexp_extract(page, '^(https?://[^?#]*/)', 1) || split_part(link, '#', 1)
    end;

-- Internal. One row per teaser seen in a capture, with the address that its link leads to, and the
-- release: at that address, else with that headline; of several the oldest id.
create or replace view _teasers as
    with shown as (
        select
            l.capture_id, l.captured_at, l.source_id, l.url as page, g.reading_id, g.ticker_id
        from _looks_read_at('infinity'::timestamptz) as l
        join _readings as g on g.reading_id = l.reading_id and g.source_id = l.source_id
        where _among_captures(l.capture_id) and _among_times(l.captured_at)
    ),
    said as (
        -- a teaser is seen on many pages
        select *, _as_headline(text) as headline
        from lake.tickers
        where _among_tickers(ticker_id)
    )
    select -- only what is asked for
        s.capture_id,
        t.seq,
        s.captured_at as seen_at,
        t.dated_on,
        t.text,
        t.url,
        coalesce(a.release_id, h.release_id) as release_id,
        s.source_id,
        s.reading_id,
        s.ticker_id,
        _absolute(t.url, s.page) as leads_to,
        t.headline,
        s.capture_id || ' ' || t.seq as row_id
    from shown as s
    join said as t on t.ticker_id = s.ticker_id
    left join (
        select source_id, url, min(release_id) as release_id
        from _named_addresses
        group by source_id, url
    ) as a
        on a.source_id = s.source_id and a.url = _absolute(t.url, s.page)
    left join (
        select source_id, headline, min(release_id) as release_id
        from _named_headlines as n
        semi join said as s on s.headline = n.headline
        group by source_id, headline
    ) as h
        on h.source_id = s.source_id and h.headline = t.headline
    where _among_rows(s.capture_id || ' ' || t.seq);
