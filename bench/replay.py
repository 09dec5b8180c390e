"""Two requests per row, the second about the first answer; rerun from stored answers."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from bench.prompts import GENERATION, prompt
from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import KeepColumns, LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--tail", help="a last step of this name, so that the pipeline is another")
    given = parser.parse_args()
    llm = OpenAILLM(
        model="bench",
        base_url=f"http://127.0.0.1:{given.port}/v1",
        api_key="x",
        max_concurrency=100,
        generation_kwargs=dict(GENERATION),
    )
    with Pipeline("bench", cache_dir=given.cache) as pipeline:
        load = LoadDataFromDicts(data=[{"instruction": prompt(i)} for i in range(given.rows)])
        first = TextGeneration(name="first", llm=llm)
        second = TextGeneration(
            name="second",
            llm=llm,
            input_mappings={"instruction": "generation"},
            output_mappings={"generation": "judgement", "model_name": "judge"},
        )
        load >> first >> second
        if given.tail:
            second >> KeepColumns(
                name=given.tail, columns=["instruction", "generation", "judgement"]
            )
    began = time.perf_counter()
    distiset = pipeline.run(use_cache=True)
    seconds = time.perf_counter() - began
    texts = distiset["default"]["train"]["judgement"][:]
    print(json.dumps({"rows": sum(text is not None for text in texts), "seconds": seconds}))


if __name__ == "__main__":
    main()
