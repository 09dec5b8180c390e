"""What the APIGen tasks share: JSON as models write it, and calls with the arguments they wrote."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.tasks.apigen.utils import (
    PrepareExamples,
    call_arguments,
    execute_from_response,
    load_module_from_path,
    parse_json,
    remove_fences,
    remove_json_fences,
    run_function_with_timeout,
)


def test_examples_are_one_text_and_braces_in_them_stay() -> None:
    prepare = PrepareExamples()
    row = {"query": ["q {answers}", "q2"], "answers": ['{"a": {query}}', "a2"], "other": 1}
    assert next(prepare.process([row])) == [
        {
            "examples": "## Query:\nq {answers}\n## Answers:\n"
            '{"a": {query}}\n\n## Query:\nq2\n## Answers:\na2'
        }
    ]


def test_examples_of_unequal_lengths_are_refused() -> None:
    with pytest.raises(DistilabelUserError, match="2 queries and 1 answers"):
        next(PrepareExamples().process([{"query": ["a", "b"], "answers": ["c"]}]))


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        '```\n{"a": 1}\n```',
        '```json\n{"a": 1}\n```',
        '```json\r\n{"a": 1}\r\n```\r\n',
        'Here it is:\n```json\n{"a": 1}\n```\nHope it helps!',
        'Sure! {"a": 1} is the answer.',
        '<think>\n{"a": 2}\n</think>\n\n{"a": 1}',
        ' \n{"a": 1}\n ',
    ],
)
def test_json_is_found_wherever_a_model_puts_it(text: str) -> None:
    assert parse_json(text) == {"a": 1}


@pytest.mark.parametrize("text", ["", "text", "1", '"a"', "{a: 1}", "[1, 2", "<think>[1]", "]["])
def test_what_is_not_json_is_none(text: str) -> None:
    assert parse_json(text) is None


def test_fences() -> None:
    assert remove_fences("```\n[1]\n```") == "[1]"
    assert remove_fences("```python\nx\n```") == "x"
    assert remove_fences("no ``` fence") == "no ``` fence"
    assert remove_json_fences("```json\n[1]\n```") == "[1]"
    assert remove_json_fences("```\n[1]\n```") == "```\n[1]\n```"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("5", 5),
        ("-0.5", -0.5),
        ("[1, 2]", [1, 2]),
        ("None", None),
        ("Paris", "Paris"),
        ("__import__('os').getcwd()", "__import__('os').getcwd()"),
        ("{1, 2}", "{1, 2}"),
        ("1 +", "1 +"),
        (3, 3),
    ],
)
def test_texts_that_are_literals_become_values_and_nothing_is_run(written: Any, value: Any) -> None:
    assert call_arguments({"name": "f", "arguments": {"a": written}}) == {"a": value}


def test_arguments_in_a_text_are_read() -> None:
    assert call_arguments({"name": "f", "arguments": '{"a": 1}'}) == {"a": 1}
    with pytest.raises(ValueError, match="not a JSON object"):
        call_arguments({"name": "f", "arguments": [1]})


def divide(a: float, b: float) -> float:
    return a / b


@pytest.mark.parametrize(
    ("call", "keep", "result"),
    [
        ({"b": "2", "a": 6}, True, "3.0"),
        ({"x": 6, "y": 2}, True, "3.0"),
        ({"a": 6, "b": 0}, False, "ZeroDivisionError"),
        ({"a": 6}, False, "TypeError"),
        (None, False, "no call"),
    ],
)
def test_a_function_is_called_with_what_a_model_wrote(call: Any, keep: bool, result: str) -> None:
    outcome = execute_from_response(divide, call)
    assert outcome["keep"] is keep
    assert result in outcome["execution_result"]


def test_a_function_is_stopped() -> None:
    with pytest.raises(TimeoutError):
        run_function_with_timeout(time.sleep, 1, 30)
    assert run_function_with_timeout(divide, 1, 4, 2) == 2
    found = []
    thread = threading.Thread(
        target=lambda: found.append(run_function_with_timeout(divide, 1, 1, 1))
    )
    thread.start()
    thread.join()
    assert found == [1]


def test_a_file_is_imported_as_a_module(tmp_path: Path) -> None:
    (tmp_path / "lib.py").write_text("def one():\n    return 1\n")
    assert load_module_from_path(str(tmp_path / "lib.py")).one() == 1
    with pytest.raises(DistilabelUserError, match="not a Python file"):
        load_module_from_path(str(tmp_path / "lib.txt"))
