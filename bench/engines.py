"""Compares `TransformersLLM` with the pipeline of transformers, in tokens per second.

    python -m bench.engines                  # a tiny model that it writes, on CPU
    python -m bench.engines --model FOLDER   # a model of yours

Both get the same conversations, batch size and generation arguments. They run in turns, and the
ratio is that of the medians. The time on the processors, of all processes that take part, says more
where other programs run; it needs Linux. Needs `pip install 'distilabel[hf-transformers]'`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.prompts import prompt
from bench.table import table

ROOT = Path(__file__).resolve().parents[1]

# Most rows in a batch of `TransformersLLM`, and of the pipeline here.
BATCH = 64

SETTINGS: dict[str, dict[str, Any]] = {
    "greedy": {"do_sample": False, "repetition_penalty": 1.0},
    "as by default": {"do_sample": True, "temperature": 0.1, "repetition_penalty": 1.1},
    "sampled": {"do_sample": True, "temperature": 1.0, "repetition_penalty": 1.0},
    "top_p 0.9": {"do_sample": True, "temperature": 0.7, "top_p": 0.9, "repetition_penalty": 1.0},
}
# What `TransformersLLM` leaves out where it is not set, and transformers does not.
_NEUTRAL = {"top_k": 0, "top_p": 1.0}


class Pipeline:
    """`pipeline("text-generation")`.

    Args:
        model: Folder of the model.
    """

    pids: list[int] = []

    def __init__(self, model: str) -> None:
        from transformers import GenerationConfig, pipeline

        self._pipeline = pipeline("text-generation", model=model, device="cpu")
        tokenizer = self._pipeline.tokenizer
        tokenizer.padding_side = "left"
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token_id = tokenizer.eos_token_id
        ends = self._pipeline.model.generation_config.eos_token_id
        self._ends = {*(ends if isinstance(ends, list) else [ends]), tokenizer.eos_token_id}
        self._pipeline.model.generation_config = GenerationConfig(
            eos_token_id=ends, pad_token_id=tokenizer.pad_token_id
        )

    def generate(self, chats: list[Any], most: int, settings: dict[str, Any]) -> int:
        """Answers the conversations and returns the number of tokens."""
        found = self._pipeline(
            chats,
            batch_size=BATCH,
            max_new_tokens=most,
            return_tensors=True,
            **((_NEUTRAL if settings["do_sample"] else {}) | settings),
        )
        # Texts, as `TransformersLLM` returns them.
        decode, count = self._pipeline.tokenizer.decode, 0
        for (answer,), width in zip(found, self._widths(chats), strict=True):
            tokens = answer["generated_token_ids"][width:]
            ended = next(
                (at for at, token in enumerate(tokens) if token in self._ends), len(tokens)
            )
            decode(tokens[:ended], skip_special_tokens=True)
            count += ended
        return count

    def _widths(self, chats: list[Any]) -> list[int]:
        """Lengths of the padded prompts, one per conversation."""
        template = self._pipeline.tokenizer.apply_chat_template
        if not hasattr(self, "_lengths"):
            self._lengths = [
                len(template(chat, add_generation_prompt=True, return_dict=True)["input_ids"])
                for chat in chats
            ]
        starts = range(0, len(chats), BATCH)
        batches = [self._lengths[start : start + BATCH] for start in starts]
        return [max(batch) for batch in batches for _ in batch]


class Ours:
    """`TransformersLLM`.

    Args:
        model: Folder of the model.
    """

    def __init__(self, model: str) -> None:
        from distilabel.models import TransformersLLM

        self._llm = TransformersLLM(model=model, device="cpu")
        self._llm.load()

    def generate(self, chats: list[Any], most: int, settings: dict[str, Any]) -> int:
        """Answers the conversations and returns the number of tokens."""
        outputs = self._llm.generate(chats, max_new_tokens=most, **settings)
        return sum(sum(output["statistics"]["output_tokens"]) for output in outputs)

    @property
    def pids(self) -> list[int]:
        """The processes that take part beside this one."""
        return [self._llm._engine.pid or 0]

    def unload(self) -> None:
        """Ends the worker process."""
        self._llm.unload()


def cpu_seconds(pids: list[int]) -> float:
    """Returns the time on the processors of this process and others."""
    ticks = os.sysconf("SC_CLK_TCK")
    others = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        others += (int(fields[11]) + int(fields[12])) / ticks
    return time.process_time() + others


def compare(
    ours: Ours, theirs: Pipeline, chats: list[Any], given: argparse.Namespace
) -> list[list[str]]:
    """Returns the lines of the table."""
    lines = [["arguments", "TransformersLLM", "pipeline", "ratio", "ratio of processor time"]]
    sides: list[Any] = [ours, theirs]
    for name in given.settings:
        rates: list[list[tuple[float, float]]] = [[], []]
        for turn in range(given.repeats + 1):
            for side in (0, 1) if turn % 2 else (1, 0):
                begin, cpu = time.perf_counter(), cpu_seconds(sides[side].pids)
                tokens = sides[side].generate(chats, given.tokens, SETTINGS[name])
                seconds = time.perf_counter() - begin
                # The first turn warms up.
                if turn:
                    cpu = cpu_seconds(sides[side].pids) - cpu
                    rates[side].append((tokens / seconds, tokens / cpu))
        (own, own_cpu), (other, other_cpu) = (
            map(statistics.median, zip(*each, strict=True)) for each in rates
        )
        cells = [f"{own:.0f} tokens/s", f"{other:.0f} tokens/s", f"{own / other:.2f}"]
        lines.append([name, *cells, f"{own_cpu / other_cpu:.2f}"])
        print(" ".join(lines[-1]), file=sys.stderr, flush=True)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--model", help="folder of a model; a tiny one is written if it is missing")
    parser.add_argument("--rows", type=int, default=BATCH)
    parser.add_argument("--tokens", type=int, default=64, help="most tokens of an answer")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--settings", nargs="*", default=list(SETTINGS), choices=list(SETTINGS))
    given = parser.parse_args()
    chats = [[{"role": "user", "content": prompt(number)}] for number in range(given.rows)]
    with tempfile.TemporaryDirectory() as folder:
        if given.model is None:
            script = ROOT / "tests" / "engines" / "tiny_model.py"
            subprocess.run([sys.executable, str(script), folder], check=True)
        model = given.model or folder
        ours = Ours(model)
        try:
            print(table(compare(ours, Pipeline(model), chats, given)))
        finally:
            ours.unload()


if __name__ == "__main__":
    main()
