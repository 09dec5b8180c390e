"""All answer formats that the simulated model knows, in the order they are tried."""

from distilabel._simulated.answers.formats import (
    evolving,
    function_calls,
    judging,
    making,
    plain,
    step_solutions,
    ultrafeedback,
)
from distilabel._simulated.answers.formats.base import Format

FORMATS: tuple[Format, ...] = (
    plain.USERS_TURN,
    *ultrafeedback.FORMATS,
    *judging.FORMATS,
    *evolving.FORMATS,
    *function_calls.FORMATS,
    *step_solutions.FORMATS,
    *making.FORMATS,
    plain.PLAIN,
)
"""All formats, tried in this order. The last one matches any prompt."""
