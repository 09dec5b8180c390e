"""The report: what became of every row and every question of a run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from distilabel._engine.tally import StepTally, Tally

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
        jobs: batch jobs that questions still wait in: job, model, status and questions of each.
    """

    pipeline: str
    seconds: float
    steps: dict[str, StepTally] = field(default_factory=dict)
    interrupted: bool = False
    failures: int = 0
    error: str = ""
    jobs: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, tally: Tally) -> Report:
        """The report of a finished run."""
        return cls(
            tally.pipeline,
            tally.seconds,
            tally.steps,
            tally.interrupted,
            len(tally.failures),
            tally.error,
            [
                {"job": e.job, "model": e.model, "status": e.status, "questions": e.questions}
                for e in tally.jobs.values()
            ],
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
        """US dollars of the answers asked for; None if a price is not known."""
        costs = [step.cost for step in self.steps.values()]
        return None if None in costs else sum(cost for cost in costs if cost is not None)

    @property
    def balanced(self) -> bool:
        """Whether every row is accounted for, in every step."""
        return all(step.balanced for step in self.steps.values())

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-like data."""
        data = asdict(self)
        for step in data["steps"].values():
            step["models"] = sorted(step["models"])
        return data

    def __str__(self) -> str:
        return text_of(self)


def _number(value: int) -> str:
    return f"{value:,}" if value else "-"


def money(cost: float | None) -> str:
    """US dollars for people; an unknown price is said to be unknown."""
    if cost is None:
        return "unknown"
    return f"${cost:,.2f}" if cost >= 1 or cost == 0 else f"${cost:.4f}"


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
    steps: dict[str, StepTally],
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
    counts = ["taken", "given", "created", "dropped", "failed"]
    lines = _counted(
        "step", ["rows in", "out", *counts[2:]], counts, steps, needless=("created", "dropped")
    )
    asked = {name: step for name, step in steps.items() if step.models}
    if asked:
        counts = ["asked", "retried", "answered", "in_jobs", "reused"]
        counts += ["input_tokens", "output_tokens"]
        heads = ["asked", "again", "stored", "by batch", "reused", "tokens in", "out"]
        costs = [money(step.cost) if step.answered else "-" for step in asked.values()]
        # Last, where a long name does the least harm.
        models = [", ".join(sorted(step.models)) for step in asked.values()]
        lines.append("")
        lines += _counted(
            "answers",
            heads,
            counts,
            asked,
            needless=("retried", "in_jobs"),
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


def _closing(report: Report) -> str:
    parts = [f"{report.pipeline}: {duration(report.seconds)}"]
    if report.asked or report.reused:
        parts.append(f"{report.asked:,} answers asked, {report.reused:,} reused")
        if report.asked:
            parts.append(f"cost {money(report.cost)}")
    if report.failures:
        rows = f"{report.failures:,} row{'s' if report.failures > 1 else ''}"
        parts.append(f"{rows} failed: see distiset.failures; run again to ask them again")
    if report.jobs:
        parts.append(f"{waiting(report.jobs)}: run again to collect the answers")
    if report.interrupted:
        parts.append("stopped before the end: run again to go on where it stopped")
    elif report.error:
        kept = "what was answered is kept, run again to go on from there"
        parts.append(f"ended by an error: {kept}" if report.asked or report.reused else _UNASKED)
    elif not report.balanced and not report.jobs:
        parts.append("rows are missing from these counts: this is a mistake of distilabel's")
    return "; ".join(parts) + "."
