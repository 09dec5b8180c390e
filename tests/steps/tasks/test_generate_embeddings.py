"""`GenerateEmbeddings`: the state of the last token, and what it does not take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps.tasks import GenerateEmbeddings


class StatesLLM(SimulatedLLM):
    def get_last_hidden_states(self, inputs: list[Any]) -> list[Any]:
        return [np.array([[0.0, 1.0], [2.0, float(len(chat))]]) for chat in inputs]


def step() -> GenerateEmbeddings:
    return GenerateEmbeddings(llm=StatesLLM(), pipeline=Pipeline())


def test_the_vector_is_the_state_of_the_last_token() -> None:
    chat = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    rows = next(step().process([{"text": "a"}, {"text": chat}]))
    assert [row["embedding"] for row in rows] == [[2.0, 1.0], [2.0, 2.0]]
    assert rows[0]["model_name"] == "simulated"


@pytest.mark.parametrize("text", [3, None, [], ["a"], [{"role": "user"}]])
def test_a_row_without_a_text_is_refused(text: Any) -> None:
    with pytest.raises(DistilabelUserError, match="must be a text or a conversation"):
        next(step().process([{"text": text}]))
