"""The report of a run: what happened to every row and every request."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from distilabel._core.events import RowsAccepted
from distilabel._core.printable import printable
from distilabel._engine.reporting.formatting import (
    format_count,
    format_duration,
    format_money,
    format_table,
    shorten,
)
from distilabel._engine.reporting.model_usage import (
    ModelUsage,
    format_cost,
    format_total_cost,
    total_usage,
)
from distilabel._engine.reporting.run_stats import RunStats, StepStats

# The value of `Report.stopped` for a run that reached its budget.
BUDGET: Final = "the budget"
# Longer names would push the counts out of a terminal.
_LONGEST_NAME: Final = 30
_MOST_JOBS: Final = 3

# Head of a column → the count it shows; columns in `optional` are left out if all are zero.
_ROW_COLUMNS: Final = {
    "rows in": "taken",
    "rows out": "given",
    "added": "created",
    "dropped": "dropped",
    "failed": "failed",
    "dropped after failure": "ended",
}
_REQUEST_COLUMNS: Final = {
    "sent": "asked",
    "retried": "retried",
    "answered": "answered",
    "by batch": "in_jobs",
    "reused": "reused",
    "tokens in": "input_tokens",
    "cached": "cached_tokens",
    "tokens out": "output_tokens",
}
_OPTIONAL: Final = {"created", "dropped", "ended", "retried", "in_jobs", "cached_tokens"}


@dataclass
class Report:
    """What happened in a run. `str(report)` is the text that a run prints at its end.

    Attributes:
        pipeline: Name of the pipeline.
        seconds: Duration of the run.
        steps: Step name → its counts.
        interrupted: True if the run was stopped before it was complete.
        failures: Number of failed rows, in all steps.
        error: The error that ended the run; empty if there was none.
        stopped: Why the run was stopped: `Ctrl-C`, `the budget`; empty if it was not.
        models: Name of each model → its usage, in all steps.
        rows: Rows in the dataset.
        budget: US dollars that the run was allowed to spend; None for no limit.
        jobs: Batch jobs that requests are still waiting in: `job`, `model`, `status` and
            `questions` of each.
        accepted: Leaf step → wanted and accepted rows; empty without `target_rows`.
    """

    pipeline: str
    seconds: float
    steps: dict[str, StepStats] = field(default_factory=dict)
    interrupted: bool = False
    failures: int = 0
    error: str = ""
    stopped: str = ""
    models: dict[str, ModelUsage] = field(default_factory=dict)
    rows: int = 0
    budget: float | None = None
    jobs: list[dict[str, Any]] = field(default_factory=list)
    accepted: dict[str, RowsAccepted] = field(default_factory=dict)

    @classmethod
    def of(cls, stats: RunStats) -> Report:
        """Makes the report of a finished run."""
        return cls(
            stats.pipeline,
            stats.seconds,
            stats.steps,
            stats.interrupted,
            len(stats.failures),
            stats.error,
            stats.stopping,
            stats.models,
            _rows_of(stats),
            stats.budget,
            [
                {"job": e.job, "model": e.model, "status": e.status, "questions": e.requests}
                for e in stats.jobs.values()
            ],
            stats.accepted,
        )

    @property
    def asked(self) -> int:
        """Answers received from models."""
        return sum(step.answered for step in self.steps.values())

    @property
    def reused(self) -> int:
        """Answers that came from the answer store."""
        return sum(step.reused for step in self.steps.values())

    @property
    def cost(self) -> float | None:
        """US dollars that this run spent; None if a price is unknown.

        Responses that were lost or given up count with the most they can have cost.
        """
        return total_usage(self.models.values()).cost

    @property
    def cost_per_row(self) -> float | None:
        """US dollars per row in the dataset; None if the cost is unknown or there is no row."""
        return None if self.cost is None or not self.rows else self.cost / self.rows

    @property
    def accepted_rate(self) -> float | None:
        """Accepted rows per source row, at the leaf step with the fewest; None without a target."""
        rates = [leaf.rate for leaf in self.accepted.values()]
        return min((rate for rate in rates if rate is not None), default=None)

    @property
    def balanced(self) -> bool:
        """True if every row is accounted for, in every step.

        Once a target is reached, rows may remain in flight; then only processed rows count.
        """
        if any(leaf.kept >= leaf.wanted for leaf in self.accepted.values()):
            return all(step.worked_is_balanced for step in self.steps.values())
        return all(step.balanced for step in self.steps.values())

    def to_dict(self) -> dict[str, Any]:
        """Returns the report as JSON-like data."""
        data = asdict(self)
        for name, step in self.steps.items():
            data["steps"][name] |= {
                "input_tokens": step.input_tokens,
                "output_tokens": step.output_tokens,
                "cost": step.cost,
                "models": {model: stats.to_dict() for model, stats in step.models.items()},
            }
        data["models"] = {model: stats.to_dict() for model, stats in self.models.items()}
        return {**data, "cost": self.cost, "cost_per_row": self.cost_per_row}

    def __str__(self) -> str:
        return printable(format_report(self))


def _rows_of(stats: RunStats) -> int:
    """Rows in the dataset; with a target, those that were accepted."""
    if stats.accepted:
        return sum(leaf.kept for leaf in stats.accepted.values())
    return sum(stats.steps[leaf].passed_on for leaf in stats.leaves)


def format_report(report: Report) -> str:
    """Formats a report: a table of rows, a table of requests, and a summary line."""
    steps = report.steps
    if report.error and not any(step.taken for step in steps.values()):
        return _summary(report)
    lines = format_table(_columns("step", _ROW_COLUMNS, steps))
    asking = {name: step for name, step in steps.items() if step.models}
    if asking:
        costs = [format_cost(s.spent) if s.spent.is_charged else "-" for s in asking.values()]
        # The model comes last, where a long name does the least harm.
        models = [", ".join(sorted(step.models)) for step in asking.values()]
        columns = [*_columns("requests", _REQUEST_COLUMNS, asking), ["cost", *costs]]
        lines += ["", *format_table(columns, last=["model", *models])]
    return "\n".join([*lines, "", _summary(report)])


def _columns(first: str, heads: dict[str, str], steps: dict[str, StepStats]) -> list[list[str]]:
    columns = [[first, *(shorten(name, _LONGEST_NAME) for name in steps)]]
    for head, count in heads.items():
        values = [getattr(step, count) for step in steps.values()]
        if any(values) or count not in _OPTIONAL:
            columns.append([head, *(f"{value:,}" if value else "-" for value in values)])
    return columns


def format_waiting(jobs: list[dict[str, Any]]) -> str:
    """Formats how many requests are waiting in which batch jobs."""
    count = sum(job["questions"] for job in jobs)
    named = ", ".join(f"{job['job']} ({job['status']})" for job in jobs[:_MOST_JOBS])
    more = f" and {len(jobs) - _MOST_JOBS} more" if len(jobs) > _MOST_JOBS else ""
    verb = "is" if count == 1 else "are"
    noun = "batch job" if len(jobs) == 1 else "batch jobs"
    return f"{format_count(count, 'request')} {verb} waiting in the {noun} {named}{more}"


def _summary(report: Report) -> str:
    parts = [f"{report.pipeline}: {format_duration(report.seconds)}"]
    if report.asked or report.reused:
        parts.append(f"{format_count(report.asked, 'answer')} received, {report.reused:,} reused")
        parts += _costs(report)
    parts += [_accepted(report, name) for name in report.accepted]
    if report.failures:
        failed = format_count(report.failures, "row")
        parts.append(f"{failed} failed (see distiset.failures; run again to retry)")
    if report.jobs:
        parts.append(f"{format_waiting(report.jobs)}: run again to collect the answers")
    outcome = _outcome(report)
    return "; ".join([*parts, outcome] if outcome else parts) + "."


def _outcome(report: Report) -> str:
    """How the run ended, and what to do; empty if it is complete."""
    if report.interrupted and report.budget is not None and report.stopped == BUDGET:
        total = total_usage(report.models.values())
        spent = format_money(total.most_known_cost)
        limit = format_money(report.budget)
        return f"stopped by the budget, {spent} of {limit} spent: run again to continue"
    if report.interrupted:
        return "interrupted: run again to continue"
    if report.error and not (report.asked or report.reused):
        return "stopped by an error before any answer was received"
    if report.error:
        return "stopped by an error; the answers are stored: run again to continue"
    if not report.balanced and not report.jobs:
        return "rows are missing from these counts; this is a bug in distilabel, please report it"
    return ""


def _accepted(report: Report, name: str) -> str:
    leaf = report.accepted[name]
    text = f"{name}: {leaf.kept:,} of {format_count(leaf.wanted, 'row')} accepted"
    if leaf.rate is not None:
        text += f" ({leaf.rate:.3g} per source row, {format_count(leaf.source_rows, 'source row')})"
    return text


def _costs(report: Report) -> list[str]:
    """What the run cost; empty if nothing was charged."""
    total = total_usage(report.models.values())
    if not total.is_charged:
        return []
    parts = [f"cost {format_total_cost(report.models)}"]
    if report.cost and report.cost_per_row is not None:
        parts[0] += f" ({format_money(report.cost_per_row)} per row)"
    if total.lost:
        most = f": up to {format_money(total.lost_cost)} of that" if total.lost_cost else ""
        words = [
            f"{format_count(count, noun)} {'was' if count == 1 else 'were'} {verb}"
            for count, noun, verb in (
                (total.lost - total.given_up, "response", "lost"),
                (total.given_up, "request", "given up"),
            )
            if count
        ]
        parts.append(f"{' and '.join(words)} and may be charged{most}")
    return parts
