"""`Criterion`: one criterion of a `RubricJudge`, with its levels."""

from __future__ import annotations

from typing import Final, List

from pydantic import BaseModel, ConfigDict, Field

from distilabel.errors import DistilabelUserError

_LEVELS: Final = (
    "Not met: the response fails the criterion as a whole.",
    "Barely met: some of it is there, beside serious faults.",
    "Partly met: the main part is there, with faults that a careful reader would want corrected.",
    "Largely met: only small things could be better.",
    "Fully met: nothing is missing or wrong by this criterion.",
)
_RESERVED: Final = ("criterion", "rationale", "score")


class Criterion(BaseModel):
    """One criterion and its levels.

    Attributes:
        description: What is judged, as a question or a statement.
        levels: What each score stands for, from the lowest (score 1) to the highest.
    """

    model_config = ConfigDict(extra="forbid")

    description: str
    levels: List[str] = Field(default_factory=lambda: list(_LEVELS))


def check_criteria(criteria: dict[str, Criterion]) -> None:
    """Checks the criteria of a rubric.

    Args:
        criteria: Name → criterion.

    Raises:
        DistilabelUserError: If there are none, if a name is not one line or has a meaning of its
            own in the answer, if two names differ only in their case, or if a criterion has fewer
            than two levels.
    """
    if not criteria:
        raise DistilabelUserError(
            "RubricJudge: `criteria` is empty. Set it to a dict of name and description, like "
            '{"clarity": "Is the response easy to follow?"}.'
        )
    seen: dict[str, str] = {}
    for name, criterion in criteria.items():
        if not name.strip() or "\n" in name or name.strip().casefold() in _RESERVED:
            raise DistilabelUserError(
                f"RubricJudge: {name!r} cannot be the name of a criterion. Use a short name on one "
                f"line, other than {', '.join(_RESERVED)}."
            )
        if (other := seen.setdefault(" ".join(name.casefold().split()), name)) != name:
            raise DistilabelUserError(
                f"RubricJudge: the criteria {other!r} and {name!r} have the same name. Rename one."
            )
        if len(criterion.levels) < 2:
            raise DistilabelUserError(
                f"RubricJudge: the criterion {name!r} has {len(criterion.levels)} levels. Describe "
                "at least two, from the lowest to the highest, or leave out `levels`."
            )
