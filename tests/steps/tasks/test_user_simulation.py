"""`UserSimulation`: two models talk, each sees its own side, and both are asked through the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from distilabel.errors import AnswerError
from distilabel.models import OpenAILLM, SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks.user_simulation import UserSimulation, read_message

ROW = {"persona": "PPP", "goal": "GGG"}


class Talk:
    """Answers from a list, whoever is asked, and records the prompts."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.prompts: list[Any] = []

    async def __call__(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        self.prompts.append(input)
        return {
            "generations": [self.answers.pop(0)],
            "statistics": {"input_tokens": [7], "output_tokens": [11]},
        }


async def test_each_side_sees_the_other_as_its_partner(scripted: Any) -> None:
    ask = Talk("u1", "a1", "User: u2", "a2")
    task = UserSimulation(llm=scripted(), max_turns=2, system_prompt="SSS", name="s")
    (row,) = await task.aprocess({**ROW, "distilabel_metadata": {"x": 1}}, ask)
    messages = [("user", "u1"), ("assistant", "a1"), ("user", "u2"), ("assistant", "a2")]
    assert [(m["role"], m["content"]) for m in row["conversation"]] == messages
    assert row["ended_by_user"] is False
    first, answer, second, _ = ask.prompts
    assert "PPP" in first[0]["content"]
    assert "GGG" in first[0]["content"]
    assert answer == [{"role": "system", "content": "SSS"}, {"role": "user", "content": "u1"}]
    assert [(m["role"], m["content"]) for m in second[2:]] == [("assistant", "u1"), ("user", "a1")]
    counts = {"input_tokens": [7, 7], "output_tokens": [11, 11]}
    assert row["distilabel_metadata"] == {
        "x": 1,
        "statistics_s": counts,
        "statistics_user_s": counts,
    }


async def test_the_user_ends_the_conversation(scripted: Any) -> None:
    task = UserSimulation(llm=scripted(), max_turns=9)
    (row,) = await task.aprocess(ROW, Talk("u1", "a1", "Thanks!\n\n**[END]**"))
    assert [message["content"] for message in row["conversation"]] == ["u1", "a1"]
    assert row["ended_by_user"] is True


async def test_a_conversation_has_a_beginning(scripted: Any) -> None:
    with pytest.raises(AnswerError, match="before it began"):
        await UserSimulation(llm=scripted()).aprocess(ROW, Talk("[END]"))
    with pytest.raises(AnswerError, match="no text for answer 1"):
        await UserSimulation(llm=scripted()).aprocess(ROW, Talk("u1", None))


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("hi", "hi"),
        (" hi\r\n", "hi"),
        ("User: hi", "hi"),
        ("**User:** hi", "hi"),
        ('"hi"', "hi"),
        ('"a" or "b"?', '"a" or "b"?'),
        ("```\nhi\n```", "hi"),
        ("<think>[END]</think>hi", "hi"),
        ("[END]", None),
        ("[end].", None),
        ("Bye! [ END ]", None),
    ],
)
def test_the_message_of_the_user(output: str, message: str | None) -> None:
    assert read_message(output) == message


@pytest.mark.parametrize("output", ["", "User:", "<think>hi"])
def test_no_message_is_an_error(output: str) -> None:
    with pytest.raises(ValueError):
        read_message(output)


def test_two_models_are_asked_outside_of_a_run() -> None:
    task = UserSimulation(llm=SimulatedLLM(model="a"), user_llm=SimulatedLLM(model="u"))
    task.load()
    rows = next(task.process([{**ROW, "goal": f"goal {n}"} for n in range(16)]))
    assert {(row["model_name"], row["user_model_name"]) for row in rows} == {("a", "u")}
    assert {row["ended_by_user"] for row in rows} == {True, False}
    for row in rows:
        roles = [message["role"] for message in row["conversation"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert 2 <= len(roles) <= 8
    task.unload()


def test_a_run_counts_and_keeps_the_answers_of_both_models(tmp_path: Path) -> None:
    def run(**parameters: Any) -> Any:
        with Pipeline(name="talk", cache_dir=tmp_path) as pipeline:
            load = LoadDataFromDicts(data=[{**ROW, "goal": f"g{n}"} for n in range(4)])
            talk = UserSimulation(
                name="talk", llm=SimulatedLLM(model="a"), user_llm=SimulatedLLM(model="u")
            )
            load >> talk
        return pipeline.run(parameters=parameters or None, use_cache=True)

    first = run()
    rows = first["default"]["train"].to_list()
    models = first.report.models
    assert sorted(models) == ["a", "u"]
    assert all(usage.answered >= 4 for usage in models.values())
    again = run(talk={"max_turns": 5})
    assert {usage.reused for usage in again.report.models.values()} != {0}
    assert again["default"]["train"].to_list()[0]["conversation"][:2] == rows[0]["conversation"][:2]
    changed = run(talk={"user_llm": {"seed": 5}})
    assert [row["conversation"] for row in changed["default"]["train"]] != [
        row["conversation"] for row in rows
    ]


def test_a_failed_row_has_none(scripted: Any) -> None:
    (row,) = UserSimulation(llm=scripted())._failed_rows(ROW, {"type": "x", "message": "m"})
    assert (row["conversation"], row["ended_by_user"]) == (None, None)
    assert row["user_model_name"] == row["model_name"] == "scripted"


def test_a_user_cannot_wait_for_a_batch_job() -> None:
    user = OpenAILLM(model="m", api_key="k", use_offline_batch_generation=True)
    with pytest.raises(ValidationError, match="user_llm cannot use offline batch generation"):
        UserSimulation(llm=SimulatedLLM(), user_llm=user)


def test_its_prompt_is_printed(scripted: Any, capsys: pytest.CaptureFixture[str]) -> None:
    UserSimulation(llm=scripted()).print()
    assert "<PLACEHOLDER_PERSONA>" in capsys.readouterr().out


def test_it_is_rebuilt_from_its_dump() -> None:
    dump = UserSimulation(llm=SimulatedLLM(), user_llm=SimulatedLLM(model="u")).dump()
    assert UserSimulation.from_dict(dump).dump() == dump
