"""`TextClassification`: a model labels a text."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Optional, Union

from pydantic import PositiveInt

from distilabel.steps.column_checks import text_in
from distilabel.steps.tasks.answer_fields import judge_answer
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.json_answers import parse_json_object
from distilabel.steps.tasks.parsing import all_none
from distilabel.steps.tasks.prompt_files import load_prompt

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

_BACKTICKS: Final = re.compile("`+")
_SYSTEM_PROMPT: Final = (
    "You are an expert in classifying texts. You read a text with care and choose labels that are "
    "accurate and consistent, so that texts of the same kind get the same label."
)
_CONTEXT: Final = "The labels describe the topic or the purpose of a text as a whole."


class TextClassification(Task):
    """Labels a text with one label, or with the `n` best ones.

    Answers are structured by default. Set `use_default_structured_output=False` for a model without
    structured output: the prompt asks for the same JSON.

    Attributes:
        system_prompt: System prompt; None for none.
        n: Number of labels.
        context: What the labels are about; None or "" for nothing.
        examples: Texts with their labels, as the model should read them.
        available_labels: Labels to choose from, as a list, or as a dict with a description of each;
            None to let the model find labels.
        default_label: Label, or list of labels, for texts that cannot be classified; None for none.
        query_title: What kind of text is classified, such as "User Query" or "Review".
        use_default_structured_output: Whether answers must follow the JSON schema of the task.

    Input columns:
        - text (str): Text to label.

    Output columns:
        - labels (Union[str, List[str]]): The label, or a list of `n` labels.
        - model_name (str): Name of the model that labeled the text.

    Categories:
        - text-classification

    References:
        - [Let Me Speak Freely? A Study on the Impact of Format Restrictions on Performance of Large Language Models](https://arxiv.org/abs/2408.02442)

    Examples:
        Find the mood of a text:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import TextClassification

        task = TextClassification(
            llm=SimulatedLLM(),
            context="The labels say how the writer feels.",
            available_labels={"positive": "pleased or hopeful", "negative": "upset or worried"},
            query_title="Review",
        )
        task.load()
        rows = next(task.process([{"text": "I came back the next day."}]))
        # "labels" is "positive", "negative" or "Unclassified"
        ```
    """  # noqa: E501 (the title is on one line)

    use_default_structured_output: bool = True
    system_prompt: Optional[str] = _SYSTEM_PROMPT
    n: PositiveInt = 1
    context: Optional[str] = _CONTEXT
    examples: Optional[List[str]] = None
    available_labels: Optional[Union[List[str], Dict[str, str]]] = None
    default_label: Optional[Union[str, List[str]]] = "Unclassified"
    query_title: str = "User Query"

    # Whether the text is a list of examples from a group, whose labels are about the group.
    _labels_groups: ClassVar[bool] = False

    @property
    def inputs(self) -> StepColumns:
        """`text`."""
        return ["text"]

    @property
    def outputs(self) -> List[str]:
        """`labels` and `model_name`."""
        return ["labels", "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            A system message, if there is a system prompt, and a user message.

        Raises:
            DistilabelUserError: If the column is not a text.
        """
        labels, default = self.available_labels, self.default_label
        text = text_in(self, input, "text")
        longest = max((len(ticks) for ticks in _BACKTICKS.findall(text)), default=2)
        prompt = load_prompt("text_classification/classify.jinja2").render(
            text=text,
            # Longer than any within the text.
            fence="`" * max(3, longest + 1),
            n=self.n,
            context=self.context,
            examples=self.examples,
            labels=[json.dumps(label, ensure_ascii=False) for label in labels or ()],
            descriptions=list(labels.values()) if isinstance(labels, dict) else None,
            default_label=None if default is None else json.dumps(default, ensure_ascii=False),
            query_title=self.query_title,
            is_group=self._labels_groups,
        )
        messages: ChatType = [{"role": "user", "content": prompt.strip()}]
        if self.system_prompt:
            messages.insert(0, {"role": "system", "content": self.system_prompt})
        return messages

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the labels.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            `labels` as the model gave them. If there are none, None, or a list of `n` None.

        Raises:
            ValueError: If the model wrote nothing after its reasoning.
        """
        labels = None
        if output is not None:
            labels = (parse_json_object(judge_answer(output)) or {}).get("labels")
        is_list = isinstance(labels, list) and all(isinstance(label, str) for label in labels)
        if (isinstance(labels, str) or is_list) and labels:
            return {"labels": labels}
        return {"labels": None if self.n == 1 else [None] * self.n}

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        return all_none(columns, ["labels"])

    def get_structured_output(self) -> Dict[str, Any]:
        """Returns the JSON schema: an object with `labels`, one of those available or any text."""
        label: Dict[str, Any] = {"type": "string"}
        if self.available_labels:
            default = self.default_label
            defaults = [default] if isinstance(default, str) else default or []
            label["enum"] = list(dict.fromkeys([*self.available_labels, *defaults]))
        labels = label if self.n == 1 else {"type": "array", "items": label}
        if self.n > 1:
            labels |= {"minItems": self.n, "maxItems": self.n}
        return {
            "title": "Labels",
            "type": "object",
            "properties": {"labels": labels},
            "required": ["labels"],
            "additionalProperties": False,
        }
