"""Compares `vLLM` with the client that vLLM brings for benchmarks, in tokens per second.

    python -m bench.vllm_server --model FOLDER            # vLLM of this environment
    DISTILABEL_VLLM_PYTHON=... python -m bench.vllm_server --model FOLDER

Both ask the same server the same conversations, with as many in flight and as many tokens per
answer. They run in turns, and the ratio is that of the medians.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.prompts import prompt
from bench.table import table
from distilabel.models import vLLM
from distilabel.models.servers.local_host import python_of
from distilabel.models.servers.spec import VLLM


class Ours:
    """`vLLM.generate`.

    Args:
        llm: The model, loaded.
        tokens: Tokens per answer.
    """

    def __init__(self, llm: vLLM, tokens: int) -> None:
        self._llm = llm
        self._tokens = tokens

    def run(self, prompts: list[str]) -> float:
        """Returns output tokens per second."""
        inputs: Any = [[{"role": "user", "content": text}] for text in prompts]
        begun = time.perf_counter()
        outputs = self._llm.generate(
            inputs, max_new_tokens=self._tokens, extra_sampling_params={"ignore_eos": True}
        )
        seconds = time.perf_counter() - begun
        made = sum(sum(output["statistics"]["output_tokens"]) for output in outputs)
        assert made == len(prompts) * self._tokens, "an answer is missing or short"
        return made / seconds


class Theirs:
    """`vllm bench serve`, which streams answers.

    Args:
        llm: The model, whose server is asked.
        tokens: Tokens per answer.
        concurrency: Most requests in flight.
        folder: Folder for its files.
    """

    def __init__(self, llm: vLLM, tokens: int, concurrency: int, folder: Path) -> None:
        address = llm._servers.replicas[0].address
        assert address is not None
        self._folder = folder
        self._environment = {**os.environ, "OPENAI_API_KEY": address.key}
        options: dict[str, Any] = {
            "backend": "openai-chat",
            "base-url": address.url,
            "endpoint": "/v1/chat/completions",
            "model": llm.model,
            "dataset-name": "custom",
            "dataset-path": folder / "prompts.jsonl",
            "custom-output-len": tokens,
            "max-concurrency": concurrency,
            "num-warmups": 0,
            "temperature": 1.0,
            "result-dir": folder,
            "result-filename": "result.json",
        }
        self._command = [python_of(VLLM), "-m", "vllm.entrypoints.cli.main", "bench", "serve"]
        for name, value in options.items():
            self._command += [f"--{name}", str(value)]
        flags = ("--ignore-eos", "--save-result", "--disable-tqdm", "--skip-chat-template")
        self._command += flags

    def run(self, prompts: list[str]) -> float:
        """Returns output tokens per second, as it measures them."""
        lines = [json.dumps({"prompt": text}) for text in prompts]
        (self._folder / "prompts.jsonl").write_text("\n".join(lines), encoding="utf-8")
        command = [*self._command, "--num-prompts", str(len(prompts))]
        with (self._folder / "log").open("wb") as log:
            done = subprocess.run(command, stdout=log, stderr=log, env=self._environment)
        if done.returncode:
            raise SystemExit((self._folder / "log").read_text()[-3000:])
        found = json.loads((self._folder / "result.json").read_text())
        assert found["completed"] == len(prompts), "it lost answers"
        return float(found["output_throughput"])


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", required=True, help="folder of a model")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--prompts", type=int, default=128)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--options", type=json.loads, default={}, help="options of vLLM, as JSON")
    given = parser.parse_args()
    # Both sides ask the same, so that a cache would help the second one.
    options = {"max_num_seqs": given.concurrency, "enable_prefix_caching": False, **given.options}
    llm = vLLM(model=given.model, max_concurrency=given.concurrency, extra_kwargs=options)
    llm.load()
    samples: dict[str, list[float]] = {"distilabel": [], "vllm bench serve": []}
    try:
        with tempfile.TemporaryDirectory() as folder:
            sides: dict[str, Any] = {
                "distilabel": Ours(llm, given.tokens),
                "vllm bench serve": Theirs(llm, given.tokens, given.concurrency, Path(folder)),
            }
            for number in range(given.repeats + 1):
                # Other prompts every time, which no cache has; the same ones for both.
                first = number * given.prompts
                prompts = [prompt(each) for each in range(first, first + given.prompts)]
                order = list(sides) if number % 2 else list(reversed(sides))
                for name in order:
                    tokens = sides[name].run(prompts)
                    # The first turn warms up.
                    if number:
                        samples[name].append(tokens)
    finally:
        llm.unload()
    medians = {name: statistics.median(found) for name, found in samples.items()}
    lines = [["client", "tokens/s", "all"]]
    for name, found in samples.items():
        rounded = " ".join(f"{each:.0f}" for each in found)
        lines.append([name, f"{medians[name]:.0f}", rounded])
    print(table(lines))
    print(f"ratio {medians['distilabel'] / medians['vllm bench serve']:.3f}")


if __name__ == "__main__":
    main()
