"""Times as the API writes them, to the second, and as seconds since 1970."""

from datetime import UTC, datetime


def written(seconds: int) -> str:
    """Return a time as the API writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(text: str) -> int:
    """Return the seconds of a time that the API wrote; 0 for none. Raises ValueError."""
    return int(datetime.fromisoformat(text).timestamp()) if text else 0
