"""`Genstruct`: a model turns a document into a question about it and its answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Dict, Final, List, Optional

from distilabel.steps.column_checks import text_in
from distilabel.steps.tasks.answer_fields import judge_answer
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.parsing import all_none

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

# The chat template of Genstruct 7B: the model was trained on exactly this text.
_PROMPT: Final = """\
[[[Title]]] {title}
[[[Content]]] {content}

The following is an interaction between a user and an AI assistant that is related to the above \
text.

[[[User]]] """
_MARKER: Final = re.compile(
    r"[*_`]*\[\[\[[ \t]*(User|Assistant|Title|Content)[ \t]*\]\]\][*_`]*:?", re.IGNORECASE
)


class Genstruct(Task):
    """Writes a question about a document, and its answer, with the model Genstruct 7B.

    The prompt is the one that Genstruct 7B was trained on, so other models may not follow it.

    Input columns:
        - title (str): Title of the document.
        - content (str): Text of the document.

    Output columns:
        - user (str): Question about the document.
        - assistant (str): Answer to the question.
        - model_name (str): Name of the model that wrote them.

    Categories:
        - text-generation
        - instruction
        - response

    References:
        - [Genstruct 7B by Nous Research](https://huggingface.co/NousResearch/Genstruct-7B)
        - [Ada-Instruct: Adapting Instruction Generators for Complex Reasoning](https://arxiv.org/abs/2310.04484)

    Citations:
        ```bibtex
        @misc{cui2023adainstructadaptinginstructiongenerators,
            title={Ada-Instruct: Adapting Instruction Generators for Complex Reasoning},
            author={Wanyun Cui and Qianle Wang},
            year={2023},
            eprint={2310.04484},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2310.04484},
        }
        ```

    Examples:
        A question about a document:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import Genstruct

        task = Genstruct(llm=SimulatedLLM())
        task.load()
        document = {"title": "Barn owl", "content": "The barn owl hunts at night, by ear."}
        (row,) = next(task.process([document]))
        # row has "user" and "assistant"
        ```
    """

    @property
    def inputs(self) -> StepColumns:
        """`title` and `content`."""
        return ["title", "content"]

    @property
    def outputs(self) -> List[str]:
        """`user`, `assistant` and `model_name`."""
        return ["user", "assistant", "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            One user message.

        Raises:
            DistilabelUserError: If the title or the content is not a text.
        """
        title, content = text_in(self, input, "title"), text_in(self, input, "content")
        return [{"role": "user", "content": _PROMPT.format(title=title, content=content)}]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the question and the answer.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            The output columns; both None if one of them is missing. Further turns that the model
            wrote are left out.

        Raises:
            ValueError: If the model wrote nothing after its reasoning.
        """
        nothing = {"user": None, "assistant": None}
        if output is None:
            return nothing
        answer = judge_answer(output)
        markers = [*_MARKER.finditer(answer)]
        ends = [*(marker.start() for marker in markers), len(answer)]
        parts = [("user", answer[: ends[0]].strip())]
        parts += [
            (marker[1].lower(), answer[marker.end() : end].strip())
            for marker, end in zip(markers, ends[1:], strict=True)
        ]
        # The model may repeat `[[[User]]]`, with which the prompt ends.
        start = next((i for i, (name, _) in enumerate(parts) if name == "assistant"), 0)
        if not start or parts[start - 1][0] != "user":
            return nothing
        user, assistant = parts[start - 1][1], parts[start][1]
        return {"user": user, "assistant": assistant} if user and assistant else nothing

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        return all_none(columns, ("user", "assistant"))
