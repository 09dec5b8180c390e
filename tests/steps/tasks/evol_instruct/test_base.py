"""`EvolInstruct`: each version is made from the previous one, and reruns ask the same questions."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import AnswerError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.evol_instruct.base import EvolInstruct
from distilabel.steps.tasks.evol_instruct.evol_complexity.base import EvolComplexity
from distilabel.steps.tasks.evol_instruct.utils import MUTATION_TEMPLATES

ROW = {"instruction": "Why <PROMPT>?"}


class Recorder:
    """Answers `r1`, `r2`, ... without a model, and records the questions."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers or ("r1", "r2", "r3", "r4", "r5", "r6"))
        self.questions: list[str] = []

    async def __call__(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        (message,) = input
        self.questions.append(message["content"])
        return {
            "generations": [self.answers[len(self.questions) - 1]],
            "statistics": {"input_tokens": [7], "output_tokens": [11]},
        }


@pytest.mark.parametrize(
    ("fields", "columns", "counted"),
    [
        ({}, {"evolved_instruction": "r2"}, "instruction"),
        ({"store_evolutions": True}, {"evolved_instructions": ["r1", "r2"]}, "instruction"),
        (
            {"store_evolutions": True, "include_original_instruction": True},
            {"evolved_instructions": ["Why <PROMPT>?", "r1", "r2"]},
            "instruction",
        ),
        ({"generate_answers": True}, {"evolved_instruction": "r2", "answer": "r3"}, "answer"),
        (
            {"store_evolutions": True, "generate_answers": True},
            {"evolved_instructions": ["r1", "r2"], "answers": ["r3", "r4"]},
            "answer",
        ),
    ],
)
async def test_the_versions_their_answers_and_their_token_counts(
    scripted: Any, fields: dict[str, Any], columns: dict[str, Any], counted: str
) -> None:
    task = EvolInstruct(llm=scripted(), num_evolutions=2, name="e", **fields)
    row = {**ROW, "distilabel_metadata": {"raw_output_before": "x"}}
    (made,) = await task.aprocess(row, Recorder())
    assert set(task.outputs) == {*columns, "model_name"}
    metadata = made.pop("distilabel_metadata")
    assert made == {**ROW, **columns, "model_name": "scripted"}
    assert set(metadata) == {"raw_output_before", f"statistics_{counted}_e"}
    answers = len(columns["answers"]) if "answers" in columns else 1
    count = 2 if counted == "instruction" else answers
    assert metadata[f"statistics_{counted}_e"]["output_tokens"] == [11] * count


async def test_each_version_is_made_from_the_one_before(scripted: Any) -> None:
    ask = Recorder()
    await EvolInstruct(llm=scripted(), num_evolutions=3, generate_answers=True).aprocess(ROW, ask)
    *rewrites, answer = ask.questions
    for question, before in zip(rewrites, ["Why <PROMPT>?", "r1", "r2"], strict=True):
        assert f"Given Prompt#:\n{before}\n\n#" in question
        assert question.rstrip().endswith("Prompt#:")
    assert answer == "r3"


async def test_the_choice_of_templates_depends_only_on_the_seed_and_the_row(scripted: Any) -> None:
    templates = {str(i): f"{i} <PROMPT>" for i in range(20)}

    async def drawn(seed: int | None, row: dict[str, str]) -> list[str]:
        ask = Recorder(*["r"] * 8)
        task = EvolInstruct(
            llm=scripted(), num_evolutions=8, mutation_templates=templates, seed=seed
        )
        await task.aprocess(row, ask)
        return [question.split()[0] for question in ask.questions]

    first = await drawn(1, ROW)
    assert len(set(first)) > 1
    assert await drawn(2, ROW) != first
    assert await drawn(1, {"instruction": "s"}) != first
    assert await drawn(1, {**ROW, "other": "column"}) == first


@pytest.mark.parametrize("answers", [("r1", None), ("r1", "#Rewritten Prompt#:")])
async def test_no_instruction_is_an_error_not_a_version(
    scripted: Any, answers: tuple[str | None, ...]
) -> None:
    task = EvolInstruct(llm=scripted(), num_evolutions=3, name="e")
    with pytest.raises(AnswerError, match="evolution 2 of 3"):
        await task.aprocess(ROW, Recorder(*answers))


@pytest.mark.parametrize("stored", [False, True])
def test_a_failed_row_has_none_in_every_column(scripted: Any, stored: bool) -> None:
    task = EvolInstruct(
        llm=scripted(), num_evolutions=1, generate_answers=True, store_evolutions=stored, name="e"
    )
    (row,) = task._failed_rows(ROW, {"type": "AnswerError", "message": "m"})
    assert [row[name] for name in task.outputs if name != "model_name"] == [None, None]


@pytest.mark.parametrize("name", MUTATION_TEMPLATES)
def test_the_simulated_model_understands_every_template(name: str) -> None:
    templates = {name: MUTATION_TEMPLATES[name]}
    task = EvolInstruct(llm=SimulatedLLM(), num_evolutions=1, mutation_templates=templates)
    task.load()
    (row,) = next(task.process([{"instruction": "Name an owl."}]))
    assert row["evolved_instruction"].startswith("Name an owl. ")


def test_every_template_has_its_own_text_and_one_place_for_the_instruction() -> None:
    assert len(set(MUTATION_TEMPLATES.values())) == 5
    assert {text.count("<PROMPT>") for text in MUTATION_TEMPLATES.values()} == {1}
    for name, text in MUTATION_TEMPLATES.items():
        given, new = ("", "Created") if name == "BREADTH" else ("The ", "Rewritten")
        assert f"\n#{given}Given Prompt#:\n<PROMPT>\n\n#{new} Prompt#:\n" in text


def test_evol_complexity_has_no_breadth(scripted: Any) -> None:
    names = EvolComplexity(llm=scripted(), num_evolutions=1).mutation_templates_names
    assert names == ["CONSTRAINTS", "DEEPENING", "CONCRETIZING", "INCREASED_REASONING_STEPS"]


def test_its_prompt_is_printed(scripted: Any, capsys: pytest.CaptureFixture[str]) -> None:
    EvolInstruct(llm=scripted(), num_evolutions=1).print()
    assert "<PLACEHOLDER_INSTRUCTION>" in capsys.readouterr().out


def test_it_is_rebuilt_from_its_dump() -> None:
    dump = EvolInstruct(llm=SimulatedLLM(), num_evolutions=2, seed=3).dump()
    assert EvolInstruct.from_dict(dump).dump() == dump
