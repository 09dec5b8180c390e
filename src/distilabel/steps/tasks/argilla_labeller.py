"""`ArgillaLabeller`: a model answers the question of an Argilla dataset about a record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Dict, Final, List, Optional

from pydantic import Field, field_validator

from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.tasks.answer_fields import judge_answer, structured_score
from distilabel.steps.tasks.argilla_objects import (
    as_dict,
    field_values,
    question_options,
    question_type,
    response_value,
)
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.json_answers import parse_json_object
from distilabel.steps.tasks.parsing import all_none
from distilabel.steps.tasks.prompt_files import load_prompt

if TYPE_CHECKING:
    from distilabel.typing import ChatType, FormattedInput, StepColumns

_SYSTEM_PROMPT: Final = (
    "You are an expert annotator. You answer a question about a record exactly as the guidelines "
    "say, with the care of a person whose labels will be used as the truth."
)
_INSTRUCTIONS: Final = {
    "label_selection": "Choose the one label that fits the record best.",
    "multi_label_selection": "Choose all labels that fit the record, and no others.",
    "text": "Answer the question about the record in a text.",
    "rating": "Choose the one value that rates the record best.",
}
# Type of question → property of the answer, and an example of its value.
_FORMS: Final[dict[str, tuple[str, Any]]] = {
    "label_selection": ("label", "label"),
    "multi_label_selection": ("labels", ["label_0", "label_1"]),
    "text": ("text", "answer"),
    "rating": ("rating", 1),
}


class ArgillaLabeller(Task):
    """Answers the question of an Argilla dataset about a record, as a suggestion for people.

    Fields, question, guidelines and example records may be set for all rows, or come with each row,
    where they take precedence. They are objects of Argilla or the dicts of its API. The question is
    a label selection, a multi-label selection, a text or a rating; the structured output of the
    model follows its type.

    Attributes:
        system_prompt: System prompt.
        question_to_label_instruction: Type of question → instruction on how to answer it.

    Runtime parameters:
        - example_records: Records with responses that are shown as examples.
        - fields: Fields of the dataset.
        - question: Question to answer.
        - guidelines: Guidelines of the dataset.

    Input columns:
        - record (argilla.Record): Record to label.
        - fields (Optional[List[Dict[str, Any]]]): Fields of the dataset.
        - question (Optional[Dict[str, Any]]): Question to answer.
        - example_records (Optional[List[Dict[str, Any]]]): Records with responses.
        - guidelines (Optional[str]): Guidelines of the dataset.

    Output columns:
        - suggestion (Dict[str, Any]): The suggestion, with `value`, `question_name`, `type` and
            `agent`.

    Categories:
        - text-classification
        - scorer
        - text-generation

    References:
        - [Argilla: Argilla is a collaboration tool for AI engineers and domain experts to build high-quality datasets](https://github.com/argilla-io/argilla/)

    Examples:
        Label a record:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import ArgillaLabeller

        task = ArgillaLabeller(
            llm=SimulatedLLM(),
            fields=[{"name": "text", "title": "Text"}],
            question={
                "name": "mood",
                "title": "What is the mood of the text?",
                "settings": {
                    "type": "label_selection",
                    "options": [{"value": "good", "text": "Good"}, {"value": "bad", "text": "Bad"}],
                },
            },
        )
        task.load()
        rows = next(task.process([{"record": {"fields": {"text": "What a day!"}}}]))
        # "suggestion" is like {"value": "good", "question_name": "mood", ...}
        ```
    """  # noqa: E501 (the title is on one line)

    system_prompt: str = _SYSTEM_PROMPT
    question_to_label_instruction: Dict[str, str] = Field(
        default_factory=lambda: dict(_INSTRUCTIONS)
    )
    example_records: Optional[RuntimeParameter[List[Dict[str, Any]]]] = Field(
        default=None, description="Records with responses that are shown as examples."
    )
    fields: Optional[RuntimeParameter[List[Dict[str, Any]]]] = Field(
        default=None, description="Fields of the dataset."
    )
    question: Optional[RuntimeParameter[Dict[str, Any]]] = Field(
        default=None, description="Question to answer."
    )
    guidelines: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Guidelines of the dataset."
    )

    @field_validator("example_records", "fields", mode="before")
    @classmethod
    def _lists_of_dicts(cls, value: Any) -> Any:
        if value is None or isinstance(value, (str, dict)):
            return value
        return [as_dict(item, "an item") for item in value]

    @field_validator("question", mode="before")
    @classmethod
    def _question_as_dict(cls, value: Any) -> Any:
        return None if value is None else as_dict(value, "the question")

    @property
    def inputs(self) -> StepColumns:
        """`record`; `fields`, `question`, `example_records` and `guidelines` if a row has them."""
        optional = ("fields", "question", "example_records", "guidelines")
        return {"record": True, **dict.fromkeys(optional, False)}

    @property
    def outputs(self) -> List[str]:
        """`suggestion`."""
        return ["suggestion"]

    def format_input(self, input: Dict[str, Any]) -> FormattedInput:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            A conversation, and the structured output for the type of the question.

        Raises:
            DistilabelUserError: If there is no record, no question or no fields, or the type of the
                question is not supported.
        """
        record = as_dict(input["record"], "the record")
        question = self._question_of(input)
        kind = question_type(question)
        name = question.get("name")
        fields = [as_dict(f, "a field") for f in input.get("fields") or self.fields or ()]
        if not fields:
            raise self._missing("fields", "the fields of the dataset")
        examples = [
            as_dict(example, "an example record")
            for example in input.get("example_records") or self.example_records or ()
        ]
        key, example_value = _FORMS[kind]
        prompt = load_prompt("argilla_labeller/label.jinja2").render(
            guidelines=input.get("guidelines") or self.guidelines,
            examples=[
                {
                    "fields": field_values(example, fields),
                    "response": _json({key: response_value(example, str(name))}),
                }
                for example in examples
            ],
            question={
                "title": question.get("title") or name,
                "description": question.get("description"),
                "type": kind,
            },
            instruction=self.question_to_label_instruction.get(kind, _INSTRUCTIONS[kind]),
            options=question_options(question),
            fields=field_values(record, fields),
            form=_json({key: example_value}),
        )
        chat: ChatType = [
            {"role": "system", "content": self.system_prompt},
            {"role": "user", "content": prompt.strip()},
        ]
        return chat, {"format": "json", "schema": _schema(question)}

    def _question_of(self, row: Dict[str, Any]) -> dict[str, Any]:
        value = row.get("question") or self.question
        if value is None:
            raise self._missing("question", "the question to answer")
        question = as_dict(value, "the question")
        if (kind := question_type(question)) not in _FORMS:
            raise DistilabelUserError(
                f"{self.name}: the question {question.get('name')!r} has the type {kind!r}, which "
                f"is not supported. Use one of the types {', '.join(_FORMS)}."
            )
        return question

    def _missing(self, name: str, what: str) -> DistilabelUserError:
        return DistilabelUserError(
            f"{self.name}: `{name}` is not set. Set it to {what}, or add a column {name!r} to the "
            "rows."
        )

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the suggestion.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            `suggestion`; None if the text has no answer, or one that the question does not allow.

        Raises:
            ValueError: If the model wrote nothing after its reasoning.
        """
        if output is None:
            return {"suggestion": None}
        question = self._question_of(input or {})
        answer = parse_json_object(judge_answer(output)) or {}
        value = _allowed(answer.get(_FORMS[question_type(question)][0]), question)
        if value is None:
            return {"suggestion": None}
        suggestion = {
            "value": value,
            "question_name": question.get("name"),
            "type": "model",
            "agent": self.llm.model_name,
        }
        return {"suggestion": suggestion}

    def print(self, sample_input: Optional[ChatType] = None) -> None:
        """Prints the prompt, one panel per message.

        Args:
            sample_input: Prompt to print; None to make it from a record of placeholders. This needs
                `fields` and `question`.

        Raises:
            DistilabelUserError: If `fields` or `question` is not set.
        """
        if sample_input is None:
            names = [str(field["name"]) for field in self.fields or ()]
            record = {"fields": {name: f"<PLACEHOLDER_{name.upper()}>" for name in names}}
            prompt: Any = self.format_input({"record": record})
            sample_input = prompt[0]
        super().print(sample_input)

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        return all_none(columns, ["suggestion"])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _schema(question: dict[str, Any]) -> dict[str, Any]:
    """Returns the JSON schema of the answer to a question."""
    kind = question_type(question)
    key, _ = _FORMS[kind]
    value: dict[str, Any] = {"type": "integer" if kind == "rating" else "string"}
    if kind != "text" and (options := [option["value"] for option in question_options(question)]):
        value["enum"] = options
    if kind == "multi_label_selection":
        value = {"type": "array", "items": value}
    return {
        "title": "Answer",
        "type": "object",
        "properties": {key: value},
        "required": [key],
        "additionalProperties": False,
    }


def _allowed(value: Any, question: dict[str, Any]) -> Any:
    """Returns the value of an answer, or None if the question does not allow it."""
    kind = question_type(question)
    options = [option["value"] for option in question_options(question)]
    if kind == "text":
        return value if isinstance(value, str) and value.strip() else None
    if kind == "rating":
        numbers = [option for option in options if isinstance(option, int)]
        rating = structured_score(value, min(numbers, default=0), max(numbers, default=10**9))
        return rating if not numbers or rating in numbers else None
    if kind == "multi_label_selection":
        labels = value if isinstance(value, list) else None
        if labels is None or not all(isinstance(label, str) for label in labels):
            return None
        allowed = not options or all(label in options for label in labels)
        return list(dict.fromkeys(labels)) if allowed else None
    return value if isinstance(value, str) and (not options or value in options) else None
