"""Stages: the steps of one are gone before those of the next are there, and no row is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline, sample_n_steps
from distilabel.steps import (
    GlobalStep,
    GroupColumns,
    LoadDataFromDicts,
    Step,
    StepInput,
)
from distilabel.steps.tasks import TextGeneration

told: list[str] = []


class Noting(Step):
    """Notes when it is loaded, at work and unloaded."""

    @property
    def inputs(self) -> list[str]:
        return ["n"]

    @property
    def outputs(self) -> list[str]:
        return [f"seen_{self.name}"]

    def load(self) -> None:
        super().load()
        told.append(f"+{self.name}")

    def unload(self) -> None:
        told.append(f"-{self.name}")
        super().unload()

    def process(self, inputs: StepInput) -> Any:
        if f"*{self.name}" not in told:
            told.append(f"*{self.name}")
        yield [{**row, f"seen_{self.name}": row["n"]} for row in inputs]


class All(GlobalStep):
    """Says how many rows there are."""

    @property
    def outputs(self) -> list[str]:
        return ["all"]

    def process(self, inputs: StepInput) -> Any:
        yield [{**row, "all": len(inputs)} for row in inputs]


@pytest.fixture(autouse=True)
def nothing_told() -> None:
    told.clear()


def rows(count: int) -> list[dict[str, Any]]:
    return [{"n": i, "instruction": f"Question {i}."} for i in range(count)]


def test_each_group_is_loaded_when_the_one_before_is_unloaded(tmp_path: Path) -> None:
    with Pipeline("staged", cache_dir=tmp_path) as pipeline:
        a, b, c = Noting(name="a"), Noting(name="b"), Noting(name="c")
        LoadDataFromDicts(data=rows(300)) >> a >> b >> c
    distiset = pipeline.run(load_groups=[["a"], [b, "c"]])
    assert told == ["+a", "*a", "-a", "+b", "+c", "*b", "*c", "-b", "-c"]
    made = distiset["default"]["train"]
    assert made["seen_c"] == list(range(300))
    assert distiset.report.balanced


def test_without_groups_every_step_is_loaded_before_the_first_row(tmp_path: Path) -> None:
    with Pipeline("at once", cache_dir=tmp_path) as pipeline:
        LoadDataFromDicts(data=rows(3)) >> Noting(name="a") >> Noting(name="b")
    pipeline.run()
    assert told[:2] == ["+a", "+b"]


@pytest.mark.parametrize("groups", ["sequential_step_execution", [["left"], ["right"], ["end"]]])
def test_rows_are_joined_across_stages_more_than_may_be_on_their_way(
    tmp_path: Path, groups: Any
) -> None:
    with Pipeline("joined", cache_dir=tmp_path) as pipeline:
        load = LoadDataFromDicts(data=rows(3000))
        left, right = Noting(name="left"), Noting(name="right")
        write = TextGeneration(name="write", llm=SimulatedLLM())
        join = GroupColumns(name="join", columns=["n"], output_columns=["ns"])
        load >> [left, right, write] >> join >> All(name="all") >> Noting(name="end")
    distiset = pipeline.run(load_groups=groups)
    made = distiset["default"]["train"]
    assert made["ns"] == [[i] * 3 for i in range(3000)]
    assert made["all"] == [3000] * 3000
    assert distiset.report.balanced


def test_routed_rows_reach_the_steps_they_were_routed_to(tmp_path: Path) -> None:
    with Pipeline("routed", cache_dir=tmp_path) as pipeline:
        load = LoadDataFromDicts(data=rows(200), batch_size=20)
        ways = [Noting(name=name, input_batch_size=20) for name in ("x", "y")]
        join = GroupColumns(name="join", columns=["n"], input_batch_size=20)
        load >> sample_n_steps(1) >> ways >> join
    distiset = pipeline.run(load_groups=[["x"], ["y"]])
    made = distiset["default"]["train"]
    assert [ns[0] for ns in made["grouped_n"]] == list(range(200))
    assert told == ["+x", "*x", "-x", "+y", "*y", "-y"]


def test_a_later_stage_that_cannot_be_loaded_is_said_and_answers_are_kept(tmp_path: Path) -> None:
    class Broken(Noting):
        def load(self) -> None:
            raise OSError("no such device")

    with Pipeline("broken", cache_dir=tmp_path) as pipeline:
        write = TextGeneration(name="write", llm=SimulatedLLM())
        LoadDataFromDicts(data=rows(5)) >> write >> Broken(name="late")
    with pytest.raises(RuntimeError, match="'late' could not be loaded: OSError: no such device"):
        pipeline.run(load_groups=[["write"]])
    with Pipeline("mended", cache_dir=tmp_path) as pipeline:
        write = TextGeneration(name="write", llm=SimulatedLLM())
        LoadDataFromDicts(data=rows(5)) >> write >> Noting(name="late")
    report = pipeline.run(load_groups=[["write"]]).report
    assert (report.asked, report.reused) == (0, 5)
