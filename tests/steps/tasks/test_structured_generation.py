"""Protects that every row gets an answer that follows its own structure, or fails."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from jsonschema import validate

from distilabel.errors import DistilabelUserError
from distilabel.models import AsyncLLM, SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import StructuredGeneration, TextGeneration

SCHEMA: Any = {
    "type": "object",
    "properties": {"age": {"type": "integer", "minimum": 1}},
    "required": ["age"],
}


class Answers(AsyncLLM):
    """Answers from a list, one after another."""

    texts: list[str]
    asked: int = 0

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return "answers"

    async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        """Answers."""
        text = self.texts[min(self.asked, len(self.texts) - 1)]
        self.asked += 1
        return {"generations": [text], "statistics": {}}


def task(*texts: str, **fields: Any) -> StructuredGeneration:
    made = StructuredGeneration(name="s", llm=Answers(texts=list(texts)), **fields)
    made.load()
    return made


def answer(made: StructuredGeneration, structure: Any) -> Any:
    (row,) = next(made.process([{"instruction": "a", "structured_output": structure}]))
    return row


def test_every_row_has_a_structure_of_its_own() -> None:
    made = StructuredGeneration(llm=SimulatedLLM())
    made.load()
    structures: list[Any] = [
        {"format": "json", "schema": SCHEMA},
        {"format": "json", "schema": orjson.dumps(SCHEMA).decode()},
        {"format": "regex", "schema": "[ab]{3}"},
        {"format": "choice", "schema": ["yes", "no"]},
    ]
    rows = [{"instruction": "a", "structured_output": each} for each in structures]
    texts = [row["generation"] for row in next(made.process(rows))]
    for text in texts[:2]:
        validate(orjson.loads(text), SCHEMA)
    assert re.fullmatch("[ab]{3}", texts[2])
    assert texts[3] in ("yes", "no")


def test_an_answer_that_breaks_its_schema_is_asked_for_again() -> None:
    row = answer(task('{"age": 0}', '{"age": 3}'), {"format": "json", "schema": SCHEMA})
    assert row["generation"] == '{"age": 3}'
    assert "error_s" not in row["distilabel_metadata"]


def test_an_answer_that_stays_invalid_is_a_failure() -> None:
    made = task("no")
    row = answer(made, {"format": "regex", "schema": "a+", "max_retries": 3})
    assert row["generation"] is None
    error = row["distilabel_metadata"]["error_s"]
    assert error["message"] == "it does not follow structured_output: it does not match a+"
    assert error["raw"] == "no"
    assert error["attempts"] == 4


def test_the_structure_of_the_model_counts_as_well() -> None:
    class Structured(Answers):
        structured_output: Any = None

    llm = Structured(texts=["b"], structured_output={"schema": ["a"]})
    made = TextGeneration(name="t", llm=llm)
    made.load()
    (row,) = next(made.process([{"instruction": "a"}]))
    assert row["generation"] is None


def test_keys_that_arrow_has_filled_with_none_are_left_out() -> None:
    schema: Any = {"type": "object", "minimum": None, "enum": [None, {}]}
    structure = {"format": "json", "schema": schema, "max_retries": None}
    row = {"instruction": "a", "structured_output": structure}
    assert task("").format_input(row)[1] == {
        "format": "json",
        "schema": {"type": "object", "enum": [None, {}]},
    }


def test_a_structure_that_is_wrong_is_told() -> None:
    with pytest.raises(DistilabelUserError, match="contains a str"):
        task("").format_input({"instruction": "a", "structured_output": "json"})
    with pytest.raises(DistilabelUserError, match="contains an int"):
        task("").format_input({"instruction": 1, "structured_output": {"schema": SCHEMA}})


def test_a_system_prompt_is_used_if_asked_for() -> None:
    made = task("", use_system_prompt=True)
    row = {"instruction": "a", "system_prompt": "b", "structured_output": {"schema": SCHEMA}}
    assert [m["role"] for m in made.format_input(row)[0]] == ["system", "user"]


def test_an_invalid_answer_is_no_good_one_on_the_next_run(tmp_path: Any) -> None:
    rows = [{"instruction": "a", "structured_output": {"schema": ["yes"]}}]

    def run(text: str) -> Any:
        with Pipeline("p", cache_dir=tmp_path) as pipeline:
            LoadDataFromDicts(data=rows) >> StructuredGeneration(
                name="s", llm=Answers(texts=[text], identity="same")
            )
        return pipeline.run()["default"]["train"][0]["generation"]

    assert run("no") is None
    # It is asked again, and the new answer is stored.
    assert run("yes") == "yes"
    assert run("no") == "yes"
