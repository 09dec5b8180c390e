"""`InstructionBacktranslation`: a model scores how well a text answers an instruction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Optional

from distilabel.steps.column_checks import text_in
from distilabel.steps.tasks.answer_fields import (
    Field,
    find_fields,
    judge_answer,
    read_score,
    strip_markup,
    structured_score,
)
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.json_answers import is_json_answer, parse_json_object
from distilabel.steps.tasks.prompt_files import load_prompt

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

_REASON: Final = ("Reason", "Reasoning", "Rationale", "Explanation")
_SCORE: Final = ("Score", "Final Score", "Rating")


class InstructionBacktranslation(Task):
    """Scores how good an example of an AI assistant's answer a text is, with a reason.

    This is the self-curation step of instruction backtranslation, which selects the best pairs of
    an instruction and a text, such as a text from the web for which an instruction was written.

    Input columns:
        - instruction (str): Instruction that the text may answer.
        - generation (str): Text to score.

    Output columns:
        - score (str): Score of the text, a whole number from 1 to 5.
        - reason (str): Reasoning that leads to the score.
        - model_name (str): Name of the model that scored the text.

    Categories:
        - critique

    References:
        - [Self-Alignment with Instruction Backtranslation](https://arxiv.org/abs/2308.06259)

    Citations:
        ```bibtex
        @misc{li2024selfalignmentinstructionbacktranslation,
            title={Self-Alignment with Instruction Backtranslation},
            author={Xian Li and Ping Yu and Chunting Zhou and Timo Schick and Omer Levy and Luke Zettlemoyer and Jason Weston and Mike Lewis},
            year={2024},
            eprint={2308.06259},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2308.06259},
        }
        ```

    Examples:
        Score an answer:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import InstructionBacktranslation

        task = InstructionBacktranslation(llm=SimulatedLLM())
        task.load()
        rows = next(task.process([{"instruction": "Name an owl.", "generation": "Barn owl."}]))
        # "score" is a whole number from 1 to 5
        ```
    """  # noqa: E501 (the authors are on one line, as in the entry on arXiv)

    _can_be_used_with_offline_batch_generation: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """`instruction` and `generation`."""
        return ["instruction", "generation"]

    @property
    def outputs(self) -> List[str]:
        """`score`, `reason` and `model_name`."""
        return ["score", "reason", "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            One user message.

        Raises:
            DistilabelUserError: If the instruction or the generation is not a text.
        """
        prompt = load_prompt("instruction_backtranslation/judge.jinja2").render(
            instruction=text_in(self, input, "instruction"),
            generation=text_in(self, input, "generation"),
            structured=self.use_default_structured_output,
        )
        return [{"role": "user", "content": prompt.strip()}]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the reason and the score behind it.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            `score` and `reason`.

        Raises:
            ValueError: If there is no score from 1 to 5.
        """
        if output is None:
            return {"score": None, "reason": None}
        answer = judge_answer(output)
        if self.use_default_structured_output or is_json_answer(answer):
            values = parse_json_object(answer) or {}
            score, reason = structured_score(values.get("score"), 1, 5), values.get("reason")
        else:
            fields = find_fields(answer, (*_SCORE, *_REASON))
            # The last score counts: the reasoning may weigh others.
            last = next((field for field in reversed(fields) if field.label in _SCORE), None)
            score = read_score(last.value, 1, 5) if last else None
            reason = _reason(answer, fields, last) if last else None
        if score is None:
            raise ValueError("it has no line 'Score: <whole number from 1 to 5>'")
        return {"score": score, "reason": reason if isinstance(reason, str) else None}

    def get_structured_output(self) -> Dict[str, Any]:
        """Returns the JSON schema: an object with a `reason` and a `score`."""
        return {
            "title": "Judgement",
            "type": "object",
            "properties": {
                "reason": {"type": "string"},
                "score": {"type": "integer", "enum": [1, 2, 3, 4, 5]},
            },
            "required": ["reason", "score"],
            "additionalProperties": False,
        }


def _reason(answer: str, fields: list[Field], score: Field) -> str:
    """Returns the text before the score; if there is none, the text after it."""
    first = next((field for field in fields if field.label in _REASON), None)
    if first is not None and first.start < score.start and not answer[: first.start].strip():
        return strip_markup(answer[first.value_start : score.start])
    before = strip_markup(answer[: score.start])
    if before:
        return before
    if first is not None:
        return first.value
    return strip_markup(score.value.partition("\n")[2])
