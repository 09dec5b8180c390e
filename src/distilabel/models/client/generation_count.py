"""Makes outputs with as many generations as were asked for, from those that a model returned."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from distilabel.models.outputs import merge_responses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from distilabel.errors import AnswerError
    from distilabel.typing import GenerateOutput

# How servers say that `n` must be 1.
_ONE_ONLY: Final = re.compile(
    r"['\"`]n['\"`] ?(?:\W+\w+){0,6}? ?"
    r"(?:at most|only|not supported|unsupported|does not support|equal to|less than)"
    r"|\bn ?(?:>|!=|greater than|larger than) ?1\b|\bn (?:must|should|has to|can only) be\b"
    r"|only n ?= ?1\b|only (?:one|1) (?:completion|choice|generation)"
    r"|multiple (?:choices|completions|generations)",
    re.I,
)


def first_generations(output: GenerateOutput, count: int) -> GenerateOutput:
    """Returns an output with its first generations only.

    Args:
        output: The output.
        count: Number of generations to return.
    """
    total = len(output["generations"])
    if total <= count:
        return output

    def cut(values: Any) -> Any:
        is_per_generation = isinstance(values, (list, tuple)) and len(values) == total
        return values[:count] if is_per_generation else values

    fewer: dict[str, Any] = {name: cut(values) for name, values in output.items()}
    statistics = output.get("statistics")
    if statistics:
        fewer["statistics"] = {name: cut(values) for name, values in statistics.items()}
    return fewer  # type: ignore[return-value]


def joined(outputs: Sequence[GenerateOutput]) -> GenerateOutput:
    """Joins outputs to the same question into one, with the generations of all of them.

    Args:
        outputs: The outputs, in order.
    """
    if len(outputs) == 1:
        return outputs[0]
    return merge_responses([_spread(output) for output in outputs], len(outputs))[0]


def rejects_several(error: AnswerError) -> bool:
    """Whether a server has rejected a request because it asks for several generations.

    Args:
        error: Why there is no answer.
    """
    return error.status is not None and _ONE_ONLY.search(str(error.raw or "")) is not None


def _spread(output: GenerateOutput) -> GenerateOutput:
    """Repeats statistics of a whole reply for each of its generations, so that positions match."""
    total = len(output["generations"])
    statistics = output.get("statistics")
    if total == 1 or not statistics:
        return output
    spread: Any = {
        name: list(values) * total
        if isinstance(values, (list, tuple)) and len(values) == 1
        else values
        for name, values in statistics.items()
    }
    return {**output, "statistics": spread}
