"""Prices: what an answer cost, by the maintained table of `genai-prices`. No price stands here."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from distilabel.models.protocol import Model


class Usage(NamedTuple):
    """What one reply took.

    Attributes:
        input_tokens: tokens of the question, those that were cached among them.
        output_tokens: tokens of the answers.
        cache_read: tokens of the question that the provider had in its cache.
        cache_write: tokens of the question that it put there.
        cost: US dollars, where the provider says what it charges for this reply.
    """

    input_tokens: int
    output_tokens: int
    cache_read: int = 0
    cache_write: int = 0
    cost: float | None = None

    @classmethod
    def of(cls, statistics: Mapping[str, Any] | None) -> Usage:
        """Reads the statistics of an output."""
        found = statistics or {}
        return cls(
            int(_sum(found.get("input_tokens"))),
            int(_sum(found.get("output_tokens"))),
            int(_sum(found.get("cache_read_tokens"))),
            int(_sum(found.get("cache_write_tokens"))),
            _sum(found["cost"]) if found.get("cost") is not None else None,
        )


def _sum(counts: Any) -> float:
    """Models of users count per generation, in all, or where they know."""
    if isinstance(counts, (list, tuple)):
        if len(counts) == 1:
            return counts[0] or 0
        return math.fsum(count for count in counts if count)
    return counts or 0


Price = Callable[[Usage], float | None]


def _unknown(usage: Usage) -> float | None:
    return usage.cost


def _nothing(usage: Usage) -> float | None:
    return usage.cost or 0.0


def _given(read: float, written: float) -> Price:
    def price(usage: Usage) -> float | None:
        if usage.cost is not None:
            return usage.cost
        if read and not usage.input_tokens:
            return None
        return (usage.input_tokens * read + usage.output_tokens * written) / 1e6

    return price


def _listed(model: str, url: str) -> Price:
    def price(usage: Usage) -> float | None:
        if usage.cost is not None:
            return usage.cost
        # Every question has tokens: who counts none does not count.
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
    except Exception:  # noqa: BLE001 (a price is worth no answer that was paid for)
        return _unknown
    return price


def reduced(price: Price, share: float) -> Price:
    """What an answer costs where it costs less.

    Args:
        price: of the same answer elsewhere.
        share: of that price.
    """

    def less(usage: Usage) -> float | None:
        cost = price(usage)
        # What the provider says that it charges is what it charges.
        return cost if cost is None or usage.cost is not None else cost * share

    return less


def price_of(llm: Model) -> Price:
    """How to price the answers of a model.

    What the provider says in a reply that it charges goes before everything else.

    Args:
        llm: the model; it has a price if it was given one, if it says it is free, and if it is
            asked at the public address of a known provider.

    Returns:
        What a reply took → US dollars, or None where the price is not known.
    """
    if llm.price is not None:
        return _given(*llm.price)
    if getattr(llm, "_is_free", False):
        return _nothing
    url = getattr(llm, "base_url", None)
    host = urlsplit(url).hostname if isinstance(url, str) else None
    if not url or not host or "." not in host or host.replace(".", "").isdigit():
        return _unknown
    return _listed(llm.model_name, url)


async def price_for(llm: Model) -> Price:
    """As `price_of`, on an event loop: reading the table takes a moment."""
    return await asyncio.to_thread(price_of, llm)
