"""The schedules of CronJobs: how long it takes at most until one runs again.

Source: kubernetes.io, CronJob (schedule syntax).
"""

_HOUR = 3600.0
_DAY = 24 * _HOUR
_WEEK = 7 * _DAY
_MONTH = 31 * _DAY
_YEAR = 366 * _DAY

_WORDS = {
    "@hourly": _HOUR,
    "@daily": _DAY,
    "@midnight": _DAY,
    "@weekly": _WEEK,
    "@monthly": _MONTH,
    "@yearly": _YEAR,
    "@annually": _YEAR,
}
_FIELDS = 5


def longest_wait(schedule: str) -> float:
    """Return an upper bound of the time between two runs, in seconds; a year where it is odd."""
    words = [word for word in schedule.split() if not word.startswith(("TZ=", "CRON_TZ="))]
    if len(words) == 1 and words[0] in _WORDS:
        return _WORDS[words[0]]
    if len(words) != _FIELDS:
        return _YEAR
    minute, hour, day, month, weekday = words
    if not _is_any(month):
        return _YEAR
    # Where both days are limited, either is enough.
    days = [span for word, span in ((day, _MONTH), (weekday, _WEEK)) if not _is_any(word)]
    if days:
        return min(days)
    if not _is_any(hour):
        return _DAY
    return 60.0 if _is_any(minute) else _HOUR


def _is_any(word: str) -> bool:
    return word in ("*", "?", "*/1")
