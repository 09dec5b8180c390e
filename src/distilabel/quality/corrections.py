"""What a judge's scores say about the scale of people: thresholds, prevalence, calibration."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Literal, NamedTuple

from distilabel.errors import DistilabelUserError
from distilabel.quality.columns import check_fraction, number_column, paired_columns
from distilabel.quality.intervals import Interval, lower_bound, normal_quantile


class Threshold(NamedTuple):
    """The laxest score from which on a judge is precise enough.

    Attributes:
        score: Rows with this score or more are kept; None if no threshold reaches the target.
        precision: Share of kept items that are right; NaN without a threshold.
        bound: One-sided lower bound of the precision; NaN without a threshold.
        kept: Number of kept items.
        n: Number of all items.
    """

    score: float | None
    precision: float
    bound: float
    kept: int
    n: int


def threshold(
    scores: Iterable[float],
    right: Iterable[bool],
    *,
    target: float = 0.8,
    confidence: float = 0.95,
    least_kept: int = 30,
) -> Threshold:
    """The lowest score that keeps a precision, with confidence.

    Thresholds are tried from strict to lax, and the first whose bound falls below the target ends
    the search: so all of them together are wrong with a probability of `1 - confidence` at most.

    Args:
        scores: The score of the judge for each item; higher is better.
        right: Whether people accept the item.
        target: The precision that the kept items must have, in 0..1.
        confidence: Confidence of the lower bound (Clopper and Pearson), in 0..1.
        least_kept: The strictest threshold tried keeps this many items, or as many as prove the
            target when all of them are right, if that is more: fewer prove nothing.

    Returns:
        The threshold; its `score` is None if the first one tried fails.

    Raises:
        DistilabelUserError: If the columns are empty, differ in length or have gaps, or a
            parameter is not valid.
    """
    check_fraction("threshold", "target", target)
    check_fraction("threshold", "confidence", confidence)
    points, accepted = paired_columns("threshold", scores, right)
    points = number_column("threshold", points)
    least = max(least_kept, math.ceil(math.log(1 - confidence) / math.log(target)))
    order = sorted(range(len(points)), key=lambda row: -points[row])
    best = Threshold(None, math.nan, math.nan, 0, len(points))
    hits = 0
    for kept, row in enumerate(order, start=1):
        hits += bool(accepted[row])
        # Items with one score are kept or dropped together.
        if kept < least or (kept < len(order) and points[order[kept]] == points[row]):
            continue
        bound = lower_bound(hits, kept, confidence)
        if bound < target:
            break
        best = Threshold(points[row], hits / kept, bound, kept, len(points))
    return best


def prevalence(
    people: Iterable[float],
    judged: Iterable[float],
    unlabeled: Iterable[float],
    *,
    method: Literal["ppi", "rogan-gladen"] = "ppi",
    confidence: float = 0.95,
) -> Interval:
    """The share of rows that people would accept, from many verdicts and few labels.

    Args:
        people: The labels of people: booleans, or numbers with `"ppi"`.
        judged: The verdicts of the judge for the same rows.
        unlabeled: Its verdicts for the rows without a label.
        method: `"ppi"` is prediction-powered inference with the best weight of the verdicts
            (PPI++), clipped to 0..1; never worse than the labels alone, for large samples.
            `"rogan-gladen"` corrects the judge's rate by its sensitivity and specificity, with the
            interval of Lang and Reiczigel (2014), formula and shift as in the authors' own script.
        confidence: Confidence of the interval, in 0..1.

    Returns:
        The share with its interval; `n` is the number of labels. With `"ppi"`, it is the mean
        of the labels and may leave 0..1 by a little.

    Raises:
        DistilabelUserError: If a column is empty or has gaps or values that do not fit, there are
            fewer than two labels, or Rogan-Gladen cannot be used: sensitivity + specificity ≤ 1, or
            labels of one class only.

    References:
        - [PPI++: Efficient Prediction-Powered Inference](https://arxiv.org/abs/2311.01453)
        - [Confidence limits for prevalence of disease adjusted for estimated sensitivity and
          specificity](https://doi.org/10.1016/j.prevetmed.2013.09.015)
    """
    check_fraction("prevalence", "confidence", confidence)
    labels, verdicts = (
        number_column("prevalence", column)
        for column in paired_columns("prevalence", people, judged)
    )
    [rest] = paired_columns("prevalence", unlabeled)
    others = number_column("prevalence", rest)
    z = normal_quantile((1 + confidence) / 2)
    if method == "ppi":
        return _ppi(labels, verdicts, others, z, confidence)
    if method != "rogan-gladen":
        raise DistilabelUserError(
            f'prevalence: method must be "ppi" or "rogan-gladen", not {method!r}.'
        )
    return _rogan_gladen(labels, verdicts, others, z, confidence)


def _ppi(
    labels: list[float], verdicts: list[float], others: list[float], z: float, confidence: float
) -> Interval:
    n, total = len(labels), len(others)
    if n < 2:
        raise DistilabelUserError("prevalence: one label has no interval. Pass two or more.")
    spread = _covariance(verdicts + others, verdicts + others)
    weight = _covariance(labels, verdicts) / ((1 + n / total) * spread) if spread else 0.0
    weight = min(1.0, max(0.0, weight))
    rest = [label - weight * verdict for label, verdict in zip(labels, verdicts, strict=True)]
    value = weight * sum(others) / total + sum(rest) / n
    # One unlabeled row has no variance of its own; that of all verdicts stands in.
    variance = _covariance(rest, rest) / n
    variance += weight**2 * (_covariance(others, others) if total > 1 else spread) / total
    half = z * math.sqrt(variance)
    return Interval(value, value - half, value + half, n, confidence)


def _rogan_gladen(
    labels: list[float], verdicts: list[float], others: list[float], z: float, confidence: float
) -> Interval:
    if not {*labels, *verdicts, *others} <= {0.0, 1.0}:
        raise DistilabelUserError("prevalence: Rogan-Gladen needs labels and verdicts of 0 and 1.")
    n, total = len(labels), len(others)
    positive = int(sum(labels))
    negative = n - positive
    if not positive or not negative:
        raise DistilabelUserError(
            "prevalence: Rogan-Gladen needs labels of both classes;"
            f" {positive} of {n} are positive."
        )
    hits = sum(bool(g and v) for g, v in zip(labels, verdicts, strict=True))
    rejections = sum(not g and not v for g, v in zip(labels, verdicts, strict=True))
    sensitivity, specificity = hits / positive, rejections / negative
    if sensitivity + specificity <= 1:
        raise DistilabelUserError(
            f"prevalence: sensitivity {sensitivity:.2f} and specificity {specificity:.2f} add up to"
            " 1 or less: the judge says nothing about the labels. Use another judge."
        )
    apparent = sum(others) / total
    value = _clip((apparent + specificity - 1) / (sensitivity + specificity - 1))
    # Counts with the additions of Lang and Reiczigel, which keep the coverage of the interval.
    rate = (sum(others) + z * z / 2) / (total + z * z)
    sens, spec = (hits + 1) / (positive + 2), (rejections + 1) / (negative + 2)
    gain = sens + spec - 1
    if gain <= 0:
        return Interval(value, 0.0, 1.0, n, confidence)
    center = (rate + spec - 1) / gain
    sens_variance = sens * (1 - sens) / (positive + 2)
    spec_variance = spec * (1 - spec) / (negative + 2)
    shift = 2 * z * z * (center * sens_variance - (1 - center) * spec_variance)
    variance = rate * (1 - rate) / (total + z * z)
    variance += center**2 * sens_variance + (1 - center) ** 2 * spec_variance
    half = z * math.sqrt(variance) / gain
    low, high = _clip(center + shift - half), _clip(center + shift + half)
    return Interval(value, min(low, value), max(high, value), n, confidence)


class Isotonic(NamedTuple):
    """A judge's scores on the scale of people.

    Attributes:
        fitted: The value of each row, from a curve that was fitted without the row's fold.
        scores: The scores of the curve over all rows, rising: for rows without a label.
        values: The value at each of these scores, never falling.
    """

    fitted: Sequence[float]
    scores: Sequence[float]
    values: Sequence[float]

    def __call__(self, score: float) -> float:
        """The value of a new row's score: linear between scores, constant beyond them."""
        return _interpolate(self.scores, self.values, score)


def isotonic(
    scores: Iterable[float],
    people: Iterable[float],
    *,
    folds: int = 5,
    clusters: Iterable[Hashable] | None = None,
    seed: int = 0,
) -> Isotonic:
    """Maps scores to the scale of people by a rising curve (pool adjacent violators).

    Args:
        scores: The score of the judge for each row.
        people: The label of people for each row.
        folds: Parts of the rows; the value of a row comes from a curve that its part had no share
            in, so that errors measured on `fitted` are honest.
        clusters: Rows of one cluster, such as one instruction, stay in one fold.
        seed: Seed of the division into folds.

    Returns:
        The cross-fitted values of the rows, and the curve over all rows.

    Raises:
        DistilabelUserError: If the columns are empty, differ in length, have gaps or values that
            are not numbers, or there are fewer rows or clusters than folds.
    """
    # Imported here to keep the import of the package fast.
    from random import Random

    points, labels = (
        number_column("isotonic", column) for column in paired_columns("isotonic", scores, people)
    )
    names: list[Any] = list(range(len(points)) if clusters is None else clusters)
    paired_columns("isotonic", points, names)
    groups = list(dict.fromkeys(names))
    if not 2 <= folds <= len(groups):
        raise DistilabelUserError(
            f"isotonic: {folds} folds of {len(groups)} rows or clusters; at least two folds, and"
            " one row or cluster in each, are needed."
        )
    Random(seed).shuffle(groups)
    fold_of = {name: index % folds for index, name in enumerate(groups)}
    fitted = [0.0] * len(points)
    for fold in range(folds):
        inside = [row for row, name in enumerate(names) if fold_of[name] == fold]
        outside = [row for row, name in enumerate(names) if fold_of[name] != fold]
        curve = pool_adjacent_violators([points[r] for r in outside], [labels[r] for r in outside])
        for row in inside:
            fitted[row] = _interpolate(*curve, points[row])
    return Isotonic(fitted, *pool_adjacent_violators(points, labels))


def pool_adjacent_violators(
    scores: Sequence[float], values: Sequence[float]
) -> tuple[list[float], list[float]]:
    """The rising step function that is closest to the values in the least squares.

    Args:
        scores: The score of each row; rows with one score get one value.
        values: The value of each row.

    Returns:
        The distinct scores, rising, and the fitted value at each.
    """
    by_score: dict[float, list[float]] = {}
    for score, value in zip(scores, values, strict=True):
        by_score.setdefault(score, []).append(value)
    ordered = sorted(by_score)
    # Each block: mean, number of rows, number of scores.
    blocks: list[tuple[float, int, int]] = []
    for score in ordered:
        mean, rows, width = sum(by_score[score]) / len(by_score[score]), len(by_score[score]), 1
        while blocks and blocks[-1][0] >= mean:
            other, more, wider = blocks.pop()
            mean = (mean * rows + other * more) / (rows + more)
            rows, width = rows + more, width + wider
        blocks.append((mean, rows, width))
    return ordered, [mean for mean, _, width in blocks for _ in range(width)]


def _interpolate(scores: Sequence[float], values: Sequence[float], score: float) -> float:
    above = bisect_right(scores, score)
    if above == 0:
        return values[0]
    if above == len(scores):
        return values[-1]
    low, high = scores[above - 1], scores[above]
    return values[above - 1] + (values[above] - values[above - 1]) * (score - low) / (high - low)


def _covariance(one: Sequence[float], other: Sequence[float]) -> float:
    mean, mean_other = sum(one) / len(one), sum(other) / len(other)
    products = ((a - mean) * (b - mean_other) for a, b in zip(one, other, strict=True))
    return sum(products) / (len(one) - 1)


def _clip(share: float) -> float:
    return min(1.0, max(0.0, share))
