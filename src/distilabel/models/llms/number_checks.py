"""Refuses generation arguments that no model can use, when a model is made."""

from __future__ import annotations

import math
from typing import Annotated, Any, Dict, Final

from pydantic import AfterValidator

# Arguments that count tokens of an answer, in the spelling of each provider.
_TOKENS: Final = frozenset(
    {"max_completion_tokens", "max_new_tokens", "max_output_tokens", "max_tokens"}
)
# Argument → smallest and largest value. A provider may allow less.
_RANGES: Final[dict[str, tuple[float, float]]] = {
    "min_p": (0, 1),
    "temperature": (0, math.inf),
    "top_p": (0, 1),
    "typical_p": (0, 1),
}


def impossible_numbers(arguments: dict[str, Any]) -> list[str]:
    """Returns one message for each number that cannot be right.

    Args:
        arguments: Generation arguments, in any of the providers' spellings.
    """
    faults = []
    for name, value in arguments.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            continue
        low, high = _RANGES.get(name, (-math.inf, math.inf))
        if not math.isfinite(value):
            faults.append(f"{name}={value} is not a number that can be sent")
        elif name in _TOKENS and value < 1:
            # A text that is repeated, to get its log-probabilities, needs no new token.
            if not (arguments.get("echo") and value == 0):
                faults.append(f"{name}={value}: an answer has at least 1 token")
        elif not low <= value <= high:
            most = f" to {high:g}" if math.isfinite(high) else " or more"
            faults.append(f"{name}={value}: set {low:g}{most}")
    return faults


def _checked(arguments: dict[str, Any]) -> dict[str, Any]:
    faults = impossible_numbers(arguments)
    if faults:
        raise ValueError("; ".join(faults))
    return arguments


# Type of the field `generation_kwargs`.
GenerationArguments = Annotated[Dict[str, Any], AfterValidator(_checked)]
