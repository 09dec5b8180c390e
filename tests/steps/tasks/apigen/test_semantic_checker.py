"""`APIGenSemanticChecker`: the prompt, and a verdict only where one was written."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from distilabel._simulated.schema.instance import generate_instance
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.apigen.semantic_checker import APIGenSemanticChecker
from judge_variants import check, objects, random_texts, refuses

ROW = {
    "func_desc": "DDD",
    "query": "QQQ",
    "answers": "AAA",
    "execution_result": ["RRR", "é"],
    "keep_row_after_execution_check": True,
}
VERDICT = "keep_row_after_semantic_check"


def test_the_prompt_has_what_the_row_gives(scripted: Any) -> None:
    _, user = APIGenSemanticChecker(llm=scripted()).format_input(ROW)
    for part in ("DDD", "QQQ", "AAA", '["RRR", "é"]', '"thought"', '"passes"'):
        assert part in str(user["content"])


YES, NO = '{"thought": "t", "passes": "yes"}', '{"thought": "t", "passes": "no"}'


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (YES, True),
        (NO, False),
        (YES.replace("yes", "Yes"), True),
        (NO.replace("no", "NO."), False),
        (f"```json\n{YES}\n```", True),
        (f"My verdict:\r\n```\r\n{NO}\r\n```", False),
        (f"<think>{NO}</think>\n\n{YES}", True),
        (f"{YES} That is all.", True),
        ('{"passes": "no", "thought": "t"}', False),
        ('{"thought": "t", "passes": true}', True),
        ('{"thought": "t", "passes": " **yes** "}', True),
        (f"[{YES}]", True),
    ],
)
def test_verdicts(scripted: Any, text: str, verdict: bool) -> None:
    row = APIGenSemanticChecker(llm=scripted()).format_output(text, ROW)
    assert (row[VERDICT], row["thought"]) == (verdict, "t")


def cases() -> Iterator[tuple[str, bool]]:
    yes = ["yes", "Yes", "YES", "yes.", " yes ", "**yes**", "`yes`", '"yes"', "true", True]
    no = ["no", "No", "NO", "no.", " no ", "**no**", "`no`", '"no"', "false", False]
    for verdict, words in ((True, [*yes, "Yes, it does."]), (False, [*no, "No: it does not."])):
        for word in words:
            for text in objects({"thought": "t {x}", "passes": word}):
                yield text, verdict


def test_every_writing_of_a_verdict_is_read(scripted: Any) -> None:
    task = APIGenSemanticChecker(llm=scripted())
    check(lambda text: task.format_output(text, {})[VERDICT], cases(), at_least=5000)


def test_no_verdict_is_invented(scripted: Any) -> None:
    task = APIGenSemanticChecker(llm=scripted())
    words = [
        "yes or no",
        "not sure",
        "none",
        "yesterday",
        "no idea",
        "yes/no",
        "",
        "maybe",
        "Yes and no",
        "1",
        "passes",
    ]
    refuses(
        lambda text: task.format_output(text, {})[VERDICT],
        [json.dumps({"thought": "yes", "passes": word}) for word in words],
    )
    pieces = [
        '{"thought": "t", ',
        '"passes": "yes"}',
        '{"passes": "no"}',
        '"passes": ',
        "yes",
        "no",
    ]
    for text in random_texts(pieces):
        found = task.format_output(text, {})[VERDICT]
        assert found is None or ("yes" if found else "no") in text or "true" in text, (text, found)


@pytest.mark.parametrize(
    "text",
    [None, "", "text", "yes", "[]", '{"thought": "t"}', '{"passes": "maybe"}', '{"passes": null}',
     '{"passes": 1}', '{"passes": ["yes"]}', YES[:-5], f"<think>{YES}"],
)  # fmt: skip
def test_without_a_verdict_both_columns_are_none(scripted: Any, text: str | None) -> None:
    row = APIGenSemanticChecker(llm=scripted()).format_output(text, ROW)
    assert (row[VERDICT], row["thought"]) == (None, None)


def test_a_missing_thought_costs_no_verdict(scripted: Any) -> None:
    row = APIGenSemanticChecker(llm=scripted()).format_output('{"passes": "yes"}', ROW)
    assert (row[VERDICT], row["thought"]) == (True, None)


def test_the_simulated_model_judges() -> None:
    task = APIGenSemanticChecker(llm=SimulatedLLM())
    task.load()
    rows = next(task.process([{**ROW, "query": str(number)} for number in range(20)]))
    assert {row[VERDICT] for row in rows} == {True, False}


def test_an_answer_by_the_schema_is_parsed(scripted: Any) -> None:
    task = APIGenSemanticChecker(llm=scripted())
    text = json.dumps(generate_instance(task.get_structured_output(), random.Random(0)))
    assert task.format_output(text, ROW)[VERDICT] in (True, False)
