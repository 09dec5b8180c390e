"""Protects where texts end: end tokens, stop strings, lengths and structures, in any batch."""

from __future__ import annotations

import random
from typing import Any

import pytest

from distilabel.models.local.engine import Question
from distilabel.models.local.generation_row import GenerationRow
from distilabel.models.local.stopping import STEPS, Stopper

torch = pytest.importorskip("torch")

END = 0


def row(stop: list[str] | None = None, most: int = 99) -> GenerationRow:
    def ignore(number: int, value: Any) -> None: ...

    question = Question(1, "generate", {}, ignore, ignore)
    arguments = {"stop": stop or [], "max_new_tokens": most}
    return GenerationRow(question, [1, 1], arguments, random.Random(0))


def decode(tokens: list[int]) -> str:
    return "".join(map(chr, tokens))


class Batch:
    """Rows whose model writes the given texts; ends as `generate` of transformers does."""

    def __init__(self, rows: list[GenerationRow], texts: list[str], grows_at: int = 0) -> None:
        self.rows = rows
        self.ended: list[int] = []
        self.running: list[int] = []
        self.steps = 0

        def may_grow(running: int) -> bool:
            self.running.append(running)
            return bool(grows_at) and self.steps >= grows_at

        stopper = Stopper(
            rows,
            2,
            frozenset({END}),
            decode,
            lambda row: self.ended.append(rows.index(row)),
            may_grow,
            "cpu",
            torch,
        )
        most = max(row.left for row in rows)
        written = [[*map(ord, text)] for text in texts]
        ids = torch.ones(len(rows), 2, dtype=torch.int64)
        done = torch.zeros(len(rows), dtype=torch.bool)
        while self.steps < most and not done.all():
            new = [text[self.steps] if self.steps < len(text) else END for text in written]
            ids = torch.cat([ids, torch.tensor(new).unsqueeze(1)], 1)
            self.steps += 1
            done = stopper(ids, None)
        stopper.read(ids)

    @property
    def texts(self) -> list[str]:
        return [decode(row.tokens)[: row.cut] for row in self.rows]

    @property
    def reasons(self) -> list[str]:
        return [row.finish_reason for row in self.rows]


def test_rows_end_at_their_end_token_or_length() -> None:
    batch = Batch([row(), row(most=3), row(most=20)], ["abcdefghijkl", "abcdef", "ab"])
    assert batch.texts == ["abcdefghijkl", "abc", "ab"]
    assert batch.reasons == ["stop", "length", "stop"]
    # The batch ends with its last row: the end token is the thirteenth.
    assert batch.steps == 13
    # A short row does not wait for the long one.
    assert batch.ended[-1] == 0


@pytest.mark.parametrize("before", range(STEPS + 2))
def test_a_stop_string_ends_a_text_wherever_it_is(before: int) -> None:
    text = "x" * before
    made = row(stop=["END", "\n\n"])
    batch = Batch([made], [f"{text}END and more, and more"])
    assert batch.texts == [text]
    assert batch.reasons == ["stop"]
    # Tokens after it do not count.
    assert len(made.tokens) == before + 3
    assert batch.steps <= before + 3 + STEPS


def test_the_first_of_several_stop_strings_counts() -> None:
    batch = Batch([row(stop=["z", "cd", "d"])], ["abcdz"])
    assert batch.texts == ["ab"]


def test_a_stop_string_before_the_end_or_the_length_wins() -> None:
    batch = Batch([row(stop=["b"]), row(stop=["b"], most=4)], ["abc", "abcdef"])
    assert batch.texts == ["a", "a"]
    assert batch.reasons == ["stop", "stop"]


def test_without_a_stop_string_the_length_is_the_reason() -> None:
    batch = Batch([row(stop=["z"], most=4)], ["abcdef"])
    assert batch.texts == ["abcd"]
    assert batch.reasons == ["length"]


def test_a_batch_that_may_grow_ends_and_keeps_what_was_read() -> None:
    batch = Batch([row(), row()], ["a" * 40, "abc"], grows_at=2 * STEPS)
    assert batch.texts == ["a" * 2 * STEPS, "abc"]
    assert batch.reasons == ["", "stop"]
    # It asks with the number of rows that run.
    assert batch.running == [1, 1]


def test_a_structure_is_followed_token_by_token_and_ends_its_row() -> None:
    class UpTo:
        def __init__(self, size: int) -> None:
            self.size = size
            self.tokens: list[int] = []

        def add(self, token: int) -> None:
            self.tokens.append(token)

        @property
        def is_complete(self) -> bool:
            return len(self.tokens) == self.size

    made = row()
    made.constraint = UpTo(3)  # type: ignore[assignment]
    batch = Batch([made, row()], ["abcdef", "abcdefghijk"])
    assert batch.texts == ["abc", "abcdefghijk"]
    assert batch.reasons == ["stop", "stop"]


def test_a_model_without_end_tokens_writes_up_to_the_length() -> None:
    rows = [row(most=4)]
    stopper = Stopper(
        rows, 2, frozenset(), decode, lambda row: None, lambda running: False, "cpu", torch
    )
    ids = torch.tensor([[1, 1, 97, 98, 99, 100]])
    assert not stopper(ids, None).any()
    stopper.read(ids)
    assert rows[0].finish_reason == "length"
