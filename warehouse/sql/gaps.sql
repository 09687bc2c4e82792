-- gaps: one row per address or teaser of which no release came. Key: (source_id, url, gap, detail).
-- gap is "listed but never fetched", "fetched but not parsed" or "seen in a ticker but never
-- listed"; url is NULL for a teaser without a link; since is when it was first named or first seen
-- so; detail is the words of the link or teaser, or why nothing was read, NULL where nothing says.
create or replace view gaps as
    with looks as not materialized (
        select source_id, url, address, captured_at, outcome, error
        from _looks_read_at('infinity'::timestamptz)
    ),
    answered as not materialized (
        select source_id, coalesce(address, url) as url from looks
        where outcome not in ('failed', 'incomplete', 'refused')
        union
        select source_id, url from looks where outcome not in ('failed', 'incomplete', 'refused')
    ),
    newest as (
        select
            source_id,
            coalesce(address, url) as url,
            arg_max(outcome, captured_at) as outcome,
            arg_max(coalesce(error, ''), captured_at) as error,
            max(captured_at) filter (
                where outcome not in ('unreadable', 'held', 'failed', 'incomplete')
            ) as last_read_at,
            list(captured_at) filter (
                where outcome in ('unreadable', 'held', 'failed', 'incomplete')
            ) as unread_at
        from looks
        where outcome not in ('refused', 'redirected', 'moved')
        group by source_id, coalesce(address, url)
        having not bool_or(outcome = 'discovery')  -- lists are no releases
    ),
    listed as not materialized (
        select source_id, url, any_value(link_text) as link_text, min(recorded_at) as since
        from lake.found_log
        group by source_id, url
    ),
    announced as (
        select
            t.source_id,
            t.leads_to as url,
            t.text,
            min(t.seen_at) as since
        from _teasers as t
        where t.release_id is null
        group by all
    )
    select
        f.source_id, f.url, 'listed but never fetched' as gap, f.since,
        f.link_text as detail
    from listed as f
    -- not `exists`: of one source's question it would read all sources' looks
    left join answered as a on a.source_id = f.source_id and a.url = f.url
    where a.url is null
    union all
    select
        n.source_id, n.url, 'fetched but not parsed',
        list_min(list_filter(
            n.unread_at, lambda seen: n.last_read_at is null or seen > n.last_read_at
        )),
        nullif(n.error, '')
    from newest as n
    join answered as a on a.source_id = n.source_id and a.url = n.url
    where n.outcome in ('unreadable', 'held', 'failed', 'incomplete')
    union all
    select a.source_id, a.url, 'seen in a ticker but never listed', a.since, a.text
    from announced as a
    left join listed as f on f.source_id = a.source_id and f.url = a.url
    where f.source_id is null;
