"""`JudgeIdentity`: what a judge is, part by part, so that a change to it is seen and named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

# Part → how a message calls it.
_NAMES: Final = {
    "task": "the task class",
    "prompt": "the prompt",
    "parser": "the parser of its answers",
    "model": "the model",
    "arguments": "the generation arguments",
    "structure": "the structured output",
    "orders": "the orders that are asked",
    "jury": "the jury",
}


@dataclass(frozen=True, slots=True)
class JudgeIdentity:
    """What a judge is.

    Attributes:
        parts: Part (`task`, `prompt`, `parser`, `model`, `arguments`, `structure`, `orders`,
            `jury`) → digest of it.
        described: Part → short text about it, for parts that have one.
    """

    parts: Mapping[str, str]
    described: Mapping[str, str]

    @property
    def id(self) -> str:
        """The digest of all parts: 32 hexadecimal digits."""
        from distilabel._core.hashing import digest

        return digest(dict(sorted(self.parts.items()))).hex()

    def moved_from(self, earlier: JudgeIdentity) -> list[str]:
        """The parts that differ from an earlier identity, in words; empty if none does.

        Args:
            earlier: The identity that was measured.
        """
        texts = []
        for part in [*self.parts, *(p for p in earlier.parts if p not in self.parts)]:
            if self.parts.get(part) == earlier.parts.get(part):
                continue
            old, new = earlier.described.get(part, ""), self.described.get(part, "")
            change = f" ({old} -> {new})" if old and new and old != new else ""
            texts.append(_NAMES.get(part, part) + change)
        return texts

    def to_dict(self) -> dict[str, Any]:
        """Returns plain data for JSON."""
        return {"id": self.id, "parts": dict(self.parts), "described": dict(self.described)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> JudgeIdentity:
        """Makes an identity from what `to_dict` returned.

        Raises:
            KeyError: A field is missing.
        """
        return cls(dict(data["parts"]), dict(data["described"]))
