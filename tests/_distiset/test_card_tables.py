"""Protects the tables of the card: every row, step, column and prompt is where it belongs."""

from __future__ import annotations

from typing import Any

from datasets import Dataset, Features, Image, Value

from distilabel._distiset.card_tables import (
    column_table,
    example,
    makers_of,
    model_table,
    prompts,
    step_table,
    type_name,
)

COUNTS = {"taken": 9, "given": 5, "failed": 2, "ended": 1, "created": 0, "dropped": 2}


def test_rows_are_followed_through_the_steps() -> None:
    facts = {"report": {"steps": {"keep": {"kind": "Keep", **COUNTS}}}}
    last = step_table(facts).splitlines()[-1]
    assert last == "| `keep` | `Keep` | 9 | 6 |  | 2 | 2 |"
    assert step_table({}) == ""


def test_columns_of_unknown_origin_are_shown_too() -> None:
    rows = Dataset.from_list([{"a": [{"b": 1}], "c": None}])
    assert column_table("default", rows, {"a": [{"b": 1}], "c": None}, {}).splitlines()[2:] == [
        '| `a` | `list of dict` | `[{"b": 1}]` |',
        "| `c` | `null` |  |",
    ]


def test_types_are_named() -> None:
    features: Any = Features({"i": Image(), "n": Value("int64"), "l": [Value("string")]})
    assert [type_name(feature) for feature in features.values()] == [
        "PIL.Image.Image",
        "int64",
        "list of string",
    ]
    assert example("x" * 99).endswith("…`")


def test_prompts_are_those_of_the_tasks() -> None:
    chat = [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]
    metadata = {"raw_input_a": chat, "raw_input_b": "plain", "raw_input_c": None, "other": "x"}
    found = prompts({"distilabel_metadata": metadata})
    assert list(found) == ["a", "b"]
    assert '*user*\n\n```text\n[{"type": "text", "text": "hi"}]\n```' in found["a"]
    assert "plain" in found["b"]
    assert prompts({}) == {}


def test_a_model_of_two_steps_has_one_line() -> None:
    model = {"name": "m", "class": "LLM"}
    steps = {name: {"models": [model], "columns": {}} for name in ("a", "b")}
    used = {"answered": 1, "reused": 2, "input_tokens": 3, "output_tokens": 4000}
    text = model_table({"steps": steps, "report": {"models": {"m": used}}}, lambda name: "mit")
    assert text.splitlines()[2:] == ["| `m` | `LLM` | `a`, `b` | 1 | 2 | 3 | 4,000 | mit |"]
    assert model_table({}, lambda name: "") == ""


def test_each_configuration_has_the_makers_of_its_own_branch() -> None:
    facts = {"made_by": {"a": {"x": "one"}, "b": {"x": "two"}}}
    assert makers_of(facts, "b") == {"x": "two"}
    assert makers_of({"made_by": {"leaf": {"x": "one"}}}, "default") == {"x": "one"}
    assert makers_of(facts, "default") == makers_of({}, "default") == {}
