-- releases: one row per release, as it stands now. Key: release_id. url is NULL for a release met
-- only in text dumps; published_on where the page states no date of its own; event_on where the
-- text is not certain of day, month and year; duplicate_of where it repeats nothing older.
create or replace view releases as
    from _releases_at('infinity'::timestamptz, 'infinity'::timestamptz);

-- releases_as_of(ts): the same, as we knew it at ts (transaction time). Never looks ahead, and does
-- not change when late evidence arrives.
create or replace macro releases_as_of(ts) as table
    from _releases_at(ts, 'infinity'::timestamptz);

-- releases_valid_at(ts): what stood on the site at ts (valid time), as far as we know today.
create or replace macro releases_valid_at(ts) as table
    from _releases_at('infinity'::timestamptz, ts)
    where status <> 'withdrawn';
