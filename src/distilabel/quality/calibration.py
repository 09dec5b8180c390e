"""`Calibration`: what was measured of one judge on one set of gold labels, kept in a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from distilabel.errors import DistilabelUserError
from distilabel.quality.corrections import Threshold, threshold
from distilabel.quality.disagreements import Disagreement
from distilabel.quality.intervals import Interval
from distilabel.quality.judge_identity import JudgeIdentity
from distilabel.quality.measures import Measures
from distilabel.quality.policy import Check, Decision
from distilabel.quality.scores import Scored

_VERSION: Final = 1


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What was measured of a judge, and whether it may be trusted.

    Attributes:
        step: Name of the step that judges.
        identity: What the judge is.
        gold: Digest of the gold labels.
        source: Where the gold labels come from.
        annotators: Number of people who labeled.
        measures: The measures on the test split.
        decision: Whether the policy trusts the judge, and why.
        scored: The judge's scores on the test split, and how many rows people accept; the highest
            first. For pairs, a decided verdict has score 1 and a tie 0, and rows count that people
            decided.
        cut: For judges with scores whose gold is pass or fail: the score from which on a row
            passes, chosen on the fit split; None for other judges.
        weights: For a jury: the weight of each judge.
        jury_gain: For a jury: its credit above that of its best judge, per item.
        verdicts: Id of each item of the test split → people's label, the judge's verdict, and the
            number of its instruction.
        disagreements: The items on which judge and people differ most.
        date: Day of the calibration, as `2026-11-28`.
    """

    step: str
    identity: JudgeIdentity
    gold: str
    source: str
    annotators: int
    measures: Measures
    decision: Decision
    scored: Sequence[Scored] = ()
    cut: float | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    jury_gain: Interval | None = None
    verdicts: Mapping[str, tuple[Any, Any, int]] = field(default_factory=dict)
    disagreements: Sequence[Disagreement] = ()
    date: str = ""

    def threshold(self, precision: float, confidence: float = 0.95) -> Threshold:
        """The laxest score that keeps a precision, with confidence.

        Args:
            precision: Share of kept rows that people accept, in 0..1.
            confidence: Confidence of the lower bound, in 0..1.

        Returns:
            The threshold; its `score` is None if no score has the precision.

        Raises:
            DistilabelUserError: If the gold labels are ratings, which do not say what is right.
        """
        if not self.scored:
            raise DistilabelUserError(
                f"{self.step}: precision needs gold labels that say what is right: pairs, or pass"
                f" and fail. These are of the kind {self.measures.kind!r}; use `at_least`."
            )
        scores = [each.score for each in self.scored for _ in range(each.rows)]
        right = [row < each.right for each in self.scored for row in range(each.rows)]
        return threshold(scores, right, target=precision, confidence=confidence)

    def save(self, path: str | Path) -> None:
        """Writes the calibration as JSON.

        Args:
            path: The file; it is replaced.
        """
        data = {
            "version": _VERSION,
            "step": self.step,
            "judge": self.identity.to_dict(),
            "gold": self.gold,
            "source": self.source,
            "annotators": self.annotators,
            "date": self.date,
            "decision": asdict(self.decision),
            "cut": self.cut,
            "weights": dict(self.weights),
            "jury_gain": list(self.jury_gain) if self.jury_gain else None,
            "scored": [list(each) for each in self.scored],
            "measures": self.measures.to_dict(),
            "disagreements": [each._asdict() for each in self.disagreements],
            "verdicts": {name: list(each) for name, each in self.verdicts.items()},
        }
        text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
        file = Path(path)
        # Written beside it and renamed: a run may read it at any time.
        part = file.with_name(f".{file.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(file)

    @classmethod
    def load(cls, path: str | Path) -> Calibration:
        """Reads a calibration.

        Args:
            path: The file.

        Raises:
            DistilabelUserError: If there is no such file, or it is not a calibration.
        """
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DistilabelUserError(
                f"{path}: there is no such file. Write it with `distilabel judge calibrate`."
            ) from None
        except (OSError, ValueError) as error:
            raise DistilabelUserError(f"{path}: it cannot be read: {error}.") from None
        if not isinstance(data, dict) or data.get("version") != _VERSION:
            found = data.get("version") if isinstance(data, dict) else None
            raise DistilabelUserError(
                f"{path}: it is not a calibration of version {_VERSION} (version: {found!r}). Write"
                " it again with `distilabel judge calibrate`."
            )
        try:
            decision = data["decision"]
            return cls(
                step=data["step"],
                identity=JudgeIdentity.from_dict(data["judge"]),
                gold=data["gold"],
                source=data["source"],
                annotators=data["annotators"],
                measures=Measures.from_dict(data["measures"]),
                decision=Decision(
                    decision["status"],
                    tuple(Check(**check) for check in decision["checks"]),
                    tuple(decision["warnings"]),
                ),
                scored=tuple(Scored(*each) for each in data["scored"]),
                cut=data["cut"],
                weights=data["weights"],
                jury_gain=Interval(*data["jury_gain"]) if data["jury_gain"] else None,
                verdicts={name: tuple(each) for name, each in data["verdicts"].items()},
                disagreements=tuple(
                    Disagreement(**{**each, "generations": tuple(each["generations"])})
                    for each in data["disagreements"]
                ),
                date=data["date"],
            )
        except (KeyError, TypeError) as error:
            raise DistilabelUserError(
                f"{path}: it is damaged: {type(error).__name__}: {error}. Write it again with"
                " `distilabel judge calibrate`."
            ) from None
