"""Prepares a run: checks prices, plans worker processes, sets how many rows may be in flight."""

from __future__ import annotations

import logging
from typing import Final

from distilabel._engine.run.plan import Plan
from distilabel._engine.workers.model_workers import in_process_model
from distilabel._engine.workers.pool import Pool
from distilabel.constants import STEPS_ARTIFACTS_PATH
from distilabel.errors import DistilabelUserError
from distilabel.models.accounting.prices import Usage, price_of
from distilabel.steps.base import _Step

# Source rows in flight: enough to keep every model busy, few enough to fit in memory.
_WINDOW: Final = 1024
_UNBOUNDED_MODEL: Final = 512

_log = logging.getLogger("distilabel.pipeline")


def check_prices(steps: dict[str, _Step]) -> None:
    """Checks that the price of every model is known, which a budget requires.

    Args:
        steps: The steps by name, loaded.

    Raises:
        DistilabelUserError: The price of some models is unknown; lists them.
    """
    unknown = [
        f"{llm.model_name} (in {name})"
        for name, step in steps.items()
        for llm in step._all_models()
        if price_of(llm)(Usage(1, 1)) is None
    ]
    if unknown:
        raise DistilabelUserError(
            f"A budget requires the price of every model. Unknown: {', '.join(unknown)}. Set the "
            "price of such a model in US dollars per million input and output tokens: "
            "price=(0.15, 0.6), or price=(0, 0) if it is free. No request was sent."
        )


def plan_pools(plan: Plan) -> dict[str, Pool]:
    """Returns pools for the steps that run in worker processes; none is started yet.

    Args:
        plan: Plan of the run.

    Returns:
        Step name → its pool.
    """
    pools: dict[str, Pool] = {}
    for name, step in plan.steps.items():
        count, why_not = plan.backend.count(step)
        if why_not:
            level = logging.INFO if step.is_normal else logging.WARNING
            replicas = step.resources.replicas or 1
            if replicas > 1:
                _log.log(level, "%s runs once, not %d times: %s", name, replicas, why_not)
            else:
                _log.log(level, "%s gets no resources of its own: %s", name, why_not)
        if count:
            # The copies that are sent to workers need the path.
            step.set_pipeline_artifacts_path(plan.data / STEPS_ARTIFACTS_PATH)
            count = 1 if plan.config.first_batch_only else count
            # The time limit of a task is measured in this process.
            seconds = step.process_timeout if in_process_model(step) is None else None
            pools[name] = Pool(step, count, plan.name, plan.signature, plan.backend, seconds)
    return pools


def source_window(steps: dict[str, _Step]) -> int:
    """Returns how many source rows may be in flight so that neither models nor batches wait.

    Args:
        steps: The steps by name.
    """
    models = sum(
        llm.max_concurrency or _UNBOUNDED_MODEL
        for step in steps.values()
        for llm in step._all_models()
    )
    sizes = [
        getattr(step, "input_batch_size", None) or getattr(step, "batch_size", None) or 0
        for step in steps.values()
    ]
    return max(_WINDOW, 2 * models, 4 * max(sizes, default=0))
