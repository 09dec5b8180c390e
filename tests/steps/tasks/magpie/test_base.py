"""`Magpie`: the order of the messages, the output columns, and the choice of system prompts."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from pydantic import ValidationError

from distilabel._core.row_context import current_row
from distilabel.errors import AnswerError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks import Magpie

SIX = {"input_tokens": [7] * 6, "output_tokens": [11] * 6}


def llm(**fields: Any) -> SimulatedLLM:
    return SimulatedLLM(**{"magpie_pre_query_template": "qwen2", **fields})


class Recorder:
    """Answers `m1`, `m2`, ... without a model, and records the conversations."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers) or [f"m{i}" for i in range(1, 9)]
        self.given: list[Any] = []

    async def __call__(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        self.given.append(input)
        return {
            "generations": [self.answers.pop(0)],
            "statistics": {"input_tokens": [7], "output_tokens": [11]},
        }


def chat(*texts: str, system: str | None = None) -> list[dict[str, str]]:
    begun = [{"role": "system", "content": system}] if system else []
    roles = ["user", "assistant"] * len(texts)
    said = [{"role": r, "content": t} for r, t in zip(roles, texts, strict=False)]
    return [*begun, *said]


async def made(row: dict[str, Any] | None = None, **fields: Any) -> tuple[dict[str, Any], Recorder]:
    ask = Recorder()
    task = Magpie(llm=llm(), name="m", **fields)
    (row,) = await task.aprocess(row or {}, ask)
    assert task.outputs == [n for n in row if n in {*task.outputs}]
    return row, ask


async def test_each_message_continues_the_conversation_so_far() -> None:
    row, ask = await made({"system_prompt": "s", "n": 1}, n_turns=3)
    texts = ["m1", "m2", "m3", "m4", "m5", "m6"]
    assert ask.given == [chat(*texts[:i], system="s") for i in range(6)]
    assert row == {
        "system_prompt": "s",
        "n": 1,
        "conversation": chat(*texts),
        "model_name": "simulated",
        "distilabel_metadata": {"statistics_m": SIX},
    }


@pytest.mark.parametrize(
    ("fields", "columns"),
    [
        ({}, {"instruction": "m1", "response": "m2"}),
        ({"end_with_user": True}, {"instruction": "m1", "response": None}),
        ({"only_instruction": True}, {"instruction": "m1"}),
        ({"n_turns": None}, {"instruction": "m1", "response": "m2"}),
        ({"n_turns": 2, "end_with_user": True}, {"conversation": chat("m1", "m2", "m3")}),
        (
            {"system_prompt": "s", "include_system_prompt": True},
            {"instruction": "m1", "response": "m2", "conversation": chat("m1", "m2", system="s")},
        ),
        (
            {"system_prompt": {"k": "s"}, "only_instruction": True},
            {"instruction": "m1", "system_prompt_key": "k"},
        ),
        (
            {"system_prompt": {"k": ("s", 1.0)}, "n_turns": 2, "include_system_prompt": True},
            {
                "conversation": chat("m1", "m2", "m3", "m4", system="s"),
                "system_prompt_key": "k",
            },
        ),
    ],
)
async def test_the_columns(fields: dict[str, Any], columns: dict[str, Any]) -> None:
    row, ask = await made(**fields)
    del row["distilabel_metadata"]
    assert row == {**columns, "model_name": "simulated"}
    said = [value for value in columns.values() if isinstance(value, str) and value[0] == "m"]
    assert len(ask.given) >= len(said)


async def test_metadata_of_earlier_tasks_stays() -> None:
    row, _ = await made({"distilabel_metadata": {"raw_output_before": "x"}})
    assert list(row["distilabel_metadata"]) == ["raw_output_before", "statistics_m"]


async def test_a_row_without_a_system_prompt_uses_that_of_the_task() -> None:
    for given in ({}, {"system_prompt": None}, {"system_prompt": ""}):
        _, ask = await made(given, system_prompt="mine")
        assert ask.given[0] == chat(system="mine")
    row, ask = await made({"system_prompt": "own"}, system_prompt={"k": "mine"})
    assert ask.given[0] == chat(system="own")
    assert row["system_prompt_key"] is None


async def test_several_turns_have_a_default_system_prompt() -> None:
    _, one = await made()
    assert one.given[0] == []
    row, several = await made(n_turns=2)
    assert [message["role"] for message in several.given[0]] == ["system"]
    assert row["conversation"][0]["role"] == "user"


async def test_no_text_is_an_error_not_a_message() -> None:
    task = Magpie(llm=llm(), name="m", n_turns=2)
    with pytest.raises(AnswerError, match="message 3 of 4"):
        await task.aprocess({}, Recorder("q", "a", None))


def test_a_failed_row_has_none_of_the_columns() -> None:
    for fields in ({}, {"n_turns": 2}, {"only_instruction": True}, {"system_prompt": {"k": "s"}}):
        task = Magpie(llm=llm(), **fields)
        assert task.format_output(None, {}) == dict.fromkeys(task.outputs[:-1])


# -- choosing system prompts --------------------------------------------------------------------


async def chosen_prompts(rows: int, system_prompt: Any) -> list[str]:
    task = Magpie(llm=llm(), system_prompt=system_prompt)
    prompts = []
    for number in range(rows):
        before = current_row.set((number,))
        ask = Recorder()
        await task.aprocess({}, ask)
        prompts.append(ask.given[0][0]["content"])
        current_row.reset(before)
    return prompts


async def test_equal_rows_choose_by_position_and_a_rerun_chooses_the_same() -> None:
    first = await chosen_prompts(40, ["a", "b", "c"])
    assert set(first) == {"a", "b", "c"}
    assert await chosen_prompts(40, ["a", "b", "c"]) == first


async def test_system_prompts_are_chosen_with_their_probabilities() -> None:
    counts = Counter(await chosen_prompts(400, {"x": ("a", 0.8), "y": ("b", 0.2), "z": ("c", 0.0)}))
    assert 280 <= counts["a"] <= 360
    assert counts["a"] + counts["b"] == 400


async def test_rows_expanded_from_one_row_choose_separately() -> None:
    task = Magpie(llm=llm(), system_prompt=[str(i) for i in range(50)])
    prompts = set()
    for branch in range(10):
        before = current_row.set((3, branch))
        ask = Recorder()
        await task.aprocess({}, ask)
        prompts.add(ask.given[0][0]["content"])
        current_row.reset(before)
    assert len(prompts) > 5


def test_outside_a_run_rows_choose_by_their_order() -> None:
    def keys() -> list[str]:
        task = Magpie(llm=llm(), system_prompt={"a": "x", "b": "y"})
        task.load()
        return [r["system_prompt_key"] for _ in range(2) for r in next(task.process([{}] * 10))]

    first = keys()
    assert set(first) == {"a", "b"}
    assert first[:10] != first[10:]
    assert keys() == first


# -- invalid arguments ---------------------------------------------------------------------------


def test_the_model_must_have_a_template(scripted: Any) -> None:
    with pytest.raises(ValidationError, match="Scripted cannot write user messages"):
        Magpie(llm=scripted())
    with pytest.raises(ValidationError, match="needs a magpie_pre_query_template"):
        Magpie(llm=SimulatedLLM())
    model = llm()
    assert not model.use_magpie_template
    Magpie(llm=model)
    assert model.use_magpie_template


@pytest.mark.parametrize(
    ("prompts", "words"),
    [
        ({"a": ("x", 0.6), "b": ("y", 0.6)}, "add up to 1.0"),
        ({"a": ("x", 1.5), "b": ("y", -0.5)}, "0 or more"),
        ([], "is empty"),
        ({}, "is empty"),
    ],
)
def test_invalid_system_prompts_are_rejected(prompts: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Magpie(llm=llm(), system_prompt=prompts)


@pytest.mark.parametrize("prompts", [None, "s", ["a", "b"], {"a": "x"}, {"a": ("x", 1.0)}])
def test_it_is_rebuilt_from_its_dump(prompts: Any) -> None:
    task = Magpie(llm=llm(), system_prompt=prompts, n_turns=2)
    again = Magpie.from_dict(task.dump())
    assert again.dump() == task.dump()
    assert again.system_prompt == prompts
