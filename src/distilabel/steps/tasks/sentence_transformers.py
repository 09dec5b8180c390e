"""`GenerateSentencePair`: a model writes a sentence related to an anchor, and an unrelated one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Final, List, Literal, Optional

from distilabel.steps.column_checks import text_in
from distilabel.steps.tasks.answer_fields import find_fields, judge_answer, strip_markup
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.item_lists import is_closing_remark, without_quotes
from distilabel.steps.tasks.json_answers import parse_literal_object
from distilabel.steps.tasks.prompt_files import load_prompt

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

GenerationAction = Literal["paraphrase", "semantically-similar", "query", "answer"]
"""How the positive sentence relates to the anchor."""

# What a positive sentence is, and what a negative one is not.
_RELATIONS: Final[dict[str, tuple[str, str]]] = {
    "paraphrase": (
        "one that says the same as the anchor in other words",
        "does not say the same",
    ),
    "semantically-similar": (
        "one that is close to the anchor in meaning, though it need not say the same",
        "is not close to it in meaning",
    ),
    "query": (
        "a query that the anchor answers, as people would type or ask it",
        "is not a query that the anchor answers",
    ),
    "answer": (
        "one that answers the question or the query in the anchor",
        "does not answer it",
    ),
}


class GenerateSentencePair(Task):
    """Writes a positive sentence for an anchor, and with `triplet` a negative one.

    Such pairs and triplets train models of sentence embeddings.

    Attributes:
        triplet: Whether to write a negative sentence as well.
        action: How the positive sentence relates to the anchor: a paraphrase, a sentence of
            similar meaning, a query that the anchor answers, or an answer to the anchor.
        hard_negative: Whether the negative sentence is easily mistaken for a positive one.
        context: Context of the anchors, such as what they are about; empty for none.

    Input columns:
        - anchor (str): Sentence to write the others for.

    Output columns:
        - positive (str): Sentence related to the anchor.
        - negative (str): Sentence not related to the anchor; only with `triplet`.
        - model_name (str): Name of the model that wrote them.

    Categories:
        - embedding

    Examples:
        A triplet with a hard negative:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import GenerateSentencePair

        task = GenerateSentencePair(
            llm=SimulatedLLM(), action="query", triplet=True, hard_negative=True
        )
        task.load()
        (row,) = next(task.process([{"anchor": "Owls turn their heads by 270 degrees."}]))
        # row has "positive" and "negative"
        ```
    """

    triplet: bool = False
    action: GenerationAction
    hard_negative: bool = False
    context: str = ""

    @property
    def _columns(self) -> list[str]:
        return ["positive", "negative"] if self.triplet else ["positive"]

    @property
    def inputs(self) -> StepColumns:
        """`anchor`."""
        return ["anchor"]

    @property
    def outputs(self) -> List[str]:
        """`positive`, with `triplet` also `negative`, and `model_name`."""
        return [*self._columns, "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            A system message and a user message.

        Raises:
            DistilabelUserError: If the anchor is not a text.
        """
        relation, opposite = _RELATIONS[self.action]
        system = load_prompt("sentence_pair/system.jinja2").render(
            context=self.context,
            relation=relation,
            opposite=opposite,
            triplet=self.triplet,
            hard_negative=self.hard_negative,
            structured=self.use_default_structured_output,
        )
        user = load_prompt("sentence_pair/user.jinja2").render(
            context=self.context, anchor=text_in(self, input, "anchor")
        )
        return [
            {"role": "system", "content": system.strip()},
            {"role": "user", "content": user.strip()},
        ]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the sentences.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            The output columns; None for each sentence that is missing.

        Raises:
            ValueError: If the model wrote nothing after its reasoning.
        """
        found: dict[str, Any] = {}
        if output is not None:
            answer = judge_answer(output)
            # An object counts in any case: its lines look like sections.
            found = parse_literal_object(answer) or {}
            if not self.use_default_structured_output and not found.keys() & set(self._columns):
                # The last of equal headings: a model may repeat the format before it answers.
                sections = find_fields(answer, _LABELS)
                found = {field.label.split()[0]: field.value for field in sections if field.value}
        return {column: _sentence(found.get(column)) for column in self._columns}

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        # A triplet needs both.
        return any(columns[column] is None for column in self._columns)

    def get_structured_output(self) -> Dict[str, Any]:
        """Returns the JSON schema: an object with a text per output column."""
        return {
            "title": "Sentences",
            "type": "object",
            "properties": {column: {"type": "string"} for column in self._columns},
            "required": self._columns,
            "additionalProperties": False,
        }


_LABELS: Final = ("positive", "negative", "positive sentence", "negative sentence")


def _sentence(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    paragraphs = value.strip().split("\n\n")
    if len(paragraphs) > 1 and is_closing_remark(paragraphs[-1]):
        value = strip_markup("\n\n".join(paragraphs[:-1]))
    return without_quotes(value.strip()) or None
