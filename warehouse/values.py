"""One value of a query as JSON or as text: exact, ISO 8601, the same on every machine.

Takes what DuckDB hands to Python. A time with a zone is given in UTC with its offset; one without
a zone stays without, for nobody said which it is in.
"""

import json
import math
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What JSON lets stand in a string although a terminal may obey it."""


def json_value(value: Any) -> Any:
    """A value as what `json` writes without loss; NaN and infinities, which JSON lacks, as None.

    >>> json_value(Decimal("12.50")), json_value(b"\\xff"), json_value(float("nan"))
    (12.5, 'ff', None)
    >>> json_value({"a": [date(2026, 3, 1)], 1: datetime(2026, 3, 1, tzinfo=UTC)})
    {'a': ['2026-03-01'], '1': '2026-03-01T00:00:00+00:00'}
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [json_value(one) for one in value]
    if isinstance(value, dict):
        return {csv_text(key): json_value(one) for key, one in value.items()}
    if isinstance(value, Decimal):
        return _number(value)
    return _text(value)


def json_text(value: Any) -> str:
    """A value as one line of JSON, with nothing in it that a terminal obeys.

    >>> json_text({"a": "\\x9b2J", "b": None})
    '{"a": "\\\\u009b2J", "b": null}'
    """
    written = json.dumps(json_value(value), ensure_ascii=False, allow_nan=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def csv_text(value: Any) -> str:
    """A value as text: None is empty, lists and structs are JSON.

    >>> csv_text(True), csv_text([1, None]), csv_text(Decimal("1.50")), csv_text(1e300)
    ('true', '[1, null]', '1.50', '1e+300')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple | dict):
        return json.dumps(json_value(value), ensure_ascii=False, allow_nan=False)
    return format(value, "f") if isinstance(value, Decimal) else _text(value)


def _number(value: Decimal) -> int | float | str | None:
    """The JSON number equal to a Decimal; as text where a double would not be."""
    if not value.is_finite():
        return None
    if value == value.to_integral_value():
        return int(value)
    near = float(value)
    return near if Decimal(repr(near)) == value else format(value, "f")


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return _time_text(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _duration_text(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value)


def _time_text(value: datetime) -> str:
    """DuckDB's infinite times arrive as the first and last moment Python knows."""
    if value.replace(tzinfo=None) in (datetime.min, datetime.max):
        return "infinity" if value.year > 1 else "-infinity"
    return (value.astimezone(UTC) if value.tzinfo else value).isoformat()


def _duration_text(value: timedelta) -> str:
    """As DuckDB writes an interval.

    >>> _duration_text(timedelta(days=2, hours=3)), _duration_text(timedelta(hours=-1))
    ('2 days 03:00:00', '-01:00:00')
    """
    sign, rest = ("-", -value) if value < timedelta(0) else ("", value)
    minutes, seconds = divmod(rest.seconds, 60)
    clock = f"{sign}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    if rest.microseconds:
        clock += f".{rest.microseconds:06}"
    if not rest.days:
        return clock
    days = f"{sign}{rest.days} day{'s' if rest.days > 1 else ''}"
    return days if not (rest.seconds or rest.microseconds) else f"{days} {clock}"
