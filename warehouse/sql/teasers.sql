-- teasers: one row per teaser seen in a capture. Key: (capture_id, seq). dated_on is the ticker's
-- own date line, NULL where it has none; release_id is the release at the address of its link, else
-- the one with its words as headline, NULL where neither is known.
create or replace view teasers as
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
        coalesce(a.release_id, h.release_id) as release_id,
        s.source_id
    from shown as s
    join said as t on t.ticker_id = s.ticker_id
    left join _named_releases as a
        on a.way = 'at' and a.source_id = s.source_id and a.name = _absolute(t.url, s.page)
    left join _named_releases as h
        on h.way = 'headline' and h.source_id = s.source_id
        and h.name = t.headline;
