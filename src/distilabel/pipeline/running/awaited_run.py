"""Runs a pipeline in a thread and awaits it, while the caller's event loop goes on."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any, Concatenate, ParamSpec, TypeVar

from distilabel._engine.run.interrupts import StopRequests, stop_requests

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Pipeline = TypeVar("_Pipeline")


def awaitable(
    run: Callable[Concatenate[_Pipeline, _P], _T],
) -> Callable[Concatenate[_Pipeline, _P], Coroutine[Any, Any, _T]]:
    """Makes a coroutine function of a method that runs a pipeline.

    Args:
        run: The method.

    Returns:
        A coroutine function with the same parameters.
    """

    @functools.wraps(run)
    async def arun(pipeline: _Pipeline, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return await awaited_run(functools.partial(run, pipeline, *args, **kwargs))

    arun.__name__, arun.__qualname__ = "arun", run.__qualname__.replace(run.__name__, "arun")
    arun.__doc__ = """Runs the pipeline, while the event loop of the caller goes on.

        Takes the arguments of `run` and returns and raises the same. If the waiting task is
        canceled, the run stops as by Ctrl-C before `CancelledError` is raised: requests in flight
        finish, and their answers and the rows are stored. Canceled again, it stops at once.
        """
    return arun


async def awaited_run(run: Callable[[], _T]) -> _T:
    """Awaits a run that has a thread of its own.

    Args:
        run: Runs the pipeline.

    Returns:
        What it returns.

    Raises:
        asyncio.CancelledError: The waiting task was canceled. The run was stopped as by Ctrl-C:
            requests in flight have finished, and its rows are stored. Canceled again, the run stops
            at once.
        Exception: What the run raised.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[_T] = loop.create_future()
    requests = StopRequests()

    def work() -> None:
        stop_requests.set(requests)
        try:
            result = run()
        except BaseException as error:  # noqa: BLE001 (raised where it is awaited)
            _settle(loop, ended, None, error)
        else:
            _settle(loop, ended, result, None)

    context = copy_context()
    threading.Thread(target=context.run, args=(work,), name="distilabel-arun", daemon=True).start()
    canceled: asyncio.CancelledError | None = None
    while not ended.done():
        try:
            await asyncio.wait([ended])
        except asyncio.CancelledError as error:
            canceled = error
            requests.count += 1
    if canceled is not None:
        # Whatever it was, the caller has no use for it. Reading it marks it as seen.
        ended.exception()
        raise canceled
    return ended.result()


def _settle(
    loop: asyncio.AbstractEventLoop,
    ended: asyncio.Future[_T],
    result: _T | None,
    error: BaseException | None,
) -> None:
    def settle() -> None:
        if ended.done():
            return
        if error is None:
            ended.set_result(result)  # type: ignore[arg-type]
        elif isinstance(error, (KeyboardInterrupt, StopIteration, SystemExit)):
            # Raised in the loop, they would end it.
            ended.set_exception(RuntimeError(f"{type(error).__name__}: {error}"))
        else:
            ended.set_exception(error)

    # The loop may be closed by now.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(settle)
