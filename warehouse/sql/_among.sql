-- Internal. Whether a row belongs to the rows that a query will show. Always, so that DuckDB drops the
-- condition before it plans; where those rows were found first (`warehouse/late_rows.py`), whether
-- its id is one of theirs.
create or replace macro _among_releases(id) as true;

create or replace macro _among_revisions(id) as true;

create or replace macro _among_texts(id) as true;

create or replace macro _among_captures(id) as true;

create or replace macro _among_readings(id) as true;

create or replace macro _among_tickers(id) as true;

create or replace macro _among_urls(id) as true;

create or replace macro _among_headlines(id) as true;

create or replace macro _among_times(id) as true;

create or replace macro _among_rows(id) as true;
