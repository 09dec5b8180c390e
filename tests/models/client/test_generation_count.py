"""Protects that the values of an output stay with their generation when it is cut or joined."""

from __future__ import annotations

from typing import Any

from distilabel.models.client.generation_count import first_generations, joined


def output(*texts: str, **more: Any) -> Any:
    return {"generations": list(texts), "statistics": {"output_tokens": [len(texts)]}, **more}


def test_what_belongs_to_a_generation_is_cut_with_it() -> None:
    full = output("a", "b", "c", reasoning=[None, "why", "how"])
    full["statistics"]["finish_reason"] = ["stop", "length", "stop"]
    assert first_generations(full, 2) == {
        "generations": ["a", "b"],
        "statistics": {"output_tokens": [3], "finish_reason": ["stop", "length"]},
        "reasoning": [None, "why"],
    }
    assert len(full["generations"]) == 3


def test_joined_outputs_keep_their_statistics_and_other_values() -> None:
    whole = joined([output("a", "b"), output("c", reasoning=["why"])])
    assert whole["generations"] == ["a", "b", "c"]
    assert whole["statistics"]["output_tokens"] == [2, 2, 1]
    assert whole["reasoning"] == [None, None, "why"]


def test_outputs_without_statistics_are_joined() -> None:
    assert joined([{"generations": ["a"]}, {"generations": ["b"]}])["generations"] == ["a", "b"]  # type: ignore[typeddict-item]
