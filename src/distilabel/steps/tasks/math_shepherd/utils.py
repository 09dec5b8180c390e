"""Steps of solutions: splits a text into them, formats labelled ones, reads malformed JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, ClassVar, Final, List, Literal

from distilabel._core.deprecations import module_getattr
from distilabel.models.wire.reasoning import split_reasoning
from distilabel.steps.base import Step, StepInput
from distilabel.steps.column_checks import text_in, texts_in
from distilabel.steps.tasks.answer_fields import judge_answer, strip_markup

if TYPE_CHECKING:
    from distilabel.typing import StepOutput

if not TYPE_CHECKING:
    __getattr__ = module_getattr(__name__)

_COLON: Final = r"[:\uff1a]"
# Markdown, a bullet or a number before a label at the start of a line.
_BEFORE: Final = r"^[ \t>#*_`\u2022-]*(?:\d{1,3}[.)][ \t]+)?[*_`]*"
_STEP: Final = re.compile(
    rf"{_BEFORE}step[ \t]*#?[ \t]*(?P<number>\d+)"
    rf"(?:[ \t*_`]*(?:{_COLON}|[.)](?!\d)|[\u2013\u2014-](?=[ \t]))[*_`]*|[ \t*_`#]*$)"
    rf"|{_BEFORE}(?:(?:so|thus|hence|therefore)\b,?[ \t]+)?the[ \t]+(?:final[ \t]+)?answer[ \t]+"
    rf"is\b[ \t*_`]*{_COLON}?[*_`]*"
    rf"|{_BEFORE}(?:final[ \t]+)?answer[ \t*_`]*{_COLON}[*_`]*"
    r"|^[ \t]*####[ \t]*(?=[-$\d])"
    # Within a line, only as it was asked for.
    rf"|(?-i:Step\s+(?P<inner>\d+)\s*{_COLON}|The (?:final )?answer is\s*{_COLON})",
    re.MULTILINE | re.IGNORECASE,
)
_AFTER_ANSWER: Final = re.compile(r"\n[ \t]*(?:\n|```)")
# A valid JSON escape (group 1), or a backslash that is not part of one.
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|[\"\\/bfnrt])|\\")


def split_solution_steps(text: str) -> List[str]:
    """Splits a solution into its steps, `Step 1: ...` and so on, and `The answer is: ...`.

    Args:
        text: Solution.

    Returns:
        The steps, stripped of whitespace. Text before the first step is dropped, and so is
        reasoning at the beginning.
    """
    text = plain_answer(text)
    labels = list(_STEP.finditer(text))
    ends = [*(label.start() for label in labels[1:]), len(text)]
    return [
        _step(label["number"] or label["inner"], text[label.end() : end])
        for label, end in zip(labels, ends, strict=False)
    ]


def plain_answer(text: str) -> str:
    """Returns what a model wrote after its reasoning, without a code fence around it.

    Args:
        text: Text of the model.
    """
    try:
        return judge_answer(text)
    except ValueError:
        return ""


def _step(number: str | None, text: str) -> str:
    """Returns a step with its label as the paper writes it, without Markdown around it."""
    if number is None:
        # What follows the answer is a closing remark.
        text = _AFTER_ANSWER.split(text.strip(), maxsplit=1)[0]
    text = strip_markup(text)
    whole = re.fullmatch(r"\*\*((?:(?!\*\*).)+)\*\*", text)
    label = "The answer is" if number is None else f"Step {number}"
    return f"{label}: {whole[1] if whole else text}".strip()


class FormatPRM(Step):
    """Formats labelled solutions for the training of a process reward model.

    Attributes:
        format: `math-shepherd` for a text and the same text with labels, or `trl` for the columns
            of the trainer `PRMTrainer` of TRL.
        step_token: Token at the end of each step in the text without labels.
        tags: Tag of a good step and tag of a bad one, as in `MathShepherdCompleter`.

    Input columns:
        - instruction (str): The problem.
        - solutions (list[str]): One labelled solution: its steps, each with a tag at its end.

    Output columns:
        - input (str): The problem and the steps, with `step_token` in place of each tag; for
            `math-shepherd`.
        - label (str): The problem and the steps, with the tags; for `math-shepherd`.
        - prompt (str): The problem; for `trl`.
        - completions (List[str]): The steps without tags; for `trl`. A step without a tag is
            joined to the next.
        - labels (List[bool]): Whether each step is good; for `trl`.

    Categories:
        - text-manipulation
        - columns

    References:
        - [Math-Shepherd: Verify and Reinforce LLMs Step-by-step without Human Annotations](https://arxiv.org/abs/2312.08935)
        - [peiyi9979/Math-Shepherd](https://huggingface.co/datasets/peiyi9979/Math-Shepherd?row=0)

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
        For TRL:

        ```python
        from distilabel.steps.tasks import FormatPRM

        step = FormatPRM(format="trl")
        step.load()
        row = {"instruction": "1 + 1?", "solutions": ["Step 1: Add. +", "The answer is: 3 -"]}
        rows = next(step.process([row]))
        # [{..., "prompt": "1 + 1?", "completions": ["Step 1: Add.", "The answer is: 3"],
        #   "labels": [True, False]}]
        ```
    """  # noqa: E501 (the authors are on one line, as in the entry on arXiv)

    format: Literal["math-shepherd", "trl"] = "math-shepherd"
    step_token: str = "ки"
    tags: list[str] = ["+", "-"]

    _row_by_row: ClassVar[bool] = True

    @property
    def inputs(self) -> List[str]:
        """`instruction` and `solutions`."""
        return ["instruction", "solutions"]

    @property
    def outputs(self) -> List[str]:
        """`input` and `label`, or `prompt`, `completions` and `labels`."""
        if self.format == "trl":
            return ["prompt", "completions", "labels"]
        return ["input", "label"]

    def process(self, inputs: StepInput) -> StepOutput:
        """Formats the solution of each row.

        Args:
            inputs: Input rows.

        Yields:
            The rows with the output columns added.

        Raises:
            DistilabelUserError: If `solutions` is not a list of steps.
        """
        yield [{**row, **self._format(row)} for row in inputs]

    def _format(self, row: dict[str, Any]) -> dict[str, Any]:
        instruction = text_in(self, row, "instruction")
        solution = [str(step) for step in texts_in(self, row, "solutions") if step is not None]
        steps = [(step, self._tag_of(step)) for step in solution]
        if self.format == "trl":
            return {"prompt": instruction, **self._completions(steps)}
        unlabelled = [
            step if tag is None else f"{step.removesuffix(tag)}{self.step_token}"
            for step, tag in steps
        ]
        return {
            "input": f"{instruction} " + "\n".join(unlabelled),
            "label": f"{instruction} " + "\n".join(solution),
        }

    def _tag_of(self, step: str) -> str | None:
        return next((tag for tag in self.tags if step.endswith(tag)), None)

    def _completions(self, steps: list[tuple[str, str | None]]) -> dict[str, Any]:
        completions, labels, waiting = [], [], ""
        for step, tag in steps:
            if tag is None:
                waiting += f"{step}\n"
                continue
            completions.append(waiting + step.removesuffix(tag).strip())
            labels.append(tag == self.tags[0])
            waiting = ""
        return {"completions": completions, "labels": labels}


def parse_json_response(json_str: str) -> Any:
    """Parses JSON as models write it, including text with invalid backslash escapes.

    Args:
        json_str: JSON text.

    Returns:
        The parsed value; None if the text is not JSON even after repair. Reasoning at the
        beginning is left out.
    """
    json_str = split_reasoning(json_str)[1] or ""
    repaired = _ESCAPE.sub(lambda found: found[0] if found[1] else "", json_str)
    ascii_only = repaired.encode("ascii", "ignore").decode()
    for text in (json_str, repaired, ascii_only):
        try:
            return json.loads(text, strict=False)
        except ValueError:
            continue
    return None
