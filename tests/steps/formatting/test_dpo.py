"""Preference pairs: the best and the worst generation, and never an unrated one."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.formatting.dpo import FormatChatGenerationDPO, FormatTextGenerationDPO

USER = {"role": "user", "content": "i"}
COLUMNS = ["prompt", "prompt_id", "chosen", "chosen_rating", "rejected", "rejected_rating"]


def text(**row: Any) -> dict[str, Any]:
    (made,) = next(FormatTextGenerationDPO().process([{"instruction": "i", **row}]))
    return made


def answer(made: dict[str, Any], which: str) -> Any:
    return made[which][-1]["content"]


def test_the_best_is_chosen_and_the_worst_rejected() -> None:
    made = text(generations=["g1", "g2", "g3"], ratings=[2, 5, 1])
    assert made["chosen"] == [USER, {"role": "assistant", "content": "g2"}]
    assert made["rejected"] == [USER, {"role": "assistant", "content": "g3"}]
    assert (made["chosen_rating"], made["rejected_rating"]) == (5, 1)
    assert made["prompt"] == "i"
    assert "chosen_model" not in made


def test_models_and_the_system_prompt_are_included() -> None:
    made = text(
        generations=["g1", "g2"], ratings=[2, 5], generation_models=["m1", "m2"], system_prompt="s"
    )
    assert made["chosen"][0] == {"role": "system", "content": "s"}
    assert (made["chosen_model"], made["rejected_model"]) == ("m2", "m1")


def test_the_first_generation_wins_a_tie() -> None:
    made = text(generations=["g1", "g2"], ratings=[3, 3])
    assert (answer(made, "chosen"), answer(made, "rejected")) == ("g1", "g1")


@pytest.mark.parametrize("nothing", [None, float("nan")])
def test_an_unrated_generation_is_skipped(nothing: Any) -> None:
    made = text(generations=["g1", "g2", "g3"], ratings=[nothing, 2, 4])
    assert (answer(made, "chosen"), answer(made, "rejected")) == ("g3", "g2")


def test_a_generation_of_none_is_skipped() -> None:
    made = text(generations=[None, "g2", "g3"], ratings=[5, 2, 4])
    assert (answer(made, "chosen"), answer(made, "rejected")) == ("g3", "g2")


@pytest.mark.parametrize(
    "row",
    [
        {"generations": ["g1"], "ratings": [None]},
        {"generations": ["g1"], "ratings": None},
        {"generations": None, "ratings": [1]},
        {"generations": [], "ratings": []},
        {"generations": ["g1"], "ratings": [1], "instruction": None},
    ],
)
def test_a_failed_row_passes_through(row: dict[str, Any]) -> None:
    assert [text(**row)[column] for column in COLUMNS] == [None] * 6


def test_a_failed_row_has_the_model_columns_of_the_others() -> None:
    made = text(generations=None, ratings=None, generation_models=["m1"])
    assert (made["chosen_model"], made["rejected_model"]) == (None, None)


def test_conversations_are_continued_both_ways() -> None:
    messages = [USER, {"role": "assistant", "content": "a"}, {"role": "user", "content": "j"}]
    row = {"messages": messages, "generations": ["g1", "g2"], "ratings": [1, 2]}
    (made,) = next(FormatChatGenerationDPO().process([row]))
    assert made["prompt"] == "i"
    assert made["chosen"] == [*messages, {"role": "assistant", "content": "g2"}]
    assert made["rejected"] == [*messages, {"role": "assistant", "content": "g1"}]


def test_a_failed_conversation_passes_through() -> None:
    row = {"messages": None, "generations": ["g1"], "ratings": [1]}
    (made,) = next(FormatChatGenerationDPO().process([row]))
    assert [made[column] for column in COLUMNS] == [None] * 6


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"generations": "abc", "ratings": [1, 2, 3]}, "'generations' contains a str"),
        ({"generations": ["a", "b"], "ratings": "12"}, "'ratings' contains a str"),
        ({"generations": ["a", "b"], "ratings": ["1", "2"]}, "ratings contain texts"),
        ({"generations": ["a", "b"], "ratings": [1]}, "2 generations have 1 ratings"),
        ({"generations": ["a"], "ratings": [1, 2]}, "1 generations have 2 ratings"),
        (
            {"generations": ["a"], "ratings": [1], "generation_models": "m"},
            "'generation_models' contains a str",
        ),
    ],
)
def test_no_pair_is_made_of_letters_or_of_ratings_of_other_texts(
    row: dict[str, Any], said: str
) -> None:
    with pytest.raises(DistilabelUserError, match=said):
        text(**row)
