-- releases: one row per release, as it stands now. Key: release_id. url is NULL for a release met
-- only in text dumps; published_on where the page states no date of its own; event_on where the
-- text is not certain of day, month and year; duplicate_of where it repeats nothing older.
create or replace view releases as
    select release_id, * exclude (release_id, text_id)
    from _releases;

-- releases_as_of(ts): the same, as we knew it at ts (transaction time). Never looks ahead, and does
-- not change when late evidence arrives.
create or replace macro releases_as_of(ts) as table
    select release_id, * exclude (release_id, text_id)
    from _releases_as_of(ts);

-- releases_valid_at(ts): what stood on the site at ts (valid time), as far as we know today.
create or replace macro releases_valid_at(ts) as table
    select release_id, * exclude (release_id, text_id)
    from _releases_valid_at(ts);
