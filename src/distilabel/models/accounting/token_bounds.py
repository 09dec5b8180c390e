"""Bounds the tokens of a request and its answers before it is sent."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

from distilabel.models.accounting.prices import Usage

if TYPE_CHECKING:
    from distilabel.models.protocol import Model
    from distilabel.typing import FormattedInput

# Tokens that a chat template adds to a message, and to the whole conversation.
_PER_MESSAGE: Final = 16
# No provider counts more tokens for one image, whatever its size.
_PER_IMAGE: Final = 40_000
_LIMITS: Final = ("max_new_tokens", "max_tokens", "max_completion_tokens")
# Bound of an answer without a maximum length, until a longer one is seen.
_UNLIMITED: Final = 4096


class TokenBounds:
    """Upper bounds for the tokens of requests to one model.

    Args:
        llm: The model.
    """

    def __init__(self, llm: Model) -> None:
        self._llm = llm
        parameters = inspect.signature(llm._generating_method).parameters
        self._defaults = {name: parameters[name].default for name in _LIMITS if name in parameters}
        self._longest = _UNLIMITED

    def of(self, input: FormattedInput, count: int, arguments: Mapping[str, Any]) -> Usage:
        """Returns the most tokens that one request can use.

        Args:
            input: The question.
            count: Number of generations.
            arguments: Generation arguments.
        """
        more = arguments.get("extra_body")
        limits = {**self._defaults, **arguments, **(more if isinstance(more, Mapping) else {})}
        given = [limits[name] for name in _LIMITS if isinstance(limits.get(name), int)]
        per_answer = max(given, default=0) or self._longest
        structure = getattr(self._llm, "structured_output", None)
        return Usage(_input_bound([input, arguments, structure]), count * per_answer)

    def saw(self, usage: Usage, count: int) -> None:
        """Raises the bound of answers without a maximum length, if an answer is longer.

        Args:
            usage: Usage of an answer.
            count: Number of its generations.
        """
        self._longest = max(self._longest, 2 * usage.output_tokens // count)


def _input_bound(request: Any) -> int:
    """Counts bytes: a token has at least one, and text does not get shorter as JSON."""
    counts = _Counts()
    text = orjson.dumps(counts.to_plain(request))
    return len(text) + _PER_MESSAGE * (1 + counts.messages) + _PER_IMAGE * counts.images


class _Counts:
    """Messages and images in a request."""

    def __init__(self) -> None:
        self.messages = 0
        self.images = 0

    def to_plain(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            self.messages += "role" in value
            if value.get("type") in ("image_url", "image"):
                self.images += 1
                return None
            return {str(key): self.to_plain(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.to_plain(item) for item in value]
        schema = getattr(value, "model_json_schema", None)
        if isinstance(value, type) and schema is not None:
            return schema()
        return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
