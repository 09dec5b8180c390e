"""Protects the demo's prompts: a hundred of them, all different, of many kinds, in the package."""

import json
from collections import Counter
from importlib.resources import files


def test_the_demo_has_a_hundred_different_prompts_of_many_kinds() -> None:
    text = (files("distilabel.cli") / "demo_prompts.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    assert all(set(row) == {"instruction", "topic"} for row in rows)
    assert len({row["instruction"] for row in rows}) == len(rows) == 100
    topics = Counter(row["topic"] for row in rows)
    assert len(topics) >= 10
    assert max(topics.values()) <= 15
