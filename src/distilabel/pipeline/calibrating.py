"""`calibrate`: asks a judge of a pipeline about gold labels, and measures what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from distilabel._core.build_context import outside_blocks
from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import close_names
from distilabel.pipeline.local import Pipeline
from distilabel.quality.calibration import Calibration
from distilabel.quality.disagreements import verdicts_of, worst_disagreements
from distilabel.quality.gold import Gold, GoldItem
from distilabel.quality.jury_weighing import JuryWeights, weigh_jury
from distilabel.quality.measuring import JudgedItem, measure
from distilabel.quality.policy import DEFAULT_POLICY, Policy
from distilabel.quality.scores import best_cut, passed, scores_of
from distilabel.steps.base import Step, _Step
from distilabel.steps.generators.data import LoadDataFromDicts
from distilabel.steps.judging.judge_columns import judgement_of
from distilabel.steps.judging.judge_parts import judge_identity, jury_members
from distilabel.steps.judging.jury import Jury

if TYPE_CHECKING:
    from distilabel.pipeline.base import BasePipeline

_ID: Final = "gold_id"


class GoldRun:
    """A judge of a pipeline, in a pipeline of its own that asks it about gold labels.

    Args:
        pipeline: The pipeline with the judge; it does not change.
        step: Name of the step that judges: a task, or a `Jury`.
        gold: Labels of people.
        orders: Orders to ask, in the place of those of the step; None to leave them.
        column: Column with what the judge says; None for that of a task of distilabel.

    Raises:
        DistilabelUserError: If there is no such step, it does not judge, or `orders` does not fit.
    """

    def __init__(
        self,
        pipeline: BasePipeline,
        step: str,
        gold: Gold,
        *,
        orders: Any = None,
        column: str | None = None,
    ) -> None:
        if step not in pipeline._steps:
            raise DistilabelUserError(
                f"step {step!r} is not in the pipeline, {close_names(step, list(pipeline._steps))}"
            )
        self._gold = gold
        self._column = column
        before = [pipeline._steps[name] for name in pipeline.dag.ancestors(step)]
        judge = pipeline._steps[step]
        self._members = jury_members(judge, before) or [("", judge)]
        if isinstance(judge, Jury) and len(self._members) < len(judge.judges):
            raise DistilabelUserError(
                f"{step}: no step before it makes some of {', '.join(judge.judges)}. A jury is"
                " measured with the judges that make its columns."
            )
        if not all(isinstance(member, Step) for _, member in self._members):
            raise DistilabelUserError(f"{step}: it generates rows. Name the step that judges.")
        if orders is not None:
            self._members = [(name, _with_orders(each, orders)) for name, each in self._members]
        makers = [member for _, member in self._members]
        self.judge = makers[0] if makers[0].name == step else judge
        self.identity = judge_identity(self.judge, [*makers, *before])
        self.pipelines = [self._pipeline(pipeline, member) for member in makers]

    def _pipeline(self, pipeline: BasePipeline, member: _Step) -> Pipeline:
        """One judge behind the gold items; its answers are stored with those of all pipelines."""
        copy = member.model_copy()
        needed = {copy.input_mappings.get(n, n): n for n in _columns_of(copy)}
        rows = [_row(item, needed) for item in self._gold.items()]
        with outside_blocks(), Pipeline(
            name=f"calibrate_{member.name}", cache_dir=pipeline._cache_dir
        ) as made:  # fmt: skip
            load = LoadDataFromDicts(name="gold_labels", data=rows, batch_size=100)
            copy.__dict__["pipeline"] = made
            made._add_step(copy)
            load >> copy
        return made

    @property
    def orders(self) -> int:
        """Orders that are asked: 1 or 2."""
        given = [getattr(member, "orders", 1) for _, member in self._members]
        return 1 if 1 in given else 2

    def run(
        self, *, policy: Policy = DEFAULT_POLICY, resamples: int = 1000, seed: int = 0
    ) -> tuple[Calibration, list[JudgedItem]]:
        """Asks the judge about all gold items, and measures it on those of the test split.

        Answers that are stored are not asked for again.

        Args:
            policy: What the judge has to prove.
            resamples: Resamples of the bootstraps.
            seed: Seed of the bootstraps.

        Returns:
            The calibration, and the items of the test split with the verdicts.

        Raises:
            DistilabelUserError: If no item of the test split has a verdict.
        """
        columns = [self._verdicts(made) for made in self.pipelines]
        fit, test = self._gold.items("fit"), self._gold.items("test")
        if not test:
            raise DistilabelUserError("calibrate: no gold item is in the test split. Label more.")
        fitted, judged = (_in_order(part, columns[0]) for part in (fit, test))
        found_jury: JuryWeights | None = None
        if isinstance(self.judge, Jury):
            members = dict(zip((name for name, _ in self._members), columns, strict=True))
            found_jury = weigh_jury(fit or test, test, members, resamples=resamples, seed=seed)
            judged, fitted = found_jury.judged, []
        scored = tuple(scores_of(judged))
        cut = None
        if self._gold.kind == "pass":
            cut = best_cut(fitted or judged)
            judged = [passed(item, cut) for item in judged]
        models = ", ".join(model.model_name for model in self.judge._all_models())
        measures = measure(judged, orders=self.orders, judge=models, resamples=resamples, seed=seed)
        calibration = Calibration(
            step=str(self.judge.name),
            identity=self.identity,
            gold=self._gold.digest,
            source=self._gold.source,
            annotators=len({label.annotator for label in self._gold.labels}),
            measures=measures,
            decision=policy.decide(measures),
            scored=scored,
            cut=cut,
            weights=found_jury.weights if found_jury else {},
            jury_gain=found_jury.gain if found_jury else None,
            verdicts=verdicts_of(judged),
            disagreements=tuple(worst_disagreements(judged)),
            date=date.today().isoformat(),
        )
        return calibration, judged

    def _verdicts(self, made: Pipeline) -> dict[str, JudgedItem]:
        [judge] = [step for name, step in made._steps.items() if name != "gold_labels"]
        distiset = made.run()
        back = {new: old for old, new in judge.output_mappings.items()}
        items = {item.first.id: item for item in self._gold.items()}
        found: dict[str, JudgedItem] = {}
        for row in distiset["default"]["train"]:
            own = {back.get(name, name): value for name, value in row.items()}
            said = judgement_of(own, self._gold.kind, self._column)
            item = items[row[_ID]]
            found[item.first.id] = JudgedItem(item, *said)
        return found


def calibrate(
    pipeline: BasePipeline,
    step: str,
    gold: Gold,
    *,
    orders: Any = None,
    column: str | None = None,
    policy: Policy = DEFAULT_POLICY,
) -> Calibration:
    """Measures a judge of a pipeline against labels of people.

    Args:
        pipeline: The pipeline with the judge.
        step: Name of the step that judges.
        gold: Labels of people.
        orders: Orders to ask, in the place of those of the step.
        column: Column with what the judge says; None for that of a task of distilabel.
        policy: What the judge has to prove.

    Returns:
        What was measured; `save` it for `KeepJudged`.

    Raises:
        DistilabelUserError: If there is no such step, or nothing can be measured.
    """
    return GoldRun(pipeline, step, gold, orders=orders, column=column).run(policy=policy)[0]


def _with_orders(step: _Step, orders: Any) -> _Step:
    if "orders" not in type(step).model_fields:
        raise DistilabelUserError(
            f"{step.name}: {type(step).__name__} has no `orders`. Leave out --orders."
        )
    # A copy with the field set by its own validation, in no pipeline.
    copy = step.model_copy()
    copy.orders = orders  # type: ignore[attr-defined]
    return copy


def _columns_of(step: Any) -> list[str]:
    return list(step.inputs)


def _row(item: GoldItem, needed: Mapping[str, str]) -> dict[str, Any]:
    texts = list(item.first.generations)
    known = {
        "instruction": item.first.instruction,
        "input": item.first.instruction,
        "generations": texts,
        "candidates": texts,
        "generation": texts[0],
        "response": texts[0],
    }
    values = {column: known[name] for column, name in needed.items() if name in known}
    return {_ID: item.first.id, **values}


def _in_order(items: Sequence[GoldItem], found: Mapping[str, JudgedItem]) -> list[JudgedItem]:
    # A row that the run dropped has no verdict.
    return [found.get(item.first.id, JudgedItem(item, None)) for item in items]
