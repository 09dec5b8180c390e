"""Protects validation: every problem is reported before anything is spent, all in one error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelTypeError, DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.pipeline import Pipeline, sample_n_steps
from distilabel.steps import LoadDataFromDicts, LoadDataFromFileSystem
from distilabel.steps.base import GeneratorStep, Step, StepInput
from rooms import Ask, Echo, Fn, FnGlobal, Join, Numbers


class NoOffset(GeneratorStep):
    def process(self) -> Any:  # type: ignore[override]
        yield [], True


class TakesRows(GeneratorStep):
    def process(self, inputs: StepInput, offset: int = 0) -> Any:  # type: ignore[override]
        yield [], True


class NoInput(Step):
    def process(self, rows: Any) -> Any:
        yield rows


class TwoInputs(Step):
    def process(self, one: StepInput, two: StepInput) -> Any:
        yield one


class Mandatory(Fn):
    must: RuntimeParameter[int] = None


class BrokenColumns(Fn):
    @property
    def outputs(self) -> Any:
        raise KeyError("no such thing")


def root_takes_rows() -> None:
    Fn() >> Fn()


def generator_with_rows() -> None:
    TakesRows() >> Fn()


def generator_without_offset() -> None:
    NoOffset() >> Fn()


def no_step_input() -> None:
    Numbers() >> NoInput()


def several_predecessors() -> None:
    [Numbers(), Numbers()] >> Fn()


def two_step_inputs() -> None:
    Numbers() >> TwoInputs()


def missing_column() -> None:
    Numbers(output_mappings={"text": "test"}) >> Ask(llm=Echo())


def wrong_input_mapping() -> None:
    Numbers() >> Ask(llm=Echo(), input_mappings={"txt": "n"})


def wrong_output_mapping() -> None:
    Numbers(output_mappings={"texts": "t"}) >> Fn()


def mandatory_parameter() -> None:
    Numbers() >> Mandatory()


def routed_with_another_predecessor() -> None:
    other, join = Numbers(), Join()
    Numbers() >> sample_n_steps(1) >> [join, Fn()]
    other >> join


def routed_batch_too_large() -> None:
    Numbers(batch_size=10) >> sample_n_steps(1) >> [Fn(input_batch_size=20), Fn()]


def routed_batch_no_divisor() -> None:
    branches = [Fn(input_batch_size=3), Fn(input_batch_size=5)]
    Numbers(batch_size=10) >> sample_n_steps(1) >> branches


def convergence_batch_too_large() -> None:
    branches = [Fn(input_batch_size=5), Fn(input_batch_size=5)]
    Numbers(batch_size=10) >> sample_n_steps(1) >> branches >> Join(input_batch_size=50)


def convergence_of_two_routings() -> None:
    join = Join(input_batch_size=5)
    for _ in range(2):
        branches = [Fn(input_batch_size=5), Fn(input_batch_size=5)]
        Numbers(batch_size=5) >> sample_n_steps(1) >> branches >> join


def row_into_generator() -> None:
    Numbers() >> Numbers()


def unknown_generation_argument() -> None:
    Numbers() >> Ask(llm=Echo(generation_kwargs={"temprature": 1}))


def columns_that_raise() -> None:
    Numbers() >> BrokenColumns()


def nothing() -> None:
    pass


PROBLEMS: list[tuple[Callable[[], None], type[Exception], str]] = [
    (root_takes_rows, DistilabelUserError, "fn_0 receives no rows.*dataset="),
    (generator_with_rows, ValueError, "takes_rows_0.*cannot take a StepInput"),
    (generator_without_offset, ValueError, "no_offset_0.*offset"),
    (no_step_input, DistilabelUserError, "no_input_0.*StepInput"),
    (several_predecessors, DistilabelUserError, r"fn_0.*numbers_0, numbers_1.*\*inputs"),
    (two_step_inputs, DistilabelTypeError, "two_inputs_0.*2 parameters"),
    (
        missing_column,
        ValueError,
        "ask_0 needs the column 'text'; its rows have 'n', 'test': "
        'use input_mappings={"text": "test"}',
    ),
    (wrong_input_mapping, DistilabelUserError, "ask_0: input_mappings.*'txt'.*'text'"),
    (wrong_output_mapping, DistilabelUserError, "numbers_0: output_mappings.*'texts'.*'text'"),
    (mandatory_parameter, ValueError, r"mandatory_0: required .*: must.*run\(parameters="),
    (
        routed_with_another_predecessor,
        DistilabelUserError,
        "join_0 receives rows routed by numbers_1.*numbers_0",
    ),
    (routed_batch_too_large, ValueError, r"fn_0: .*\(20\) must divide .*\(10\)"),
    (routed_batch_no_divisor, ValueError, r"fn_0.*\(3\) must divide"),
    (convergence_batch_too_large, ValueError, r"join_0.*\(50\) cannot be larger"),
    (convergence_of_two_routings, ValueError, "join_0 combines rows routed by different steps"),
    (
        row_into_generator,
        DistilabelUserError,
        "numbers_1: a generator step cannot receive rows.*numbers_0",
    ),
    (unknown_generation_argument, DistilabelUserError, "ask_0.*temprature.*temperature"),
    (columns_that_raise, DistilabelUserError, "broken_columns_0.*KeyError"),
    (nothing, DistilabelUserError, "no steps"),
]


@pytest.mark.parametrize(("build", "kind", "words"), PROBLEMS)
def test_each_problem_is_reported(
    build: Callable[[], None], kind: type[Exception], words: str, tmp_path: Path
) -> None:
    with Pipeline(name="p", cache_dir=tmp_path / "cache") as pipeline:
        build()
    with pytest.raises(kind, match=rf"(?s){words}"):
        pipeline.run()
    assert not (tmp_path / "cache").exists()


def test_several_problems_are_reported_together_and_nothing_is_touched(tmp_path: Path) -> None:
    llm = Echo()
    with Pipeline(name="p", cache_dir=tmp_path / "cache") as pipeline:
        load = Numbers(output_mappings={"texts": "t"})
        load >> Ask(name="one", llm=llm, input_mappings={"text": "nowhere"})
        load >> [NoInput(), Mandatory()]
    with pytest.raises(ValueError) as caught:
        pipeline.run(parameters={"one": {"num_generation": 2}})
    for words in ("5 problems", "'texts'", "nowhere", "no_input_0", "must", "num_generations"):
        assert words in str(caught.value)
    assert llm.asked == []
    assert not (tmp_path / "cache").exists()


def missing_files() -> None:
    LoadDataFromFileSystem(data_files="nowhere/a.jsonl") >> Ask(llm=Echo())


def no_rows() -> None:
    LoadDataFromDicts(data=[]) >> Ask(llm=Echo())


@pytest.mark.parametrize("build", [missing_files, no_rows])
def test_the_consequence_of_a_problem_is_not_a_second_one(
    build: Callable[[], None], tmp_path: Path
) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        build()
    with pytest.raises(DistilabelUserError, match=r"no files|is empty") as caught:
        pipeline.run()
    assert "problems" not in str(caught.value)


@pytest.mark.parametrize(
    ("groups", "words"),
    [([["nobody"]], "'nobody'"), ([["numbers_0"], ["numbers_0"]], "two groups")],
)
def test_a_load_group_names_each_step_once(groups: Any, words: str, tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers() >> Fn()
    with pytest.raises(DistilabelUserError, match=words):
        pipeline.run(load_groups=groups)


def test_a_global_step_must_be_alone_in_its_load_group(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers() >> Fn() >> FnGlobal()
    with pytest.raises(DistilabelUserError, match="fn_global_0"):
        pipeline.run(load_groups=[["fn_0", "fn_global_0"]])
    pipeline.run(load_groups=[["fn_0"], ["fn_global_0"]])


def test_a_load_group_must_not_skip_a_step(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        a, b, c = Fn(name="a"), Fn(name="b"), Fn(name="c")
        Numbers() >> a >> b >> c
    with pytest.raises(DistilabelUserError, match=r"'a' and 'c' .* 'b'"):
        pipeline.run(load_groups=[["a", "c"]])
    pipeline.run(load_groups=[[a, b, c]])


def test_storage_parameters_need_a_path(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers() >> Fn()
    with pytest.raises(DistilabelUserError, match="path"):
        pipeline.run(storage_parameters={"key": "k"})


def test_a_requirement_that_is_not_installed(tmp_path: Path) -> None:
    with Pipeline(
        name="p", cache_dir=tmp_path / "cache", requirements=["one-of-nowhere>=3", "two-of-nowhere"]
    ) as pipeline:
        Numbers() >> Fn()
    with pytest.raises(ModuleNotFoundError, match=r"one-of-nowhere>=3\ntwo-of-nowhere\n"):
        pipeline.run()
    assert not (tmp_path / "cache").exists()


def test_optional_inputs_are_not_required(tmp_path: Path) -> None:
    class Optional(Fn):
        @property
        def inputs(self) -> Any:
            return {"text": True, "nowhere": False}

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers() >> Optional()
    pipeline.run()
