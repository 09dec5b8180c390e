"""The report: what became of every row and every question of a run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from distilabel._core.events import RowsAccepted
from distilabel._engine.reporting.model_usage import ModelUsage, bill_of, money, priced, together
from distilabel._engine.reporting.run_stats import RunStats, StepStats

# Why a run was stopped, where it was for want of money.
BUDGET: Final = "the budget"
_UNASKED: Final = "ended by an error before anything was answered"
# What a name may take of a line, so that the counts stay beside it in a terminal.
_LONGEST_NAME: Final = 30
_MOST_JOBS: Final = 3


@dataclass
class Report:
    """What a run did.

    Attributes:
        pipeline: its name.
        seconds: it took.
        steps: step name → counts.
        interrupted: whether it was stopped before the end.
        failures: number of rows that failed, in all steps.
        error: what made the run end before its end; empty if nothing did.
        stopped: why it was stopped before the end: `Ctrl-C`, `the budget`; empty if it was not.
        models: name of a model → what it took, in all steps.
        rows: rows that reached the end.
        budget: US dollars that it could cost; None if there was no limit.
        jobs: batch jobs that questions still wait in: job, model, status and questions of each.
        accepted: leaf → rows that were wanted, that it has, and what they took; empty where
            `run` was given no `target_rows`.
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
        """The report of a finished run."""
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
        """Answers that were asked for and came."""
        return sum(step.answered for step in self.steps.values())

    @property
    def reused(self) -> int:
        """Answers that were stored already."""
        return sum(step.reused for step in self.steps.values())

    @property
    def cost(self) -> float | None:
        """US dollars of what this run asked for; None if a price is not known."""
        return together(self.models.values()).cost

    @property
    def cost_per_row(self) -> float | None:
        """US dollars this run spent for each row that reached the end; None if not known."""
        return None if self.cost is None or not self.rows else self.cost / self.rows

    @property
    def accepted_rate(self) -> float | None:
        """Accepted rows per source row, at the leaf with the fewest; None without a target."""
        rates = [leaf.rate for leaf in self.accepted.values()]
        return min((rate for rate in rates if rate is not None), default=None)

    @property
    def balanced(self) -> bool:
        """Whether every row is accounted for, in every step.

        Where there are as many rows as were wanted, others may be left on their way.
        """
        if any(leaf.kept >= leaf.wanted for leaf in self.accepted.values()):
            return all(step.worked_is_balanced for step in self.steps.values())
        return all(step.balanced for step in self.steps.values())

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-like data."""
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
        return text_of(self)


def _rows_of(stats: RunStats) -> int:
    """Rows that reached the end; of more than were wanted, those that were kept."""
    if stats.accepted:
        return sum(leaf.kept for leaf in stats.accepted.values())
    return sum(stats.steps[leaf].passed_on for leaf in stats.leaves)


def _number(value: int) -> str:
    return f"{value:,}" if value else "-"


def duration(seconds: float) -> str:
    """Seconds for people: `0.8 s`, `42 s`, `3 min 05 s`, `2 h 07 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60) if seconds >= 3600 else int(seconds // 60)
    if seconds < 3600:
        return f"{minutes} min {int(seconds % 60):02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def shortened(name: str, room: int) -> str:
    """A name that fits, its middle left out: names differ at their ends."""
    if len(name) <= room:
        return name
    end = (room - 1) // 2
    return f"{name[: room - 1 - end]}…{name[len(name) - end :]}"


def _counted(
    first: str,
    heads: list[str],
    counts: list[str],
    steps: dict[str, StepStats],
    *,
    needless: tuple[str, ...],
    more: tuple[list[str], ...] = (),
) -> list[str]:
    """A table of counts, one line per step, without the `needless` ones that are all zero."""
    columns = [[first, *(shortened(name, _LONGEST_NAME) for name in steps)]]
    for head, count in zip(heads, counts, strict=True):
        values = [getattr(step, count) for step in steps.values()]
        if any(values) or count not in needless:
            columns.append([head, *map(_number, values)])
    return table([*columns, *more[:1]], last=more[1] if more else None)


def table(columns: list[list[str]], last: list[str] | None = None) -> list[str]:
    """Lines of a table; the first column to the left, the others to the right.

    Args:
        columns: the cells of each, its name first.
        last: one more column, to the left.
    """
    padded = []
    for number, column in enumerate(columns):
        width = max(map(len, column))
        cells = [column[0], "-" * width, *column[1:]]
        padded.append([cell.rjust(width) if number else cell.ljust(width) for cell in cells])
    if last is not None:
        padded.append([last[0], "-" * max(map(len, last)), *last[1:]])
    return ["  ".join(row).rstrip() for row in zip(*padded, strict=True)]


def text_of(report: Report) -> str:
    """The report for people."""
    steps = report.steps
    if report.error and not any(step.taken for step in steps.values()):
        return _closing(report)
    counts = ["taken", "given", "created", "dropped", "failed", "ended"]
    heads = ["rows in", "out", *counts[2:5], "ended there"]
    lines = _counted("step", heads, counts, steps, needless=("created", "dropped", "ended"))
    asked = {name: step for name, step in steps.items() if step.models}
    if asked:
        tokens = ["input_tokens", "cached_tokens", "output_tokens"]
        counts = ["asked", "retried", "answered", "in_jobs", "reused", *tokens]
        heads = ["asked", "again", "stored", "by batch", "reused", "tokens in", "cached", "out"]
        costs = [priced(step.spent) if step.spent.is_charged else "-" for step in asked.values()]
        # Last, where a long name does the least harm.
        models = [", ".join(sorted(step.models)) for step in asked.values()]
        lines.append("")
        lines += _counted(
            "answers",
            heads,
            counts,
            asked,
            needless=("retried", "in_jobs", "cached_tokens"),
            more=(["cost", *costs], ["model", *models]),
        )
    lines.append("")
    lines.append(_closing(report))
    return "\n".join(lines)


def waiting(jobs: list[dict[str, Any]]) -> str:
    """What waits in batch jobs, for people."""
    count = sum(job["questions"] for job in jobs)
    named = ", ".join(f"{job['job']} ({job['status']})" for job in jobs[:_MOST_JOBS])
    more = f" and {len(jobs) - _MOST_JOBS} more" if len(jobs) > _MOST_JOBS else ""
    questions = "questions wait" if count > 1 else "question waits"
    return f"{count:,} {questions} in the batch job{'s' if len(jobs) > 1 else ''} {named}{more}"


def _accepted(report: Report, name: str) -> str:
    leaf = report.accepted[name]
    told = f"{name}: {leaf.kept:,} of {leaf.wanted:,} rows wanted"
    if leaf.rate is not None:
        told += f", {leaf.rate:.3g} per source row ({leaf.source_rows:,} of them)"
    return told


def _closing(report: Report) -> str:
    parts = [f"{report.pipeline}: {duration(report.seconds)}"]
    if report.asked or report.reused:
        parts.append(f"{report.asked:,} answers asked, {report.reused:,} reused")
        parts += _costs(report)
    parts += [_accepted(report, name) for name in report.accepted]
    if report.failures:
        rows = f"{report.failures:,} row{'s' if report.failures > 1 else ''}"
        parts.append(f"{rows} failed: see distiset.failures; run again to ask them again")
    if report.jobs:
        parts.append(f"{waiting(report.jobs)}: run again to collect the answers")
    if report.interrupted and report.budget is not None and report.stopped == BUDGET:
        total = together(report.models.values())
        spent = money(total.known_cost + total.lost_cost)
        parts.append(f"stopped by the budget: spent {spent} of {money(report.budget)}")
        parts.append("run again to go on")
    elif report.interrupted:
        parts.append("stopped before the end: run again to go on where it stopped")
    elif report.error:
        kept = "what was answered is kept, run again to go on from there"
        parts.append(f"ended by an error: {kept}" if report.asked or report.reused else _UNASKED)
    elif not report.balanced and not report.jobs:
        parts.append("rows are missing from these counts: this is a mistake of distilabel's")
    return "; ".join(parts) + "."


def _costs(report: Report) -> list[str]:
    """What the run cost, in words; nothing for a run that asked nothing."""
    total = together(report.models.values())
    if not (total.is_charged or total.lost):
        return []
    parts = [f"cost {bill_of(report.models)}"]
    if report.cost and report.cost_per_row is not None:
        parts[0] += f", {money(report.cost_per_row)} for each of {report.rows:,} rows"
    if total.lost:
        most = f", at most {money(total.lost_cost)}" if total.lost_cost else ""
        replies = "1 reply was" if total.lost == 1 else f"{total.lost:,} replies were"
        parts.append(f"{replies} lost on the way and may be charged as well{most}")
    return parts
