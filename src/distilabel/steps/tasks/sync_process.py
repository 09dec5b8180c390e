"""Asking about several rows at once, from synchronous code: what `process` of tasks is made of."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from distilabel._core.sync_bridge import run_sync
from distilabel.errors import AnswerError, error_record
from distilabel.models.client.client import ModelClient, current_client
from distilabel.models.llms.base import LLM

Row = dict[str, Any]


class Rowwise(Protocol):
    """A task that turns one row into rows."""

    llm: LLM

    def _run_aprocess(self, row: Row, ask: Any) -> Coroutine[Any, Any, list[Row]]: ...

    def _failed_rows(self, row: Row, error: dict[str, Any]) -> list[Row]: ...


def client_for(llm: LLM) -> ModelClient:
    """The door of the run to a model; outside a run, one of its own."""
    # A `process` of the user's own may come here: in a run, its answers are kept as well.
    return current_client(llm) or ModelClient(llm)


def ask_together(task: Rowwise, rows: Sequence[Row], client: ModelClient) -> list[Row]:
    """What a task makes of rows, all of them asked about concurrently.

    Args:
        task: the task.
        rows: to turn into rows.
        door: what it asks with.

    Returns:
        The rows, in order.
    """
    in_run = current_client(task.llm) is client
    if not in_run and task.llm.use_offline_batch_generation:
        from distilabel.models.client.alone import ask_standalone

        work = ask_standalone(task.llm, lambda ask: [task._run_aprocess(row, ask) for row in rows])
        return [row for some in run_sync(work) for row in some]

    async def rows_of(row: Row) -> list[Row]:
        try:
            return await task._run_aprocess(row, client)
        except AnswerError as error:
            if not in_run:
                raise
            # In a run, a question without an answer costs its row and no other.
            return task._failed_rows(row, error_record(error))

    together = client.together([rows_of(row) for row in rows])
    made = run_sync(together, loop=client.loop if in_run else None)
    return [row for some in made for row in some]
