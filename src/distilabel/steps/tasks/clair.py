"""`CLAIR`: a model minimally improves a solution, which makes a contrastive preference pair."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Dict, Final, List, Optional

from distilabel.steps.column_checks import text_in
from distilabel.steps.tasks.answer_fields import judge_answer, strip_markup, to_ascii_forms
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.parsing import all_none
from distilabel.steps.tasks.prompt_files import load_prompt

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

_SYSTEM_PROMPT: Final = (
    "You are a teacher. You improve a student's solution to a task with as few changes as it "
    "takes: you correct what is wrong and add what is missing, and you keep everything else as the "
    "student wrote it."
)
_NONE: Final = {"revision": None, "rational": None}


def _marker(words: str) -> re.Pattern[str]:
    """Returns a pattern for `{a_b}:`, `**A B:**`, `## A B` and the like."""
    name = r"[ \t_]+".join(words.split())
    before = r"^[ \t>]*(?:#+[ \t]*|[-*][ \t]+|\d{1,2}[.)][ \t]*)?"
    return re.compile(
        rf"(?:{before}[*_`]*)?\{{[ \t]*{name}[ \t]*\}}[*_`]*[ \t]*:?[*_`]*"
        rf"|(?:{before})?\*\*[ \t]*{name}[ \t]*(?::[ \t]*\*\*|\*\*[ \t]*:)"
        rf"|{before}[*_`]*{name}[*_`]*[ \t]*(?::[*_`]*|$)",
        re.IGNORECASE | re.MULTILINE,
    )


_REASONING: Final = _marker("teacher(?:'s)? reasoning")
_REVISIONS: Final = (
    _marker("corrected student(?:'s)? solution"),
    _marker("worsened student(?:'s)? solution"),
)


class CLAIR(Task):
    """Improves a solution to a task minimally, with the reasoning behind the changes.

    The original and the revision make a preference pair that differs only in what matters:
    contrastive learning from AI revisions.

    Attributes:
        system_prompt: System prompt.

    Input columns:
        - task (str): Task that was given.
        - student_solution (str): Solution to improve.

    Output columns:
        - revision (str): The improved solution.
        - rational (str): Reasoning behind the changes.
        - model_name (str): Name of the model that wrote the revision.

    Categories:
        - preference
        - text-generation

    References:
        - [Anchored Preference Optimization and Contrastive Revisions: Addressing Underspecification in Alignment](https://arxiv.org/abs/2408.06266v1)
        - [APO and CLAIR - GitHub Repository](https://github.com/ContextualAI/CLAIR_and_APO)

    Citations:
        ```bibtex
        @misc{doosterlinck2024anchoredpreferenceoptimizationcontrastive,
            title={Anchored Preference Optimization and Contrastive Revisions: Addressing Underspecification in Alignment},
            author={Karel D'Oosterlinck and Winnie Xu and Chris Develder and Thomas Demeester and Amanpreet Singh and Christopher Potts and Douwe Kiela and Shikib Mehri},
            year={2024},
            eprint={2408.06266},
            archivePrefix={arXiv},
            primaryClass={cs.LG},
            url={https://arxiv.org/abs/2408.06266},
        }
        ```

    Examples:
        Make a preference pair:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import CLAIR

        task = CLAIR(llm=SimulatedLLM())
        task.load()
        rows = next(task.process([{"task": "Name an owl.", "student_solution": "A hawk."}]))
        # "revision" is the chosen text, "student_solution" the rejected one
        ```
    """  # noqa: E501 (titles are on one line, as in the entry on arXiv)

    system_prompt: str = _SYSTEM_PROMPT

    @property
    def inputs(self) -> StepColumns:
        """`task` and `student_solution`."""
        return ["task", "student_solution"]

    @property
    def outputs(self) -> List[str]:
        """`revision`, `rational` and `model_name`."""
        return ["revision", "rational", "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            A system message and a user message.

        Raises:
            DistilabelUserError: If a column is not a text.
        """
        prompt = load_prompt("clair/revise.jinja2").render(
            task=text_in(self, input, "task"),
            student_solution=text_in(self, input, "student_solution"),
        )
        return [
            {"role": "system", "content": self.system_prompt},
            {"role": "user", "content": prompt.strip()},
        ]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the reasoning and the revision.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            `revision` and `rational`; both None if there is no marker of the revision, or nothing
            behind it.

        Raises:
            ValueError: If the model wrote nothing after its reasoning.
        """
        if output is None:
            return dict(_NONE)
        answer = judge_answer(output)
        plain = to_ascii_forms(answer)
        markers = [found for pattern in _REVISIONS if (found := pattern.search(plain))]
        if not markers:
            return dict(_NONE)
        before, after = answer[: markers[0].start()], answer[markers[0].end() :]
        reasoning = _REASONING.search(plain[: markers[0].start()])
        rational = before[reasoning.end() :] if reasoning else before
        if not (revision := strip_markup(after)):
            return dict(_NONE)
        return {"revision": revision, "rational": strip_markup(rational)}

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        return all_none(columns, ["revision"])
