-- Internal. Whether something was there by ts. Infinity is told apart so that DuckDB drops the
-- condition, and with it the reading of a column, before it plans the query.
create or replace macro _is_by(since, ts) as (ts = 'infinity'::timestamptz or since <= ts);

-- Internal. The day of a time in UTC. A cast alone asks the calendar of the session's zone: 13 times
-- as long, a quarter of the time of all silent edits.
create or replace macro _day_of(seen) as make_timestamp(epoch_us(seen))::date;
