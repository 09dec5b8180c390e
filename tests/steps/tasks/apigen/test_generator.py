"""`APIGenGenerator`: the prompt, and the first well-formed pair of whatever a model wrote."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from distilabel._simulated.schema.instance import generate_instance
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.apigen.generator import APIGenGenerator
from judge_variants import check, objects, random_texts, surrounded

ROW = {
    "examples": "EEE {{ x }}",
    "func_name": "area",
    "func_desc": "area(width: float, height: float)",
    "tools": "TTT",
}
PAIR: dict[str, Any] = {
    "query": "How large is it?",
    "answers": [{"name": "area", "arguments": {"width": 2}}],
}


def prompt_of(task: APIGenGenerator, row: dict[str, Any] = ROW) -> str:
    system, user = task.format_input(row)
    assert (system["role"], user["role"]) == ("system", "user")
    return str(user["content"])


def test_the_prompt_has_what_the_row_gives(scripted: Any) -> None:
    prompt = prompt_of(APIGenGenerator(llm=scripted(), number=2))
    for part in ("EEE {{ x }}", "Name: area", "area(width:", "TTT", "exactly 2 pairs", "parallel"):
        assert part in prompt or part == "parallel"
    assert "several calls" in prompt
    one = prompt_of(APIGenGenerator(llm=scripted(), use_tools=False))
    assert "TTT" not in one
    assert "exactly 1 pair of" in one
    assert "several calls" not in one


def test_the_number_is_drawn_per_row_and_stays(scripted: Any) -> None:
    task = APIGenGenerator(llm=scripted(), number={1: 0.5, 7: 0.5})
    rows = [{**ROW, "examples": str(number)} for number in range(20)]
    prompts = [prompt_of(task, row) for row in rows]
    assert prompts == [prompt_of(task, row) for row in rows]
    assert {"exactly 7 pairs" in prompt for prompt in prompts} == {True, False}
    asked = 7 if "exactly 7 pairs" in prompts[0] else 1
    assert json.loads(task.format_output("text", rows[0])["answers"]) == [None] * asked


@pytest.mark.parametrize("number", [0, [], [1, 0], {1: -1.0}, {1: 0.0}])
def test_impossible_numbers_are_refused(scripted: Any, number: Any) -> None:
    with pytest.raises(ValidationError, match="number"):
        APIGenGenerator(llm=scripted(), number=number)


TEXT = json.dumps([PAIR, {"query": "second", "answers": PAIR["answers"]}])


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f"```\n{TEXT}\n```",
        f"```json\r\n{TEXT}\r\n```",
        f"Here are the pairs:\n\n{TEXT}\n\nDone.",
        f"<think>[]</think>\n\n{TEXT}",
        json.dumps(PAIR),
        json.dumps({"pairs": [PAIR]}),
        json.dumps([{"query": "broken"}, PAIR]),
        json.dumps([{**PAIR, "answers": PAIR["answers"][0]}]),
        json.dumps(["text", PAIR]),
        TEXT[:-10],
    ],
)
def test_the_first_pair_is_used(scripted: Any, text: str) -> None:
    row = APIGenGenerator(llm=scripted()).format_output(text, ROW)
    assert row["query"] == PAIR["query"]
    assert json.loads(row["answers"]) == PAIR["answers"]
    assert row["examples"] == ROW["examples"]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "text",
        "[]",
        "[1]",
        '[{"query": "q"}]',
        '[{"query": "q", "answers": []}]',
        '[{"query": "", "answers": [{"name": "f", "arguments": {}}]}]',
        '[{"query": "q", "answers": ["f(1)"]}]',
        '[{"query": 1, "answers": [{"name": "f"}]}]',
        '{"pairs": null}',
    ],
)
def test_without_a_pair_nothing_is_invented(scripted: Any, text: str | None) -> None:
    row = APIGenGenerator(llm=scripted(), number=2).format_output(text, ROW)
    assert row["query"] is None
    assert row["answers"] == "[null, null]"


async def test_an_answer_without_a_pair_is_asked_for_again(scripted: Any) -> None:
    task = APIGenGenerator(llm=scripted("text", TEXT), name="g")
    task.load()
    (row,) = next(task.process([ROW]))
    assert row["query"] == PAIR["query"]


def test_the_simulated_model_writes_pairs() -> None:
    task = APIGenGenerator(llm=SimulatedLLM(), number=2)
    task.load()
    (row,) = next(task.process([ROW]))
    assert row["query"]
    assert set(json.loads(row["answers"])[0]["arguments"]) == {"width", "height"}


def test_an_answer_by_the_schema_is_parsed(scripted: Any) -> None:
    task = APIGenGenerator(llm=scripted(), number=2, use_default_structured_output=True)
    assert '"pairs" holds a list of 2 objects' in prompt_of(task)
    text = json.dumps(generate_instance(task.get_structured_output(), random.Random(0)))
    assert task.format_output(text, ROW)["query"]


def cases() -> Iterator[tuple[str, Any]]:
    call = PAIR["answers"][0]
    pairs = [
        PAIR,
        {**PAIR, "id": 1},
        {**PAIR, "answers": call},
        {**PAIR, "answers": json.dumps([call])},
    ]
    for pair in pairs:
        for text in objects(pair):
            yield text, PAIR["query"]
        for text in surrounded(json.dumps([pair, {"query": "second"}])):
            yield text, PAIR["query"]
        for text in objects({"pairs": [pair]}):
            yield text, PAIR["query"]


def test_every_writing_of_a_pair_is_read(scripted: Any) -> None:
    task = APIGenGenerator(llm=scripted())

    def parse(text: str) -> Any:
        row = task.format_output(text, ROW)
        assert json.loads(row["answers"]) in (PAIR["answers"], [None])
        return row["query"]

    check(parse, cases(), at_least=2000)


def test_nothing_but_pairs_is_read(scripted: Any) -> None:
    task = APIGenGenerator(llm=scripted())
    pieces = ['{"query": "owl", ', '"answers": [', '{"name": "f"}', "]}", '"answers": "[]"}']
    for text in random_texts(pieces):
        assert task.format_output(text, ROW)["query"] in (None, "owl")
