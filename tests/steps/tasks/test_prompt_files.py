"""Prompts of built-in tasks: found by path, compiled once, and never rendered incompletely."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, UndefinedError, meta

from distilabel.models.llms.simulated import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps.tasks import prompt_files
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.prompt_files import load_prompt
from distilabel.steps.tasks.prompt_preview import placeholder_prompt
from written import NEW, builtins

FOLDER = Path(prompt_files.__file__).with_name("prompts")
PROMPTS = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.jinja2"))


@pytest.mark.parametrize("path", PROMPTS)
def test_every_prompt_compiles(path: str) -> None:
    assert load_prompt(path) is load_prompt(path)


def test_there_are_prompts() -> None:
    assert "ultrafeedback/honesty.jinja2" in PROMPTS


def test_a_missing_value_is_an_error_instead_of_an_empty_text() -> None:
    path = "ultrafeedback/honesty.jinja2"
    environment = load_prompt(path).environment
    with pytest.raises(UndefinedError, match="instruction"):
        load_prompt(path).render(texts=["a"], structured=False)
    # Guards the test itself: the value it leaves out is one that the prompts use.
    source = (FOLDER / "ultrafeedback" / "_layout.jinja2").read_text()
    assert "instruction" in meta.find_undeclared_variables(environment.parse(source))


def test_a_path_without_a_file() -> None:
    with pytest.raises(TemplateNotFound):
        load_prompt("ultrafeedback/none.jinja2")


def test_a_task_that_asks_for_structured_output_says_so_in_its_prompt() -> None:
    asked, silent = [], []
    with Pipeline():
        for name, cls in builtins().items():
            if not issubclass(cls, Task) or cls.get_structured_output is Task.get_structured_output:
                continue
            needed = {"action": "paraphrase"} if "action" in cls.model_fields else {}
            arguments = {**needed, **NEW.get(name, {}), "llm": SimulatedLLM()}
            task = cls(**arguments, use_default_structured_output=True)
            asked.append(name)
            if "JSON" not in str(placeholder_prompt(task)):
                silent.append(name)
    assert len(asked) > 15
    assert silent == []
