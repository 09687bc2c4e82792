"""Where the records of looks lie today: a look names the file it was written to, and `repacked` the
larger file that its records were copied into since.

SQL over `lake.looks as t`. A file is moved whole, so one row a file moves every look in it.
"""

LOCATED = """
left join (
    select
        warc_file, arg_max(stored_in, recorded_at) as stored_in,
        arg_max(offset_shift, recorded_at) as offset_shift
    from lake.repacked group by warc_file
) as e on e.warc_file = t.warc_file
"""
FILE_NOW = "coalesce(e.stored_in, t.warc_file)"
OFFSET_NOW = "t.warc_offset + coalesce(e.offset_shift, 0)"
