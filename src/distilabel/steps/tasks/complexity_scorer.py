"""`ComplexityScorer`: a model ranks several instructions by difficulty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Dict, List, Optional

from distilabel.steps.column_checks import as_list, texts_in
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.json_answers import is_json_answer
from distilabel.steps.tasks.numbered_scores import (
    parse_numbered_scores,
    scores_schema,
    structured_scores,
)
from distilabel.steps.tasks.parsing import all_none
from distilabel.steps.tasks.prompt_files import load_prompt

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns


class ComplexityScorer(Task):
    """Ranks several instructions by how difficult and complex they are.

    This is the complexity scorer of Deita. All instructions of a row are ranked in one question, so
    that their scores can be compared: usually the versions that `EvolInstruct` makes of one
    instruction. For N instructions, the scores go from 1 (easiest) to N, or to N + 1 for one that
    the model could not answer.

    Input columns:
        - instructions (List[str]): Instructions to rank. One that is None is sent as an empty text.

    Output columns:
        - scores (List[float]): Score of each instruction, in the order of the instructions; None
            for one that the model did not score.
        - model_name (str): Name of the model that ranked the instructions.

    Categories:
        - scorer
        - complexity
        - instruction

    References:
        - [What Makes Good Data for Alignment? A Comprehensive Study of Automatic Data Selection in Instruction Tuning](https://arxiv.org/abs/2312.15685)

    Citations:
        ```bibtex
        @misc{liu2024makesgooddataalignment,
            title={What Makes Good Data for Alignment? A Comprehensive Study of Automatic Data Selection in Instruction Tuning},
            author={Wei Liu and Weihao Zeng and Keqing He and Yong Jiang and Junxian He},
            year={2024},
            eprint={2312.15685},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2312.15685},
        }
        ```

    Examples:
        Rank two instructions:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import ComplexityScorer

        task = ComplexityScorer(llm=SimulatedLLM())
        task.load()
        instructions = ["Name an owl.", "Prove that owls fly silently."]
        rows = next(task.process([{"instructions": instructions}]))
        # "scores" has two items
        ```
    """  # noqa: E501 (titles are on one line, as in the entry on arXiv)

    _can_be_used_with_offline_batch_generation: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """`instructions`."""
        return ["instructions"]

    @property
    def outputs(self) -> List[str]:
        """`scores` and `model_name`."""
        return ["scores", "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            One user message.

        Raises:
            DistilabelUserError: If the instructions are not a list with at least one text.
        """
        prompt = load_prompt("deita/complexity.jinja2").render(
            instructions=[text or "" for text in texts_in(self, input, "instructions")],
            structured=self.use_default_structured_output,
        )
        return [{"role": "user", "content": prompt.strip()}]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses one score per instruction.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            `scores`, with one item per instruction.

        Raises:
            ValueError: If the model wrote nothing after its reasoning, or more values than there
                are instructions.
        """
        count = len(as_list((input or {}).get("instructions")) or ())
        if output is None:
            return {"scores": [None] * count}
        structured = self.use_default_structured_output or is_json_answer(output)
        read = structured_scores if structured else parse_numbered_scores
        return {"scores": read(output, count)}

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        return all_none(columns, ["scores"])

    def get_structured_output(self) -> Dict[str, Any]:
        """Returns the JSON schema: an object with the list `scores`."""
        return scores_schema()
