-- teasers: one row per teaser seen in a capture. Key: (capture_id, seq). dated_on is the ticker's
-- own date line, NULL where it has none; release_id is the release at the address of its link, else
-- the one with its words as headline, NULL where neither is known.
create or replace view teasers as
    select -- only what is asked for
        t.capture_id, t.seq, t.seen_at, t.dated_on, t.text, t.url, t.release_id, t.source_id
    from _teasers as t;
