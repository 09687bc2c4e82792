-- teasers: one row per teaser seen in a capture. Key: (capture_id, seq). dated_on is the ticker's
-- own date line, NULL where it has none; release_id is NULL until the teaser is traced.
create or replace view teasers as
    select
        l.capture_id,
        t.seq,
        l.captured_at as seen_at,
        t.dated_on,
        t.text,
        t.url,
        null::varchar as release_id,
        l.source_id
    from _looks_as_of('infinity'::timestamptz) as l
    join _readings as g on g.reading_id = l.reading_id
    join lake.tickers as t on t.ticker_id = g.ticker_id;
