"""`GenerateVerifiableQuestion`: a model writes a question with an answer that a program checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Literal, Optional

from pydantic import Field

from distilabel.steps.column_checks import text_in
from distilabel.steps.tasks.answer_fields import find_fields, judge_answer, read_choice
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.json_answers import is_json_answer, parse_json_object
from distilabel.steps.tasks.prompt_files import load_prompt
from distilabel.steps.tasks.verifiable.audit import audit_verifier, planted_answers
from distilabel.steps.tasks.verifiable.final_answer import final_answer
from distilabel.steps.tasks.verifiable.verifiers import VERIFIERS

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns

_COLUMNS: Final = ("prompt", "solution", "ground_truth", "verifier")
_SECTIONS: Final = ("question", "solution", "answer", "verifier")
_LONGEST_ANSWER: Final = 200


class GenerateVerifiableQuestion(Task):
    """Writes a question about a text, its answer, and the name of the verifier that checks it.

    The columns are those that `PassRate` reads, which tells how hard the questions are. The model
    solves its question before it writes the answer. Then the verifier is shown answers that mean
    the same and answers that are wrong (see `PassRate.audit`); if it misjudges one, the model is
    asked for another question.

    That the answer follows from the question is the word of the model. Questions that a strong
    model never answers right are often wrong themselves: drop those whose `pass_rate` is 0.

    Attributes:
        verifiers: Verifiers to choose from: `math` for numbers, `text` for names and terms, and
            `exact` for codes and symbols.

    Input columns:
        - text (str): Text to draw on, such as a passage, an article or a subject.

    Output columns:
        - prompt (str): The question.
        - solution (str): Solution of the model.
        - ground_truth (str): Right answer, alone.
        - verifier (str): Name of the verifier.
        - model_name (str): Name of the model that wrote them.

    Categories:
        - text-generation
        - instruction

    References:
        - [NaturalReasoning: Reasoning in the Wild with 2.8M Challenging Questions](https://arxiv.org/abs/2502.13124)
        - [General-Reasoner: Advancing LLM Reasoning Across All Domains](https://arxiv.org/abs/2505.14652)

    Examples:
        A question whose answer is a number:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import GenerateVerifiableQuestion

        task = GenerateVerifiableQuestion(llm=SimulatedLLM(), verifiers=["math"])
        task.load()
        text = "A barn owl eats three to four voles in a night."
        (row,) = next(task.process([{"text": text}]))
        # row has "prompt", "solution", "ground_truth" and "verifier"
        ```
    """

    verifiers: List[Literal["math", "text", "exact"]] = Field(
        default=["math", "text"], min_length=1
    )

    _can_be_used_with_offline_batch_generation: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """`text`."""
        return ["text"]

    @property
    def outputs(self) -> List[str]:
        """`prompt`, `solution`, `ground_truth`, `verifier` and `model_name`."""
        return [*_COLUMNS, "model_name"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            A system message, and the text as user message.

        Raises:
            DistilabelUserError: If the column is not a text.
        """
        system = load_prompt("verifiable_question/system.jinja2").render(
            verifiers=self.verifiers, structured=self.use_default_structured_output
        )
        return [
            {"role": "system", "content": system.strip()},
            {"role": "user", "content": f"## Text\n\n{text_in(self, input, 'text')}"},
        ]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the question, its solution, its answer and the verifier.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            The output columns.

        Raises:
            ValueError: If a part is missing, or if the verifier misjudges answers to the question.
        """
        if output is None:
            return dict.fromkeys(_COLUMNS)
        answer = judge_answer(output)
        parts: Dict[str, Any] = (
            parse_json_object(answer) or {}
            if self.use_default_structured_output or is_json_answer(answer)
            else _sections(answer)
        )
        if len(self.verifiers) == 1:
            parts["verifier"] = self.verifiers[0]
        texts = {name: _text(parts.get(name)) for name in _SECTIONS}
        if missing := [name for name, text in texts.items() if not text]:
            raise ValueError(f"it has no {' and no '.join(missing)}")
        verifier = read_choice(texts["verifier"], self.verifiers)
        if verifier is None:
            raise ValueError(
                f"its verifier is {texts['verifier']!r}, not {' or '.join(self.verifiers)}"
            )
        truth = final_answer(texts["answer"])
        _check(verifier, truth)
        return {
            "prompt": texts["question"],
            "solution": texts["solution"],
            "ground_truth": truth,
            "verifier": verifier,
        }

    def get_structured_output(self) -> Dict[str, Any]:
        """Returns the JSON schema: an object with the texts and, of several, the verifier."""
        properties: Dict[str, Any] = {name: {"type": "string"} for name in _SECTIONS[:-1]}
        if len(self.verifiers) > 1:
            properties["verifier"] = {"type": "string", "enum": list(self.verifiers)}
        return {
            "title": "VerifiableQuestion",
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }


def _sections(answer: str) -> Dict[str, Any]:
    """Returns the text of each section; the last of equal headings counts."""
    return {field.label: field.value for field in find_fields(answer, _SECTIONS) if field.value}


def _text(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    return value.strip() if isinstance(value, str) else ""


def _check(verifier: str, truth: str) -> None:
    if not truth or len(truth) > _LONGEST_ANSWER or "\n" in truth:
        raise ValueError(f"its answer is not one short line: {truth[:_LONGEST_ANSWER]!r}")
    audit = audit_verifier(VERIFIERS[verifier], [planted_answers(truth, verifier)])
    if audit.mistakes:
        text, _, is_right = audit.mistakes[0]
        raise ValueError(
            f"the verifier {verifier!r} {'rejects' if is_right else 'accepts'} {text!r} for the "
            f"answer {truth!r}"
        )
