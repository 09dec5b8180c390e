"""`APIGenGenerator`: a model writes queries and the function calls that answer them."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Optional, Self, Union

from pydantic import Field, model_validator

from distilabel._core.hashing import digest
from distilabel.errors import DistilabelUserError
from distilabel.steps.column_checks import text_in
from distilabel.steps.tasks.apigen.utils import parse_json
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.prompt_files import load_prompt

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

_COLUMNS: Final = ("query", "answers")


def _default_system_prompt() -> str:
    return load_prompt("apigen/generator_system.jinja2").render().strip()


class APIGenGenerator(Task):
    """Writes a query and the function calls that answer it, for a given function.

    The model is asked for `number` pairs, because it varies several pairs more than one; the
    first pair is used. `APIGenExecutionChecker` executes the calls, and `APIGenSemanticChecker`
    judges the results.

    Attributes:
        system_prompt: System prompt.
        number: Pairs to ask for: a number, a list of numbers to choose from, or a dict of
            number → weight. The choice depends only on the row.
        use_tools: Whether to show the column `tools`, if the row has it.

    Input columns:
        - examples (str): Examples of queries and answers; see `PrepareExamples`.
        - func_name (str): Name of the function.
        - func_desc (str): Description of the function.
        - tools (str): All functions, as JSON or in any other form; optional.

    Output columns:
        - query (str): Query of the first pair.
        - answers (str): Calls of the first pair, as JSON:
            `[{"name": ..., "arguments": {...}}, ...]`.
        - model_name (str): Name of the model that wrote the pair.

    Categories:
        - text-generation

    References:
        - [APIGen: Automated Pipeline for Generating Verifiable and Diverse Function-Calling Datasets](https://arxiv.org/abs/2406.18518)
        - [Salesforce/xlam-function-calling-60k](https://huggingface.co/datasets/Salesforce/xlam-function-calling-60k)

    Citations:
        ```bibtex
        @misc{liu2024apigenautomatedpipelinegenerating,
            title={APIGen: Automated Pipeline for Generating Verifiable and Diverse Function-Calling Datasets},
            author={Zuxin Liu and Thai Hoang and Jianguo Zhang and Ming Zhu and Tian Lan and Shirley Kokane and Juntao Tan and Weiran Yao and Zhiwei Liu and Yihao Feng and Rithesh Murthy and Liangwei Yang and Silvio Savarese and Juan Carlos Niebles and Huan Wang and Shelby Heinecke and Caiming Xiong},
            year={2024},
            eprint={2406.18518},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2406.18518},
        }
        ```

    Examples:
        A query for a function:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import APIGenGenerator

        task = APIGenGenerator(llm=SimulatedLLM(), use_tools=False)
        task.load()
        row = {
            "examples": '## Query:\\nWhat is 2 + 3?\\n## Answers:\\n[{"name": "add", "arguments": {"a": 2, "b": 3}}]',
            "func_name": "final_velocity",
            "func_desc": "final_velocity(initial: float, acceleration: float, time: float)",
        }
        rows = next(task.process([row]))
        ```
    """  # noqa: E501 (titles are on one line, as in the entry on arXiv)

    system_prompt: str = Field(default_factory=_default_system_prompt)
    number: Union[int, List[int], Dict[int, float]] = 1
    use_tools: bool = True

    _can_be_used_with_offline_batch_generation: ClassVar[bool] = True

    @model_validator(mode="after")
    def _check_number(self) -> Self:
        numbers = [self.number] if isinstance(self.number, int) else list(self.number)
        if not numbers or min(numbers) < 1:
            raise DistilabelUserError(
                f"{type(self).__name__}: number is {self.number}. It must be 1 or more, or a list "
                "or dict of such numbers."
            )
        if isinstance(self.number, dict):
            weights = list(self.number.values())
            if min(weights) < 0 or not sum(weights):
                raise DistilabelUserError(
                    f"{type(self).__name__}: the weights of number are {weights}. They must be 0 "
                    "or more, and not all 0."
                )
        return self

    @property
    def inputs(self) -> StepColumns:
        """`examples`, `func_name`, `func_desc`, and optionally `tools`."""
        return {"examples": True, "func_name": True, "func_desc": True, "tools": False}

    @property
    def outputs(self) -> List[str]:
        """`query`, `answers` and `model_name`."""
        return [*_COLUMNS, "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            A system message and a user message.

        Raises:
            DistilabelUserError: If a column is not a text.
        """
        tools = input.get("tools") if self.use_tools else None
        user = load_prompt("apigen/generator.jinja2").render(
            examples=text_in(self, input, "examples"),
            func_name=text_in(self, input, "func_name"),
            func_desc=text_in(self, input, "func_desc"),
            tools=tools if tools is None or isinstance(tools, str) else _to_json(tools),
            number=self._number_for(input),
            structured=self.use_default_structured_output,
        )
        return [
            {"role": "system", "content": self.system_prompt},
            {"role": "user", "content": user.strip()},
        ]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the first pair.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            The row with `query` and `answers`. Without a pair, `query` is None, and `answers` a
            JSON list with as many `null` as pairs were asked for.
        """
        row = dict(input or {})
        found = None if output is None else parse_json(output)
        if isinstance(found, dict):
            found = found.get("pairs", [found])
        for pair in found if isinstance(found, list) else []:
            if not isinstance(pair, dict):
                continue
            query, answers = pair.get("query"), pair.get("answers")
            # Models write the calls as a text, and a single call without its list.
            answers = parse_json(answers) if isinstance(answers, str) else answers
            answers = [answers] if isinstance(answers, dict) else answers
            if isinstance(query, str) and query.strip() and _are_calls(answers):
                return {**row, "query": query, "answers": _to_json(answers)}
        return {**row, "query": None, "answers": _to_json([None] * self._number_for(row))}

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        return columns.get("query") is None

    def get_structured_output(self) -> Dict[str, Any]:
        """Returns the JSON schema: an object with the list `pairs`."""
        call = {
            "type": "object",
            "properties": {"name": {"type": "string"}, "arguments": {"type": "object"}},
            "required": ["name", "arguments"],
        }
        pair = {
            "type": "object",
            "properties": {
                "query": {"type": "string"},
                "answers": {"type": "array", "items": call, "minItems": 1},
            },
            "required": ["query", "answers"],
        }
        return {
            "title": "Pairs",
            "type": "object",
            "properties": {"pairs": {"type": "array", "items": pair, "minItems": 1}},
            "required": ["pairs"],
        }

    def _number_for(self, row: dict[str, Any]) -> int:
        """Returns how many pairs are asked for, the same each time for a row."""
        if isinstance(self.number, int):
            return self.number
        texts = [str(row.get(name)) for name in ("examples", "func_name", "func_desc")]
        rng = random.Random(digest(texts).hex())
        if isinstance(self.number, list):
            return rng.choice(self.number)
        return rng.choices(list(self.number), list(self.number.values()))[0]


def _are_calls(answers: Any) -> bool:
    return (
        isinstance(answers, list)
        and bool(answers)
        and all(isinstance(call, dict) and isinstance(call.get("name"), str) for call in answers)
    )


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
