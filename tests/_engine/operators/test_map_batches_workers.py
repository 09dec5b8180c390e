"""A step in worker processes gives what it gives in one, in the same order, whatever befalls it."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.pipeline import Pipeline
from distilabel.steps import GeneratorStep, GlobalStep, KeepColumns, StepResources
from rooms import Ask, Echo, FnGlobal, Numbers, rows_of
from worked import Both, Counts, Halve, Holds, Multiplies, Plain, Unloadable

Rows = list[dict[str, Any]]


def two(count: int = 2) -> StepResources:
    return StepResources(replicas=count)


def run(folder: Path, rows: Rows, *, replicas: int = 2, size: int = 5, **fields: Any) -> Any:
    """Runs `Plain` on rows, in a folder that it also leaves its marks in."""
    folder.mkdir(exist_ok=True)
    with Pipeline(name="p", cache_dir=folder / "cache") as pipeline:
        Plain(
            name="plain",
            resources=two(replicas),
            folder=str(folder),
            input_batch_size=size,
            **fields,
        )
    return pipeline.run(dataset=rows)


def numbers(count: int, **do: str) -> Rows:
    """Rows; `do` says by number what is to be done to some (`r3="raise"`)."""
    return [{"n": n, "do": do.get(f"r{n}"), "seconds": 0.2} for n in range(count)]


def test_rows_stay_in_order_and_both_processes_load_and_unload(tmp_path: Path) -> None:
    rows = numbers(40, r0="sleep", r5="sleep", r10="sleep")
    distiset = run(tmp_path, rows)
    made = rows_of(distiset)
    assert [row["n"] for row in made] == list(range(40))
    assert [row["made"] for row in made] == [f"made {n}" for n in range(40)]
    processes = {row["pid"] for row in made}
    assert len(processes) == 2
    assert os.getpid() not in processes
    assert {row["environment"] for row in made} == {"p"}
    assert "DISTILABEL_PIPELINE_NAME" not in os.environ
    for what in ("load", "unload"):
        assert {int(f.name.split("-")[1]) for f in tmp_path.glob(f"{what}-*")} == processes
    assert distiset.report.balanced


@pytest.mark.parametrize("joined", [False, True])
def test_rows_are_matched_across_the_border_as_in_one_process(joined: bool, tmp_path: Path) -> None:
    made = []
    for count in (1, 2):
        with Pipeline(name="p", cache_dir=tmp_path / str(count)) as pipeline:
            load = Numbers(count=50, batch_size=7)
            step = Multiplies(name="multiplies", resources=two(count), input_batch_size=6)
            if joined:
                ask = Ask(name="ask", llm=Echo())
                both = Both(name="both", resources=two(count), input_batch_size=4)
                load >> [step, ask] >> both >> KeepColumns(columns=["n", "answer"])
            else:
                load >> step
        distiset = pipeline.run()
        assert distiset.report.balanced
        counts = {name: vars(step) | {"seconds": 0} for name, step in distiset.report.steps.items()}
        made.append((rows_of(distiset), counts if not joined else None))
    assert made[0] == made[1]
    assert len(made[0][0]) > 20


def test_a_step_made_of_a_function_runs_there_with_its_parameters(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=10) >> Halve(name="halve", by=4)
    parameters = {"by": 5, "input_batch_size": 3, "resources": {"replicas": 2}}
    rows = rows_of(pipeline.run(parameters={"halve": parameters}))
    assert [row["half"] for row in rows] == [n / 5 for n in range(10)]
    assert os.getpid() not in {row["pid"] for row in rows}


def test_what_was_made_in_one_process_is_found_again_with_replicas(tmp_path: Path) -> None:
    rows = numbers(20)
    first = rows_of(run(tmp_path, rows, replicas=1))
    again = rows_of(run(tmp_path, rows, replicas=2))
    assert again == first
    assert {row["pid"] for row in again} == {os.getpid()}


def test_a_step_that_remembers_is_not_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="distilabel")
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=20) >> Counts(name="counts", resources=two(), input_batch_size=5)
    rows = rows_of(pipeline.run())
    assert sum(row["count"] == 1 for row in rows) in (1, 2)
    assert "it keeps state from batch to batch" in caplog.text


def test_an_error_fails_its_batch_and_keeps_its_name_and_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    distiset = run(tmp_path, numbers(20, r2="raise", r8="odd", r12="unpicklable"))
    failures = {failure["key"]: failure for failure in distiset.failures}
    assert set(failures) == {(n,) for n in range(15)}
    assert (failures[2,]["type"], failures[2,]["message"]) == ("ZeroDivisionError", "row 2")
    assert (failures[8,]["type"], failures[8,]["message"]) == ("OddError", "odd")
    assert "cannot be sent from the worker process" in failures[12,]["message"]
    rows = rows_of(distiset)
    assert [row["made"] for row in rows] == [None] * 15 + [f"made {n}" for n in range(15, 20)]
    assert distiset.report.balanced
    assert "worked.py" in caplog.text, "where it was raised"


@pytest.mark.parametrize("again", [False, True])
def test_a_killed_process_costs_no_row_if_the_batch_can_be_done_by_another(
    again: bool, tmp_path: Path
) -> None:
    # Meanwhile the other process is busy for a while.
    rows = [{**row, "seconds": 1.5} for row in numbers(30, r0="sleep", r7="kill_once")]
    distiset = run(tmp_path, rows, dies_again=again)
    assert (tmp_path / "killed_again").exists() is again
    assert [row["made"] for row in rows_of(distiset)] == [f"made {n}" for n in range(30)]
    assert not distiset.failures
    assert distiset.report.balanced


def test_a_batch_that_kills_every_process_fails_alone_and_says_how(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    distiset = run(tmp_path, numbers(30, r7="kill", r21="exit"))
    failed = {failure["key"][0]: failure["message"] for failure in distiset.failures}
    assert sorted(failed) == [5, 6, 7, 8, 9, 20, 21, 22, 23, 24]
    assert failed[7] == "the worker process was killed (signal 9), probably out of memory"
    assert failed[21] == "the worker process exited with status 3"
    assert distiset.failures[0]["type"] == "WorkerDied"
    rows = rows_of(distiset)
    assert [row["n"] for row in rows] == list(range(30))
    assert sum(row["made"] is not None for row in rows) == 20
    assert distiset.report.balanced
    assert "Retrying its batch once" in caplog.text


def test_a_batch_that_takes_too_long_fails_alone_and_ends_its_process(tmp_path: Path) -> None:
    rows = [{**row, "seconds": 60} for row in numbers(20, r7="sleep")]
    distiset = run(tmp_path, rows, process_timeout=0.5)
    assert [failure["key"] for failure in distiset.failures] == [(n,) for n in range(5, 10)]
    assert distiset.failures[0]["type"] == "TimeoutError"
    assert "took longer than 0.5 s; its worker process was terminated" in str(distiset.failures[0])
    assert sum(row["made"] is not None for row in rows_of(distiset)) == 15
    assert distiset.report.balanced


@pytest.mark.parametrize("mode", ["drop", "raise"])
def test_on_error_holds_for_rows_of_worker_processes(mode: Any, tmp_path: Path) -> None:
    if mode == "raise":
        with pytest.raises(RuntimeError, match=r"plain.*ZeroDivisionError"):
            run(tmp_path, numbers(20, r7="raise"), on_error=mode)
        return
    distiset = run(tmp_path, numbers(20, r7="raise"), on_error=mode)
    assert [row["n"] for row in rows_of(distiset)] == [*range(5), *range(10, 20)]
    assert distiset.report.balanced


def test_processes_that_only_die_end_the_run(tmp_path: Path) -> None:
    rows = numbers(40, **{f"r{n}": "kill" for n in range(0, 40)})
    with pytest.raises(
        RuntimeError, match=r"plain: its worker processes died 10 times .*run again"
    ):
        run(tmp_path, rows, size=2)


def test_what_the_step_logs_is_in_the_log_of_the_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    distiset = run(tmp_path, numbers(10, r3="log"))
    assert distiset.log_filename_path is not None
    assert "a word of row 3" in distiset.log_filename_path.read_text()
    (record,) = [r for r in caplog.records if "a word" in r.getMessage()]
    assert record.name == "distilabel.step.plain"


def test_a_step_that_cannot_be_loaded_there_ends_the_run_before_anything_is_asked(
    tmp_path: Path,
) -> None:
    llm = Echo()
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=3) >> Ask(name="ask", llm=llm) >> Unloadable(name="u", resources=two())
    with pytest.raises(RuntimeError, match=r"'u' could not be loaded: FileNotFoundError: no weigh"):
        pipeline.run()
    assert llm.asked == []


def test_a_step_that_cannot_be_sent_is_told_with_its_attribute_before_anything_is_asked(
    tmp_path: Path,
) -> None:
    class Local(Holds):
        pass

    llm = Echo()
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        ask = Ask(name="ask", llm=llm)
        (
            Numbers(count=3)
            >> ask
            >> [
                Holds(name="holds", handle=lambda: None, resources=two()),
                Local(name="local", resources=two()),
            ]
        )
    with pytest.raises(DistilabelUserError) as caught:
        pipeline.run()
    told = str(caught.value)
    assert "holds: its attribute 'handle' (function) cannot be sent to a worker process" in told
    assert "Local is defined inside a function" in told
    assert llm.asked == []


def test_steps_that_have_no_use_for_replicas_run_once_and_say_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="distilabel")
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        load: GeneratorStep = Numbers(name="load", count=3, resources=two())
        whole: GlobalStep = FnGlobal(name="whole", resources=two())
        ask = Ask(name="ask", llm=Echo(), resources=two())
        load >> whole >> ask >> KeepColumns(name="keep", columns=["n"], resources=two())
    assert len(rows_of(pipeline.run())) == 3
    told = {
        record.getMessage().partition(" ")[0]: record.levelno
        for record in caplog.records
        if "runs once, not 2 times" in record.getMessage()
    }
    assert told == {
        "load": logging.WARNING,
        "whole": logging.WARNING,
        "ask": logging.INFO,
        "keep": logging.INFO,
    }


def test_a_dry_run_needs_one_process(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Plain(name="plain", resources=two(), folder=str(tmp_path))
    rows = rows_of(pipeline.dry_run(dataset=numbers(3)))
    assert [row["made"] for row in rows] == ["made 0"]
    assert len(list(tmp_path.glob("load-*"))) == 1
