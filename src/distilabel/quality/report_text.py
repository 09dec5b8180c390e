"""The report of a calibration for the terminal: a sentence and eight lines."""

from __future__ import annotations

from collections.abc import Sequence

from distilabel.quality.calibration import Calibration
from distilabel.quality.intervals import Interval
from distilabel.quality.measures import Measures
from distilabel.quality.policy import Decision

_NONE = "-"


def report_lines(calibration: Calibration) -> list[str]:
    """The report as lines: a sentence, a table of eight lines under its head, and warnings.

    Args:
        calibration: What was measured.
    """
    found, decision = calibration.measures, calibration.decision
    lines = [sentence(calibration.step, found, decision), ""]
    lines += _table(measure_rows(found))
    if calibration.jury_gain is not None:
        lines.append(f"jury: {calibration.jury_gain} credit above its best judge")
    lines += [f"warning: {text}" for text in decision.warnings]
    return lines


def sentence(step: str, found: Measures, decision: Decision) -> str:
    """What the policy says of a judge, and the first reason.

    Args:
        step: Name of the judge.
        found: Its measures.
        decision: What the policy says.
    """
    if decision.trusted:
        name = found.baseline
        return (
            f"{step} is trusted: kappa {found.kappa} with people, and {_signed(found.lead)} credit"
            f' above "{name}", on {found.n} items.'
        )
    if decision.status == "inverted":
        return (
            f"{step} is inverted: it says the opposite of people, kappa {found.kappa}. Check which"
            " answer its verdict names."
        )
    reason = decision.failed[0]
    labels = f" About {reason.labels} labels would settle it." if reason.labels else ""
    more = len(decision.failed) - 1
    also = f", and {more} more" if more else ""
    return f"{step} is not trusted ({decision.status}): {reason.text}{also}.{labels}"


def measure_rows(found: Measures) -> list[tuple[str, str, str, str]]:
    """The eight lines of a report: the measure, the judge, people, and the best trivial judge.

    Args:
        found: The measures.
    """
    people = _NONE if found.ceiling is None else f"{found.ceiling:.3f}"
    trivial = f"{found.baselines[found.baseline]:.3f}"
    judge = f"{found.baselines[found.baseline] + found.lead.value:.3f}"
    rows = [
        ("agreement", _text(found.agreement), _NONE, _NONE),
        ("kappa", _text(found.kappa), people, _NONE),
        ("kappa without ties", _text(found.kappa_decided), _NONE, _NONE),
        ("credit, ties half", f"{judge} ({_signed(found.lead)})", "1", trivial),
    ]
    if found.kind == "pair":
        rows += [
            ("wrong way round", _text(found.against), "0", _NONE),
            ("people call a tie", _text(found.undecided), "0", _NONE),
            (
                "same in both orders" if found.orders == 2 else "picks the first",
                _text(found.consistency if found.orders == 2 else found.first_pick),
                _NONE,
                _NONE,
            ),
            ("longer than people", _text(found.length_excess), "0", _NONE),
        ]
    else:
        rows[2:3] = []
        rows += [
            ("chance agreement", f"{found.chance:.3f}", _NONE, _NONE),
            ("parsed", _text(found.parsed), _NONE, _NONE),
            ("items", str(found.n), _NONE, _NONE),
            ("people", str(found.annotators), _NONE, _NONE),
            ("slices", str(len(found.slices)), _NONE, _NONE),
        ]
    return rows


def _table(rows: Sequence[tuple[str, str, str, str]]) -> list[str]:
    heads = ("", "judge", "people", "best trivial")
    widths = [max(len(row[place]) for row in (heads, *rows)) for place in range(4)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, *rows)
    ]


def _text(value: Interval | None) -> str:
    return _NONE if value is None else str(value)


def _signed(value: Interval) -> str:
    return f"{value.value:+.3f} [{value.low:.3f}, {value.high:.3f}]"
