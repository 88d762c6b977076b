"""Catches what the `kubernetes` package logs where it should have raised.

It hands an exec plugin's failure to the root logger, which would print it over the screen.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        self.messages.append(record.getMessage())


@contextmanager
def complaints() -> Iterator[list[str]]:
    """Yield the list that errors are kept in while the block runs, instead of being printed."""
    root, kept = logging.getLogger(), _Kept()
    root.addHandler(kept)
    try:
        yield kept.messages
    finally:
        root.removeHandler(kept)
