"""Compares two calibrations on the items that both have: paired, with an interval."""

from __future__ import annotations

from typing import NamedTuple

from distilabel.errors import DistilabelUserError
from distilabel.quality.baselines import lead
from distilabel.quality.calibration import Calibration
from distilabel.quality.intervals import Interval


class JudgeComparison(NamedTuple):
    """A judge against another one.

    Attributes:
        gain: Credit of the second above that of the first, per item that both have a verdict on.
        moved: What changed of the judge.
    """

    gain: Interval
    moved: list[str]


def compare(one: Calibration, other: Calibration, *, seed: int = 0) -> JudgeComparison:
    """Compares two calibrations.

    Args:
        one: The first.
        other: The second.
        seed: Seed of the bootstrap.

    Raises:
        DistilabelUserError: If they have no item in common, or people's labels of one differ.
    """
    if one.measures.kind == "rating":
        raise DistilabelUserError(
            "compare: calibrations with ratings have no credit per item. Compare their kappas."
        )
    shared = [
        (mine[0], mine[1], theirs[1], mine[2])
        for name, mine in one.verdicts.items()
        if (theirs := other.verdicts.get(name)) is not None
        and mine[1] is not None
        and theirs[1] is not None
    ]
    differ = [n for n, mine in one.verdicts.items()
              if n in other.verdicts and other.verdicts[n][0] != mine[0]]  # fmt: skip
    if differ or not shared:
        raise DistilabelUserError(
            f"compare: people's labels of {len(differ)} items differ, such as {differ[0]!r}."
            " Measure both judges on the same gold labels."
            if differ
            else "compare: the two have no item in common. Measure both on the same gold labels."
        )
    people, first, second, clusters = zip(*shared, strict=True)
    decided = (0, 1) if one.measures.kind == "pair" else (True, False)
    gain = lead(people, second, first, decided=decided, clusters=clusters, seed=seed)
    return JudgeComparison(gain, other.identity.moved_from(one.identity))
