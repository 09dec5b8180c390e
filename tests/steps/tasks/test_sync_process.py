"""`process` of a task outside a run: concurrent, in order, and errors reach the caller."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import PrivateAttr

from distilabel.errors import AnswerError
from distilabel.models.llms.base import AsyncLLM
from distilabel.steps.tasks.sync_process import client_for, process_rows
from rooms import Ask, Echo


class Meeting(AsyncLLM):
    """Answers only once `expected` questions are there, the last one first."""

    expected: int = 3
    _waiting: list[asyncio.Event] = PrivateAttr(default_factory=list)

    @property
    def model_name(self) -> str:
        return "meeting"

    async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
        turn = asyncio.Event()
        self._waiting.append(turn)
        if len(self._waiting) == self.expected:
            turn.set()
        await asyncio.wait_for(turn.wait(), 10)
        position = self._waiting.index(turn)
        if position:
            self._waiting[position - 1].set()
        return {"generations": [input[-1]["content"]], "statistics": {}}


def test_rows_are_asked_about_concurrently_and_returned_in_order() -> None:
    task = Ask(llm=Meeting())
    task.load()
    rows = process_rows(task, [{"text": str(i)} for i in range(3)], client_for(task.llm))
    assert [(row["text"], row["answer"]) for row in rows] == [(str(i), str(i)) for i in range(3)]


def test_without_rows_there_is_nothing() -> None:
    task = Ask(llm=Echo())
    task.load()
    assert process_rows(task, [], client_for(task.llm)) == []


class Refusing(Echo):
    async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
        if input[-1]["content"] == "1":
            raise AnswerError("refused", status=400)
        return await super().agenerate(input, num_generations)


class Silent(Echo):
    """Gives no text for the prompt `1`, and none for every second generation of the others."""

    async def agenerate(self, input: Any, num_generations: int = 1) -> Any:  # type: ignore[override]
        text = input[-1]["content"]
        texts = [None if i % 2 or text == "1" else text for i in range(num_generations)]
        return {"generations": texts, "statistics": {}}


@pytest.mark.parametrize("count", [1, 3])
def test_outside_a_run_an_answer_without_a_text_is_none_for_its_row(count: int) -> None:
    task = Ask(llm=Silent(), num_generations=count, group_generations=count > 1)
    task.load()
    rows = next(task.process([{"text": str(i)} for i in range(3)]))
    if count == 1:
        assert [row["answer"] for row in rows] == ["0", None, "2"]
    else:
        assert [rows[0]["answer"], rows[2]["answer"]] == [["0", None, "0"], ["2", None, "2"]]
        assert rows[1]["answer"] is None
    assert "gave no text" in rows[1]["distilabel_metadata"][f"error_{task.name}"]["message"]


def test_outside_a_run_a_row_without_an_answer_raises() -> None:
    task = Ask(llm=Refusing())
    task.load()
    with pytest.raises(AnswerError, match="refused"):
        process_rows(task, [{"text": str(i)} for i in range(3)], client_for(task.llm))


async def test_it_works_where_an_event_loop_already_runs() -> None:
    task = Ask(llm=Echo())
    task.load()
    (row,) = process_rows(task, [{"text": "a"}], client_for(task.llm))
    assert row["answer"] == "a/0"
