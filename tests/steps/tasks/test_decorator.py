"""`@task`: the prompts in a docstring become a task, and mistakes in them raise at once."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.decorator import task


@task(inputs={"topic": True, "tone": False}, outputs=["line"])
def Liner(output: str, input: dict[str, Any] | None = None) -> dict[str, Any]:
    """Short lines.

    ---
    system_prompt: |
        You write {tone} lines in {{braces}}.

    user_message_template: |
        About {topic}, {tone}. Answer as {{"line": "..."}}.
    ---

    References:
        - [A page](https://example.org)
    """
    return {"line": output.upper()}


def test_prompts_come_from_the_docstring(scripted: Any) -> None:
    liner = Liner(llm=scripted())
    assert liner.format_input({"topic": "cats {x}", "tone": "dry"}) == [
        {"role": "system", "content": "You write dry lines in {braces}."},
        {"role": "user", "content": 'About cats {x}, dry. Answer as {"line": "..."}.'},
    ]


def test_an_optional_column_may_be_missing(scripted: Any) -> None:
    prompt = Liner(llm=scripted()).format_input({"topic": "cats"})
    assert prompt[1]["content"].startswith("About cats, .")


def test_a_required_column_may_not_be_missing(scripted: Any) -> None:
    with pytest.raises(KeyError, match="topic"):
        Liner(llm=scripted()).format_input({"tone": "dry"})


def test_it_is_a_task_with_the_name_and_words_of_the_function(scripted: Any) -> None:
    assert issubclass(Liner, Task)
    liner = Liner(llm=scripted())
    assert (liner.inputs, liner.outputs) == ({"topic": True, "tone": False}, ["line"])
    assert (Liner.__name__, Liner.__module__) == ("Liner", __name__)
    assert Liner.__doc__ is not None
    assert Liner.__doc__.startswith("Short lines.")
    assert "system_prompt" not in Liner.__doc__
    assert "References:" in Liner.__doc__
    assert type(pickle.loads(pickle.dumps(liner))) is Liner
    assert Liner.from_dict(liner.dump()).dump() == liner.dump()


def test_the_function_makes_the_columns(scripted: Any) -> None:
    liner = Liner(llm=scripted("x"), name="t")
    liner.load()
    (row,) = next(liner.process([{"topic": "cats"}]))
    assert (row["line"], row["model_name"]) == ("X", "scripted")
    assert row["distilabel_metadata"]["raw_output_t"] == "x"


@pytest.mark.parametrize(
    ("doc", "said"),
    [
        (None, "no docstring"),
        ("Only words.", "1 parts"),
        ("---\n- a\n---", "not a YAML mapping"),
        ("---\nsystem_prompt: {\n---", "not valid YAML"),
        ("---\nsystem_prompt: s\n---", "user_message_template"),
        ("---\nsystem_prompt: s\nuser_message_template: 3\n---", "user_message_template"),
        ("---\nsystem_prompt: s\nuser_message_template: '{zzz}'\n---", "{zzz}"),
        ("---\nsystem_prompt: s\nuser_message_template: 'a } b'\n---", "double literal braces"),
        (
            "---\nsystem_prompt: 'I know {zzz}'\nuser_message_template: '{a}'\n---",
            "`system_prompt` uses {zzz}",
        ),
        (
            "---\nsystem_prompt: '{\"a\": 1}'\nuser_message_template: '{a}'\n---",
            "`system_prompt` uses",
        ),
    ],
)
def test_mistakes_raise_when_the_task_is_defined(doc: str | None, said: str) -> None:
    def Broken(output: str, input: Any = None) -> dict[str, Any]:
        return {}

    Broken.__doc__ = doc
    with pytest.raises(DistilabelUserError, match=said):
        task(inputs=["a"], outputs=["b"])(Broken)
