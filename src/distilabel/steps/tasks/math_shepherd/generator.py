"""`MathShepherdGenerator`: a model solves math problems step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Optional, Self

from pydantic import PositiveInt, model_validator

from distilabel.steps.column_checks import text_in
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.math_shepherd.base import (
    check_system_prompt,
    make_prompt,
    parse_solutions,
    solutions_schema,
)
from distilabel.steps.tasks.prompt_files import prompt_text

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

SYSTEM_PROMPT: Final = prompt_text("math_shepherd/generator.jinja2")
RULES_GSM8K: Final = prompt_text("math_shepherd/rules.jinja2")
FEW_SHOTS_GSM8K: Final = prompt_text("math_shepherd/generator_shots.jinja2")


class MathShepherdGenerator(Task):
    """Solves a math problem step by step: once for a golden solution, or in several ways.

    With a strong model and without `M`, the solution is the golden one, whose answer
    `MathShepherdCompleter` takes as right. With `M`, the solutions are those whose steps it labels.

    Attributes:
        system_prompt: System prompt, a Jinja template with the variables `extra_rules`,
            `few_shots` and `structured_prompt`. None for no system message.
        extra_rules: Rules for a kind of problems; those for GSM8K by default.
        few_shots: Examples; those for GSM8K by default.
        M: Solutions to ask for; None for one golden solution.

    Input columns:
        - instruction (str): The problem.

    Output columns:
        - golden_solution (str): Steps of the solution, and the answer; only without `M`.
        - solutions (List[List[str]]): The solutions, each as its steps; only with `M`.
        - model_name (str): Name of the model that solved it.

    Categories:
        - text-generation

    References:
        - [Math-Shepherd: Verify and Reinforce LLMs Step-by-step without Human Annotations](https://arxiv.org/abs/2312.08935)

    Citations:
        ```bibtex
        @misc{wang2024mathshepherdverifyreinforcellms,
            title={Math-Shepherd: Verify and Reinforce LLMs Step-by-step without Human Annotations},
            author={Peiyi Wang and Lei Li and Zhihong Shao and R. X. Xu and Damai Dai and Yifei Li and Deli Chen and Y. Wu and Zhifang Sui},
            year={2024},
            eprint={2312.08935},
            archivePrefix={arXiv},
            primaryClass={cs.AI},
            url={https://arxiv.org/abs/2312.08935},
        }
        ```

    Examples:
        Solve a problem in two ways:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import MathShepherdGenerator

        task = MathShepherdGenerator(llm=SimulatedLLM(), M=2)
        task.load()
        rows = next(task.process([{"instruction": "Tom has 3 bags of 4 apples. How many?"}]))
        ```
    """  # noqa: E501 (the authors are on one line, as in the entry on arXiv)

    system_prompt: Optional[str] = SYSTEM_PROMPT
    extra_rules: Optional[str] = RULES_GSM8K
    few_shots: Optional[str] = FEW_SHOTS_GSM8K
    M: Optional[PositiveInt] = None

    _can_be_used_with_offline_batch_generation: ClassVar[bool] = True

    @model_validator(mode="after")
    def _check_system_prompt(self) -> Self:
        check_system_prompt(self)
        return self

    @property
    def _column(self) -> str:
        return "solutions" if self.M else "golden_solution"

    @property
    def inputs(self) -> StepColumns:
        """`instruction`."""
        return ["instruction"]

    @property
    def outputs(self) -> List[str]:
        """`golden_solution` or `solutions`, and `model_name`."""
        return [self._column, "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            A system message and a user message.

        Raises:
            DistilabelUserError: If the instruction is not a text.
        """
        return make_prompt(self, text_in(self, input, "instruction"), self.M or 1)

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Splits the solutions into steps.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            The row with the solutions; None without a text.
        """
        row = dict(input or {})
        if output is None:
            return {**row, self._column: None}
        found = parse_solutions(output, self.M or 1, structured=self.use_default_structured_output)
        if self.M:
            return {**row, self._column: found[: self.M]}
        return {**row, self._column: found[0] if found else []}

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        # A row without one step, in any solution.
        found = columns.get(self._column)
        return not found or not any(found)

    def get_structured_output(self) -> Dict[str, Any]:
        """Returns the JSON schema: an object with the list `solutions`."""
        return solutions_schema(self.M or 1)
