"""`distilabel demo`: a preference dataset from simulated models, without a key or a network.

It is an example too: your own pipeline can look like `preference_pipeline`. Replace `SimulatedLLM`
by `OpenAILLM(model=..., base_url=...)` for real answers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from distilabel.cli.errors import fail, report_errors
from distilabel.cli.output import say

if TYPE_CHECKING:
    from distilabel.pipeline import Pipeline


def preference_pipeline(prompts: list[dict[str, Any]], cache_dir: Path) -> Pipeline:
    """Makes a pipeline in which two models answer each prompt and a third rates both answers.

    Args:
        prompts: Rows with an `instruction`.
        cache_dir: Directory for the stored answers, so that no request is sent twice.
    """
    from distilabel.models import SimulatedLLM
    from distilabel.pipeline import Pipeline
    from distilabel.steps import (
        FormatTextGenerationDPO,
        GroupColumns,
        KeepColumns,
        LoadDataFromDicts,
    )
    from distilabel.steps.tasks import TextGeneration, UltraFeedback

    with Pipeline(name="demo", cache_dir=cache_dir) as pipeline:
        load = LoadDataFromDicts(name="prompts", data=prompts)

        small = TextGeneration(
            name="small",
            llm=SimulatedLLM(
                model="simulated/small-8b", latency="lognormal:0.8:0.5:5", max_concurrency=12
            ),
        )
        large = TextGeneration(
            name="large",
            # Some requests are rejected and retried, as happens with real endpoints.
            llm=SimulatedLLM(
                model="simulated/large-70b",
                latency="lognormal:1.6:0.6:6",
                faults={"429": 0.03},
                max_concurrency=16,
            ),
        )
        group = GroupColumns(
            name="side_by_side",
            columns=["generation", "model_name"],
            output_columns=["generations", "generation_models"],
        )
        judge = UltraFeedback(
            name="judge",
            aspect="overall-rating",
            llm=SimulatedLLM(
                model="simulated/judge-70b", latency="lognormal:1.0:0.5:5", max_concurrency=16
            ),
        )
        pairs = FormatTextGenerationDPO(name="pairs")
        keep = KeepColumns(
            name="keep",
            columns=[
                *("topic", "prompt", "prompt_id"),
                *("chosen", "chosen_model", "chosen_rating"),
                *("rejected", "rejected_model", "rejected_rating"),
                *("generations", "generation_models", "ratings", "rationales"),
            ],
        )

        load >> [small, large] >> group >> judge >> pairs >> keep
    return pipeline


def demo_prompts() -> list[dict[str, Any]]:
    """Returns the hundred prompts that come with distilabel."""
    import json
    from importlib.resources import files

    text = (files("distilabel.cli") / "demo_prompts.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def demo(
    out: Annotated[Path, typer.Option(help="Directory for the dataset.")] = Path("distilabel-demo"),
    fast: Annotated[
        bool, typer.Option("--fast", help="Make the simulated models answer without delay.")
    ] = False,
) -> None:
    """Make a small preference dataset with simulated models: no key, no network, no cost."""
    if out.exists() and not out.is_dir():
        fail(f"{out} is a file. Give a directory with --out.")
    with report_errors():
        from distilabel.cli.demo_view import show

        pipeline = preference_pipeline(demo_prompts(), cache_dir=out / ".cache")
        no_delay = {"llm": {"latency": "0"}}
        distiset = pipeline.run(
            parameters=dict.fromkeys(("small", "large", "judge"), no_delay) if fast else None
        )
        if distiset.report.interrupted:
            say("Stopped. Run `distilabel demo` again to continue.", err=True)
            raise typer.Exit(130)
        # Slow to import, so not before the run.
        import datasets

        datasets.disable_progress_bars()
        distiset.save_to_disk(out)
        show(distiset, out)
