"""The work of the raw loop as a pipeline: one TextGeneration, every answer stored."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from bench.prompts import GENERATION, prompt
from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--prompts", type=int, required=True)
    parser.add_argument("--in-flight", type=int, default=100)
    parser.add_argument("--cache", type=Path, required=True)
    given = parser.parse_args()
    with Pipeline("bench", cache_dir=given.cache) as pipeline:
        load = LoadDataFromDicts(data=[{"instruction": prompt(i)} for i in range(given.prompts)])
        load >> TextGeneration(
            llm=OpenAILLM(
                model="bench",
                base_url=f"http://127.0.0.1:{given.port}/v1",
                api_key="x",
                max_concurrency=given.in_flight,
                generation_kwargs=dict(GENERATION),
            )
        )
    distiset = pipeline.run(use_cache=True)
    texts = distiset["default"]["train"]["generation"][:]
    print(json.dumps({"rows": sum(text is not None for text in texts)}))


if __name__ == "__main__":
    main()
