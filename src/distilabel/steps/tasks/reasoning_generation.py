"""`ReasoningGeneration`: a model solves a problem, with its reasoning apart from the solution."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Optional

from distilabel.models.wire.reasoning import split_reasoning
from distilabel.steps.column_checks import text_in
from distilabel.steps.tasks.answer_fields import find_fields, judge_answer, strip_markup
from distilabel.steps.tasks.base import Ask, Row, Task
from distilabel.steps.tasks.json_answers import parse_json_object
from distilabel.steps.tasks.prompt_files import load_prompt
from distilabel.steps.tasks.reasoning import REASONING
from distilabel.steps.tasks.verifiable.final_answer import final_answer

if TYPE_CHECKING:
    from distilabel.typing import ChatType, GenerateOutput, StepColumns

_COLUMNS: Final = ("reasoning", "solution", "answer")


class ReasoningGeneration(Task):
    """Solves a problem, and keeps the reasoning apart from the solution and the final answer.

    The columns are what supervised fine-tuning on reasoning needs: the reasoning can be put into
    `<think>` tags or left out, and the final answer can be checked.

    Attributes:
        native_reasoning: Whether the model reasons by itself, as DeepSeek-R1 and Qwen3 do. Then
            only the solution is asked for, and the reasoning is what the server returns apart from
            the text, or the `<think>` block in front of it.

    Input columns:
        - instruction (str): Problem to solve.

    Output columns:
        - reasoning (str): Reasoning that leads to the solution.
        - solution (str): Solution, written for the reader.
        - answer (str): Final answer alone.
        - model_name (str): Name of the model that wrote them.

    Categories:
        - text-generation
        - response

    References:
        - [Chain-of-Thought Prompting Elicits Reasoning in Large Language Models](https://arxiv.org/abs/2201.11903)
        - [DeepSeek-R1: Incentivizing Reasoning Capability in LLMs via Reinforcement Learning](https://arxiv.org/abs/2501.12948)

    Examples:
        Solve a problem:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import ReasoningGeneration

        task = ReasoningGeneration(llm=SimulatedLLM())
        task.load()
        (row,) = next(task.process([{"instruction": "How many legs do three owls have?"}]))
        # row has "reasoning", "solution" and "answer"
        ```
    """

    native_reasoning: bool = False

    _can_be_used_with_offline_batch_generation: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """`instruction`."""
        return ["instruction"]

    @property
    def outputs(self) -> List[str]:
        """`reasoning`, `solution`, `answer` and `model_name`."""
        return [*_COLUMNS, "model_name"]

    @property
    def _asked_for(self) -> list[str]:
        return [name for name in _COLUMNS if not (self.native_reasoning and name == "reasoning")]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            A system message, and the problem as user message.

        Raises:
            DistilabelUserError: If the instruction is not a text.
        """
        system = load_prompt("reasoning_generation/system.jinja2").render(
            native=self.native_reasoning, structured=self.use_default_structured_output
        )
        return [
            {"role": "system", "content": system.strip()},
            {"role": "user", "content": text_in(self, input, "instruction")},
        ]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the reasoning, the solution and the final answer.

        Args:
            output: Text of the model, after its own reasoning in `<think>` tags if there is any;
                None if the model returned none.
            input: Row the text belongs to.

        Returns:
            The output columns; None for each part that is missing.

        Raises:
            ValueError: If the model wrote nothing after its reasoning.
        """
        if output is None:
            return dict.fromkeys(_COLUMNS)
        native, _ = split_reasoning(output)
        answer = judge_answer(output)
        found = parse_json_object(answer) if self.use_default_structured_output else None
        columns: Dict[str, Any] = _sections(answer) if found is None else found
        texts = {name: _text(columns.get(name)) for name in _COLUMNS}
        written = None if self.native_reasoning else texts[REASONING]
        # Reasoning of the model comes first; what it wrote for the reader may be a summary of it.
        return {**texts, REASONING: native or written}

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        return any(columns[name] is None for name in _COLUMNS)

    def get_structured_output(self) -> Dict[str, Any]:
        """Returns the JSON schema: an object with the texts that are asked for."""
        return {
            "title": "Solution",
            "type": "object",
            "properties": {name: {"type": "string"} for name in self._asked_for},
            "required": self._asked_for,
            "additionalProperties": False,
        }

    def _run_aprocess(self, row: Row, ask: Ask) -> Coroutine[Any, Any, list[Row]]:
        # The reasoning is parsed with the text, not recorded.
        return self.aprocess(row, ask)

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Solves the problem in one row.

        Args:
            row: Row with an instruction.
            ask: Asks the model one question.

        Returns:
            `row` with the output columns added, once per generation unless `group_generations` is
            True.
        """
        return await super().aprocess(row, _AskWithReasoning(ask))


class _AskWithReasoning:
    """Puts the reasoning that a server returns apart from the text in front of the text."""

    def __init__(self, ask: Any) -> None:
        self._ask = ask
        if hasattr(ask, "again"):
            self.again = self._again

    async def __call__(self, input: Any, num_generations: int = 1, **kwargs: Any) -> GenerateOutput:
        return _joined(await self._ask(input, num_generations, **kwargs))

    async def _again(
        self, input: Any, attempt: int, which: int, is_readable: Callable[[Any], bool]
    ) -> GenerateOutput:
        output = await self._ask.again(
            input, attempt, which, lambda output: is_readable(_joined(output))
        )
        return _joined(output)


def _joined(output: GenerateOutput) -> GenerateOutput:
    given: Any = output.get(REASONING)
    if not given:
        return output
    reasons = [*given, *[None] * (len(output["generations"]) - len(given))]
    texts = [
        f"<think>\n{reason}\n</think>\n\n{text}" if reason and text is not None else text
        for reason, text in zip(reasons, output["generations"], strict=False)
    ]
    joined: Any = {name: value for name, value in output.items() if name != REASONING}
    joined["generations"] = texts
    answer: GenerateOutput = joined
    return answer


def _sections(answer: str) -> dict[str, str]:
    """Returns the text of each section; none for those that are missing.

    The reasoning may have headings of its own: the solution starts at its last heading before the
    final answer.
    """
    fields = find_fields(answer, ("reasoning", "solution", "final answer"))
    labels = [field.label for field in fields]
    if "final answer" not in labels:
        return {}
    last = len(labels) - 1 - labels[::-1].index("final answer")
    found = {"answer": fields[last].value}
    if "\\boxed{" in found["answer"]:
        found["answer"] = final_answer(found["answer"])
    if "solution" not in labels[:last]:
        return found
    middle = last - 1 - labels[:last][::-1].index("solution")
    found["solution"] = strip_markup(answer[fields[middle].value_start : fields[last].start])
    if "reasoning" in labels[:middle]:
        first = fields[labels.index("reasoning")]
        found["reasoning"] = strip_markup(answer[first.value_start : fields[middle].start])
    return found


def _text(value: Any) -> str | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)  # the answer to a problem may be a number
    return value.strip() or None if isinstance(value, str) else None
