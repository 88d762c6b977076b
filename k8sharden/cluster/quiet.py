"""Keeps the `kubernetes` package, and the plugins it starts, from writing over the screen."""

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        self.messages.append(record.getMessage())


@contextmanager
def complaints() -> Iterator[list[str]]:
    """Yield the list that errors are kept in while the block runs, instead of being printed.

    The package hands an exec plugin's failure to the root logger where it should have raised it.
    A plugin may talk to the user only where the terminal is ours to give: inside the app standard
    output calls itself a terminal and has no file, and a plugin that took it for one would write
    over the screen.
    """
    root, kept = logging.getLogger(), _Kept()
    root.addHandler(kept)
    with ExitStack() as stack:
        stack.callback(root.removeHandler, kept)
        if sys.stdout.isatty() and sys.stdout.fileno() < 0:
            stack.enter_context(redirect_stdout(io.StringIO()))
        yield kept.messages
