"""`KeepJudged`: keeps the rows that a judge accepts, if people agree with the judge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, Literal, Optional, Self

from pydantic import Field, PrivateAttr, model_validator

from distilabel.errors import DistilabelUserError
from distilabel.quality.calibration import Calibration
from distilabel.quality.card_lines import card_lines
from distilabel.steps.base import Step, StepInput, _Step
from distilabel.steps.column_checks import column_name, kind_of
from distilabel.steps.judging.judge_columns import score_of
from distilabel.steps.judging.judge_parts import judge_identity
from distilabel.steps.pipeline_checks import PipelineCheck, maker_of

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput

_CALIBRATE: Final = "distilabel judge calibrate PIPELINE --step {step} --gold GOLD -o {trust}"


class KeepJudged(Step, PipelineCheck):
    """Keeps rows by what a judge says, and refuses a judge that people do not agree with.

    The judge is measured beforehand with `distilabel judge calibrate`. With all other mistakes,
    before the first question, this step reports a judge that was not measured, was changed since,
    or did not prove to be better than trivial ones: which bound is short, and how many more labels
    would settle it.

    Attributes:
        column: Column with what the judge says: a verdict (`A`, `B`, `tie`), a number, a bool, or
            the ratings of the row's texts.
        at_least: Lowest number to keep. Without it and `precision`, verdicts for one of two answers
            and True are kept.
        precision: Share of kept rows that people accept, proved with 95% confidence on the gold
            labels; it chooses the lowest number to keep. For pairs, of those that people decide.
        trust: File of the calibration.
        on_untrusted: What happens with a judge that is not trusted: `refuse` does not run,
            `report` warns, `pass` only writes it into the card.

    Input columns:
        - dynamic (any): The column in `column`.

    Categories:
        - filtering

    Examples:
        Keep pairs with a verdict of a judge that was measured:

        ```python notest
        from distilabel.models import OpenAILLM
        from distilabel.pipeline import Pipeline
        from distilabel.steps import KeepJudged, LoadDataFromHub
        from distilabel.steps.tasks import PairwiseJudge

        with Pipeline() as pipeline:
            judge = PairwiseJudge(name="judge", llm=OpenAILLM(model="gpt-4o-mini"))
            LoadDataFromHub(repo_id="me/pairs") >> judge >> KeepJudged(column="verdict")
        ```
    """

    column: str
    at_least: Optional[float] = None
    precision: Optional[float] = Field(default=None, gt=0, lt=1)
    trust: str = "judge.json"
    on_untrusted: Literal["refuse", "report", "pass"] = "refuse"

    _row_by_row: ClassVar[bool] = True
    _changes_row_count: ClassVar[bool] = True

    _limit: Optional[float] = PrivateAttr(default=None)
    _kind: str = PrivateAttr(default="pair")

    @model_validator(mode="after")
    def _check_limits(self) -> Self:
        if self.at_least is not None and self.precision is not None:
            raise DistilabelUserError(
                "KeepJudged: `at_least` and `precision` both choose the lowest number to keep. Set"
                " one of them."
            )
        return self

    @property
    def inputs(self) -> StepColumns:
        """The column of the judge."""
        return [self.column]

    def load(self) -> None:
        """Reads the calibration and saves what it says with the dataset.

        Raises:
            DistilabelUserError: If `precision` is set and cannot be proved.
        """
        super().load()
        try:
            calibration = Calibration.load(self.trust)
        except DistilabelUserError:
            if self.on_untrusted == "refuse" or self.precision is not None:
                raise
            lines = [f"The judge of {self.column!r} was not measured against people."]
            self._limit = self.at_least
        else:
            self._kind = calibration.measures.kind
            self._limit = self._chosen(calibration)
            lines = card_lines(calibration)
        if self.on_untrusted != "refuse":
            lines = [*lines, f'Rows were kept with `on_untrusted="{self.on_untrusted}"`.']
        if self.artifacts_directory is not None:
            self.save_artifact("judge", lambda path: _write(path, lines), {"judge": lines})

    def _chosen(self, calibration: Calibration) -> float | None:
        if self.precision is None:
            return calibration.cut if self.at_least is None else self.at_least
        found = calibration.threshold(self.precision)
        if found.score is None:
            raise DistilabelUserError(f"{self.name}: {_short_of(self.precision, calibration)}")
        return found.score

    # -- before the first question ----------------------------------------------------------

    def _problems(self, before: Sequence[_Step]) -> list[str]:
        try:
            calibration = Calibration.load(self.trust)
            if self.precision is not None:
                self._chosen(calibration)
        except DistilabelUserError as error:
            text = error.message
            text = text if text.startswith(f"{self.name}: ") else f"{self.name}: {text}"
            is_needed = self.on_untrusted == "refuse" or self.precision is not None
            return [text] if is_needed else self._said(text)
        texts = self._untrusted(calibration, before)
        if not texts:
            return []
        text = f"{self.name}: the judge is not trusted: {' '.join(texts)}"
        return [text] if self.on_untrusted == "refuse" else self._said(text)

    def _said(self, text: str) -> list[str]:
        if self.on_untrusted == "report":
            self._logger.warning("%s", text)
        return []

    def _untrusted(self, calibration: Calibration, before: Sequence[_Step]) -> list[str]:
        """Why the judge is not trusted, and what to do; [] if it is."""
        command = _CALIBRATE.format(step=calibration.step, trust=self.trust)
        judge = maker_of(self.column, before)
        if judge is None:
            return [
                f"no step before it makes {self.column!r}, so that it cannot be compared with the"
                " one that was measured. Judge in this pipeline, or set on_untrusted."
            ]
        around = before[before.index(judge) + 1 :]
        moved = judge_identity(judge, around).moved_from(calibration.identity)
        if moved:
            return [
                f"since {self.trust} was written, {' and '.join(moved)} changed. Measure it again:"
                f" {_CALIBRATE.format(step=judge.name, trust=self.trust)}"
            ]
        decision = calibration.decision
        if decision.trusted:
            return []
        if decision.status == "inverted":
            return [f"it says the opposite of people ({calibration.measures.kappa}). Swap it."]
        texts = [f"{check.text}." for check in decision.failed]
        more = [check.labels for check in decision.failed if check.labels is not None]
        n = calibration.measures.n
        if len(more) == len(decision.failed) and max(more) > n:
            texts.append(f"About {max(more) - n} more labels on the test split would settle it.")
        if calibration.measures.kind == "pair" and calibration.measures.orders == 1:
            texts.append("Asking both orders may do: add --orders 2.")
        return [*texts, f"Then: {command}"]

    def process(self, inputs: StepInput) -> StepOutput:
        """Keeps rows.

        Args:
            inputs: Input rows.

        Yields:
            The rows that the judge accepts.

        Raises:
            DistilabelUserError: If the column has another content.
        """
        yield [row for row in inputs if self._keeps(row)]

    def _keeps(self, row: Dict[str, Any]) -> bool:
        value = row[self.column]
        if value is None:
            return False  # the judge has no answer
        is_verdict = isinstance(value, str) or (isinstance(value, list) and self._kind == "pair")
        score = score_of(value, "pair" if is_verdict else "rating")
        if score is None and not isinstance(value, (list, dict, float)):
            raise DistilabelUserError(
                f"{self.name}: column {column_name(self, self.column)!r} contains"
                f" {kind_of(value)}. It must contain a verdict, a number, a bool, or ratings."
            )
        if score is None:
            return False
        if is_verdict and isinstance(value, list) and self.at_least is not None:
            return score == 1 and max(value) >= self.at_least
        if is_verdict or isinstance(value, bool):
            return score == 1
        if self._limit is None:
            raise DistilabelUserError(
                f"{self.name}: column {column_name(self, self.column)!r} contains numbers. Set"
                " `at_least` or `precision`."
            )
        return score >= self._limit


def _short_of(precision: float, calibration: Calibration) -> str:
    top = calibration.scored[0]
    rows, right = (sum(each[place] for each in calibration.scored) for place in (1, 2))
    return (
        f"precision {precision:.2f} cannot be proved: people accept {top.right} of {top.rows} rows"
        f" with the highest score, and {right} of all {rows}. Ask for less, label more, or use a"
        " better judge."
    )


def _write(folder: Path, lines: list[str]) -> None:
    (folder / "judge.json").write_text(json.dumps(lines, indent=2, ensure_ascii=False))
