"""`RubricJudge`: a model scores a response by a user's own criteria."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Mapping, Optional, Self

from pydantic import field_validator, model_validator

from distilabel.steps.column_checks import text_in
from distilabel.steps.tasks.answer_fields import (
    find_fields,
    judge_answer,
    read_score,
    structured_score,
    to_ascii_forms,
)
from distilabel.steps.tasks.base import Row
from distilabel.steps.tasks.json_answers import is_json_answer, parse_json_object
from distilabel.steps.tasks.parsing import all_none
from distilabel.steps.tasks.prompt_files import load_prompt
from distilabel.steps.tasks.rubric_criteria import Criterion, check_criteria
from distilabel.steps.tasks.several_questions import Question, SeveralQuestionsTask

if TYPE_CHECKING:
    from distilabel.typing import ChatType, FormattedInput, StepColumns

_SCORE: Final = ("Score", "Rating")
_RATIONALE: Final = ("Rationale", "Reason", "Reasoning", "Explanation")
_CRITERION: Final = re.compile(r"criterion(?:[ \t]*\d{1,3})?[ \t*_`]*[:.-]", re.IGNORECASE)
_MASKED: Final = "#" * len("criterion:")

_Judgement = tuple[Optional[int], Optional[str]]


class RubricJudge(SeveralQuestionsTask):
    """Scores a response by criteria of your own, each with described levels and a rationale.

    Attributes:
        criteria: Name → what is judged: a text, or a dict with `description` and `levels`, which
            describes the scores from 1 upward. Without `levels`, there are five general ones.
        separate_calls: Whether to ask about each criterion in a question of its own. This costs one
            question per criterion, and keeps the impression of one from coloring the others.
        reference: Whether each row has a reference answer.

    Input columns:
        - instruction (str): Instruction that the response answers.
        - generation (str): Response to score.
        - reference (str, optional): Reference answer; only with `reference=True`.

    Output columns:
        - scores (Dict[str, int]): Name of each criterion → score, from 1 to the number of its
            levels; None for one that the model did not score.
        - rationales (Dict[str, str]): Name of each criterion → rationale for the score.
        - model_name (str): Name of the model that judged.

    Categories:
        - scorer
        - critique

    References:
        - [G-Eval: NLG Evaluation using GPT-4 with Better Human Alignment](https://arxiv.org/abs/2303.16634)
        - [Prometheus: Inducing Fine-grained Evaluation Capability in Language Models](https://arxiv.org/abs/2310.08491)

    Citations:
        ```bibtex
        @misc{liu2023gevalnlgevaluationusing,
            title={G-Eval: NLG Evaluation using GPT-4 with Better Human Alignment},
            author={Yang Liu and Dan Iter and Yichong Xu and Shuohang Wang and Ruochen Xu and Chenguang Zhu},
            year={2023},
            eprint={2303.16634},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2303.16634},
        }
        ```

    Examples:
        Score a response by two criteria in one question:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import RubricJudge

        task = RubricJudge(
            llm=SimulatedLLM(),
            criteria={
                "clarity": "Is the response easy to follow?",
                "sources": {
                    "description": "Does the response say where its facts come from?",
                    "levels": ["No source.", "Some facts have a source.", "All facts have one."],
                },
            },
        )
        task.load()
        rows = next(task.process([{"instruction": "Name an owl.", "generation": "Barn owl."}]))
        # "scores" is like {"clarity": 4, "sources": 1}
        ```

        Ask about each criterion separately:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import RubricJudge

        task = RubricJudge(
            llm=SimulatedLLM(),
            criteria={"clarity": "Is it easy to follow?", "brevity": "Is it short?"},
            separate_calls=True,
        )
        task.load()
        rows = next(task.process([{"instruction": "Name an owl.", "generation": "Barn owl."}]))
        ```
    """  # noqa: E501 (titles are on one line, as in the entry on arXiv)

    criteria: Dict[str, Criterion]
    separate_calls: bool = False
    reference: bool = False

    _can_be_used_with_offline_batch_generation: ClassVar[bool] = True

    @field_validator("criteria", mode="before")
    @classmethod
    def _from_texts(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {
            name: {"description": criterion} if isinstance(criterion, str) else criterion
            for name, criterion in value.items()
        }

    @model_validator(mode="after")
    def _check_criteria(self) -> Self:
        check_criteria(self.criteria)
        return self

    @property
    def inputs(self) -> StepColumns:
        """`instruction`, `generation`, and `reference` if there is one."""
        return ["instruction", "generation", *(["reference"] if self.reference else [])]

    @property
    def outputs(self) -> List[str]:
        """`scores`, `rationales` and `model_name`."""
        return ["scores", "rationales", "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt; with `separate_calls`, the one for the first criterion.

        Args:
            input: Input row.

        Returns:
            A system message and a user message.

        Raises:
            DistilabelUserError: If a column is not a text.
        """
        return self._prompt(input, self._criteria_per_question()[0])

    def _criteria_per_question(self) -> list[dict[str, Criterion]]:
        if self.separate_calls:
            return [{name: criterion} for name, criterion in self.criteria.items()]
        return [self.criteria]

    def _prompt(self, row: Row, criteria: dict[str, Criterion]) -> ChatType:
        values = {
            "criteria": criteria,
            "instruction": text_in(self, row, "instruction"),
            "response": text_in(self, row, "generation"),
            "reference": text_in(self, row, "reference") if self.reference else None,
            "structured": self.use_default_structured_output,
        }
        system, user = (load_prompt(f"rubric_judge/{name}.jinja2") for name in ("system", "judge"))
        return [
            {"role": "system", "content": system.render(values).strip()},
            {"role": "user", "content": user.render(values).strip()},
        ]

    def _questions(self, row: Row) -> list[Question]:
        return [
            Question(
                self._question(row, criteria),
                ["scores", "rationales"],
                partial(self._parse_or_raise, criteria=criteria),
            )
            for criteria in self._criteria_per_question()
        ]

    def _question(self, row: Row, criteria: dict[str, Criterion]) -> FormattedInput:
        prompt = self._prompt(row, criteria)
        if self.separate_calls and self.use_default_structured_output:
            # The structure of the model is that of all criteria.
            return prompt, {"format": "json", "schema": _schema(criteria)}
        return prompt

    def _joined(self, parts: list[Row]) -> Row:
        names = list(self.criteria)
        return {
            column: {
                name: (part[column] or {}).get(name)
                for name, part in zip(names, parts, strict=True)
            }
            for column in ("scores", "rationales")
        }

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses one score and one rationale per criterion.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            `scores` and `rationales`.

        Raises:
            ValueError: If the model wrote nothing after its reasoning.
        """
        if output is None:
            return {column: dict.fromkeys(self.criteria) for column in ("scores", "rationales")}
        return self._parse(output, self.criteria)

    def _parse_or_raise(self, output: str, *, criteria: dict[str, Criterion]) -> Row:
        columns = self._parse(output, criteria)
        if self._is_unusable(columns):
            raise ValueError(f"it has no score for {', '.join(map(repr, criteria))}")
        return columns

    def _parse(self, output: str, criteria: dict[str, Criterion]) -> Row:
        answer = judge_answer(output)
        structured = self.use_default_structured_output or is_json_answer(answer)
        read = _structured_judgements if structured else _judgements
        judged = read(answer, criteria)
        return {
            "scores": {name: judged[name][0] for name in criteria},
            "rationales": {name: judged[name][1] for name in criteria},
        }

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        return all_none(columns["scores"], columns["scores"])

    def get_structured_output(self) -> Dict[str, Any]:
        """Returns the JSON schema: an object with a `rationale` and a `score` per criterion."""
        return _schema(self.criteria)


def _schema(criteria: dict[str, Criterion]) -> dict[str, Any]:
    return {
        "title": "Judgements",
        "type": "object",
        "properties": {
            name: {
                "type": "object",
                "properties": {
                    "rationale": {"type": "string"},
                    "score": {
                        "type": "integer",
                        "enum": list(range(1, len(criterion.levels) + 1)),
                    },
                },
                "required": ["rationale", "score"],
                "additionalProperties": False,
            }
            for name, criterion in criteria.items()
        },
        "required": list(criteria),
        "additionalProperties": False,
    }


def _judgements(answer: str, criteria: dict[str, Criterion]) -> dict[str, _Judgement]:
    # The word before the name is masked, so that `#### Criterion: clarity` is found like
    # `#### clarity`. Where there are such headings, a line that begins with a name is not one.
    masked = answer
    for found in _CRITERION.finditer(to_ascii_forms(answer)):
        mask = "#" * (found.end() - found.start())
        masked = masked[: found.start()] + mask + masked[found.end() :]
    blocks = find_fields(masked, criteria)
    headed = [block for block in blocks if _MASKED in masked[block.start : block.value_start]]
    blocks = headed or blocks
    if len(criteria) == 1 and not blocks:
        (only,) = criteria
        return {only: _judgement(answer, criteria[only])}
    judged: dict[str, _Judgement] = {}
    for number, block in enumerate(blocks):
        end = blocks[number + 1].start if number + 1 < len(blocks) else len(answer)
        judgement = _judgement(answer[block.value_start : end], criteria[block.label])
        if judged.get(block.label, (None, None))[0] is None:
            judged[block.label] = judgement
    return {name: judged.get(name, (None, None)) for name in criteria}


def _judgement(block: str, criterion: Criterion) -> _Judgement:
    fields = find_fields(block, (*_SCORE, *_RATIONALE))
    highest = len(criterion.levels)
    rationale = next((field.value for field in fields if field.label in _RATIONALE), None)
    scores = {read_score(field.value, 1, highest) for field in fields if field.label in _SCORE} or {
        read_score(block, 1, highest)
    }
    # Two different scores for one criterion are none.
    return (scores.pop() if len(scores) == 1 else None), rationale or None


def _structured_judgements(answer: str, criteria: dict[str, Criterion]) -> dict[str, _Judgement]:
    values = parse_json_object(answer) or {}
    judged: dict[str, _Judgement] = {}
    for name, criterion in criteria.items():
        value = values.get(name)
        found = value if isinstance(value, Mapping) else {"score": value}
        score = structured_score(found.get("score"), 1, len(criterion.levels))
        rationale = found.get("rationale")
        judged[name] = score, rationale if isinstance(rationale, str) else None
    return judged
