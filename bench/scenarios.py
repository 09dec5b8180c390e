"""The pipelines that are killed, by name. A new one is a function and a line in `SCENARIOS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

from bench.prompts import GENERATION, prompt
from distilabel.models import InferenceEndpointsLLM, OpenAILLM
from distilabel.pipeline import Pipeline, sample_n_steps
from distilabel.steps import (
    ExpandColumns,
    GlobalStep,
    GroupColumns,
    KeepColumns,
    LoadDataFromDicts,
    Step,
    StepInput,
)
from distilabel.steps.tasks import TextGeneration, UltraFeedback


def _model(name: str, port: int, in_flight: int) -> OpenAILLM:
    return OpenAILLM(
        model=name,
        base_url=f"http://127.0.0.1:{port}/v1",
        api_key="x",
        max_concurrency=in_flight,
        generation_kwargs=dict(GENERATION),
    )


def _seeded(name: str, port: int, in_flight: int) -> InferenceEndpointsLLM:
    """A model that takes a seed: the same question, asked again, is another one."""
    return InferenceEndpointsLLM(
        base_url=f"http://127.0.0.1:{port}",
        model_display_name=name,
        api_key="x",
        max_concurrency=in_flight,
        generation_kwargs=dict(GENERATION),
    )


def preferences(port: int, rows: int, in_flight: int, cache: Path) -> Any:
    """Two models answer, a third judges."""
    with Pipeline("kill", cache_dir=cache) as pipeline:
        load = LoadDataFromDicts(data=[{"instruction": prompt(i)} for i in range(rows)])
        one = TextGeneration(name="one", llm=_model("one", port, in_flight))
        two = TextGeneration(name="two", llm=_model("two", port, in_flight))
        group = GroupColumns(
            columns=["generation", "model_name"],
            output_columns=["generations", "generation_models"],
        )
        judge = UltraFeedback(
            name="judge", llm=_model("judge", port, in_flight), aspect="overall-rating"
        )
        load >> [one, two] >> group >> judge
    return pipeline


def _lot(text: str | None, sides: int) -> int:
    """Draws a number from a text; the same text draws the same number."""
    return int.from_bytes(blake2b(str(text).encode(), digest_size=4).digest(), "big") % sides


class Together(Step):
    """Puts the columns of its predecessors into one row."""

    def process(self, *inputs: StepInput) -> Iterator[list[dict[str, Any]]]:
        yield [
            {name: value for part in parts for name, value in part.items()}
            for parts in zip(*inputs, strict=True)
        ]


class Some(Step):
    """Drops about every third row, and sometimes fails on a batch."""

    @property
    def inputs(self) -> list[str]:
        return ["text"]

    @property
    def outputs(self) -> list[str]:
        return ["length", "question"]

    def process(self, inputs: StepInput) -> Iterator[list[dict[str, Any]]]:
        if _lot(inputs[0]["text"], 9) == 0:
            raise ValueError("not these")
        kept = [row for row in inputs if _lot(row["text"], 3)]
        for row in kept:
            row["length"] = len(row["text"] or "")
            # The same text stands beside each of the other answers: no question comes twice.
            row["question"] = f"{row['text']}\n{row['other']}"
        yield kept


class Fragile(TextGeneration):
    """Fails to format some prompts, and to parse some answers."""

    def format_input(self, input: dict[str, Any]) -> Any:
        if _lot(input["instruction"], 11) == 0:
            raise ValueError("this cannot be asked")
        return super().format_input(input)

    def format_output(
        self, output: str | None, input: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        if output is not None and _lot(output, 7) == 0:
            raise ValueError("this cannot be read")
        return super().format_output(output, input)


class Ranked(GlobalStep):
    """Reorders and numbers all rows."""

    @property
    def outputs(self) -> list[str]:
        return ["rank"]

    def process(self, inputs: StepInput) -> Iterator[list[dict[str, Any]]]:
        rows = sorted(inputs, key=lambda row: _lot(row["text"], 1_000_000))
        yield [{**row, "rank": rank} for rank, row in enumerate(rows)]


def everything(port: int, rows: int, in_flight: int, cache: Path) -> Any:
    """Everything an engine can be in the middle of, in one graph.

    Several generations, in one row and in several, in one question and in several; a join, a
    fan-out, a filter, routing, rows that fail, a step that needs all rows, three leaves.
    """
    data = [{"number": i, "instruction": prompt(i)} for i in range(rows)]
    with Pipeline("everything", cache_dir=cache) as pipeline:
        load = LoadDataFromDicts(data=data, batch_size=8)
        three = TextGeneration(
            name="three",
            llm=_model("three", port, in_flight),
            num_generations=3,
            group_generations=True,
        )
        two = TextGeneration(
            name="two",
            # Asks one question per generation.
            llm=_seeded("two", port, in_flight),
            num_generations=2,
            output_mappings={"generation": "other", "model_name": "other_model"},
        )
        together = Together(name="together", input_batch_size=20)
        expand = ExpandColumns(name="expand", columns={"generation": "text"})
        # Some failures end here, others go on.
        some = Some(name="some", input_batch_size=20, on_error="drop")
        judges = [
            Fragile(
                name=name,
                # Whichever way a row goes, it is asked and told the same.
                llm=_seeded("judge", port, in_flight),
                input_mappings={"instruction": "question"},
                output_mappings={"generation": "verdict", "model_name": "judge"},
                input_batch_size=20,
                add_raw_output=False,
                add_raw_input=False,
                # What could not be read would be asked for again by every run, killed or not.
                parse_retries=0,
            )
            for name in ("left", "right")
        ]
        merge = Together(name="merge", input_batch_size=20)
        ranked = Ranked(name="ranked")
        load >> [three, two] >> together >> expand >> some
        some >> sample_n_steps(1) >> judges >> merge
        merge >> KeepColumns(columns=["number", "text", "other", "length", "verdict"]) >> ranked
        # Written as answers come, and put in order at the end.
        three >> KeepColumns(name="early", columns=["number", "generation"])
        together >> KeepColumns(name="beside", columns=["number", "other", "generation"])
    return pipeline


def jobs(port: int, rows: int, in_flight: int, cache: Path) -> Any:
    """Two turns of batch jobs, one after the other, and questions asked one by one beside them."""

    def by_job(name: str) -> OpenAILLM:
        return _model(name, port, in_flight).model_copy(
            update={
                "use_offline_batch_generation": True,
                "offline_batch_generation_block_until_done": 1,
            }
        )

    with Pipeline("jobs", cache_dir=cache) as pipeline:
        load = LoadDataFromDicts(data=[{"instruction": prompt(i)} for i in range(rows)])
        first = TextGeneration(
            name="first", llm=by_job("first"), output_mappings={"generation": "draft"}
        )
        second = TextGeneration(
            name="second", llm=by_job("second"), input_mappings={"instruction": "draft"}
        )
        beside = TextGeneration(
            name="beside",
            llm=_model("beside", port, in_flight),
            output_mappings={"generation": "other", "model_name": "other_model"},
        )
        together = Together(name="together", input_batch_size=20)
        load >> first >> second
        load >> beside
        [second, beside] >> together
    return pipeline


SCENARIOS: dict[str, Callable[[int, int, int, Path], Any]] = {
    "preferences": preferences,
    "everything": everything,
    "jobs": jobs,
}
