"""The gallery of tasks: what docstrings say, and examples that fail without ending the command."""

from __future__ import annotations

import os
from dataclasses import replace

from distilabel.cli.task_gallery import gallery_tasks, run_example
from distilabel.models.llms.simulated import SimulatedLLM

ULTRAFEEDBACK = next(task for task in gallery_tasks() if task.name == "UltraFeedback")


def test_what_the_docstring_says() -> None:
    assert ULTRAFEEDBACK.purpose.startswith("Rates several texts")
    assert ULTRAFEEDBACK.inputs["instruction"][0] == "str"
    assert "https://arxiv.org/abs/2310.01377" in ULTRAFEEDBACK.references.values()
    assert "Task" not in {task.name for task in gallery_tasks()}


def test_an_example_that_fails_is_a_problem() -> None:
    here, method = os.getcwd(), SimulatedLLM.agenerate
    run = run_example(replace(ULTRAFEEDBACK, example="1 / 0  # SimulatedLLM"))
    assert str(run.problem).endswith("division by zero")
    assert (os.getcwd(), SimulatedLLM.agenerate) == (here, method)


def test_an_example_that_needs_a_model_is_not_run() -> None:
    run = run_example(replace(ULTRAFEEDBACK, example="task = X(llm=OpenAILLM(model='m'))"))
    assert "needs a model" in str(run.problem)
