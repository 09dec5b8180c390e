"""Forecasts a run from a pilot over a few rows; the answers of the pilot are stored."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from distilabel._engine.estimation.forecasting import make_estimate
from distilabel._engine.estimation.pilot import Pilot, pick_rows
from distilabel.errors import DistilabelUserError
from distilabel.models.accounting.prices import price_of
from distilabel.models.llms.base import LLM
from distilabel.steps.base import GeneratorStep, _Step

if TYPE_CHECKING:
    from distilabel._engine.estimation.estimate import Estimate
    from distilabel._engine.run_config import RunConfig
    from distilabel.pipeline.running.execution import Execution
    from distilabel.pipeline.workspace.run_directory import RunDirectory


def estimate(
    execution: Execution,
    directory: RunDirectory,
    config: RunConfig,
    sample: int,
    rows: int | None,
) -> Estimate:
    """Runs a pilot and forecasts the run.

    Args:
        execution: The run to forecast, already checked.
        directory: Run directory of the pipeline; the pilot's answers are stored there.
        config: Settings of that run.
        sample: Rows to try.
        rows: Rows of the sources; None if the sources know their length.

    Returns:
        The estimate for all rows.

    Raises:
        DistilabelUserError: The number of rows is unknown, or `sample` or `rows` is too small.
        KeyboardInterrupt: The pilot was interrupted.
    """
    steps = execution.steps
    rows = _rows_of(steps) if rows is None else rows
    if sample < 2 or rows < 1:
        raise DistilabelUserError(
            f"sample={sample}, rows={rows}: an estimate requires a `sample` of at least 2 and "
            "`rows` of at least 1."
        )
    chosen = pick_rows(sample, rows)
    prices = {name: price_of(llm) for name, llm in _models_of(steps).items()}
    pilot = Pilot(prices, execution.descendants, _job_shares(steps))
    with tempfile.TemporaryDirectory(prefix="distilabel-") as folder:
        # Only answers are stored: the rows of the last run stay where they are.
        pilot_directory = replace(directory, execution=Path(folder))
        pilot_config = replace(config, picked=chosen, source_batch_size=len(chosen))
        report = execution.run(pilot_directory, pilot_config, listeners=[pilot]).report
    if report.interrupted:
        raise KeyboardInterrupt
    sources = [name for name, step in steps.items() if isinstance(step, GeneratorStep)]
    tried = max(report.steps[name].given for name in sources)
    if tried == len(chosen):
        return make_estimate(execution.name, report, pilot, steps, rows, tried)
    found = round(rows * tried / len(chosen))
    if tried < min(2, found):
        raise DistilabelUserError(
            f"rows={rows}: the source has far fewer rows. Set `rows` to their number."
        )
    forecast = make_estimate(execution.name, report, pilot, steps, found, tried)
    forecast.notes.append(f"The source has fewer rows than {rows:,}: about {found:,}.")
    return forecast


def _models_of(steps: dict[str, _Step]) -> dict[str, LLM]:
    models = {name: step._all_models() for name, step in steps.items()}
    return {name: held[0] for name, held in models.items() if held}


def _job_shares(steps: dict[str, _Step]) -> dict[str, float]:
    """Returns the share of the price that answers cost in batch jobs, for steps that use them."""
    apis = {
        name: llm._batch_api()
        for name, llm in _models_of(steps).items()
        if llm.use_offline_batch_generation
    }
    return {name: api.price_share for name, api in apis.items() if api is not None}


def _rows_of(steps: dict[str, _Step]) -> int:
    known = {
        name: step._known_length()
        for name, step in steps.items()
        if isinstance(step, GeneratorStep)
    }
    unknown = [name for name, length in known.items() if length is None]
    if unknown:
        raise DistilabelUserError(
            f"rows: the number of rows of {', '.join(unknown)} is unknown. Set `rows`."
        )
    return max(length for length in known.values() if length is not None)
