"""Protects from reruns that give old rows, or pay for the same ones again.

Each test runs a pipeline, changes one thing, and runs it again in the same cache directory.
"""

from __future__ import annotations

import logging
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts, Step, StepInput, StepResources
from distilabel.steps.tasks import TextGeneration
from rooms import Ask, Echo, Fn, Rows, rows_of, script

CALLS: list[str] = []


class Suffix(Step):
    """Adds `k` to the text; counts its batches."""

    k: str = "!"
    other: int = 0

    @property
    def outputs(self) -> list[str]:
        return ["loud"]

    def process(self, inputs: StepInput) -> Any:
        logging.getLogger("calls").info(self.name)
        yield [{**row, "loud": f"{row['text']}{self.k}"} for row in inputs]


@pytest.fixture(autouse=True)
def _count_calls() -> Iterator[None]:
    CALLS.clear()
    handler = logging.Handler()
    handler.emit = lambda record: CALLS.append(record.msg)  # type: ignore[method-assign]
    log = logging.getLogger("calls")
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    yield
    log.removeHandler(handler)


def run(folder: Path, *steps: Any, data: Rows | None = None) -> Rows:
    """Runs steps one after the other; `steps` are functions that make them."""
    with Pipeline(name="p", cache_dir=folder) as pipeline:
        last: Any = LoadDataFromDicts(name="load", data=data or [{"text": "a"}, {"text": "b"}])
        for make in steps:
            last = last >> make()
    return rows_of(pipeline.run())


def suffix(name: str = "suffix", **fields: Any) -> Callable[[], Step]:
    return lambda: Suffix(name=name, **fields)


def test_nothing_changed_nothing_is_done_again(tmp_path: Path) -> None:
    assert run(tmp_path, suffix()) == run(tmp_path, suffix())
    assert CALLS == ["suffix"]


def test_other_input_data_give_other_rows(tmp_path: Path) -> None:
    run(tmp_path, suffix())
    rows = run(tmp_path, suffix(), data=[{"text": "c"}])
    assert [row["loud"] for row in rows] == ["c!"]
    # More rows: the old ones are those of before.
    rows = run(tmp_path, suffix(), data=[{"text": "c"}, {"text": "d"}])
    assert [row["loud"] for row in rows] == ["c!", "d!"]


def test_a_changed_step_changes_what_comes_after_it(tmp_path: Path) -> None:
    def again() -> Step:
        return Suffix(name="second", input_mappings={"text": "loud"}, output_mappings={"loud": "x"})

    run(tmp_path, suffix(), again)
    rows = run(tmp_path, suffix(k="?"), again)
    assert [row["x"] for row in rows] == ["a?!", "b?!"]
    assert CALLS == ["suffix", "second"] * 2


def test_a_changed_prompt_asks_what_comes_after_it(tmp_path: Path) -> None:
    def asked(template: str, k: str) -> list[list[str]]:
        models = [Echo(), Echo()]
        prompt = lambda: Fn(  # noqa: E731 (made inside the block)
            name="prompt",
            function=lambda rows: [{**r, "text": template.format(r["text"])} for r in rows],
        )
        move = lambda: Fn(  # noqa: E731
            name="move", function=lambda rows: [{**r, "text": r["answer"] + k} for r in rows]
        )
        run(
            tmp_path,
            prompt,
            lambda: Ask(name="one", llm=models[0]),
            move,
            lambda: Ask(name="two", llm=models[1], output_mappings={"answer": "second"}),
        )
        return [model.asked for model in models]

    assert [len(texts) for texts in asked("{}", "")] == [2, 2]
    assert [len(texts) for texts in asked("{}", "")] == [0, 0]
    assert asked("really {}", "") == [["really a", "really b"], ["really a/0", "really b/0"]]
    # Only what stands between the two changes: the first is not asked again.
    assert asked("really {}", "?") == [[], ["really a/0?", "really b/0?"]]


def test_interrupted_then_changed_at_the_end(tmp_path: Path) -> None:
    program = """
        import os, sys
        from pathlib import Path
        from distilabel.models import SimulatedLLM
        from distilabel.pipeline import Pipeline
        from distilabel.steps import LoadDataFromDicts, Step, StepInput
        from distilabel.steps.tasks import TextGeneration

        class Last(Step):
            word: str = "one"
            @property
            def inputs(self):
                return ["generation"]

            @property
            def outputs(self):
                return ["last"]

            def process(self, inputs: StepInput):
                if self.word == "one" and inputs[0]["n"] >= 4:
                    os._exit(9)
                yield [{**row, "last": self.word} for row in inputs]

        rows = [{"n": i, "instruction": f"Say {i}."} for i in range(10)]
        with Pipeline(name="cut", cache_dir=Path("cache")) as pipeline:
            load = LoadDataFromDicts(data=rows, batch_size=2)
            write = TextGeneration(name="write", llm=SimulatedLLM(), input_batch_size=2)
            load >> write >> Last(name="last", word=sys.argv[1], input_batch_size=2)
        distiset = pipeline.run()
        print([row["last"] for row in distiset["default"]["train"]])
        print(distiset.report.asked + distiset.report.reused)
    """
    cut = script(program, tmp_path, "one")
    cut.communicate(timeout=120)
    assert cut.returncode == 9
    done = script(program, tmp_path, "two")
    out, err = done.communicate(timeout=120)
    assert done.returncode == 0, err
    # None of the rows of the run that was cut, none missing, none twice.
    assert out.splitlines() == [str(["two"] * 10), "10"]


def test_a_field_of_any_name_counts(tmp_path: Path) -> None:
    run(tmp_path, suffix())
    assert [row["loud"] for row in run(tmp_path, suffix(k="?"))] == ["a?", "b?"]
    assert Suffix(name="s", k="1").signature != Suffix(name="s", k="2").signature
    assert Suffix(name="s", other=1).signature != Suffix(name="s", other=2).signature
    # Which value belongs to which name counts, not how they look side by side.
    one = Suffix(name="s", k="x", input_mappings={"a": "b"})
    two = Suffix(name="s", k="x", output_mappings={"a": "b"})
    assert one.signature != two.signature


@pytest.mark.parametrize(
    "fields", [{"resources": StepResources(replicas=1, cpus=2)}, {"input_batch_size": 50}]
)
def test_how_a_step_is_run_does_not_count(fields: dict[str, Any], tmp_path: Path) -> None:
    first = run(tmp_path, suffix())
    assert run(tmp_path, suffix(**fields)) == first
    assert CALLS == ["suffix"]
    one, two = (Suffix(name="s", resources=StepResources(replicas=n)) for n in (1, 4))
    assert one.signature == two.signature


def test_replicas_of_a_task_ask_nothing_again(tmp_path: Path) -> None:
    def asked(replicas: int) -> int:
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            load = LoadDataFromDicts(data=[{"instruction": str(i)} for i in range(5)])
            load >> TextGeneration(
                llm=SimulatedLLM(), resources=StepResources(replicas=replicas), name="write"
            )
        return int(pipeline.run().report.asked)

    assert [asked(1), asked(2), asked(4)] == [5, 0, 0]


def test_a_changed_source_runs_that_step_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    source = textwrap.dedent(
        """
        from distilabel.steps import StepInput, step

        def helper(text):
            return text.HOW()

        @step(inputs=["text"], outputs=["text"])
        def Change(inputs: StepInput):
            yield [{**row, "text": helper(row["text"])} for row in inputs]
        """
    )

    def changed(how: str) -> Rows:
        sys.modules.pop("changing_parts", None)
        (tmp_path / "changing_parts.py").write_text(source.replace("HOW", how))
        for cached in tmp_path.glob("__pycache__/*"):
            cached.unlink()
        import linecache

        linecache.clearcache()
        import changing_parts  # type: ignore[import-not-found]

        return run(
            tmp_path / "cache", lambda: changing_parts.Change(name="change"), suffix("after")
        )

    try:
        assert [row["loud"] for row in changed("upper")] == ["A!", "B!"]
        assert [row["loud"] for row in changed("upper")] == ["A!", "B!"]
        assert CALLS == ["after"]
        assert [row["loud"] for row in changed("title")] == ["A!", "B!"]
        # The same rows came out of it: what follows need not run.
        assert CALLS == ["after"]
        assert [row["loud"] for row in changed("swapcase")] == ["A!", "B!"]
        assert [row["loud"] for row in changed("lower")] == ["a!", "b!"]
        assert CALLS == ["after", "after"]
    finally:
        sys.modules.pop("changing_parts", None)


class Nested(Suffix):
    """A step whose own dict has names that mean something elsewhere."""

    settings: dict[str, Any] = Field(default_factory=dict)


@pytest.mark.parametrize("name", ["resources", "type_info", "input_batch_size", "llm_jobs_ids"])
def test_names_inside_a_users_dict_are_the_users(name: str) -> None:
    one, two = (Nested(name="s", settings={name: value}) for value in (1, 2))
    assert one.signature != two.signature


def test_another_class_of_model_is_another_step() -> None:
    class Other(Echo):
        pass

    assert Ask(name="a", llm=Echo()).signature != Ask(name="a", llm=Other()).signature


def test_jobs_of_a_model_do_not_count() -> None:
    one, two = (Ask(name="a", llm=Echo(jobs_ids=ids)) for ids in (None, ("1", "2")))
    assert one.signature == two.signature
