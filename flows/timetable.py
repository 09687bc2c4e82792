"""When a source runs next, and how late its last success is by its own schedule."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def next_run(schedule: str | None, timezone: str, now: datetime) -> datetime | None:
    """The first time after `now` that the cron names, in UTC; None: no schedule.

    The cron is read in the source's time zone.

    >>> next_run("0 9 * * *", "Europe/Moscow", datetime(2026, 3, 1, 7, tzinfo=UTC)).isoformat()
    '2026-03-02T06:00:00+00:00'
    """
    if schedule is None:
        return None
    from cronsim import CronSim

    return next(CronSim(schedule, now.astimezone(ZoneInfo(timezone)))).astimezone(UTC)


def late_s(
    schedule: str | None, timezone: str, last_success: datetime | None, now: datetime
) -> float | None:
    """Seconds since the first run that was due after the last success; 0: none was due yet.

    None: no schedule, or no success to count from. A run under way makes its source late by as long
    as it takes, so alarms allow for more than that.

    >>> nine = datetime(2026, 3, 1, 9, tzinfo=UTC)
    >>> late_s("0 * * * *", "UTC", nine, nine.replace(minute=59))
    0.0
    >>> late_s("0 * * * *", "UTC", nine, nine.replace(hour=11, minute=30))
    5400.0
    """
    if last_success is None:
        return None
    due = next_run(schedule, timezone, last_success)
    return None if due is None else max(0.0, (now - due).total_seconds())
