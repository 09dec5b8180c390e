"""Gold records and judged items for the tests of what stands on the measures."""

from __future__ import annotations

import random
from typing import Any

from distilabel.quality.gold import Gold, gold_of
from distilabel.quality.measuring import JudgedItem
from distilabel.quality.verdict_forms import swapped


def pair_records(count: int, seed: int = 0, **fields: Any) -> list[dict[str, Any]]:
    """Pairs whose better answer neither length nor place tells; one in four is a tie."""
    rng = random.Random(seed)
    records = []
    for row in range(count):
        lengths = rng.sample((40, 400), 2)
        records.append(
            {
                "id": f"item {row}",
                "kind": "pair",
                "instruction": f"Instruction {row}",
                "generations": ["x" * lengths[0], "y" * lengths[1]],
                "label": rng.choice([0, 0, 0, 1, 1, 1, "tie", "tie"]),
                "annotator": "ada",
                "split": "test",
                **fields,
            }
        )
    return records


def pair_gold(count: int, seed: int = 0, **fields: Any) -> Gold:
    return gold_of(pair_records(count, seed, **fields))


def judged(
    gold: Gold, right: float, seed: int = 1, *, orders: int = 2, flipped: bool = False
) -> list[JudgedItem]:
    """What a judge says that is right with a probability, in each order by itself."""
    rng = random.Random(seed)
    items = []
    for item in gold.items():
        verdicts = [
            item.label if rng.random() < right else rng.choice([0, 1, "tie"]) for _ in range(2)
        ]
        ab, ba = (swapped(verdict) if flipped else verdict for verdict in verdicts)
        items.append(JudgedItem(item, ab, ba if orders == 2 else None, asked_twice=orders == 2))
    return items
