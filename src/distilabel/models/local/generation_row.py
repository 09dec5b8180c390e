"""`GenerationRow`: one text that is being generated; a question has one per generation."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from distilabel.models.local.constraints import TokenConstraint
from distilabel.models.local.engine import Question


@dataclass(eq=False, slots=True)
class GenerationRow:
    """One text that is being generated.

    Attributes:
        question: The question; it may have several rows.
        prompt: Tokens of the prompt.
        arguments: Generation arguments.
        source: Where its random numbers come from.
        constraint: What the text has to follow; None for nothing.
        tokens: Tokens of the text so far.
        finish_reason: Why it ended; empty while it has not.
        cut: Position in the text of a stop string, if one ended it.
    """

    question: Question
    prompt: list[int]
    arguments: dict[str, Any]
    source: random.Random
    constraint: TokenConstraint | None = None
    tokens: list[int] = field(default_factory=list)
    finish_reason: str = ""
    cut: int | None = None
    _draws: list[float] = field(default_factory=list)

    @property
    def length(self) -> int:
        """Number of tokens of prompt and text."""
        return len(self.prompt) + len(self.tokens)

    @property
    def left(self) -> int:
        """Number of tokens that may follow."""
        most: int = self.arguments["max_new_tokens"]
        return most - len(self.tokens)

    def draw(self, position: int) -> float:
        """Returns the random number for a token, also if it is generated again.

        Args:
            position: Number of tokens before it in the text.

        Returns:
            A number from 0 to below 1.
        """
        while len(self._draws) <= position:
            self._draws.append(self.source.random())
        return self._draws[position]


def make_rows(
    question: Question,
    prompt: list[int],
    arguments: dict[str, Any],
    constrain: Callable[[str, Any], TokenConstraint],
) -> list[GenerationRow]:
    """Returns the rows of a question, one per generation.

    Args:
        question: The question, whose payload gets them as `rows`.
        prompt: Tokens of its prompt.
        arguments: Generation arguments.
        constrain: Begins a text that follows a structure, given its kind and value.
    """
    asked = question.payload
    rows = []
    for index in range(asked["count"]):
        constraint = None if asked["structure"] is None else constrain(*asked["structure"])
        seed = asked["seed"]
        source = random.Random(f"{seed}-{index}") if seed is not None else random.Random()
        rows.append(GenerationRow(question, prompt, arguments, source, constraint))
    asked["rows"] = rows
    return rows


def answer_if_ended(question: Question, decode: Callable[[list[int]], str]) -> None:
    """Answers a question all of whose rows have ended.

    Args:
        question: The question.
        decode: Returns the text of tokens.
    """
    rows: list[GenerationRow] = question.payload["rows"]
    if all(row.finish_reason for row in rows):
        question.answer(
            {
                "texts": [decode(row.tokens)[: row.cut] for row in rows],
                "input_tokens": [len(row.prompt) for row in rows],
                "output_tokens": [len(row.tokens) for row in rows],
                "finish_reasons": [row.finish_reason for row in rows],
            }
        )
