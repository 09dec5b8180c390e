"""Protects the rows of a question: one per generation, answered when all have ended."""

from __future__ import annotations

from typing import Any

from distilabel.models.local.engine import Question
from distilabel.models.local.generation_row import answer_if_ended, make_rows
from models.local.worker_packages import asked


def question(found: dict[int, Any], **payload: Any) -> Question:
    return Question(1, "generate", payload, found.__setitem__, found.__setitem__)


def no_constraint(kind: str, value: Any) -> Any:
    raise AssertionError("there is no structure")


def test_a_seed_gives_each_generation_its_own_numbers_every_time() -> None:
    def draws(seed: int | None) -> list[float]:
        made = question({}, **asked("a", count=2) | {"seed": seed})
        return [row.draw(0) for row in make_rows(made, [5], {}, no_constraint)]

    assert draws(7) == draws(7)
    assert len({*draws(7), *draws(8)}) == 4
    assert draws(None) != draws(None)


def test_each_row_begins_its_own_text_of_the_structure() -> None:
    made = question({}, **asked("a", count=2, structure=("regex", "[ab]")))
    begin: Any = lambda kind, value: [kind, value]  # noqa: E731
    rows: Any = make_rows(made, [5], {}, begin)
    assert [row.constraint for row in rows] == [["regex", "[ab]"], ["regex", "[ab]"]]
    assert rows[0].constraint is not rows[1].constraint


def test_a_question_is_answered_when_all_its_rows_have_ended() -> None:
    found: dict[int, Any] = {}
    made = question(found, **asked("a", count=2))
    first, second = make_rows(made, [5, 6], {}, no_constraint)

    def decode(tokens: list[int]) -> str:
        return "".join(map(chr, tokens))

    first.tokens, first.finish_reason, first.cut = [97, 98, 99], "stop", 2
    answer_if_ended(made, decode)
    assert not found
    assert first.length == 5
    second.tokens, second.finish_reason = [100], "length"
    answer_if_ended(made, decode)
    assert found[1] == {
        "texts": ["ab", "d"],
        "input_tokens": [2, 2],
        "output_tokens": [3, 1],
        "finish_reasons": ["stop", "length"],
    }
