"""The limiters of one event loop, by endpoint, with the smallest of the limits that users set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from distilabel._core.events import Emit
from distilabel.models.rate_limit.limiter import EndpointLimiter

if TYPE_CHECKING:
    from distilabel.models.protocol import Model


class EndpointLimiters:
    """The limiters of one event loop, by endpoint.

    Args:
        emit: Receives the events of all of them.
    """

    def __init__(self, emit: Emit | None = None) -> None:
        self._limiters: dict[str, EndpointLimiter] = {}
        # The models that use each endpoint: the limits of one that is gone no longer hold.
        self._models: dict[str, WeakValueDictionary[int, Model]] = {}
        self._emit = emit

    def of(self, llm: Model) -> EndpointLimiter:
        """Returns the limiter for requests to a model.

        Args:
            llm: The model; models with the same endpoint share one limiter, with the smallest of
                their limits.
        """
        name = llm._endpoint_id()
        models = self._models.setdefault(name, WeakValueDictionary())
        models[id(llm)] = llm
        limits = (
            _smallest(each.max_concurrency for each in models.values()),
            _smallest(each.requests_per_minute for each in models.values()),
            _smallest(each.tokens_per_minute for each in models.values()),
        )
        limiter = self._limiters.get(name)
        if limiter is None:
            most, requests, tokens = limits
            limiter = self._limiters[name] = EndpointLimiter(
                llm.model_name,
                most=most,
                requests_per_minute=requests,
                tokens_per_minute=tokens,
                emit=self._emit,
            )
        else:
            limiter.set_user_limits(*limits)
        return limiter

    def __iter__(self) -> Iterator[EndpointLimiter]:
        return iter(self._limiters.values())

    def turn_away(self, error: BaseException) -> None:
        """Raises `error` in all requests that wait for a lease.

        Args:
            error: Exception for the callers of `acquire`.
        """
        for limiter in self:
            limiter.turn_away(error)


def _smallest(limits: Iterator[int | None]) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)
