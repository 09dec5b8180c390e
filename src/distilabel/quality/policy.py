"""`Policy`: when a judge may filter data. All limits are held against the unfavorable bound.

A bound that comes from resampling is itself an estimate. It counts as short of a limit unless it is
clear of it by more than that error, so that no other seed turns a refusal into trust.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from distilabel.quality.intervals import Interval, normal_quantile
from distilabel.quality.measures import Measures

Status = Literal["trusted", "refused", "inverted", "too few labels"]


@dataclass(frozen=True, slots=True)
class Check:
    """One requirement of a policy.

    Attributes:
        name: What is held against the limit.
        passed: Whether it holds.
        text: The figure, its interval and the limit, as a sentence without a subject.
        labels: Labels of people on the test split that would settle it, if it is short by less
            than its uncertainty; None where more labels would not help.
    """

    name: str
    passed: bool
    text: str
    labels: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a judge may be trusted, and why.

    Attributes:
        status: `trusted`, `refused`, `inverted` (it says the opposite of people) or
            `too few labels`.
        checks: The requirements, in order.
        warnings: What a user should know about a judge that is trusted all the same.
    """

    status: Status
    checks: tuple[Check, ...]
    warnings: tuple[str, ...] = ()

    @property
    def trusted(self) -> bool:
        """Whether the judge may filter data."""
        return self.status == "trusted"

    @property
    def failed(self) -> list[Check]:
        """The requirements that do not hold."""
        return [check for check in self.checks if not check.passed]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What a judge has to prove on the test split before it may filter data.

    Attributes:
        least_labels: Items with labels of people.
        least_kappa: Lower bound of kappa.
        least_parsed: Share of answers that could be parsed.
        most_length_excess: Upper bound of the length excess.
        first_pick: Range of the share of first answers among decided calls, if only one order is
            asked.
    """

    least_labels: int = 100
    least_kappa: float = 0.30
    least_parsed: float = 0.98
    most_length_excess: float = 0.15
    first_pick: tuple[float, float] = (0.40, 0.60)

    def decide(self, found: Measures) -> Decision:
        """Holds measures against the policy.

        Args:
            found: Measures on the test split.
        """
        checks = [
            Check(
                "labels",
                found.n >= self.least_labels,
                f"{found.n} labeled items; at least {self.least_labels} are needed",
                self.least_labels,
            ),
            self._lead(found),
            self._kappa(found),
            Check(
                "parsed",
                found.parsed.value >= self.least_parsed,
                f"{found.parsed.value:.1%} of its answers could be parsed; at least"
                f" {self.least_parsed:.0%} are needed",
            ),
        ]
        if found.length_excess is not None:
            checks.append(self._length(found.length_excess, found.n))
        if found.first_pick is not None and found.orders == 1:
            checks.append(self._first_pick(found.first_pick, found.n))
        for name, lead in found.slices:
            checks.append(
                Check(
                    f"slice {name}",
                    lead.high >= 0,
                    f"in slice {name!r}, {lead} credit above {_quoted(found.baseline)}",
                )
            )
        return Decision(self._status(found, checks), tuple(checks), tuple(_warnings(found)))

    def _status(self, found: Measures, checks: list[Check]) -> Status:
        if found.kappa.high < 0:
            return "inverted"
        if not checks[0].passed:
            return "too few labels"
        return "trusted" if all(check.passed for check in checks) else "refused"

    def _lead(self, found: Measures) -> Check:
        bound = found.lead.low - resampling_error(found.lead, found.resamples)
        name = _quoted(found.baseline)
        return Check(
            "lead",
            bound > 0,
            f"{found.lead} credit above {name}, the best trivial judge; the lower bound must be"
            " above 0",
            _labels_needed(found.lead.value, found.lead, found.n),
        )

    def _kappa(self, found: Measures) -> Check:
        bound = found.kappa.low - resampling_error(found.kappa, found.resamples)
        hair = found.kappa.low >= self.least_kappa > bound
        return Check(
            "kappa",
            bound >= self.least_kappa,
            f"kappa {found.kappa}; the lower bound must be {self.least_kappa:.2f}"
            + (f", by more than the error of {found.resamples:,} resamples" if hair else ""),
            _labels_needed(found.kappa.value - self.least_kappa, found.kappa, found.n),
        )

    def _length(self, excess: Interval, n: int) -> Check:
        limit = self.most_length_excess
        return Check(
            "length",
            excess.high <= limit,
            f"it picks the longer answer {excess} more often than people; the upper bound must be"
            f" {limit:.2f}",
            _labels_needed(limit - excess.value, excess, n),
        )

    def _first_pick(self, share: Interval, n: int) -> Check:
        low, high = self.first_pick
        return Check(
            "first pick",
            low <= share.low and share.high <= high,
            f"it picks the first answer in {share} of decided calls; the interval must lie within"
            f" {low:.2f} and {high:.2f}, unless both orders are asked",
            _labels_needed(min(share.value - low, high - share.value), share, n),
        )


def resampling_error(found: Interval, resamples: int) -> float:
    """How far an end of a percentile interval may be off, with 95% confidence.

    Args:
        found: The interval.
        resamples: Resamples it was computed from.

    Returns:
        1.645 standard errors of the quantile, for a normal distribution of the measure.
    """
    tail = (1 - found.confidence) / 2
    z = -normal_quantile(tail)
    deviation = (found.high - found.low) / (2 * z)
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return 1.645 * math.sqrt(tail * (1 - tail) / resamples) * deviation / density


def _labels_needed(margin: float, found: Interval, n: int) -> int | None:
    """Labels for which a bound reaches its limit if the estimate stays; None if it never does.

    Args:
        margin: How far the estimate is on the right side of the limit.
        found: The estimate with its interval.
        n: Labels it was measured on.
    """
    half = (found.high - found.low) / 2
    if margin <= 0.05 * half:  # more than 400 times the labels
        return None
    # A tenth more, for the error of resampling.
    return math.ceil(n * (half / margin) ** 2 * 1.1)


def _warnings(found: Measures) -> list[str]:
    texts = []
    if found.length_excess is not None and found.length_excess.low > 0:
        texts.append(f"It picks the longer answer {found.length_excess} more often than people.")
    if found.family_excess is not None and found.family_excess.low > 0:
        texts.append(f"It picks its own model family {found.family_excess} more often than people.")
    if found.orders == 2 and found.first_pick is not None:
        low, high = found.first_pick.low, found.first_pick.high
        if high < 0.4 or low > 0.6:
            texts.append(f"It picks the first answer in {found.first_pick} of decided calls.")
    if found.annotators == 1:
        texts.append("One person labeled; how far people agree with each other is unknown.")
    return texts


def _quoted(name: str) -> str:
    return f'"{name}"'


DEFAULT_POLICY: Final = Policy()
