"""The synchronous `process` of tasks: runs the coroutines of several rows concurrently."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from distilabel._core.sync_bridge import run_sync
from distilabel.errors import AnswerError, error_record
from distilabel.models.client.client import ModelClient
from distilabel.models.client.current_client import current_client
from distilabel.models.llms.base import LLM

Row = dict[str, Any]


class RowTask(Protocol):
    """A task that turns one row into rows."""

    llm: LLM

    def _run_aprocess(self, row: Row, ask: Any) -> Coroutine[Any, Any, list[Row]]: ...

    def _failed_rows(self, row: Row, error: dict[str, Any]) -> list[Row]: ...


def client_for(llm: LLM) -> ModelClient:
    """Returns the run's client of a model, or a new client outside a run."""
    # A user's own `process` may call this inside a run; its answers are stored as well.
    return current_client(llm) or ModelClient(llm)


def process_rows(task: RowTask, rows: Sequence[Row], client: ModelClient) -> list[Row]:
    """Runs a task on rows, all of them concurrently.

    Args:
        task: Task to run.
        rows: Input rows.
        client: Client that asks the task's model.

    Returns:
        The output rows, in the order of the input rows.

    Raises:
        AnswerError: Outside a run, if the model has no answer for one of the rows. An answer
            without a text is None for its row.
    """
    in_run = current_client(task.llm) is client

    async def process_row(row: Row, ask: Any) -> list[Row]:
        try:
            return await task._run_aprocess(row, ask)
        except AnswerError as error:
            if not in_run and not error.has_no_text:
                raise
            # In a run, a row without an answer fails alone.
            return task._failed_rows(row, error_record(error))

    if not in_run and task.llm.use_offline_batch_generation:
        from distilabel.models.client.standalone_jobs import ask_standalone

        work = ask_standalone(client.llm, lambda ask: [process_row(row, ask) for row in rows])
        return [row for outputs in run_sync(work) for row in outputs]

    together = client.together([process_row(row, client) for row in rows])
    results = run_sync(together, loop=client.loop if in_run else None)
    return [row for outputs in results for row in outputs]
