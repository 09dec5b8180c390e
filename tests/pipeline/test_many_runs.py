"""Protects runs from each other: in a row, in threads, in processes, in functions, and pickled."""

from __future__ import annotations

import logging
import multiprocessing
import pickle
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import PrivateAttr

from distilabel._core.build_context import current_pipeline
from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline, sample_n_steps
from distilabel.steps import CombineOutputs, KeepColumns, LoadDataFromDicts, StepInput, step
from distilabel.steps.tasks import TextGeneration
from rooms import Ask, Echo, Fn, Numbers, Rows, rows_of, script


@step(inputs=["text"], outputs=["length"])
def Measure(inputs: StepInput) -> Any:
    yield [{**row, "length": len(row["text"])} for row in inputs]


def mark(rows: Rows) -> Rows:
    return [{**row, "marked": True} for row in rows]


def pipeline_of(name: str, folder: Path, count: int = 6) -> Pipeline:
    with Pipeline(name=name, cache_dir=folder) as pipeline:
        load = Numbers(name="load", count=count)
        (
            load
            >> Ask(name="ask", llm=Echo())
            >> Measure(name="measure")
            >> Fn(name="mark", function=mark)
        )
    return pipeline


def answers(pipeline: Pipeline) -> list[str]:
    return [row["answer"] for row in rows_of(pipeline.run())]


# -- again ----------------------------------------------------------------------------------


def test_one_pipeline_runs_again_and_again(tmp_path: Path) -> None:
    pipeline = pipeline_of("again", tmp_path)
    first = rows_of(pipeline.run())
    dump = pipeline.dump()
    assert [row["length"] for row in first] == [1] * 6
    assert rows_of(pipeline.run()) == first
    assert rows_of(pipeline.run(use_cache=False)) == first
    assert pipeline.dump() == dump


def test_one_pipeline_does_not_run_twice_at_once(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hold(rows: Rows) -> Rows:
        begun.set()
        assert go_on.wait(30)
        return rows

    with Pipeline(name="once", cache_dir=tmp_path) as pipeline:
        Numbers() >> Fn(name="hold", function=hold, use_cache=False)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(pipeline.run)
        try:
            assert begun.wait(30)
            with pytest.raises(DistilabelUserError, match="'once' is already running"):
                pipeline.run()
            with pytest.raises(DistilabelUserError, match="'once' is already running"):
                pipeline.dry_run()
        finally:
            go_on.set()
        assert len(rows_of(running.result())) == 10
    assert len(rows_of(pipeline.run())) == 10


def test_after_a_run_that_failed_it_runs(tmp_path: Path) -> None:
    pipeline = pipeline_of("failing", tmp_path)
    with pytest.raises(ValueError, match="nothing_like_it"):
        pipeline.run(parameters={"ask": {"nothing_like_it": 1}})
    assert len(answers(pipeline)) == 6


# -- in threads -----------------------------------------------------------------------------


def test_pipelines_in_threads_keep_apart(tmp_path: Path) -> None:
    def whole(name: str, count: int) -> tuple[list[str], str]:
        pipeline = pipeline_of(name, tmp_path, count)
        distiset = pipeline.run()
        assert distiset.log_filename_path is not None
        rows = rows_of(distiset)
        return [row["answer"] for row in rows], distiset.log_filename_path.read_text()

    before = logging.getLogger("distilabel").level
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(whole, f"thread-{i}", 20 + i) for i in range(4)]
        for i, run in enumerate(runs):
            told, log = run.result()
            assert told == [f"{n}/0" for n in range(20 + i)]
            assert f"thread-{i} started" in log
            assert log.count(" started: ") == 1
            assert log.count("report\n") == 1
    assert logging.getLogger("distilabel").level == before
    assert logging.getLogger("distilabel").handlers == []


def test_one_thread_may_build_what_another_runs(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        pipeline = pool.submit(pipeline_of, "handed-on", tmp_path).result()
    assert len(answers(pipeline)) == 6


class Loaded(Echo):
    """A model that answers only while it is loaded."""

    _loaded: bool = PrivateAttr(default=False)

    def load(self) -> None:
        super().load()
        self._loaded = True

    def unload(self) -> None:
        self._loaded = False
        super().unload()

    async def agenerate(  # type: ignore[override]
        self, input: Any, num_generations: int = 1, temperature: float = 1.0
    ) -> Any:
        assert self._loaded
        return await super().agenerate(input, num_generations)


def test_two_pipelines_share_a_model(tmp_path: Path) -> None:
    llm = Loaded()
    other_is_over = threading.Event()

    def wait(rows: Rows) -> Rows:
        assert other_is_over.wait(30)
        return rows

    with Pipeline(name="long", cache_dir=tmp_path / "long") as long:
        Numbers() >> Fn(function=wait, use_cache=False) >> Ask(name="ask", llm=llm)
    with Pipeline(name="short", cache_dir=tmp_path / "short") as short:
        Numbers() >> Ask(name="ask", llm=llm)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(long.run)
        short.run()
        other_is_over.set()
        assert running.result().failures == []
    assert not llm._loaded


# -- blocks ---------------------------------------------------------------------------------


def test_a_block_opened_within_itself_closes_again() -> None:
    with Pipeline(name="a") as a:
        with a:
            first = KeepColumns(columns=["x"])
        second = KeepColumns(columns=["x"])
    assert first.pipeline is a
    assert second.pipeline is a
    assert current_pipeline() is None


def test_a_block_that_was_left_open_inside_closes_with_the_outer_one() -> None:
    with Pipeline(name="outer"):
        Pipeline(name="never closed").__enter__()
    assert current_pipeline() is None


def test_a_pipeline_that_failed_in_its_block_leaves_nothing_behind(tmp_path: Path) -> None:
    broken = Pipeline(name="broken")

    def build() -> None:
        with broken:
            Numbers(name="load")
            KeepColumns(name="a b", columns=["n"])

    with pytest.raises(ValueError, match="pattern"):
        build()
    with Pipeline(name="whole", cache_dir=tmp_path) as pipeline:
        Numbers(name="load") >> KeepColumns(name="keep", columns=["n"])
    assert list(broken._steps) == ["load"]
    assert len(rows_of(pipeline.run())) == 10


def test_a_run_inside_a_block_and_a_function(tmp_path: Path) -> None:
    def build_and_run() -> list[str]:
        with Pipeline(name="inside", cache_dir=tmp_path) as pipeline:
            Numbers(count=2) >> Ask(name="ask", llm=Echo())
            inner = pipeline_of("inner", tmp_path, 1)
            assert current_pipeline() is pipeline
            return answers(pipeline) + answers(inner)

    assert build_and_run() == ["0/0", "1/0", "0/0"]
    assert build_and_run() == ["0/0", "1/0", "0/0"]


def test_steps_created_while_a_pipeline_runs_belong_to_no_pipeline(tmp_path: Path) -> None:
    made = []

    def make(rows: Rows) -> Rows:
        made.append(KeepColumns(columns=["n"]))
        return rows

    with Pipeline(name="making", cache_dir=tmp_path) as pipeline:
        Numbers() >> Fn(function=make, use_cache=False)
        pipeline.run()
    assert [made_step.pipeline for made_step in made] == [None]
    assert len(pipeline._steps) == 2


# -- in processes ---------------------------------------------------------------------------


def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    program = """
        from pathlib import Path
        from distilabel.models import SimulatedLLM
        from distilabel.pipeline import Pipeline
        from distilabel.steps import LoadDataFromDicts
        from distilabel.steps.tasks import TextGeneration

        rows = [{"instruction": f"Say {i}."} for i in range(200)]
        with Pipeline(name="shared", cache_dir=Path("cache")) as pipeline:
            load = LoadDataFromDicts(data=rows)
            load >> TextGeneration(name="write", llm=SimulatedLLM(latency="0.01"))
        distiset = pipeline.run()
        assert len(distiset["default"]["train"]) == 200
        assert distiset.failures == []
        print(sorted(distiset["default"]["train"]["generation"])[0])
    """
    processes = [script(program, tmp_path) for _ in range(2)]
    outs = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outs
    assert outs[0][0] == outs[1][0] != ""


def _run_pickled(data: bytes) -> list[Any]:
    pipeline = pickle.loads(data)
    assert all(made.pipeline is pipeline for made in pipeline._steps.values())
    return rows_of(pipeline.run())


def test_a_pipeline_goes_to_another_process(tmp_path: Path) -> None:
    pipeline = pipeline_of("pickled", tmp_path)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        there = pool.submit(_run_pickled, pickle.dumps(pipeline)).result(timeout=120)
    assert there == rows_of(pipeline.run())


def test_a_pipeline_that_has_run_can_be_pickled(tmp_path: Path) -> None:
    with Pipeline(name="routed", cache_dir=tmp_path) as pipeline:
        load = LoadDataFromDicts(data=[{"instruction": str(i)} for i in range(4)], batch_size=2)
        writers = [
            TextGeneration(name=name, llm=SimulatedLLM(seed=i), input_batch_size=2)
            for i, name in enumerate("abc")
        ]
        load >> sample_n_steps(2) >> writers >> CombineOutputs(input_batch_size=2)
    pipeline.run()
    again = pickle.loads(pickle.dumps(pipeline))
    assert again.dump() == pipeline.dump()
    assert again.signature == pipeline.signature
    assert len(rows_of(again.run())) == 4
