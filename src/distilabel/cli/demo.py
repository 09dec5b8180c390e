"""`distilabel demo`: a whole preference dataset from simulated models, with no key and no network.

It is an example as well: `preference_pipeline` is what a pipeline of yours may look like. Put
`OpenAILLM(model=..., base_url=...)` where `SimulatedLLM` stands, and the answers are real ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from distilabel.cli.failing import leave, one_message

if TYPE_CHECKING:
    from distilabel.pipeline import Pipeline


def preference_pipeline(prompts: list[dict[str, Any]], cache_dir: Path) -> Pipeline:
    """Two models answer every prompt, a third rates both answers; the better one is chosen.

    Args:
        prompts: rows with an `instruction`.
        cache_dir: where answers are kept, so that none is asked for twice.
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
            # Some questions are refused, as happens with real endpoints: they are asked again.
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
    """A hundred prompts that come with distilabel."""
    import json
    from importlib.resources import files

    text = (files("distilabel.cli") / "demo_prompts.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the dataset.")] = Path("distilabel-demo"),
    fast: Annotated[
        bool, typer.Option("--fast", help="Have the simulated models answer at once.")
    ] = False,
) -> None:
    """Makes a small preference dataset with simulated models: no key, no network, no cost."""
    if out.exists() and not out.is_dir():
        leave(f"{out} is a file: give a folder with --out.")
    with one_message():
        from distilabel.cli.demo_view import show

        pipeline = preference_pipeline(demo_prompts(), cache_dir=out / ".cache")
        at_once = {"llm": {"latency": "0"}}
        distiset = pipeline.run(
            parameters=dict.fromkeys(("small", "large", "judge"), at_once) if fast else None
        )
        if distiset.report.interrupted:
            typer.echo("Stopped. Run `distilabel demo` again: it goes on where it was.", err=True)
            raise typer.Exit(130)
        # Not before the run, which can go on while it is imported.
        import datasets

        datasets.disable_progress_bars()
        distiset.save_to_disk(out)
        show(distiset, out)
