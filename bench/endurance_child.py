"""The pipeline of the endurance test: two requests per row, sampled twice per second."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import threading
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Imported here, because loading the Parquet reader and writer later would look like growth.
import datasets  # noqa: F401
import pyarrow.parquet  # noqa: F401
from pydantic import PrivateAttr

from bench.prompts import GENERATION, prompt
from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import GeneratorStep
from distilabel.steps.tasks import TextGeneration

_LAG_EVERY = 0.01
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Prompts(GeneratorStep):
    """Makes rows as they are needed, so that it holds none in memory."""

    rows: int

    @property
    def outputs(self) -> list[str]:
        return ["instruction"]

    def process(self, offset: int = 0) -> Iterator[tuple[list[dict[str, Any]], bool]]:
        for start in range(0, self.rows, self.batch_size):
            end = min(start + self.batch_size, self.rows)
            yield [{"instruction": prompt(i)} for i in range(start, end)], end == self.rows


class Counted(TextGeneration):
    """Counts the answers it has parsed."""

    _done: int = PrivateAttr(default=0)

    def format_output(
        self, output: str | None, input: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        self._done += 1
        return super().format_output(output, input)


class Watched(OpenAILLM):
    """Records how late the event loop calls it."""

    _late: Any = PrivateAttr(default_factory=lambda: array("d"))
    _watching: Any = PrivateAttr(default=None)

    async def _preflight(self) -> None:
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
        await super()._preflight()

    async def _watch(self) -> None:
        while True:
            wanted = time.perf_counter() + _LAG_EVERY
            await asyncio.sleep(_LAG_EVERY)
            self._late.append(time.perf_counter() - wanted)


class Looks:
    """Samples memory, files and threads of the process twice per second, in a thread.

    Args:
        last: the last step, which says how far the run is.
        every: seconds between two looks.
    """

    def __init__(self, last: Counted, every: float) -> None:
        self._last = last
        self._every = every
        self._over = threading.Event()
        self.taken: list[dict[str, float]] = []
        self._thread = threading.Thread(target=self._look_on, name="looks")

    def __enter__(self) -> Looks:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look_on(self) -> None:
        began = time.perf_counter()
        while not self._over.wait(self._every):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            self.taken.append(
                {
                    "seconds": time.perf_counter() - began,
                    "rows": self._last._done,
                    "memory": pages * _PAGE / 1e6,
                    "files": len(os.listdir("/proc/self/fd")),
                    "threads": len(os.listdir("/proc/self/task")),
                }
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--every", type=float, default=0.5, help="seconds between two looks")
    parser.add_argument("--cache", type=Path, required=True)
    given = parser.parse_args()
    llm = Watched(
        model="bench",
        base_url=f"http://127.0.0.1:{given.port}/v1",
        api_key="x",
        max_concurrency=100,
        generation_kwargs=dict(GENERATION),
    )
    with Pipeline("endurance", cache_dir=given.cache) as pipeline:
        second = Counted(
            name="second",
            llm=llm,
            input_mappings={"instruction": "generation"},
            output_mappings={"generation": "second_generation", "model_name": "second_model"},
        )
        Prompts(rows=given.rows) >> TextGeneration(name="first", llm=llm) >> second
    with Looks(second, given.every) as looks:
        distiset = pipeline.run()
    report = distiset.report
    late = sorted(llm._late)
    print(
        json.dumps(
            {
                "rows": len(distiset["default"]["train"]),
                "asked": report.asked,
                "balanced": report.balanced,
                "seconds": report.seconds,
                "late": {
                    "p50": late[len(late) // 2],
                    "p99": late[len(late) * 99 // 100],
                    "max": late[-1],
                },
                "looks": looks.taken,
            }
        )
    )


if __name__ == "__main__":
    main()
