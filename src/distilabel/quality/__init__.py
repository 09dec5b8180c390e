"""Measures of judges against people: agreement, bias, thresholds and intervals.

The measures are pure functions of columns of labels and verdicts; see `docs/quality.md`.
"""

from typing import TYPE_CHECKING

from distilabel._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from distilabel.quality.annotator_test import AltTest as AltTest
    from distilabel.quality.annotator_test import Comparison as Comparison
    from distilabel.quality.annotator_test import alt_test as alt_test
    from distilabel.quality.baselines import credit as credit
    from distilabel.quality.baselines import lead as lead
    from distilabel.quality.baselines import longest as longest
    from distilabel.quality.calibration import Calibration as Calibration
    from distilabel.quality.card_lines import card_lines as card_lines
    from distilabel.quality.coefficients import Coefficient as Coefficient
    from distilabel.quality.coefficients import ac1 as ac1
    from distilabel.quality.coefficients import alpha as alpha
    from distilabel.quality.coefficients import kappa as kappa
    from distilabel.quality.coefficients import scott_pi as scott_pi
    from distilabel.quality.corrections import Isotonic as Isotonic
    from distilabel.quality.corrections import Threshold as Threshold
    from distilabel.quality.corrections import isotonic as isotonic
    from distilabel.quality.corrections import prevalence as prevalence
    from distilabel.quality.corrections import threshold as threshold
    from distilabel.quality.excesses import family_excess as family_excess
    from distilabel.quality.excesses import length_excess as length_excess
    from distilabel.quality.gold import Gold as Gold
    from distilabel.quality.gold import GoldItem as GoldItem
    from distilabel.quality.gold import GoldLabel as GoldLabel
    from distilabel.quality.gold_file import read_gold as read_gold
    from distilabel.quality.intervals import Interval as Interval
    from distilabel.quality.intervals import clopper_pearson as clopper_pearson
    from distilabel.quality.intervals import wilson as wilson
    from distilabel.quality.judge_identity import JudgeIdentity as JudgeIdentity
    from distilabel.quality.labels import jury_verdicts as jury_verdicts
    from distilabel.quality.labels import jury_weights as jury_weights
    from distilabel.quality.labels import labels_needed as labels_needed
    from distilabel.quality.measures import Measures as Measures
    from distilabel.quality.measuring import JudgedItem as JudgedItem
    from distilabel.quality.measuring import measure as measure
    from distilabel.quality.policy import Decision as Decision
    from distilabel.quality.policy import Policy as Policy
    from distilabel.quality.resampling import bootstrap as bootstrap
    from distilabel.quality.verdicts import agreement as agreement
    from distilabel.quality.verdicts import both_correct as both_correct
    from distilabel.quality.verdicts import first_pick as first_pick
    from distilabel.quality.verdicts import flip_rate as flip_rate
    from distilabel.quality.verdicts import order_consistency as order_consistency
    from distilabel.quality.verdicts import without_ties as without_ties

__getattr__, __all__ = lazy_exports(__name__, __file__)
