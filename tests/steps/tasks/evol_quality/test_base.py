"""`EvolQuality`: each version is made from the previous one, and reruns ask the same questions."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import AnswerError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.evol_quality.base import EvolQuality
from distilabel.steps.tasks.evol_quality.utils import MUTATION_TEMPLATES

ROW = {"instruction": "Why <RESPONSE>?", "response": "r0"}


class Recorder:
    """Answers `r1`, `r2`, ... without a model, and records the questions."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers or ("r1", "r2", "r3"))
        self.questions: list[str] = []

    async def __call__(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        (message,) = input
        self.questions.append(message["content"])
        return {
            "generations": [self.answers[len(self.questions) - 1]],
            "statistics": {"input_tokens": [7], "output_tokens": [11]},
        }


@pytest.mark.parametrize(
    ("fields", "column", "value"),
    [
        ({}, "evolved_response", "r2"),
        ({"store_evolutions": True}, "evolved_responses", ["r1", "r2"]),
        (
            {"store_evolutions": True, "include_original_response": True},
            "evolved_responses",
            ["r0", "r1", "r2"],
        ),
    ],
)
async def test_the_versions_and_their_token_counts(
    scripted: Any, fields: dict[str, Any], column: str, value: Any
) -> None:
    task = EvolQuality(llm=scripted(), num_evolutions=2, name="e", **fields)
    row = {**ROW, "distilabel_metadata": {"raw_output_before": "x"}}
    (made,) = await task.aprocess(row, Recorder())
    assert task.outputs == [column, "model_name"]
    assert made == {
        **ROW,
        column: value,
        "model_name": "scripted",
        "distilabel_metadata": {
            "raw_output_before": "x",
            "statistics_e": {"input_tokens": [7, 7], "output_tokens": [11, 11]},
        },
    }


async def test_each_version_is_made_from_the_one_before(scripted: Any) -> None:
    ask = Recorder()
    await EvolQuality(llm=scripted(), num_evolutions=3).aprocess(ROW, ask)
    for question, response in zip(ask.questions, ["r0", "r1", "r2"], strict=True):
        assert f"#Given Prompt#:\nWhy <RESPONSE>?\n\n#Given Response#:\n{response}\n\n" in question
        assert question.rstrip().endswith("#Rewritten Response#:")


async def test_the_choice_of_templates_depends_only_on_the_seed_and_the_row(scripted: Any) -> None:
    templates = {str(i): f"{i} <RESPONSE>" for i in range(20)}

    async def drawn(seed: int | None, row: dict[str, str]) -> list[str]:
        ask = Recorder(*["r"] * 8)
        task = EvolQuality(
            llm=scripted(), num_evolutions=8, mutation_templates=templates, seed=seed
        )
        await task.aprocess(row, ask)
        return [question.split()[0] for question in ask.questions]

    first = await drawn(1, ROW)
    assert len(set(first)) > 1
    assert await drawn(2, ROW) != first
    assert await drawn(1, {**ROW, "response": "s"}) != first
    assert await drawn(1, {**ROW, "other": "column"}) == first
    assert await drawn(None, ROW) == await drawn(None, ROW)


async def test_no_text_is_an_error_not_a_version(scripted: Any) -> None:
    task = EvolQuality(llm=scripted(), num_evolutions=3, name="e")
    with pytest.raises(AnswerError, match="evolution 2 of 3"):
        await task.aprocess(ROW, Recorder("r1", None))


def test_the_simulated_model_understands_every_template() -> None:
    for name, template in MUTATION_TEMPLATES.items():
        task = EvolQuality(
            llm=SimulatedLLM(), num_evolutions=1, mutation_templates={name: template}
        )
        task.load()
        row = {"instruction": "Name an owl.", "response": "Barn owl."}
        (made,) = next(task.process([row]))
        assert made["evolved_response"].startswith("Barn owl. ")


def test_templates_differ_and_have_their_names(scripted: Any) -> None:
    names = ["HELPFULNESS", "RELEVANCE", "DEEPENING", "CREATIVITY", "DETAILS"]
    task = EvolQuality(llm=scripted(), num_evolutions=1)
    assert task.mutation_templates_names == names
    assert len(set(MUTATION_TEMPLATES.values())) == 5


def test_it_is_rebuilt_from_its_dump(scripted: Any) -> None:
    dump = EvolQuality(llm=SimulatedLLM(), num_evolutions=2, seed=3).dump()
    assert EvolQuality.from_dict(dump).dump() == dump
