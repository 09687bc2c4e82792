-- Internal. Whether something was there by ts. Infinity is told apart so that DuckDB drops the
-- condition, and with it the reading of a column, before it plans the query.
create or replace macro _is_by(since, ts) as (ts = 'infinity'::timestamptz or since <= ts);
