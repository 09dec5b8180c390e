"""`Answer`: what one person said about one row, or about one candidate of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from distilabel._distiset.human_columns import BOTH_BAD, BOTH_GOOD
from distilabel.errors import DistilabelUserError

__all__ = ["BOTH_BAD", "BOTH_GOOD", "Answer"]

Status = Literal["submitted", "draft", "later", "cleared"]

# Questions that every row has, beside the guessed ones.
NOTE: Final = "note"
FLAG: Final = "flag"
CODES: Final = "codes"
EDIT: Final = "edit"
# The row as a whole: put off until later.
ROW: Final = "row"
SIDE_QUESTIONS: Final = (NOTE, FLAG, CODES, EDIT)

_MOST_TEXT: Final = 1_000_000


@dataclass(slots=True)
class Answer:
    """An answer.

    Attributes:
        id: Id that the browser made: an answer that arrives twice is stored once.
        uid: Id of the row.
        question: Name of the question.
        value: Index of a candidate, `BOTH_GOOD` or `BOTH_BAD`, a rating, a label, a text, a list of
            codes or a bool; None if it was taken back.
        unit: Index of the candidate, as text; empty for the row.
        annotator: Name of the person.
        version: Version of the question.
        status: One of `submitted`, `draft`, `later` and `cleared`.
        shown: What was on the page: `order` of the candidates, and whether they were `blind`.
        judge: The judge's value at that time.
        strategy: How the row was chosen, such as `random`.
        ms: Milliseconds that the row was on the page.
        at: Time, in seconds since 1970.
        seq: Number in the file; higher is later.
    """

    id: str
    uid: str
    question: str
    value: Any
    unit: str = ""
    annotator: str = ""
    version: int = 1
    status: Status = "submitted"
    shown: dict[str, Any] = field(default_factory=dict)
    judge: Any = None
    strategy: str = ""
    ms: int = 0
    at: float = 0.0
    seq: int = 0

    def check(self) -> None:
        """Checks the types and sizes of what a browser sent.

        Raises:
            DistilabelUserError: Something is wrong.
        """
        for name, most in (("id", 64), ("uid", 64), ("question", 64), ("unit", 8)):
            text = getattr(self, name)
            if not isinstance(text, str) or len(text) > most or (name != "unit" and not text):
                raise DistilabelUserError(
                    f"answer: {name} must be a text of 1 to {most} characters."
                )
        if self.status not in get_args(Status):
            raise DistilabelUserError(
                f"answer: status must be one of {', '.join(get_args(Status))}, not {self.status!r}."
            )
        if self.question in (NOTE, EDIT) and self.value is not None:
            text = self.value if self.question == NOTE else _text_of_edit(self.value)
            if not isinstance(text, str) or len(text) > _MOST_TEXT:
                raise DistilabelUserError(
                    f"answer: {self.question} must be a text of at most {_MOST_TEXT:,} characters."
                )
        if self.question == CODES and self.value is not None:
            codes = self.value
            if not isinstance(codes, list) or not all(type(code) is int for code in codes):
                raise DistilabelUserError("answer: codes must be a list of numbers.")


def _text_of_edit(value: Any) -> Any:
    return value.get("text") if isinstance(value, dict) else None
