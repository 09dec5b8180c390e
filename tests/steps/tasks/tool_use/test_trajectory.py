"""`ToolTrajectory`: rounds of calls and results until the model answers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks.tool_use.trajectory import ToolTrajectory

ROW = {"instruction": "What is 2 + 3?", "ground_truth": "5"}


def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


def call(name: str, arguments: Any, number: int = 1) -> dict[str, Any]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {
        "id": f"c{number}",
        "type": "function",
        "function": {"name": name, "arguments": text},
    }


class Rounds:
    """Answers with texts and lists of calls, one after another."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[Any, Any]] = []

    async def __call__(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        self.asked.append((input, kwargs))
        answer = self.answers.pop(0)
        calls = isinstance(answer, list)
        output = {"generations": [None if calls else answer], "statistics": {"output_tokens": [1]}}
        return {**output, "tool_calls": [answer]} if calls else output


async def converse(ask: Rounds, row: Any = ROW, **options: Any) -> Any:
    options = options or {"functions": [add]}
    task = ToolTrajectory(llm=SimulatedLLM(), name="t", verifier="math", **options)
    (made,) = await task._run_aprocess(row, ask)
    return made


async def test_calls_are_answered_until_the_model_answers() -> None:
    ask = Rounds([call("add", {"a": 1, "b": 2}), call("add", {"a": 3, "b": 2}, 2)], "It is 5.\n5")
    row = await converse(ask)
    roles = [message["role"] for message in row["messages"]]
    assert roles == ["user", "assistant", "tool", "tool", "assistant"]
    assert [m["content"] for m in row["messages"][2:4]] == ["3", "5"]
    assert [m["tool_call_id"] for m in row["messages"][2:4]] == ["c1", "c2"]
    assert (row["tool_calls"], row["tool_errors"]) == (2, 0)
    assert (row["finished"], row["passed"]) == (True, True)
    assert row["tools"][0]["function"]["name"] == "add"
    assert [kwargs["tools"] for _, kwargs in ask.asked] == [row["tools"]] * 2
    assert len(ask.asked[1][0]) == 4
    assert row["distilabel_metadata"]["statistics_t"] == {"output_tokens": [1, 1]}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (call("subtract", {}), "there is no tool 'subtract'; the tools are add"),
        (call("add", "{a: 1}"), "not valid JSON"),
        (call("add", "[1]"), "not a JSON object"),
        (call("add", {"a": 1}), "b: "),
        (call("add", {"a": 1, "b": "x"}), "b: "),
        ({"id": "c1"}, "there is no tool None"),
    ],
)
async def test_a_call_that_fails_is_told_to_the_model(wrong: Any, message: str) -> None:
    row = await converse(Rounds([wrong], "7"))
    assert message in json.loads(row["messages"][2]["content"])["error"]
    assert (row["tool_errors"], row["finished"], row["passed"]) == (1, True, False)


async def test_a_conversation_without_an_end_is_cut() -> None:
    calls = [[call("add", {"a": 1, "b": 1})] for _ in range(2)]
    row = await converse(Rounds(*calls), functions=[add], max_rounds=2)
    assert (row["finished"], row["passed"], row["tool_calls"]) == (False, False, 2)


async def test_without_a_ground_truth_there_is_no_verdict() -> None:
    row = await converse(Rounds("5"), row={"instruction": "x"})
    assert (row["passed"], row["tool_calls"]) == (None, 0)


async def test_neither_answer_nor_call_fails() -> None:
    with pytest.raises(AnswerError, match="neither answered nor called"):
        await converse(Rounds(None))


TOOLS = [{"type": "function", "function": {"name": "find", "parameters": {"required": ["x"]}}}]


async def test_results_of_tools_are_simulated_by_the_model() -> None:
    ask = Rounds([call("find", {"x": 1})], '{"found": 5}', "5")
    row = await converse(ask, row={**ROW, "tools": TOOLS}, functions=[add])
    assert row["messages"][2]["content"] == '{"found": 5}'
    assert row["passed"] is True
    assert "tools" not in ask.asked[1][1]


@pytest.mark.parametrize("tools", [None, [], [{"name": "x"}], "find"])
async def test_other_tools_are_refused(tools: Any) -> None:
    with pytest.raises(DistilabelUserError, match="the tools must be a list"):
        await converse(Rounds(), row={**ROW, "tools": tools}, max_rounds=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"functions": [add], "tools": TOOLS}, "only one of"),
        ({"verifier": "other"}, "math, exact"),
    ],
)
def test_wrong_fields_are_refused(options: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ToolTrajectory(llm=SimulatedLLM(), **options)


async def test_tools_of_an_mcp_server_are_called() -> None:
    pytest.importorskip("mcp")
    server = [sys.executable, str(Path(__file__).with_name("mcp_server.py"))]
    row = await converse(Rounds([call("add", {"a": 2, "b": 3})], "5"), mcp_command=server)
    assert row["messages"][2]["content"] == "5"
    assert row["passed"] is True


def test_a_rerun_asks_nothing_again(tmp_path: Path) -> None:
    for asked in (2, 0):
        with Pipeline(name="tools", cache_dir=tmp_path) as pipeline:
            load = LoadDataFromDicts(data=[{"instruction": "Add two numbers."}])
            task = ToolTrajectory(name="t", llm=SimulatedLLM(), functions=[add])
            load >> task
        distiset = pipeline.run()
        (row,) = distiset["default"]["train"]
        assert (row["finished"], row["tool_calls"], row["tool_errors"]) == (True, 1, 0)
        assert distiset.report is not None
        assert distiset.report.steps["t"].answered == asked
