"""Bounds: the most tokens that a question and its answers can take, told before it is asked."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

from distilabel.models.accounting.prices import Usage

if TYPE_CHECKING:
    from distilabel.models.protocol import Model
    from distilabel.typing import FormattedInput

# What a chat template puts around a message, and around them all.
_PER_MESSAGE: Final = 16
# No provider takes more for one image, whatever its size.
_PER_IMAGE: Final = 40_000
_LIMITS: Final = ("max_new_tokens", "max_tokens", "max_completion_tokens")
# Answers without a greatest length are taken to be no longer than this, until one is.
_UNLIMITED: Final = 4096


class TokenBounds:
    """The most that questions to one model can take.

    Args:
        llm: the model.
    """

    def __init__(self, llm: Model) -> None:
        self._llm = llm
        parameters = inspect.signature(llm._generating_method).parameters
        self._defaults = {name: parameters[name].default for name in _LIMITS if name in parameters}
        self._longest = _UNLIMITED

    def of(self, input: FormattedInput, count: int, arguments: Mapping[str, Any]) -> Usage:
        """The most that one question can take.

        Args:
            input: the question.
            count: answers to it.
            arguments: of the generation.
        """
        more = arguments.get("extra_body")
        limits = {**self._defaults, **arguments, **(more if isinstance(more, Mapping) else {})}
        given = [limits[name] for name in _LIMITS if isinstance(limits.get(name), int)]
        written = max(given, default=0) or self._longest
        structure = getattr(self._llm, "structured_output", None)
        return Usage(_most_read([input, arguments, structure]), count * written)

    def saw(self, usage: Usage, count: int) -> None:
        """Learns from an answer how long those without a greatest length may be."""
        self._longest = max(self._longest, 2 * usage.output_tokens // count)


def _most_read(question: Any) -> int:
    """A token stands for one byte at least; writing text as JSON makes it no shorter."""
    found = _Found()
    text = orjson.dumps(found.plain(question))
    return len(text) + _PER_MESSAGE * (1 + found.messages) + _PER_IMAGE * found.images


class _Found:
    """What is in a question besides text."""

    def __init__(self) -> None:
        self.messages = 0
        self.images = 0

    def plain(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            self.messages += "role" in value
            if value.get("type") in ("image_url", "image"):
                self.images += 1
                return None
            return {str(key): self.plain(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.plain(item) for item in value]
        schema = getattr(value, "model_json_schema", None)
        if isinstance(value, type) and schema is not None:
            return schema()
        return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
