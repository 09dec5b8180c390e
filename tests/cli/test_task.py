"""`distilabel task`: every task of the gallery is shown with its prompt, at 80 columns."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from distilabel.cli.app import app
from distilabel.cli.task_gallery import GalleryTask, gallery_tasks

TASKS = gallery_tasks()


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["task", *arguments])
    return result.exit_code, result.output


def test_all_tasks_are_listed() -> None:
    status, text = run("list")
    assert status == 0
    assert max(map(len, text.splitlines())) <= 80
    names = [line.split(" ")[0] for line in text.splitlines() if line[:1].strip()]
    assert [task.name for task in TASKS] == names[: len(TASKS)]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_task_is_shown_and_its_example_runs(task: GalleryTask) -> None:
    status, text = run("show", task.name.lower())
    assert status == 0
    for line in text.splitlines():
        # An address is left whole, so that it can be opened.
        assert len(line) <= 80 or "http" in line, line
    assert text.startswith(f"{task.name}\n")
    for part in ("Output columns", *task.references.values()):
        assert part in text
    assert "does not run here" not in text
    if task.runs_simulated:
        assert "First row of the example\n" in text
    if "SimulatedLLM" in task.example:
        assert "First prompt of the example\n" in text or task.name.startswith("Magpie")


def test_an_unknown_task_is_refused_with_close_names() -> None:
    status, text = run("show", "UltraFedback")
    assert status == 1
    assert "Did you mean UltraFeedback?" in text
    assert run("show", "zzzzzz")[0] == 1
