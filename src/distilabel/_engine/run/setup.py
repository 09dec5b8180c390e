"""Before a run with a budget: every price has to be known, else nothing holds the budget."""

from __future__ import annotations

from distilabel.errors import DistilabelUserError
from distilabel.models.accounting.prices import Usage, price_of
from distilabel.steps.base import _Step


def check_prices(steps: dict[str, _Step]) -> None:
    """Makes sure that every model has a price.

    Args:
        steps: by name, loaded.

    Raises:
        DistilabelUserError: some have none; names them.
    """
    unknown = []
    for name, step in steps.items():
        for llm in step._all_models():
            if price_of(llm)(Usage(1, 1)) is None:
                unknown.append(f"{llm.model_name} (in {name})")
    if unknown:
        raise DistilabelUserError(
            "A budget can be kept only where prices are known. Not known is what these models "
            f"cost: {', '.join(unknown)}. Give such a model its price in US dollars for a million "
            "tokens in, and out: price=(0.15, 0.6), or price=(0, 0) if it costs nothing. Nothing "
            "was asked."
        )
