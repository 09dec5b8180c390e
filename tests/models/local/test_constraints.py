"""Protects constrained decoding: which tokens may come next, for every kind of structure."""

from __future__ import annotations

import json
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models.local.constraints import Constraints, LogitsMask

guidance = pytest.importorskip("llguidance")

# One token per byte.
SIZE = 256
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer", "minimum": 1, "maximum": 5}},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def constraints() -> Constraints:
    return Constraints(guidance.LLTokenizer("byte"), "TransformersLLM(tiny)", "hf-transformers")


def written(constraints: Constraints, kind: str, value: Any) -> str:
    """The text of a model that always takes the last token that is allowed."""
    text = constraints.start(kind, value)
    tokens: list[int] = []
    while not text.is_complete and len(tokens) < 40:
        tokens.append(int(text.allowed(SIZE).nonzero()[0][-1]))
        text.add(tokens[-1])
    return bytes(tokens).decode()


def test_json_obeys_its_schema_with_bounds(constraints: Constraints) -> None:
    assert json.loads(written(constraints, "json", SCHEMA)) == {"a": 5}


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("regex", "[a-c]{2}x", "ccx"),
        # An alternative of a regular expression is not one of the text around it.
        ("regex", "a|b", "b"),
        ("choice", ["yes", "n.o"], "yes"),
        ("choice", ["a.b"], "a.b"),
        ("grammar", 'start: "left" | "down"', "left"),
    ],
)
def test_a_text_obeys_its_structure(
    constraints: Constraints, kind: str, value: Any, text: str
) -> None:
    assert written(constraints, kind, value) == text


def test_texts_of_one_structure_do_not_share_their_state(constraints: Constraints) -> None:
    first, second = (constraints.start("regex", "ab") for _ in range(2))
    first.add(ord("a"))
    assert first.allowed(SIZE).nonzero()[0].tolist() == [ord("b")]
    assert second.allowed(SIZE).nonzero()[0].tolist() == [ord("a")]


def test_scores_without_a_token_are_not_allowed(constraints: Constraints) -> None:
    allowed = constraints.start("regex", "[^a]").allowed(1000)
    assert allowed.shape == (1000,)
    assert not allowed[SIZE + 1 :].any()


@pytest.mark.parametrize(
    ("kind", "value"), [("regex", "(a"), ("grammar", "x"), ("json", {"type": 3})]
)
def test_a_structure_that_cannot_be_compiled_says_so(
    constraints: Constraints, kind: str, value: Any
) -> None:
    text = rf"TransformersLLM\(tiny\): structured_output cannot be used \({kind}\)"
    with pytest.raises(DistilabelUserError, match=text):
        constraints.start(kind, value)


def test_the_mask_of_an_engine_follows_its_text_and_ends_it(constraints: Constraints) -> None:
    mask = LogitsMask(constraints.start("regex", "ab"), end=0)
    # The first token is the last one of the prompt.
    assert mask(ord("x"), SIZE).nonzero()[0].tolist() == [ord("a")]
    assert mask(ord("a"), SIZE).nonzero()[0].tolist() == [ord("b")]
    for _ in range(2):
        assert mask(ord("b"), SIZE).nonzero()[0].tolist() == [0]
