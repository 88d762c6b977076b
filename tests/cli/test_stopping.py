"""Ctrl-C while changes go in: the object that is being written is finished."""

import os
import signal

from k8sharden.cli.apply import stopping


def test_an_interrupt_asks_to_stop_and_raises_nothing() -> None:
    """The first and the second Ctrl-C are remembered, and the handler from before comes back."""
    before = signal.getsignal(signal.SIGINT)
    with stopping() as stop:
        assert not stop()
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        assert stop()
    assert signal.getsignal(signal.SIGINT) is before
