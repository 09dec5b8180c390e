"""A pipeline with one TextGeneration, and the state of its rate limiter during the run."""

from __future__ import annotations

import argparse
import json
import math
import threading
import time
from pathlib import Path
from typing import Any

from bench.prompts import GENERATION, prompt
from distilabel.models import OpenAILLM
from distilabel.models.rate_limit.limiter import EndpointLimiter
from distilabel.models.rate_limit.registry import EndpointLimiters
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration

EVERY = 0.1


def _watch(looks: list[tuple[float, int, int, float | None]], ended: threading.Event) -> None:
    """Samples the rate limiter: time, limit, in flight, requests per second."""
    limiters: list[EndpointLimiter] = []
    find = EndpointLimiters.of

    def of(self: EndpointLimiters, llm: Any) -> EndpointLimiter:
        gate = find(self, llm)
        if gate not in limiters:
            limiters.append(gate)
        return gate

    EndpointLimiters.of = of  # type: ignore[method-assign]
    while not ended.wait(EVERY):
        for gate in limiters:
            rate = gate._rate.per_second
            told = None if rate == math.inf else rate
            looks.append((time.time(), gate.limit, gate.in_flight, told))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--prompts", type=int, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--model", type=json.loads, default={}, help="fields of the model, as JSON")
    given = parser.parse_args()
    looks: list[tuple[float, int, int, float | None]] = []
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(looks, ended), daemon=True)
    watcher.start()
    with Pipeline("gate", cache_dir=given.cache) as pipeline:
        load = LoadDataFromDicts(data=[{"instruction": prompt(i)} for i in range(given.prompts)])
        load >> TextGeneration(
            llm=OpenAILLM(
                model="bench",
                base_url=f"http://127.0.0.1:{given.port}/v1",
                api_key="x",
                generation_kwargs=dict(GENERATION),
                **given.model,
            )
        )
    distiset = pipeline.run(use_cache=True)
    ended.set()
    texts = distiset["default"]["train"]["generation"][:]
    rows = sum(text is not None for text in texts)
    print(json.dumps({"rows": rows, "looks": looks}))


if __name__ == "__main__":
    main()
