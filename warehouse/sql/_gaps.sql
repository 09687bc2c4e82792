-- Internal. Whether a source's gaps have to be found anew. Always, unless who asks has learned which
-- sources those are (`warehouse/stale_gaps.py`).
create or replace macro _is_stale(id) as true;

-- Internal. One row per gap as it was found last, of sources whose gaps are kept. The same columns and
-- key as `gaps`.
create or replace view _kept_gaps as
    select source_id, url, gap, detail, arg_max_null(since, kept) as since
    from lake.gap_log
    where gap is not null
    group by source_id, url, gap, detail
    having arg_max_null(since, kept) is not null;

-- Internal. The same, found from what is known of the stale sources. Nearly all that is named has
-- become a release: what has not is sought first, where it costs least, and only of that are the
-- looks asked, once.
create or replace view _found_gaps as
    with finds as (
        select source_id, url, link_text, recorded_at from lake.found_log
        where _is_stale(source_id)
    ),
    addresses as (
        select source_id, url from _named_addresses where _is_stale(source_id)
    ),
    unheard as materialized (
        select
            f.source_id, f.url,
            arg_min(f.link_text, (f.recorded_at, f.link_text)) as link_text,
            min(f.recorded_at) as since
        from finds as f
        anti join addresses as a on a.source_id = f.source_id and a.url = f.url
        group by f.source_id, f.url
    ),
    once_unread as materialized (
        select source_id, coalesce(address, url) as url from lake.looks
        where outcome in ('unreadable', 'held', 'failed', 'incomplete') and _is_stale(source_id)
        union
        select l.source_id, coalesce(a.address, l.url)
        from _altered_at('infinity'::timestamptz) as a
        join lake.looks as l on l.capture_id = a.capture_id
        where a.outcome in ('unreadable', 'held', 'failed', 'incomplete')
            and _is_stale(l.source_id)
    ),
    doubtful as materialized (
        select source_id, url from unheard union select source_id, url from once_unread
    ),
    -- a relative link has an address only where it is shown
    unlisted as materialized (
        select s.source_id, s.ticker_id, t.text, t.url, _as_headline(t.text) as headline
        from (
            select distinct source_id, ticker_id from lake.reading_log
            where ticker_id is not null and _is_stale(source_id)
        ) as s
        join lake.tickers as t on t.ticker_id = s.ticker_id
        anti join addresses as a on a.source_id = s.source_id and a.url = _absolute(t.url, null)
        anti join finds as f on f.source_id = s.source_id and f.url = _absolute(t.url, null)
    ),
    entitled as materialized (
        select t.source_id, t.text_id, _as_headline(t.headline) as headline
        from lake.texts as t
        semi join unlisted as u
            on u.source_id = t.source_id and u.headline = _as_headline(t.headline)
        where _is_stale(t.source_id)
    ),
    unknown as materialized (
        select u.source_id, u.ticker_id, u.text, u.url
        from unlisted as u
        anti join (
            select e.source_id, e.headline
            from entitled as e
            semi join _held_at('infinity'::timestamptz) as r
                on r.text_id = e.text_id and r.source_id = e.source_id
        ) as h on h.source_id = u.source_id and h.headline = u.headline
    ),
    bodies as materialized (
        select g.source_id, g.reading_id, arg_max_null(g.ticker_id, g.recorded_at) as ticker_id
        from lake.reading_log as g
        semi join (
            select b.source_id, b.reading_id
            from lake.reading_log as b
            semi join unknown as u on u.source_id = b.source_id and u.ticker_id = b.ticker_id
        ) as b on b.source_id = g.source_id and b.reading_id = g.reading_id
        where _is_stale(g.source_id)
        group by g.source_id, g.reading_id
    ),
    looks as materialized (
        select
            l.source_id, l.url, coalesce(l.address, l.url) as stands_at, l.captured_at, l.outcome,
            l.error, g.ticker_id, a.url is not null or b.url is not null as is_doubtful,
            -- of looks at one time, that which was read tells what stands there
            (
                l.captured_at,
                l.outcome not in ('unreadable', 'held', 'failed', 'incomplete'),
                l.capture_id
            ) as place
        from _looks_read_at('infinity'::timestamptz) as l
        left join doubtful as a on a.source_id = l.source_id and a.url = l.url
        left join doubtful as b on b.source_id = l.source_id and b.url = l.address
        left join bodies as g on g.source_id = l.source_id and g.reading_id = l.reading_id
        where (a.url is not null or b.url is not null or g.ticker_id is not null)
            and _is_stale(l.source_id)
    ),
    answered as (
        select source_id, stands_at as url from looks
        where is_doubtful and outcome not in ('failed', 'incomplete', 'refused')
        union
        select source_id, url from looks
        where is_doubtful and outcome not in ('failed', 'incomplete', 'refused')
    ),
    newest as (
        select
            l.source_id,
            l.stands_at as url,
            arg_max(l.outcome, l.place) as outcome,
            arg_max(coalesce(l.error, ''), l.place) as error,
            max(l.captured_at) filter (
                where l.outcome not in ('unreadable', 'held', 'failed', 'incomplete')
            ) as last_read_at,
            list(l.captured_at) filter (
                where l.outcome in ('unreadable', 'held', 'failed', 'incomplete')
            ) as unread_at
        from looks as l
        semi join once_unread as u on u.source_id = l.source_id and u.url = l.stands_at
        where l.outcome not in ('refused', 'redirected', 'moved')
        group by l.source_id, l.stands_at
        having not bool_or(l.outcome = 'discovery')  -- lists are no releases
    ),
    led as (
        select u.source_id, _absolute(u.url, s.page) as url, u.text, min(s.since) as since
        from unknown as u
        join (
            select source_id, ticker_id, url as page, min(captured_at) as since
            from looks
            where ticker_id is not null
            group by source_id, ticker_id, url
        ) as s on s.source_id = u.source_id and s.ticker_id = u.ticker_id
        group by all
    )
    select
        u.source_id, u.url, 'listed but never fetched' as gap, u.link_text as detail, u.since
    from unheard as u
    anti join answered as a on a.source_id = u.source_id and a.url = u.url
    union all
    select
        n.source_id, n.url, 'fetched but not parsed', nullif(n.error, ''),
        list_min(list_filter(
            n.unread_at, lambda seen: n.last_read_at is null or seen > n.last_read_at
        ))
    from newest as n
    semi join answered as a on a.source_id = n.source_id and a.url = n.url
    where n.outcome in ('unreadable', 'held', 'failed', 'incomplete')
    union all
    select l.source_id, l.url, 'seen in a ticker but never listed', l.text, l.since
    from led as l
    anti join addresses as a on a.source_id = l.source_id and a.url = l.url
    anti join finds as f on f.source_id = l.source_id and f.url = l.url;
