"""Which steps of a run get workers, and what is said to the others that ask for some."""

from __future__ import annotations

import logging

from distilabel._engine.run.plan import Plan
from distilabel._engine.workers.model_workers import in_process_model
from distilabel._engine.workers.pool import Pool
from distilabel.constants import STEPS_ARTIFACTS_PATH

_log = logging.getLogger("distilabel.pipeline")


def pools_of(plan: Plan) -> dict[str, Pool]:
    """Pools for the steps of a run that get workers, not started yet.

    Args:
        plan: of the run.

    Returns:
        Step name → its pool.
    """
    pools: dict[str, Pool] = {}
    for name, step in plan.steps.items():
        count, why_not = plan.site.count(step)
        if why_not:
            level = logging.INFO if step.is_normal else logging.WARNING
            asked = step.resources.replicas or 1
            if asked > 1:
                _log.log(level, "%s runs once, not %d times: %s", name, asked, why_not)
            else:
                _log.log(level, "%s gets no resources of its own: %s", name, why_not)
        if count:
            # The copies that are sent have to know it.
            step.set_pipeline_artifacts_path(plan.data / STEPS_ARTIFACTS_PATH)
            count = 1 if plan.first_batch_only else count
            # What a task may take is measured where its rows are.
            seconds = step.process_timeout if in_process_model(step) is None else None
            pools[name] = Pool(step, count, plan.name, plan.signature, plan.site, seconds)
    return pools
