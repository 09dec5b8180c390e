"""Taking the output of a model apart, one generation at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distilabel.typing import GenerateOutput


def normalize_statistics(output: GenerateOutput) -> dict[str, list[Any]]:
    """Statistics with one value per generation; shorter lists are repeated.

    Args:
        output: what the model gave.

    Returns:
        Name of the statistic → one value per generation.
    """
    count = len(output["generations"])
    # One number for all generations is as good as a list of one.
    statistics: dict[str, Any] = {
        name: values if isinstance(values, (list, tuple)) else [values]
        for name, values in (output.get("statistics") or {}).items()
    }
    if count == 1:
        return {name: values or [None] for name, values in statistics.items()}
    return {
        name: list(islice(cycle(values), count)) if values else [None] * count
        for name, values in statistics.items()
    }


def iterate_generations_with_stats(
    outputs: GenerateOutput,
) -> Iterator[tuple[str | None, dict[str, Any], dict[str, Any]]]:
    """Goes through the generations of one output.

    Args:
        outputs: what the model gave.

    Yields:
        The text, its statistics (name → value), and everything else the model gave for it.
    """
    statistics = normalize_statistics(outputs)
    others: dict[str, Any] = {
        k: v for k, v in outputs.items() if k not in ("generations", "statistics")
    }
    for i, text in enumerate(outputs["generations"]):
        yield (
            text,
            {name: values[i] for name, values in statistics.items()},
            {name: values[i] for name, values in others.items() if i < len(values)},
        )
