"""Prices: what an answer cost, by the maintained table of `genai-prices`. No price stands here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from distilabel.models.llms.base import LLM


class Price(Protocol):
    """Tokens → US dollars, or None where the price is not known."""

    def __call__(
        self, input_tokens: int, output_tokens: int, cache_read: int = 0, cache_write: int = 0
    ) -> float | None:
        """Prices an answer.

        Args:
            input_tokens: all of the question.
            output_tokens: all of the answer.
            cache_read: those of the question that the provider had in its cache.
            cache_write: those of the question that it put there.
        """
        ...


def _unknown(
    input_tokens: int, output_tokens: int, cache_read: int = 0, cache_write: int = 0
) -> float | None:
    return None


def _nothing(
    input_tokens: int, output_tokens: int, cache_read: int = 0, cache_write: int = 0
) -> float | None:
    return 0.0


def _price(model: str, url: str, share: float) -> Price:
    def price(
        input_tokens: int, output_tokens: int, cache_read: int = 0, cache_write: int = 0
    ) -> float | None:
        from genai_prices import Usage, calc_price

        usage = Usage(
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cache_read_tokens=cache_read,
            cache_write_tokens=cache_write,
        )
        return share * float(calc_price(usage, model, provider_api_url=url).total_price)

    try:
        price(1, 1)
    except Exception:  # noqa: BLE001 (a price is worth no answer that was paid for)
        return _unknown
    return price


async def price_for(llm: LLM, share: float = 1.0) -> Price:
    """How to price the answers of a model.

    Args:
        llm: the model; one asked at the public address of a known provider has a price, and so has
            one that says it is free.
        share: of the usual price; less than 1 in batch jobs.

    Returns:
        What prices them.
    """
    if getattr(llm, "_is_free", False):
        return _nothing
    url = getattr(llm, "base_url", None)
    host = urlsplit(url).hostname if isinstance(url, str) else None
    if not url or not host or "." not in host or host.replace(".", "").isdigit():
        return _unknown
    # Reading the table takes a moment: not on the event loop.
    return await asyncio.to_thread(_price, llm.model_name, url, share)
