"""`QualityScorer`: a model ranks several responses to an instruction by quality."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Dict, List, Optional

from distilabel.steps.column_checks import as_list, text_in, texts_in
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


class QualityScorer(Task):
    """Ranks several responses to one instruction by quality.

    This is the quality scorer of Deita. All responses of a row are ranked in one question, so that
    their scores can be compared: usually the versions that `EvolQuality` makes of one response. For
    N responses, the scores go from 1 (worst) to N, or to N + 1 for one that could not be better.

    Input columns:
        - instruction (str): Instruction that the responses answer.
        - responses (List[str]): Responses to rank. One that is None is sent as an empty text.

    Output columns:
        - scores (List[float]): Score of each response, in the order of the responses; None
            for one that the model did not score.
        - model_name (str): Name of the model that ranked the responses.

    Categories:
        - scorer
        - quality
        - response

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
        Rank two responses:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import QualityScorer

        task = QualityScorer(llm=SimulatedLLM())
        task.load()
        row = {"instruction": "Name an owl.", "responses": ["Barn owl.", "Hawk."]}
        rows = next(task.process([row]))
        # "scores" has two items
        ```
    """  # noqa: E501 (titles are on one line, as in the entry on arXiv)

    _can_be_used_with_offline_batch_generation: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """`instruction` and `responses`."""
        return ["instruction", "responses"]

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
            DistilabelUserError: If the instruction is not a text, or the responses are not a list
                with at least one text.
        """
        prompt = load_prompt("deita/quality.jinja2").render(
            instruction=text_in(self, input, "instruction"),
            responses=[text or "" for text in texts_in(self, input, "responses")],
            structured=self.use_default_structured_output,
        )
        return [{"role": "user", "content": prompt.strip()}]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses one score per response.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            `scores`, with one item per response.

        Raises:
            ValueError: If the model wrote nothing after its reasoning, or more values than there
                are responses.
        """
        count = len(as_list((input or {}).get("responses")) or ())
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
