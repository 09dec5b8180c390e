"""The gates of one event loop, by endpoint: all steps that ask there go through the same one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from distilabel.models.rate_limit.limiter import EndpointLimiter

if TYPE_CHECKING:
    from distilabel._core.events import Emit
    from distilabel.models.protocol import Model


class EndpointLimiters:
    """The gates of one event loop, by endpoint."""

    def __init__(self, emit: Emit | None = None) -> None:
        self._limiters: dict[str, EndpointLimiter] = {}
        self._emit = emit

    def of(self, llm: Model) -> EndpointLimiter:
        """The gate that questions for this model go through."""
        name = llm._endpoint_id()
        limiter = self._limiters.get(name)
        if limiter is None:
            limiter = self._limiters[name] = EndpointLimiter(
                llm.model_name,
                most=llm.max_concurrency,
                requests_per_minute=llm.requests_per_minute,
                tokens_per_minute=llm.tokens_per_minute,
                emit=self._emit,
            )
        return limiter

    def __iter__(self) -> Iterator[EndpointLimiter]:
        return iter(self._limiters.values())

    def turn_away(self, error: BaseException) -> None:
        """Tells everyone who waits at a gate that they will not be let in."""
        for limiter in self:
            limiter.turn_away(error)
