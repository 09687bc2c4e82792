-- gaps: one row per address or teaser of which no release came. Key: (source_id, url, gap, detail).
-- gap is "listed but never fetched", "fetched but not parsed" or "seen in a ticker but never
-- listed"; url is NULL for a teaser without a link; since is when it was first named or first seen
-- so; detail is the words of the link or teaser, or why nothing was read, NULL where nothing says.
create or replace view gaps as
    select source_id, url, gap, since, detail from _kept_gaps where not _is_stale(source_id)
    union all
    select source_id, url, gap, since, detail from _found_gaps;
