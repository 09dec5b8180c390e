"""Estimating: a pilot over a few rows, whose answers are kept, and a forecast for all of them."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from distilabel._engine.estimation.forecasting import estimate_of
from distilabel._engine.estimation.pilot import Pilot, picked
from distilabel.errors import DistilabelUserError
from distilabel.models.accounting.prices import price_of
from distilabel.models.llms.base import LLM
from distilabel.steps.base import GeneratorStep, _Step

if TYPE_CHECKING:
    from distilabel._engine.estimation.estimate import Estimate
    from distilabel.pipeline.running.execution import Execution
    from distilabel.pipeline.workspace.run_directory import RunDirectory


def estimate(
    execution: Execution, directory: RunDirectory, sample: int, rows: int | None
) -> Estimate:
    """Runs a pilot and forecasts the rest.

    Args:
        execution: checked.
        places: of the pipeline; its answers are kept there.
        sample: rows to try.
        rows: of the sources; None if they say so themselves.

    Raises:
        DistilabelUserError: nobody knows how many rows there are, or the numbers are none.
        KeyboardInterrupt: the pilot was stopped.
    """
    steps = execution.steps
    rows = _rows_of(steps) if rows is None else rows
    if sample < 2 or rows < 1:
        raise DistilabelUserError("An estimate needs a `sample` of 2 rows, and a row in `rows`.")
    chosen = picked(sample, rows)
    prices = {name: price_of(llm) for name, llm in _models_of(steps).items()}
    pilot = Pilot(prices, execution.descendants, _job_shares(steps))
    with tempfile.TemporaryDirectory(prefix="distilabel-") as folder:
        # The outputs of the last run stay where they are: only answers are kept.
        pilot_directory = replace(directory, execution=Path(folder))
        report = execution.run(
            pilot_directory,
            reuse=True,
            handlers=[],
            picked=chosen,
            first_batch=len(chosen),
            listeners=[pilot],
        ).report
    if report.interrupted:
        raise KeyboardInterrupt
    sources = [name for name, step in steps.items() if isinstance(step, GeneratorStep)]
    tried = max(report.steps[name].given for name in sources)
    if tried == len(chosen):
        return estimate_of(execution.name, report, pilot, steps, rows, tried)
    found = round(rows * tried / len(chosen))
    if tried < min(2, found):
        raise DistilabelUserError(
            f"The source has far fewer rows than {rows:,}: say with `rows` how many."
        )
    made = estimate_of(execution.name, report, pilot, steps, found, tried)
    made.notes.append(f"The source has fewer rows than {rows:,}: about {found:,}.")
    return made


def _models_of(steps: dict[str, _Step]) -> dict[str, LLM]:
    models = {name: getattr(step, "llm", None) for name, step in steps.items()}
    return {name: llm for name, llm in models.items() if isinstance(llm, LLM)}


def _job_shares(steps: dict[str, _Step]) -> dict[str, float]:
    """What answers cost in batch jobs, as a share of their price, for steps that ask so."""
    desks = {
        name: llm._batch_api()
        for name, llm in _models_of(steps).items()
        if llm.use_offline_batch_generation
    }
    return {name: desk.price_share for name, desk in desks.items() if desk is not None}


def _rows_of(steps: dict[str, _Step]) -> int:
    known = {
        name: step._known_length()
        for name, step in steps.items()
        if isinstance(step, GeneratorStep)
    }
    silent = [name for name, length in known.items() if length is None]
    if silent:
        raise DistilabelUserError(
            f"How many rows {', '.join(silent)} will make is not known: say it with `rows`."
        )
    return max(length for length in known.values() if length is not None)
