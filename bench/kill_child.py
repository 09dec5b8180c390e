"""The pipeline that gets killed: two models answer, a third judges, all rows go to a file."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.prompts import GENERATION, prompt
from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import GroupColumns, LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration, UltraFeedback


def built(port: int, rows: int, in_flight: int, cache: Path) -> Any:
    """The pipeline."""

    def model(name: str) -> OpenAILLM:
        return OpenAILLM(
            model=name,
            base_url=f"http://127.0.0.1:{port}/v1",
            api_key="x",
            max_concurrency=in_flight,
            generation_kwargs=dict(GENERATION),
        )

    with Pipeline("kill", cache_dir=cache) as pipeline:
        load = LoadDataFromDicts(data=[{"instruction": prompt(i)} for i in range(rows)])
        one = TextGeneration(name="one", llm=model("one"))
        two = TextGeneration(name="two", llm=model("two"))
        group = GroupColumns(
            columns=["generation", "model_name"],
            output_columns=["generations", "generation_models"],
        )
        judge = UltraFeedback(name="judge", llm=model("judge"), aspect="overall-rating")
        load >> [one, two] >> group >> judge
    return pipeline


def lines(distiset: Any) -> Iterator[str]:
    """All there is in a distiset as text: the columns and their types, then the rows in order."""
    for name in sorted(distiset):
        dataset = distiset[name]["train"]
        yield json.dumps([name, *(f"{k}: {v}" for k, v in dataset.features.items())])
        for row in dataset:
            yield json.dumps(row, sort_keys=True, default=str)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--in-flight", type=int, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    pipeline = built(given.port, given.rows, given.in_flight, given.cache)
    distiset = pipeline.run(use_cache=True)
    half = given.out.with_suffix(".half")
    half.write_text("".join(f"{line}\n" for line in lines(distiset)))
    # Killed while it writes, it must not leave something that looks like a result.
    os.replace(half, given.out)


if __name__ == "__main__":
    main()
