"""Protects `run` and `dry_run`: arguments reach the steps, and answers are requested only once."""

from __future__ import annotations

import logging
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from distilabel._engine.storage.parquet_writer import ParquetWriter
from distilabel.errors import DistilabelUserError
from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import KeepColumns, LoadDataFromDicts
from distilabel.steps.base import Step
from rooms import Ask, Batched, Echo, Fn, Numbers, rows_of


def asking(folder: Path, **fields: Any) -> tuple[Pipeline, Echo]:
    with Pipeline(name="p", cache_dir=folder) as pipeline:
        llm = Echo()
        Numbers(name="load", count=10, batch_size=5) >> Ask(name="ask", llm=llm, **fields)
    return pipeline, llm


def test_parameters_reach_their_step(tmp_path: Path) -> None:
    pipeline, _ = asking(tmp_path)
    parameters: Any = {
        "ask": {"num_generations": 2, "llm": {"generation_kwargs": {"temperature": 0.5}}}
    }
    assert len(rows_of(pipeline.run(parameters=parameters))) == 20
    step: Any = pipeline._steps["ask"]
    assert step.llm.generation_kwargs == {"temperature": 0.5}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"aks": {"num_generations": 2}}, "'aks' is not in the pipeline, did you mean 'ask'?"),
        ({"ask": {"num_generation": 2}}, "did you mean 'num_generations'?"),
        ({"ask": 2}, "ask: its parameters must be a dict"),
        ({7: {"num_generations": 2}}, "step 7 is not in the pipeline"),
    ],
)
def test_parameters_that_set_nothing_are_an_error_before_any_request(
    parameters: Any, message: str, tmp_path: Path
) -> None:
    pipeline, llm = asking(tmp_path)
    for run in (pipeline.run, pipeline.dry_run, pipeline.estimate):
        with pytest.raises(DistilabelUserError) as raised:
            run(parameters=parameters)
        assert message in str(raised.value)
    assert llm.asked == []


def test_a_value_of_the_wrong_type_is_an_error_before_any_request(tmp_path: Path) -> None:
    pipeline, llm = asking(tmp_path)
    with pytest.raises(ValueError, match="ask"):
        pipeline.run(parameters={"ask": {"num_generations": "many"}})
    assert llm.asked == []


def test_failures_are_in_the_order_of_the_steps_and_of_the_rows_of_each(tmp_path: Path) -> None:
    def failing_on(*numbers: int) -> Any:
        def function(rows: list[Any]) -> list[Any]:
            if rows[0]["n"] in numbers:
                raise ValueError("no")
            return rows

        return function

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        first = Fn(name="z", input_batch_size=1, function=failing_on(3, 2))
        second = Fn(name="a", input_batch_size=1, function=failing_on(1, 0))
        Numbers(name="load", count=4) >> first >> second
    failures = pipeline.run().failures
    assert [(f["step"], f["key"]) for f in failures] == [
        ("z", (2,)),
        ("z", (3,)),
        ("a", (0,)),
        ("a", (1,)),
    ]


@pytest.mark.parametrize("kind", ["list", "pandas", "Dataset"])
def test_a_dataset_goes_to_the_first_steps(kind: str, tmp_path: Path) -> None:
    rows = [{"text": str(i), "n": i} for i in range(7)]
    data: Any = rows
    if kind == "pandas":
        import pandas as pd

        data = pd.DataFrame(rows)
    elif kind == "Dataset":
        from datasets import Dataset

        data = Dataset.from_list(rows)
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        one, two = Ask(name="one", llm=Echo()), Fn(name="two")
    assert one.name is not None
    for _ in range(2):
        distiset = pipeline.run(dataset=data, dataset_batch_size=3)
        assert [row["answer"] for row in rows_of(distiset, "one")] == [f"{i}/0" for i in range(7)]
        assert [row["n"] for row in rows_of(distiset, "two")] == list(range(7))
    assert pipeline.dag.nodes == ["one", "two"]
    assert two.seen
    assert rows == [{"text": str(i), "n": i} for i in range(7)]


def test_a_dataset_given_inside_another_block_adds_no_step_to_it(tmp_path: Path) -> None:
    with Pipeline(name="inner", cache_dir=tmp_path) as inner:
        Fn(name="step")
    with Pipeline(name="outer", cache_dir=tmp_path) as outer:
        last = Fn(name="one")
        distiset = inner.run(dataset=[{"n": 1}])
        last >> Fn(name="two")
    assert [row["n"] for row in rows_of(distiset)] == [1]
    assert outer.dag.nodes == ["one", "two"]
    assert inner.dag.nodes == ["step"]


def test_a_dataset_beside_a_generator_is_an_error(tmp_path: Path) -> None:
    pipeline, _ = asking(tmp_path)
    with pytest.raises(DistilabelUserError, match="dataset"):
        pipeline.run(dataset=[{"text": "a"}])


def test_an_empty_dataset_is_an_error(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Fn()
    with pytest.raises(DistilabelUserError, match="no rows"):
        pipeline.run(dataset=[])


def test_a_dry_run_stores_nothing_and_changes_nothing(tmp_path: Path) -> None:
    pipeline, llm = asking(tmp_path / "cache")
    before = pipeline.dump()
    distiset = pipeline.dry_run(batch_size=2)
    assert [row["n"] for row in rows_of(distiset)] == [0, 1]
    assert not (tmp_path / "cache").exists()
    assert pipeline.dump() == before
    assert len(rows_of(pipeline.run())) == 10
    assert llm.asked.count("0") == 2


def test_a_dry_run_with_a_dataset(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path / "cache") as pipeline:
        Ask(llm=Echo())
    distiset = pipeline.dry_run(dataset=[{"text": str(i)} for i in range(9)])
    assert len(rows_of(distiset)) == 1


def test_no_question_is_asked_twice_unless_the_cache_is_off(tmp_path: Path) -> None:
    pipeline, llm = asking(tmp_path)
    pipeline.run()
    pipeline.run()
    assert len(llm.asked) == 10
    distiset = pipeline.run(use_cache=False)
    assert len(llm.asked) == 20
    assert distiset.report.reused == 0
    pipeline, llm = asking(tmp_path)
    pipeline.run()
    assert llm.asked == []


def test_use_cache_of_a_step_asks_again(tmp_path: Path) -> None:
    asking(tmp_path)[0].run()
    pipeline, llm = asking(tmp_path, use_cache=False)
    pipeline.run()
    assert len(llm.asked) == 10


def test_only_what_is_new_is_asked(tmp_path: Path) -> None:
    def run(texts: list[str], name: str) -> list[str]:
        with Pipeline(name=name, cache_dir=tmp_path) as pipeline:
            llm = Echo()
            LoadDataFromDicts(data=[{"text": text} for text in texts]) >> Ask(
                name=f"ask-{name}", llm=llm, input_batch_size=len(texts)
            )
        pipeline.run()
        return llm.asked

    assert run(["a", "b"], "one") == ["a", "b"]
    # Another name, other batches, another order: the same questions.
    assert run(["c", "b", "a"], "two") == ["c"]


def test_a_synchronous_model_is_asked_in_batches_and_kept(tmp_path: Path) -> None:
    def run() -> tuple[Any, Batched]:
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            llm = Batched()
            Numbers(count=30) >> Ask(llm=llm, input_batch_size=8)
        return pipeline.run(), llm

    distiset, llm = run()
    assert [row["answer"] for row in rows_of(distiset)] == [f"b:{n}" for n in range(30)]
    assert sum(llm.calls) == 30
    assert max(llm.calls) <= 8
    assert len(llm.calls) < 30
    assert run()[1].calls == []


def test_logging_handlers_receive_the_log(tmp_path: Path) -> None:
    class Listening(logging.Handler):
        def __init__(self) -> None:
            super().__init__()
            self.lines: list[str] = []

        def emit(self, record: logging.LogRecord) -> None:
            self.lines.append(record.getMessage())

    handler = Listening()
    pipeline, _ = asking(tmp_path)
    distiset = pipeline.run(logging_handlers=[handler])
    assert any("p started" in line for line in handler.lines)
    assert distiset.log_filename_path is not None
    assert "p started" in distiset.log_filename_path.read_text()
    assert handler not in logging.getLogger("distilabel").handlers


def test_a_file_that_cannot_be_read_is_in_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = ParquetWriter.finish

    def damage(writer: ParquetWriter) -> None:
        finish(writer)
        for file in writer._folder.glob("*.parquet"):
            file.write_bytes(b"PAR1 damaged")

    with Pipeline(name="damaged", cache_dir=tmp_path) as pipeline:
        LoadDataFromDicts(data=[{"a": i} for i in range(5)]) >> KeepColumns(columns=["a"])
    report = pipeline.run().report
    assert (report.rows, report.unreadable, report.balanced) == (5, 0, True)
    monkeypatch.setattr(ParquetWriter, "finish", damage)
    report = pipeline.run().report
    assert (report.rows, report.unreadable, report.balanced) == (5, 5, False)


def test_artifacts_are_where_the_distiset_says(tmp_path: Path) -> None:
    def note(folder: Path) -> None:
        (folder / "a.txt").write_text("kept")

    class Keeps(Fn):
        def load(self) -> None:
            super().load()
            self.save_artifact("note", note)

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers() >> Keeps(name="keeps")
    for _ in range(2):
        distiset = pipeline.run()
        assert distiset.artifacts_path is not None
        assert (distiset.artifacts_path / "keeps" / "note" / "a.txt").read_text() == "kept"
    assert len(list(tmp_path.rglob("a.txt"))) == 1


_OWN_MODEL = """
    from typing import Any

    from distilabel.models import AsyncLLM
    from distilabel.pipeline import Pipeline
    from distilabel.steps import LoadDataFromDicts
    from distilabel.steps.tasks import TextGeneration

    class Mine(AsyncLLM):
        @property
        def model_name(self) -> str:
            return "mine"

        async def agenerate(self, input: Any, num_generations: int = 1) -> Any:
            return {{"generations": ["{0}"], "statistics": {{}}}}

    with Pipeline(name="p", cache_dir="cache") as pipeline:
        LoadDataFromDicts(data=[{{"instruction": "?"}}]) >> TextGeneration(llm=Mine())

    if __name__ == "__main__":
        report = pipeline.run()
        print(report["default"]["train"][0]["generation"], report.report.asked)
"""


def test_a_model_class_of_a_program_is_the_same_when_imported_and_not_that_of_another(
    tmp_path: Path,
) -> None:
    def told(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(_OWN_MODEL.format(name)))
    assert "one 1" in told("one.py")
    assert "two 1" in told("two.py")
    assert "one 0" in told("one.py")
    run = ("-m", "distilabel", "pipeline", "run", "--script", "one.py")
    assert "0 answers received, 1 reused" in told(*run)


def test_a_user_error_in_load_is_raised_without_a_traceback_of_the_engine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers() >> Ask(name="ask", llm=OpenAILLM(model="m"))
    with pytest.raises(
        RuntimeError, match="'ask' could not be loaded: OpenAILLM: no API key"
    ) as caught:
        pipeline.run()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    told = capsys.readouterr().err
    assert "stopped by an error before any answer was received" in told
    assert "rows in" not in told
    assert "run again" not in told


def test_load_failures_are_a_runtime_error(tmp_path: Path) -> None:
    class Unloadable(Fn):
        def load(self) -> None:
            raise OSError("no such weights")

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        step: Step = Unloadable(name="heavy")
        Numbers() >> step
    with pytest.raises(RuntimeError, match="'heavy' could not be loaded"):
        pipeline.run()
    assert list(tmp_path.rglob("data*")) == []
