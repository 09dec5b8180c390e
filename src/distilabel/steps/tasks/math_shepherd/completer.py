"""`MathShepherdCompleter`: labels each step of a solution by whether it leads to the answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Optional, Self

from pydantic import PositiveInt, model_validator

from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import DistilabelUserError
from distilabel.steps.column_checks import as_list, text_in, wrong_content
from distilabel.steps.tasks.base import Ask, Row, Task
from distilabel.steps.tasks.math_shepherd.base import (
    check_system_prompt,
    make_prompt,
    parse_solutions,
    solutions_schema,
)
from distilabel.steps.tasks.prompt_files import prompt_text
from distilabel.steps.tasks.verifiable.final_answer import final_answer, same_value

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

StepSolution = List[str]
Completions = List[List[str]]

SYSTEM_PROMPT: Final = prompt_text("math_shepherd/completer.jinja2")
RULES_GSM8K: Final = prompt_text("math_shepherd/rules.jinja2")
FEW_SHOTS_GSM8K: Final = prompt_text("math_shepherd/completer_shots.jinja2")

_ANSWER: Final = re.compile(r"\A[\s*#_]*the (?:final )?answer is\s*:?", re.IGNORECASE)


class MathShepherdCompleter(Task):
    """Labels each step of a solution by whether solutions that go on from it reach the answer.

    For each step, the model finishes the solution from there in `N` ways. The step is good (the
    first tag) if at least one of them ends in the answer of the golden solution, else bad. This
    is the hard estimation of the paper. The last step carries the answer of the solution itself.
    A step whose completions cannot be read gets no tag.

    Attributes:
        system_prompt: System prompt, a Jinja template with the variables `extra_rules`,
            `few_shots` and `structured_prompt`. None for no system message.
        extra_rules: Rules for a kind of problems; those for GSM8K by default.
        few_shots: Examples; those for GSM8K by default.
        N: Ways to finish the solution, per step.
        tags: Tag of a good step and tag of a bad one.

    Input columns:
        - instruction (str): The problem.
        - solutions (List[str]): Solutions, each a list of steps with the answer last.
        - golden_solution (str): Steps of the golden solution, with the answer last.

    Output columns:
        - solutions (List[str]): The same solutions, with a tag after each step, and the answer
            joined to the last step.
        - model_name (str): Name of the model that finished the solutions.

    Categories:
        - text-generation
        - labelling

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
        Label the steps of a solution:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import MathShepherdCompleter

        task = MathShepherdCompleter(llm=SimulatedLLM(), N=2)
        task.load()
        row = {
            "instruction": "Tom has 3 bags of 4 apples and eats 2. How many are left?",
            "solutions": [["Step 1: 3 * 4 = 12.", "Step 2: 12 - 2 = 10.", "The answer is: 10"]],
            "golden_solution": ["Step 1: 3 * 4 - 2 = 10.", "The answer is: 10"],
        }
        rows = next(task.process([row]))
        ```
    """  # noqa: E501 (the authors are on one line, as in the entry on arXiv)

    system_prompt: Optional[str] = SYSTEM_PROMPT
    extra_rules: Optional[str] = RULES_GSM8K
    few_shots: Optional[str] = FEW_SHOTS_GSM8K
    N: PositiveInt = 1
    tags: list[str] = ["+", "-"]

    _reads_behind_reasoning: ClassVar[bool] = True

    @model_validator(mode="after")
    def _check_fields(self) -> Self:
        check_system_prompt(self)
        if len(self.tags) != 2:
            raise DistilabelUserError(
                f"{type(self).__name__}: tags is {self.tags}. It must hold two tags: that of a "
                "good step and that of a bad one."
            )
        return self

    @property
    def inputs(self) -> StepColumns:
        """`instruction`, `solutions` and `golden_solution`."""
        return ["instruction", "solutions", "golden_solution"]

    @property
    def outputs(self) -> List[str]:
        """`model_name`; `solutions` is an input that is replaced."""
        return ["model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Row with the `instruction` and, under `steps`, the first steps of a solution.

        Returns:
            A system message and a user message.
        """
        steps = list(input.get("steps") or [])
        return make_prompt(self, text_in(self, input, "instruction"), self.N, steps)

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the ways to finish a solution.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            `completions`: `N` lists of steps, empty where the model wrote none.
        """
        structured = self.use_default_structured_output
        found = [] if output is None else parse_solutions(output, self.N, structured=structured)
        return {"completions": [*found, *[[]] * self.N][: self.N]}

    def get_structured_output(self) -> Dict[str, Any]:
        """Returns the JSON schema: an object with the list `solutions`."""
        return solutions_schema(self.N)

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Labels the steps of all solutions of one row, one step after another.

        Args:
            row: Row with the problem, the solutions and the golden solution.
            ask: Asks the model one question.

        Returns:
            A list of one row.

        Raises:
            DistilabelUserError: If a column does not hold what it must.
        """
        golden = self._steps(row, row["golden_solution"], "golden_solution")
        if not golden:
            raise DistilabelUserError(
                f"{self.name}: column 'golden_solution' is empty. It must end with the answer."
            )
        solutions = as_list(row["solutions"])
        if solutions is None:
            raise wrong_content(self, row, "solutions", "a list of solutions")
        labelled, first = [], None
        for solution in solutions:
            steps = self._steps(row, solution, "solutions")
            tagged, call = await self._label(row, steps, final_answer(golden[-1]), ask)
            labelled.append(tagged)
            first = first or call
        made = {**row, "solutions": labelled, "model_name": self.llm.model_name}
        if first is not None:
            prompt, output = first
            text = output["generations"][0] if output["generations"] else None
            statistics = dict(output.get("statistics") or {})
            before = row.get(DISTILABEL_METADATA_KEY)
            made[DISTILABEL_METADATA_KEY] = {
                **(before if isinstance(before, dict) else {}),
                **self._metadata({}, text, prompt, statistics),
            }
        return [made]

    def _failed_rows(self, row: Row, error: dict[str, Any]) -> list[Row]:
        # Solutions without labels must not pass for labelled ones.
        return super()._failed_rows({**row, "solutions": None}, error)

    def _steps(self, row: Row, value: Any, column: str) -> list[str]:
        steps = as_list(value)
        if steps is None or not all(isinstance(step, str) for step in steps):
            raise wrong_content(self, row, column, "lists of steps, which are texts")
        return steps

    async def _label(
        self, row: Row, steps: list[str], golden: str, ask: Ask
    ) -> tuple[list[str], Any]:
        """Returns the steps with their tags, and the first prompt with its output."""
        has_answer = bool(steps) and _ANSWER.match(steps[-1]) is not None
        # The last step is labelled by the answer that follows from it.
        judged = max(0, len(steps) - (2 if has_answer else 1))
        tagged, first = [], None
        for number in range(judged):
            prompt = self.format_input(
                {"instruction": row["instruction"], "steps": steps[: number + 1]}
            )
            output = await ask(prompt)
            first = first or (prompt, output)
            text = output["generations"][0] if output["generations"] else None
            ends = [way[-1] for way in self.format_output(text)["completions"] if way]
            tag = self._tag(any(_leads_to(end, golden) for end in ends)) if ends else ""
            tagged.append(f"{steps[number]}{tag}")
        if steps:
            is_right = has_answer and _leads_to(steps[-1], golden)
            tagged.append(" ".join(steps[judged:]) + self._tag(is_right))
        return tagged, first

    def _tag(self, good: bool) -> str:
        return f" {self.tags[0 if good else 1]}"


def _leads_to(step: str, golden: str) -> bool:
    """Returns True if the answer in a last step is the golden one, as a number or as a text."""
    return same_value(final_answer(step), golden)
