"""The gates of one event loop, by endpoint: all steps that ask there go through the same one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from distilabel.models.gate import Gate

if TYPE_CHECKING:
    from distilabel._core.events import Emit
    from distilabel.models.llms.base import LLM


class Gates:
    """The gates of one event loop, by endpoint."""

    def __init__(self, emit: Emit | None = None) -> None:
        self._gates: dict[str, Gate] = {}
        self._emit = emit

    def of(self, llm: LLM) -> Gate:
        """The gate that questions for this model go through."""
        name = llm._gate_name()
        gate = self._gates.get(name)
        if gate is None:
            gate = self._gates[name] = Gate(
                llm.model_name,
                most=llm.max_concurrency,
                requests_per_minute=llm.requests_per_minute,
                tokens_per_minute=llm.tokens_per_minute,
                emit=self._emit,
            )
        return gate

    def __iter__(self) -> Iterator[Gate]:
        return iter(self._gates.values())

    def turn_away(self, error: BaseException) -> None:
        """Tells everyone who waits at a gate that they will not be let in."""
        for gate in self:
            gate.turn_away(error)
