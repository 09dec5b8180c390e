"""The prompts of the package `prometheus-eval`, read from a stand-in for it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.tasks.prometheus_eval import PrometheusEval
from distilabel.steps.tasks.prometheus_prompts import package_prompts

PROMPTS = """
ABS_SYSTEM_PROMPT = "grade"
REL_SYSTEM_PROMPT = "compare"
ABSOLUTE_PROMPT = "{instruction}|{response}|{reference_answer}|{rubric}"
ABSOLUTE_PROMPT_WO_REF = "{instruction}|{response}|{rubric}"
RELATIVE_PROMPT = "{instruction}|{response_A}|{response_B}|{reference_answer}|{rubric}"
RELATIVE_PROMPT_WO_REF = "{instruction}|{response_A}|{response_B}|{rubric}"
"""
ROW = {"instruction": "I", "generation": "{rubric}", "generations": ["a", "b"], "reference": "R"}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def install(prompts: str) -> None:
        folder = tmp_path / "prometheus_eval"
        folder.mkdir()
        # The real package imports engines that need not be installed.
        (folder / "__init__.py").write_text("import an_engine_that_is_not_installed")
        (folder / "prompts.py").write_text(prompts)
        monkeypatch.syspath_prepend(str(tmp_path))

    package_prompts.cache_clear()
    yield install
    package_prompts.cache_clear()
    assert "prometheus_eval" not in sys.modules


def prompt(scripted: Any, **fields: Any) -> list[Any]:
    task = PrometheusEval(llm=scripted(), rubric="honesty", prompts="prometheus-eval", **fields)
    task.load()
    return [message["content"] for message in task.format_input(ROW)]


def test_the_prompts_of_the_package_are_filled_in(
    package: Callable[[str], None], scripted: Any
) -> None:
    package(PROMPTS)
    system, user = prompt(scripted, mode="absolute")
    assert system == "grade"
    assert user.startswith("I|{rubric}|[")
    system, user = prompt(scripted, mode="relative", reference=True)
    assert system == "compare"
    assert user.startswith("I|a|b|R|[")


def test_a_missing_package_is_named_before_anything_is_asked(
    package: Callable[[str], None], scripted: Any
) -> None:
    with pytest.raises(ImportError, match="pip install --no-deps prometheus-eval"):
        prompt(scripted, mode="absolute")


def test_a_package_without_the_prompts_is_an_error(
    package: Callable[[str], None], scripted: Any
) -> None:
    package("ABS_SYSTEM_PROMPT = 'x'")
    with pytest.raises(DistilabelUserError, match="has no REL_SYSTEM_PROMPT, ABSOLUTE_PROMPT"):
        prompt(scripted, mode="absolute")


def test_prompts_stay_out_of_dumps_unless_they_are_set(scripted: Any) -> None:
    task = PrometheusEval(llm=scripted(), mode="absolute", rubric="honesty")
    assert "prompts" not in task.dump()
