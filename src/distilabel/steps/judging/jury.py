"""`Jury`: several judges have one verdict, each with the weight that it deserves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Literal, Union

from pydantic import Field, PrivateAttr

from distilabel.errors import DistilabelUserError
from distilabel.quality.calibration import Calibration
from distilabel.quality.labels import heaviest
from distilabel.quality.verdict_forms import pair_verdict
from distilabel.steps.base import Step, StepInput, _Step
from distilabel.steps.column_checks import column_name, kind_of
from distilabel.steps.pipeline_checks import PipelineCheck

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput

_LETTERS: Final = {0: "A", 1: "B", "tie": "tie"}


class Jury(Step, PipelineCheck):
    """Joins the verdicts of several judges about a pair.

    A plain majority of weak judges is often worse than the best of them. The weights of a
    calibration are the log-odds of each judge being right, from labels of people: a judge that is
    no better than a guess has weight 0.

    Attributes:
        judges: Columns with the verdicts of the judges: `A`, `B`, `tie`, or None.
        weights: A file that `distilabel judge calibrate` wrote for this step, a weight per column,
            or `"majority"`.

    Input columns:
        - dynamic (str): The columns in `judges`.

    Output columns:
        - verdict (str): `A`, `B` or `tie`; None if no judge with a weight has a verdict.
        - verdict_share (float): Share of the weight behind the verdict, in 0..1.

    References:
        - [Replacing Judges with Juries](https://arxiv.org/abs/2404.18796)

    Examples:
        Join three judges, one of which is better than the others:

        ```python
        from distilabel.steps import Jury

        jury = Jury(judges=["large", "small", "tiny"], weights={"large": 2.0, "small": 0.9, "tiny": 0.8})
        jury.load()
        rows = next(jury.process([{"large": "A", "small": "B", "tiny": "B"}]))
        # "verdict" is "A": 2.0 of 3.7
        ```
    """  # noqa: E501

    judges: List[str] = Field(min_length=2)
    weights: Union[Literal["majority"], Dict[str, float], str] = "judge.json"

    _row_by_row: ClassVar[bool] = True

    _shares: List[float] = PrivateAttr(default_factory=list)

    @property
    def inputs(self) -> StepColumns:
        """The columns of the judges."""
        return self.judges

    @property
    def outputs(self) -> StepColumns:
        """`verdict` and `verdict_share`."""
        return ["verdict", "verdict_share"]

    def load(self) -> None:
        """Reads the weights.

        Raises:
            DistilabelUserError: If there is no such file, or a judge has no weight in it.
        """
        super().load()
        self._shares = self._read_weights()

    def _problems(self, before: Sequence[_Step]) -> list[str]:
        try:
            self._read_weights()
        except DistilabelUserError as error:
            return [error.message]
        return []

    def _read_weights(self) -> list[float]:
        if self.weights == "majority":
            return [1.0] * len(self.judges)
        if isinstance(self.weights, dict):
            found: Dict[str, float] = self.weights
        else:
            found = dict(Calibration.load(self.weights).weights)
        missing = [name for name in self.judges if name not in found]
        source = "weights" if isinstance(self.weights, dict) else self.weights
        if missing:
            raise DistilabelUserError(
                f"{self.name}: {source} has no weight for {', '.join(missing)}. Measure the jury"
                f" with `distilabel judge calibrate PIPELINE --step {self.name} --gold GOLD`."
            )
        shares = [found[name] for name in self.judges]
        if min(shares) < 0 or not sum(shares):
            raise DistilabelUserError(
                f"{self.name}: the weights in {source} are {shares}. They must be 0 or more, and"
                " not all 0: a jury of judges that are as good as a guess has nothing to say."
            )
        return shares

    def process(self, inputs: StepInput) -> StepOutput:
        """Joins the verdicts of each row.

        Args:
            inputs: Input rows.

        Yields:
            The rows with the output columns added.

        Raises:
            DistilabelUserError: If a column contains no verdict.
        """
        for row in inputs:
            given = [
                (verdict, share)
                for name, share in zip(self.judges, self._shares, strict=True)
                if share and (verdict := self._verdict(row, name)) is not None
            ]
            # Of equal weights, the verdict of the heaviest judge.
            given.sort(key=lambda pair: -pair[1])
            row["verdict"] = row["verdict_share"] = None
            if given:
                verdict, share = heaviest(*zip(*given, strict=True))
                row["verdict"], row["verdict_share"] = _LETTERS[verdict], share
        yield inputs

    def _verdict(self, row: Dict[str, Any], name: str) -> Any:
        try:
            return pair_verdict(row[name])
        except (TypeError, ValueError):
            raise DistilabelUserError(
                f"{self.name}: column {column_name(self, name)!r} contains {kind_of(row[name])}"
                f" ({row[name]!r}). It must contain a verdict: 'A', 'B', 'tie', or None."
            ) from None
