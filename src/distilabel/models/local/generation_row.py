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
        draws: Random numbers of this row.
        constraint: What the text has to follow; None for nothing.
        tokens: Tokens of the text so far.
        finish_reason: Why it ended; empty while it has not.
        cut: Position in the text of a stop string, if one ended it.
    """

    question: Question
    prompt: list[int]
    arguments: dict[str, Any]
    draws: random.Random
    constraint: TokenConstraint | None = None
    tokens: list[int] = field(default_factory=list)
    finish_reason: str = ""
    cut: int | None = None

    @property
    def length(self) -> int:
        """Number of tokens of prompt and text."""
        return len(self.prompt) + len(self.tokens)


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
        draws = random.Random(f"{seed}-{index}") if seed is not None else random.Random()
        rows.append(GenerationRow(question, prompt, arguments, draws, constraint))
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
