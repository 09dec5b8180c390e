"""Protects that prompts for online training keep what the reward function reads."""

from __future__ import annotations

from distilabel.steps.formatting.prompt import FormatPrompt


def test_the_columns_of_the_reward_function_stay() -> None:
    rows = next(
        FormatPrompt(conversational=False).process(
            [{"instruction": "2 + 2?", "ground_truth": "4"}, {"instruction": None}]
        )
    )
    assert rows == [{"instruction": "2 + 2?", "ground_truth": "4", "prompt": "2 + 2?"}]
