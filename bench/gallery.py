"""Runs every task of the gallery in one pipeline, and counts the answers that could be parsed.

Without an address the model is simulated. Tasks that need a model of another kind are left out:
`GenerateEmbeddings`, `ImageGeneration` and `PairRM`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.gallery_tasks import Branch, Row, branches, builtin_rows, make_step
from bench.harness import ROOT
from bench.table import table
from distilabel.distiset import Distiset
from distilabel.models import ClientvLLM, OpenAILLM, SimulatedLLM
from distilabel.models.llms import LLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

HEADINGS = ("task", "rows", "parsed", "failed", "share", "why the first one failed")


def step_names(found: list[Branch]) -> list[tuple[str, Branch, bool]]:
    """Returns the name of each step, its branch, and whether it is structured."""
    steps: list[tuple[str, Branch, bool]] = []
    for branch in found:
        kind = branch.fields.get("aspect") or branch.fields.get("mode")
        name = f"{branch.name}-{kind}" if kind else branch.name
        steps.append((name, branch, False))
        if branch.structured:
            steps.append((f"{name}-structured", branch, True))
    return steps


def gallery_pipeline(
    rows: list[Row], llm: LLM, magpie: LLM | None, library: Path, only: str = ""
) -> Pipeline:
    """Returns a pipeline with one branch per task.

    Args:
        rows: Rows with an `instruction` and two `generations`.
        llm: Model of the tasks.
        magpie: Model of the tasks that write messages of users; None to leave them out.
        library: Folder for the functions that are executed.
        only: Part of the names of the tasks to run.
    """
    with Pipeline(name="gallery") as pipeline:
        for name, branch, structured in step_names(branches(library)):
            if only.lower() not in name.lower() or (branch.magpie and magpie is None):
                continue
            model = magpie if branch.magpie and magpie is not None else llm
            step = make_step(branch, name, model, len(rows), structured=structured)
            if branch.row is not None:
                data = [branch.row(row) for row in rows]
                LoadDataFromDicts(name=f"rows-{name}", data=data) >> step
    return pipeline


def figures(distiset: Distiset) -> list[dict[str, Any]]:
    """Returns for each task how many rows it got, parsed and failed.

    Args:
        distiset: Result of the pipeline.

    Raises:
        RuntimeError: If the counts of a step do not add up.
    """
    failures = list(distiset.failures)
    found = []
    for name, stats in distiset.report.steps.items():
        if name.startswith("rows-"):
            continue
        if not stats.balanced or stats.dropped:
            raise RuntimeError(f"the rows of {name} do not add up: {stats}")
        first = next((failure for failure in failures if failure["step"] == name), None)
        found.append(
            {
                "task": name,
                "rows": stats.given + stats.failed,
                "parsed": stats.given,
                "failed": stats.failed,
                "why": "" if first is None else f"{first['type']}: {first['message']}",
            }
        )
    return sorted(found, key=lambda figure: str(figure["task"]))


def as_table(found: list[dict[str, Any]]) -> str:
    """Returns the figures as a table."""
    lines = [
        [
            str(each["task"]),
            str(each["rows"]),
            str(each["parsed"]),
            str(each["failed"]),
            f"{each['parsed'] / each['rows']:.0%}" if each["rows"] else "",
            " ".join(str(each["why"]).split())[:70],
        ]
        for each in found
    ]
    return table([list(HEADINGS), *lines])


def main() -> int:
    """Runs the gallery and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.gallery", description=__doc__)
    parser.add_argument("--base-url", help="OpenAI-compatible endpoint, such as http://host/v1")
    parser.add_argument("--model", default="gallery", help="name of its model")
    parser.add_argument("--tokenizer", help="of the model; without, Magpie is left out")
    parser.add_argument("--max-concurrency", type=int, help="requests at a time")
    parser.add_argument("--max-tokens", type=int, default=256, help="of each answer")
    parser.add_argument("--rows", type=int, default=5, help="of each task")
    parser.add_argument("--data", type=Path, help="JSON lines with instruction and generations")
    parser.add_argument("--only", default="", help="part of the names of the tasks to run")
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "out" / "gallery.json")
    given = parser.parse_args()

    rows = builtin_rows(given.rows)
    if given.data:
        rows = [json.loads(line) for line in given.data.read_text("utf-8").splitlines()]
    llm: LLM = SimulatedLLM(model=given.model)
    magpie: LLM | None = SimulatedLLM(model=given.model, magpie_pre_query_template="qwen2")
    if given.base_url:
        address: dict[str, Any] = {
            "base_url": given.base_url,
            "api_key": "none",
            "generation_kwargs": {"max_new_tokens": given.max_tokens},
            "max_concurrency": given.max_concurrency,
            "timeout": 600,
        }
        llm = OpenAILLM(model=given.model, **address)
        magpie = None
        if given.tokenizer:
            magpie = ClientvLLM(
                model=given.model,
                tokenizer=given.tokenizer,
                magpie_pre_query_template="Question: ",
                **address,
            )
    with tempfile.TemporaryDirectory() as folder:
        pipeline = gallery_pipeline(rows[: given.rows], llm, magpie, Path(folder), given.only)
        found = figures(pipeline.run(use_cache=False))
    print(as_table(found))
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
