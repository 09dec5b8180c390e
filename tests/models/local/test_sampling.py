"""Protects how tokens are chosen: every row by its own arguments and random numbers."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from distilabel.models.local.engine import Question
from distilabel.models.local.generation_row import GenerationRow
from distilabel.models.local.sampling import Sampler

torch = pytest.importorskip("torch")

# Probabilities of six tokens.
SHARES = [0.05, 0.4, 0.1, 0.3, 0.1, 0.05]
PLAIN: Any = {
    "do_sample": True,
    "temperature": 1.0,
    "repetition_penalty": 1.0,
    "top_k": 0,
    "top_p": 1.0,
}


class OnlyOdd:
    """A constraint that allows the odd tokens."""

    def allowed(self, size: int) -> Any:
        import numpy as np

        return np.arange(size) % 2 == 1


def row(seed: int = 0, **arguments: Any) -> GenerationRow:
    def ignore(number: int, value: Any) -> None: ...

    question = Question(1, "generate", {}, ignore, ignore)
    return GenerationRow(question, [5], PLAIN | arguments, random.Random(seed))


def chosen(rows: list[GenerationRow], step: int = 0, shares: Any = None) -> list[int]:
    """The tokens that are chosen in a step, for prompts of one token."""
    scores = torch.tensor([shares or SHARES] * len(rows)).log()
    ids = torch.tensor([each.prompt * (step + 1) for each in rows])
    found: list[int] = Sampler(rows, 1, "cpu", torch)(ids, scores).argmax(-1).tolist()
    return found


def counted(**arguments: Any) -> list[float]:
    """How often each token is chosen, in shares."""
    found = Counter(chosen([row(seed, **arguments) for seed in range(2000)]))
    return [found[token] / 2000 for token in range(len(SHARES))]


@pytest.mark.parametrize(
    ("arguments", "shares"),
    [
        ({}, SHARES),
        ({"top_k": 2}, [0, 4 / 7, 0, 3 / 7, 0, 0]),
        ({"top_k": 99}, SHARES),
        # 0.4 and 0.3 do not reach it: the next one belongs to it.
        ({"top_p": 0.75}, [0, 0.5, 0.125, 0.375, 0, 0]),
        ({"top_p": 0.1}, [0, 1, 0, 0, 0, 0]),
        ({"top_k": 3, "top_p": 0.6}, [0, 4 / 7, 0, 3 / 7, 0, 0]),
        # Squares of the shares.
        ({"temperature": 0.5}, [0.009, 0.582, 0.036, 0.327, 0.036, 0.009]),
    ],
)
def test_tokens_are_as_likely_as_the_arguments_say(arguments: Any, shares: Any) -> None:
    assert counted(**arguments) == pytest.approx(shares, abs=0.04)


@pytest.mark.parametrize("arguments", [{"do_sample": False}, {"temperature": 0.0}])
def test_greedy_rows_take_the_likeliest_token_beside_others(arguments: Any) -> None:
    greedy = [row(seed, **arguments) for seed in range(9)]
    assert chosen(greedy) == [1] * 9
    sampled = [row(seed) for seed in range(9)]
    assert chosen([*greedy, *sampled])[:9] == [1] * 9
    assert set(chosen([*greedy, *sampled])[9:]) != {1}


def test_the_token_of_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    alone = chosen([row(seed=7)])
    others = [row(1, top_p=0.5), row(2, top_k=1), row(3, temperature=0.1), row(4, do_sample=False)]
    assert chosen([row(seed=7), *others])[0] == alone[0]
    assert chosen([*others, row(seed=7)])[-1] == alone[0]


def test_a_step_that_is_computed_again_chooses_the_same_token() -> None:
    rows = [row(seed) for seed in range(9)]
    later = chosen(rows, step=3)
    assert chosen(rows, step=3) == later
    assert chosen(rows, step=4) != later
    # After an interruption, the text so far is part of the prompt.
    for each in rows:
        each.tokens = [1, 1, 1]
    assert chosen(rows, step=0) == later


def test_a_repetition_penalty_counts_the_text_of_its_row() -> None:
    repeated = row(do_sample=False, repetition_penalty=2.0)
    repeated.prompt = [1]
    other = row(do_sample=False)
    other.prompt = [1]
    # The logarithm of 0.4 is doubled, which makes 0.16: less than 0.3.
    assert chosen([repeated, other]) == [3, 1]


def test_a_structure_restricts_its_row_alone() -> None:
    shares = [0.5, 0.1, 0.2, 0.1, 0.05, 0.05]
    constrained = row(do_sample=False)
    constrained.constraint = OnlyOdd()  # type: ignore[assignment]
    assert chosen([constrained, row(do_sample=False)], shares=shares) == [1, 0]
    for seed in range(20):
        sampled = row(seed)
        sampled.constraint = OnlyOdd()  # type: ignore[assignment]
        assert chosen([sampled], shares=shares)[0] % 2 == 1
