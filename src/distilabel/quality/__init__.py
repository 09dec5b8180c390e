"""Measures of judges against people: agreement, bias, thresholds and intervals.

Pure functions of columns of labels and verdicts; see `docs/quality.md`.
"""

from distilabel.quality.annotator_test import AltTest, Comparison, alt_test
from distilabel.quality.coefficients import Coefficient, ac1, alpha, kappa, scott_pi
from distilabel.quality.corrections import Isotonic, Threshold, isotonic, prevalence, threshold
from distilabel.quality.excesses import family_excess, length_excess
from distilabel.quality.intervals import Interval, clopper_pearson, wilson
from distilabel.quality.labels import jury_verdicts, jury_weights, labels_needed
from distilabel.quality.resampling import bootstrap
from distilabel.quality.verdicts import (
    agreement,
    both_correct,
    first_pick,
    flip_rate,
    order_consistency,
    without_ties,
)

__all__ = [
    "AltTest",
    "Coefficient",
    "Comparison",
    "Interval",
    "Isotonic",
    "Threshold",
    "ac1",
    "agreement",
    "alpha",
    "alt_test",
    "bootstrap",
    "both_correct",
    "clopper_pearson",
    "family_excess",
    "first_pick",
    "flip_rate",
    "isotonic",
    "jury_verdicts",
    "jury_weights",
    "kappa",
    "labels_needed",
    "length_excess",
    "order_consistency",
    "prevalence",
    "scott_pi",
    "threshold",
    "wilson",
    "without_ties",
]
