"""A view without the columns that a query does not ask for, and the joins that only they need.

DuckDB leaves columns out, but not a left join that gives none any more: it drops such joins before
it knows which columns a view is asked for. Counting a million releases would look up when each was
seen last.

Pure. It works on a SELECT that begins with `select -- only what is asked for`: each of its LEFT
JOINs finds one row or none, each of its inner JOINs marked `-- each has one` exactly one.
"""

import re
from collections.abc import Iterator

_SELECT = re.compile(
    r"^    select -- only what is asked for\n(?P<columns>.*?)^(?P<rest>    from .*?)(?=;$)",
    re.M | re.S,
)
_CLAUSE = re.compile(r"^    (?=[a-z])", re.M)
_COMMENT = re.compile(r" *--[^\n]*")
_ALIAS = re.compile(r"\bas (\w+)\s+on\b")
_NAME = re.compile(r"(\w+)\Z")
_EACH_HAS_ONE = "-- each has one"


def slimmed(sql: str, wanted: frozenset[str]) -> str:
    """The statements with the marked SELECTs' columns of these names alone; at least one is kept.

    >>> print(slimmed('''create or replace view v as
    ...     select -- only what is asked for
    ...         a.x,
    ...         coalesce(b.y, 0) as y
    ...     from lake.a as a
    ...     left join lake.b as b on b.x = a.x;''', frozenset({"x"})))
    create or replace view v as
        select
            a.x
        from lake.a as a;
    """
    return _SELECT.sub(lambda found: _slim(found["columns"], found["rest"], wanted), sql)


def _slim(columns: str, rest: str, wanted: frozenset[str]) -> str:
    items = list(_items(_COMMENT.sub("", columns)))
    kept = [one for one in items if _output_name(one) in wanted | {"*"}] or items[:1]
    clauses = _CLAUSE.split(rest)[1:]
    for clause in reversed(clauses):
        if _may_go(clause):
            others = " ".join([*kept, *(one for one in clauses if one is not clause)])
            alias = _ALIAS.findall(_COMMENT.sub("", clause))[-1]
            if not re.search(rf"\b{alias}\.", _COMMENT.sub("", others)):
                clauses = [one for one in clauses if one is not clause]
    listed = ",\n        ".join(kept)
    return f"    select\n        {listed}\n" + "".join(f"    {one}" for one in clauses).rstrip()


def _may_go(clause: str) -> bool:
    return clause.startswith("left join") or _EACH_HAS_ONE in clause


def _output_name(item: str) -> str:
    """What the column is called.

    >>> _output_name("r.headline"), _output_name("f(a, b) as c"), _output_name("r.*")
    ('headline', 'c', '*')
    """
    found = _NAME.search(item)
    return found[1] if found else "*"


def _items(columns: str) -> Iterator[str]:
    """The parts of a select list, between the commas that stand in no parenthesis or bracket."""
    depth, start = 0, 0
    for place, letter in enumerate(columns):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            yield columns[start:place].strip()
            start = place + 1
    yield columns[start:].strip()
