"""Prices answers with the table of the `genai-prices` package; no price is written here."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from distilabel.models.wire.usage_counts import dollars, token_count

if TYPE_CHECKING:
    from distilabel.models.protocol import Model


class Usage(NamedTuple):
    """What one reply used.

    Attributes:
        input_tokens: Tokens of the request, including cached ones.
        output_tokens: Tokens of the answers.
        cache_read: Tokens of the request read from the provider's cache.
        cache_write: Tokens of the request written to the provider's cache.
        cost: US dollars, if the provider reports what it charges for this reply.
    """

    input_tokens: int
    output_tokens: int
    cache_read: int = 0
    cache_write: int = 0
    cost: float | None = None

    @classmethod
    def of(cls, statistics: Mapping[str, Any] | None) -> Usage:
        """Returns the usage in the statistics of an output.

        Args:
            statistics: Statistics of an output; None counts as empty.
        """
        found = statistics or {}
        return cls(
            _sum(found.get("input_tokens")),
            _sum(found.get("output_tokens")),
            _sum(found.get("cache_read_tokens")),
            _sum(found.get("cache_write_tokens")),
            _cost_of(found["cost"]) if found.get("cost") is not None else None,
        )


def _sum(counts: Any) -> int:
    """Sums counts per generation; models of users may return one number, or None for unknown."""
    if counts is None:
        return 0
    if isinstance(counts, (list, tuple)):
        return token_count(counts[0]) if len(counts) == 1 else sum(map(token_count, counts))
    return token_count(counts)


def _cost_of(costs: Any) -> float | None:
    known = [dollars(cost) for cost in (costs if isinstance(costs, (list, tuple)) else [costs])]
    given = [cost for cost in known if cost is not None]
    return math.fsum(given) if given else None


Price = Callable[[Usage], float | None]


def _unknown(usage: Usage) -> float | None:
    return usage.cost


def _nothing(usage: Usage) -> float | None:
    return usage.cost or 0.0


def _fixed(per_input: float, per_output: float) -> Price:
    def price(usage: Usage) -> float | None:
        if usage.cost is not None:
            return usage.cost
        if per_input and not usage.input_tokens:
            return None
        return (usage.input_tokens * per_input + usage.output_tokens * per_output) / 1e6

    return price


def _listed(model: str, url: str) -> Price:
    def price(usage: Usage) -> float | None:
        if usage.cost is not None:
            return usage.cost
        # Every request has tokens: without any, they were not counted.
        if not usage.input_tokens:
            return None
        from genai_prices import Usage as Tokens
        from genai_prices import calc_price

        tokens = Tokens(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read,
            cache_write_tokens=usage.cache_write,
        )
        return float(calc_price(tokens, model, provider_api_url=url).total_price)

    try:
        price(Usage(1, 1))
    except Exception:  # noqa: BLE001 (an unknown price must not cost an answer)
        return _unknown
    return price


def reduced(price: Price, share: float) -> Price:
    """Returns a price reduced to a share of another one.

    Args:
        price: The usual price.
        share: Part of it that is charged, from 0 to 1.
    """

    def reduced_price(usage: Usage) -> float | None:
        cost = price(usage)
        # A cost that the provider reports is what it charges.
        return cost if cost is None or usage.cost is not None else cost * share

    return reduced_price


def price_of(llm: Model) -> Price:
    """Returns the price function of a model.

    A cost that the provider reports in a reply takes precedence over every other price.

    Args:
        llm: The model. Its price is known if it was set, if the model is free, or if its address
            is that of a known provider.

    Returns:
        Function from usage to US dollars, or to None where the price is not known.
    """
    if llm.price is not None:
        return _fixed(*llm.price)
    if getattr(llm, "_is_free", False):
        return _nothing
    url = getattr(llm, "base_url", None) or getattr(llm, "_address", None)
    host = urlsplit(url).hostname if isinstance(url, str) else None
    if not url or not host or "." not in host or host.replace(".", "").isdigit():
        return _unknown
    return _listed(llm.model_name, url)


async def price_for(llm: Model) -> Price:
    """Calls `price_of` in a thread, because reading the table takes a moment."""
    return await asyncio.to_thread(price_of, llm)
