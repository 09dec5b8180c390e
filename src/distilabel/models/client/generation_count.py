"""Makes outputs with as many generations as were asked for, from those that a model returned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from distilabel.models.outputs import merge_responses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from distilabel.typing import GenerateOutput


def first_generations(output: GenerateOutput, count: int) -> GenerateOutput:
    """Returns an output with its first generations only.

    Args:
        output: Output with more generations than that.
        count: Number of generations to return.
    """
    total = len(output["generations"])

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
    return merge_responses([_spread(output) for output in outputs], len(outputs))[0]


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
