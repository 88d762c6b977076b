"""Calls that the end of the app does not wait for: a server may never answer what only reads."""

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from k8sharden.cluster.interrupt import stoppable

T = TypeVar("T")


async def in_thread(call: Callable[[], T]) -> T:
    """Return what ``call`` returns, or raise what it raises, from a thread that may be left behind.

    asyncio's own threads are waited for at the end of the program, up to the time-out of a request.
    A credential plugin that runs in a thread that is left behind is ended.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    context, left = contextvars.copy_context(), threading.Event()

    def stoppable_call() -> T:
        with stoppable(left.is_set):
            return call()

    def run() -> None:
        try:
            news = partial(_succeed, future, context.run(stoppable_call))
        except BaseException as error:  # noqa: BLE001 - handed on to where it is awaited
            news = partial(_fail, future, error)
        # The loop is closed where nobody waits any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(news)

    threading.Thread(target=run, name="reading", daemon=True).start()
    try:
        return await future
    finally:
        left.set()


def _succeed(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[T], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
