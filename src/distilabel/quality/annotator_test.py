"""The alternative annotator test: whether a judge can stand in for people."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any, Literal, NamedTuple

from distilabel.errors import DistilabelUserError
from distilabel.quality.columns import check_fraction, is_gap, number_column
from distilabel.quality.intervals import student_cdf


class Comparison(NamedTuple):
    """The judge against one person.

    Attributes:
        judge: Share of items on which the judge is at least as close to the others as the person.
        person: Share of items on which the person is at least as close as the judge.
        p_value: Of the hypothesis that the judge is worse by more than epsilon.
        beaten: Whether it is rejected, at the false discovery rate over all people.
        n: Number of items.
    """

    judge: float
    person: float
    p_value: float
    beaten: bool
    n: int


class AltTest(NamedTuple):
    """The result of `alt_test`.

    Attributes:
        omega: Share of people that the judge beats, in 0..1.
        rho: Mean share of items on which the judge is at least as close to the others as the
            person it is compared with.
        people: The comparison with each person.
        skipped: People with too few items, and how many each has.
    """

    omega: float
    rho: float
    people: Mapping[Hashable, Comparison]
    skipped: Mapping[Hashable, int]

    @property
    def passed(self) -> bool:
        """Whether the judge beats half of the people or more."""
        return self.omega >= 0.5


def alt_test(
    judge: Mapping[Hashable, Any],
    people: Mapping[Hashable, Mapping[Hashable, Any]],
    *,
    epsilon: float = 0.2,
    labels: Literal["classes", "numbers"] = "classes",
    false_discovery: float = 0.05,
    least_items: int = 30,
) -> AltTest:
    """Leaves out one person after the other, and asks who is closer to the rest: they or the judge.

    Args:
        judge: The label of the judge for each item.
        people: The labels of each person, by item. Items count that two people and the judge have
            labeled.
        epsilon: What a person's label costs more than a judge's, as a share of items: about .2 for
            experts, .15 for skilled people, .1 for a crowd.
        labels: `"classes"` scores the share of others with the same label, `"numbers"` the negative
            root mean squared difference from the others.
        false_discovery: The rate of the Benjamini-Yekutieli procedure over people.
        least_items: People with fewer items are skipped; the t-test is not sound for them.

    Returns:
        The share of people beaten (omega), the judge's mean advantage probability (rho), and each
        comparison.

    Raises:
        DistilabelUserError: If fewer than two people have labeled, no person has enough items, or
            labels are not numbers where they must be.

    References:
        - [The Alternative Annotator Test for LLM-as-a-Judge](https://arxiv.org/abs/2501.10970)
    """
    check_fraction("alt_test", "false_discovery", false_discovery)
    if labels not in ("classes", "numbers"):
        raise DistilabelUserError(
            f'alt_test: labels must be "classes" or "numbers", not {labels!r}.'
        )
    given = {
        person: {i: value for i, value in column.items() if i in judge and not is_gap(value)}
        for person, column in people.items()
    }
    by_item: dict[Hashable, dict[Hashable, Any]] = {}
    for person, column in given.items():
        for item, value in column.items():
            if not is_gap(judge[item]):
                by_item.setdefault(item, {})[person] = value
    differences: dict[Hashable, list[tuple[bool, bool]]] = {person: [] for person in people}
    for item, values in by_item.items():
        if labels == "numbers":
            number_column("alt_test", [judge[item], *values.values()])
        if len(values) < 2:
            continue
        for person, value in values.items():
            others = [v for p, v in values.items() if p != person]
            ours, theirs = _score(judge[item], others, labels), _score(value, others, labels)
            differences[person].append((ours >= theirs, theirs >= ours))
    skipped = {p: len(wins) for p, wins in differences.items() if len(wins) < least_items}
    kept = {p: wins for p, wins in differences.items() if p not in skipped}
    if not kept:
        raise DistilabelUserError(
            f"alt_test: {least_items} items of a person are needed that another person and the"
            f" judge have labeled too; the most are {max(skipped.values(), default=0)}. Label more."
        )
    p_values = {p: _p_value([b - a for a, b in wins], epsilon) for p, wins in kept.items()}
    beaten = _rejected(p_values, false_discovery)
    compared = {
        p: Comparison(
            judge=sum(ours for ours, _ in wins) / len(wins),
            person=sum(theirs for _, theirs in wins) / len(wins),
            p_value=p_values[p],
            beaten=p in beaten,
            n=len(wins),
        )
        for p, wins in kept.items()
    }
    rho = sum(c.judge for c in compared.values()) / len(compared)
    return AltTest(len(beaten) / len(compared), rho, compared, skipped)


def _score(value: Any, others: list[Any], labels: str) -> float:
    if labels == "classes":
        same: int = sum(value == other for other in others)
        return same / len(others)
    squares = sum((float(value) - float(other)) ** 2 for other in others)
    return -math.sqrt(squares / len(others))


def _p_value(differences: list[int], epsilon: float) -> float:
    """Of a one-sided t-test: that the mean of the differences is below epsilon."""
    count = len(differences)
    mean = sum(differences) / count
    variance = sum((d - mean) ** 2 for d in differences) / (count - 1) if count > 1 else 0.0
    if variance == 0:
        return 0.0 if mean < epsilon else 1.0
    return student_cdf((mean - epsilon) / math.sqrt(variance / count), count - 1)


def _rejected(p_values: Mapping[Hashable, float], rate: float) -> set[Hashable]:
    """The hypotheses that the Benjamini-Yekutieli procedure rejects."""
    ordered = sorted(p_values, key=p_values.__getitem__)
    scale = len(ordered) * sum(1 / rank for rank in range(1, len(ordered) + 1))
    last = 0
    for rank, person in enumerate(ordered, start=1):
        if p_values[person] <= rank * rate / scale:
            last = rank
    return set(ordered[:last])
