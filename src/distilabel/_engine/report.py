"""The report: what became of every row and every question of a run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from distilabel._engine.tally import StepTally, Tally


@dataclass
class Report:
    """What a run did.

    Attributes:
        pipeline: its name.
        seconds: it took.
        steps: step name → counts.
        interrupted: whether it was stopped before the end.
        failures: number of rows that failed, in all steps.
    """

    pipeline: str
    seconds: float
    steps: dict[str, StepTally] = field(default_factory=dict)
    interrupted: bool = False
    failures: int = 0

    @classmethod
    def of(cls, tally: Tally) -> Report:
        """The report of a finished run."""
        return cls(
            tally.pipeline, tally.seconds, tally.steps, tally.interrupted, len(tally.failures)
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


def table(head: list[str], rows: list[list[str]], last: list[str] | None = None) -> list[str]:
    """Lines of a table; the first column to the left, the others to the right.

    Args:
        head: names of the columns.
        rows: their cells.
        last: one more column, to the left, its name first.
    """
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = []
    for row in [head, ["-" * width for width in widths], *rows]:
        first = row[0].ljust(widths[0])
        others = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        lines.append("  ".join([first, *others]).rstrip())
    if last is not None:
        under = "-" * max(map(len, last))
        lines = [
            f"{line:{len(lines[1])}}  {cell}"
            for line, cell in zip(lines, [last[0], under, *last[1:]], strict=True)
        ]
    return lines


def text_of(report: Report) -> str:
    """The report for people."""
    steps = report.steps
    rows = [
        [
            name,
            _number(s.taken),
            _number(s.given),
            _number(s.created),
            _number(s.dropped),
            _number(s.failed),
        ]
        for name, s in steps.items()
    ]
    lines = table(["step", "rows in", "out", "created", "dropped", "failed"], rows)
    asked = {name: s for name, s in steps.items() if s.models}
    if asked:
        lines.append("")
        lines += table(
            ["answers", "asked", "again", "stored", "reused", "tokens in", "out", "cost"],
            [
                [
                    name,
                    _number(s.asked),
                    _number(s.retried),
                    _number(s.answered),
                    _number(s.reused),
                    _number(s.input_tokens),
                    _number(s.output_tokens),
                    money(s.cost) if s.answered else "-",
                ]
                for name, s in asked.items()
            ],
            # Last, where a long name does the least harm.
            last=["model", *(", ".join(sorted(s.models)) for s in asked.values())],
        )
    lines.append("")
    lines.append(_closing(report))
    return "\n".join(lines)


def _closing(report: Report) -> str:
    parts = [f"{report.pipeline}: {duration(report.seconds)}"]
    if report.asked or report.reused:
        parts.append(f"{report.asked:,} answers asked, {report.reused:,} reused")
        if report.asked:
            parts.append(f"cost {money(report.cost)}")
    if report.failures:
        parts.append(
            f"{report.failures:,} rows failed: see distiset.failures; run again to ask them again"
        )
    if report.interrupted:
        parts.append("stopped before the end: run again to go on where it stopped")
    elif not report.balanced:
        parts.append("rows are missing from these counts: this is a mistake of distilabel's")
    return "; ".join(parts) + "."
