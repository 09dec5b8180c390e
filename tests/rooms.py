"""Small steps and models that tests of the engine and of pipelines are built from."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr

from distilabel.models.llms.base import LLM, AsyncLLM
from distilabel.steps.base import GeneratorStep, GlobalStep, Step, StepInput
from distilabel.steps.tasks.base import Task

Rows = list[dict[str, Any]]

started: list[subprocess.Popen[str]] = []


class Echo(AsyncLLM):
    """Answers with the prompt, and records every prompt."""

    asked: list[str] = Field(default_factory=list, exclude=True)
    fails_on: list[str] = Field(default_factory=list, exclude=True)
    delay: float = Field(default=0.0, exclude=True)

    @property
    def model_name(self) -> str:
        return "echo"

    async def agenerate(  # type: ignore[override]
        self, input: Any, num_generations: int = 1, temperature: float = 1.0
    ) -> Any:
        text = input[-1]["content"]
        self.asked.append(text)
        if self.delay:
            await asyncio.sleep(self.delay)
        if text in self.fails_on:
            raise ValueError(f"cannot answer {text}")
        return {
            "generations": [f"{text}/{i}" for i in range(num_generations)],
            "statistics": {
                "input_tokens": [1] * num_generations,
                "output_tokens": [2] * num_generations,
            },
        }


class Batched(LLM):
    """A synchronous model that answers lists of prompts, as users write them."""

    calls: list[int] = Field(default_factory=list, exclude=True)

    @property
    def model_name(self) -> str:
        return "batched"

    def generate(self, inputs: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        self.calls.append(len(inputs))
        return [
            {"generations": [f"b:{chat[-1]['content']}"] * num_generations, "statistics": {}}
            for chat in inputs
        ]


class Ask(Task):
    """Asks the text in column `text`."""

    @property
    def inputs(self) -> list[str]:
        return ["text"]

    @property
    def outputs(self) -> list[str]:
        return ["answer", "model_name"]

    def format_input(self, input: dict[str, Any]) -> Any:
        return [{"role": "user", "content": input["text"]}]

    def format_output(self, output: str | None, input: Any = None) -> dict[str, Any]:
        return {"answer": output}


class Numbers(GeneratorStep):
    """Rows `{"n": 0}`, `{"n": 1}`, ..."""

    count: int = 10

    @property
    def outputs(self) -> list[str]:
        return ["n", "text"]

    def process(self, offset: int = 0) -> Any:
        size = self.batch_size or 50
        for start in range(0, self.count, size):
            end = min(start + size, self.count)
            yield [{"n": n, "text": str(n)} for n in range(start, end)], end == self.count


class Fn(Step):
    """Runs a function on each batch, and records the batches."""

    function: Any = Field(default=None, exclude=True)
    seen: list[Any] = Field(default_factory=list, exclude=True)

    def process(self, inputs: StepInput) -> Any:
        self.seen.append([dict(row) for row in inputs])
        yield self.function(inputs) if self.function else inputs


class Join(Step):
    """Merges the rows of its predecessors."""

    seen: list[Any] = Field(default_factory=list, exclude=True)

    def process(self, *inputs: StepInput) -> Any:
        self.seen.append([len(rows) for rows in inputs])
        yield [
            {key: value for part in parts for key, value in part.items()}
            for parts in zip(*inputs, strict=True)
        ]


class FnGlobal(GlobalStep):
    """Runs a function on all rows."""

    function: Any = Field(default=None, exclude=True)
    _calls: int = PrivateAttr(default=0)

    def process(self, inputs: StepInput) -> Any:
        yield self.function(inputs) if self.function else inputs


def rows_of(distiset: Any, name: str = "default") -> Rows:
    return list(distiset[name]["train"].to_list())


def script(text: str, folder: Path, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Starts a Python program that ends with the test at the latest."""
    path = folder / "program.py"
    path.write_text(textwrap.dedent(text))
    process = subprocess.Popen(
        [sys.executable, str(path), *arguments],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin", "HOME": str(folder)},
        **options,
    )
    started.append(process)
    return process


def end_scripts() -> None:
    """Ends all programs that are still running, and closes their pipes."""
    while started:
        process = started.pop()
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
