"""Validates a pipeline before it runs: finds every problem and reports all of them in one error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from distilabel._core.dag import Dag
from distilabel._engine.workers.backend import WorkerBackend
from distilabel.errors import DistilabelTypeError, DistilabelUserError
from distilabel.mixins.runtime_parameters import close_names
from distilabel.models.client.arguments import validated_arguments
from distilabel.models.llms.base import LLM
from distilabel.pipeline.building.column_problems import missing_columns, warn_of_lost_columns
from distilabel.steps.base import GeneratorStep, _Step
from distilabel.steps.columns.keep import KeepColumns
from distilabel.steps.formatting.base import FormattingStep
from distilabel.steps.pipeline_checks import PipelineCheck

if TYPE_CHECKING:
    from distilabel.pipeline.routing_batch_function import RoutingBatchFunction

# They take the rows of several predecessors one after the other.
_WITHOUT_JOIN: Final = (KeepColumns.process, FormattingStep.process)


@dataclass
class Problems:
    """The problems of a pipeline.

    Attributes:
        found: Error type and message of each.
    """

    found: list[tuple[type[Exception], str]] = field(default_factory=list)

    def add(self, kind: type[Exception], text: str) -> None:
        """Adds a problem; `kind` is the type of the error that it would be by itself."""
        self.found.append((kind, text))

    def raise_if_any(self) -> None:
        """Raises one error with all problems, of the type of the first.

        Raises:
            ValueError, DistilabelUserError, DistilabelTypeError: There are problems.
        """
        if not self.found:
            return
        kind = self.found[0][0]
        if len(self.found) == 1:
            raise kind(self.found[0][1])
        lines = "\n".join(f"  {i}. {text}" for i, (_, text) in enumerate(self.found, 1))
        raise kind(f"The pipeline cannot run. It has {len(self.found)} problems:\n{lines}")


class Validation:
    """Checks a pipeline.

    Args:
        dag: Names of the steps and the edges between them.
        steps: Steps by name.
        routing: Step name → the function that routes its rows.
        backend: Worker backend of the run.

    Attributes:
        problems: The problems found so far.
    """

    def __init__(
        self,
        dag: Dag,
        steps: dict[str, _Step],
        routing: dict[str, RoutingBatchFunction],
        backend: WorkerBackend,
    ) -> None:
        self._dag = dag
        self._steps = steps
        self._routing = routing
        self._backend = backend
        self._outputs: dict[str, dict[str, bool] | None] = {}
        self.problems = Problems()

    def graph(self) -> None:
        """Checks the steps, their connections and columns, and the routing of rows."""
        if not self._steps:
            self.problems.add(
                DistilabelUserError,
                "The pipeline has no steps. Create them inside `with Pipeline(...):`.",
            )
        for name in self._dag.topological():
            step = self._steps[name]
            if isinstance(step, GeneratorStep):
                self._check_generator(step)
            else:
                self._check_step(step)
        for name in self._dag.topological():
            self._check_mappings(self._steps[name])
            self._check_columns(self._steps[name])
        for name in self._routing:
            self._check_routing(name)
        for name in self._dag.nodes:
            self._check_convergence(name)

    def values(self) -> None:
        """Checks that all required parameters have values and the models accept their arguments."""
        for name, step in self._steps.items():
            missing = step.missing_runtime_parameters()
            if missing:
                example = {name: _nested_example(missing)}
                self.problems.add(
                    ValueError,
                    f"{name}: required runtime parameters have no value: {', '.join(missing)}. "
                    f"Set them when you create the step, or with run(parameters={example}).",
                )
            for llm in step._all_models():
                self._check_model(name, llm)
            if isinstance(step, PipelineCheck):
                before = [self._steps[name] for name in self._dag.ancestors(name)]
                for text in step._problems(before):
                    self.problems.add(DistilabelUserError, text)
            try:
                self._backend.check(step)
            except DistilabelUserError as error:
                self.problems.add(DistilabelUserError, error.message)

    def load_groups(self, groups: list[list[str]]) -> None:
        """Checks the groups of steps that load together."""
        seen: set[str] = set()
        for names in groups:
            for name in names:
                if name not in self._steps:
                    near = close_names(name, list(self._steps))
                    self._add_group_problem(f"unknown step {name!r}, {near}")
                elif name in seen:
                    self._add_group_problem(f"{name!r} is in two groups. List each step once.")
                elif self._steps[name].is_global and len(names) > 1:
                    self._add_group_problem(
                        f"{name!r} needs all rows at once. Put it in a group of its own."
                    )
                else:
                    self._check_gaps(name, names)
                seen.add(name)

    def target(self, rows: int | None, *, in_groups: bool) -> None:
        """Checks that the run can end at a target number of rows."""
        if rows is None:
            return
        if rows < 1:
            self.problems.add(ValueError, f"target_rows must be 1 or more, got {rows}.")
        if in_groups:
            self.problems.add(
                DistilabelUserError,
                "target_rows cannot be combined with load_groups: steps that load later would "
                "wait for generators that do not end. Remove one of the two.",
            )
        for name, step in self._steps.items():
            if step._needs_all_rows:
                self.problems.add(
                    DistilabelUserError,
                    f"{name} needs all rows at once, and with target_rows their number is not "
                    "known in advance. Make the rows in a pipeline without this step, then run it "
                    "on them with run(dataset=...).",
                )

    def _check_gaps(self, name: str, group: list[str]) -> None:
        before = self._dag.predecessors(name)
        for ancestor in self._dag.ancestors(name):
            left_out = [p for p in before if p not in group]
            if ancestor in group and ancestor not in before and left_out:
                self._add_group_problem(
                    f"{ancestor!r} and {name!r} are in one group, but {left_out[0]!r} between them "
                    "is not. Add it to the group."
                )
                return

    def _add_group_problem(self, text: str) -> None:
        self.problems.add(DistilabelUserError, f"load_groups: {text}")

    # -- steps ------------------------------------------------------------------------------

    def _check_generator(self, step: GeneratorStep) -> None:
        predecessors = self._dag.predecessors(str(step.name))
        if predecessors:
            self.problems.add(
                DistilabelUserError,
                f"{step.name}: a generator step cannot receive rows, but {', '.join(predecessors)} "
                "is connected to it. Remove the connection.",
            )
        try:
            takes_rows = step.get_process_step_input() is not None
        except DistilabelTypeError:
            takes_rows = True
        if takes_rows:
            self.problems.add(
                ValueError,
                f"{step.name}: `process` of a generator step cannot take a StepInput. Remove the "
                "parameter, or make the class a Step.",
            )
        if "offset" not in [p.name for p in step.process_parameters]:
            self.problems.add(
                ValueError,
                f"{step.name}: `process` of a generator step needs a parameter `offset: int = 0`.",
            )
        if step._known_length() == 0:
            self.problems.add(
                DistilabelUserError, f"{step.name} has no rows: its dataset is empty.{_hint(step)}"
            )

    def _check_step(self, step: _Step) -> None:
        name = str(step.name)
        predecessors = self._dag.predecessors(name)
        if not predecessors:
            self.problems.add(
                DistilabelUserError,
                f"{name} receives no rows. Connect a step to it (loader >> {name}), start the "
                "pipeline with a GeneratorStep, or call run(dataset=...).",
            )
        try:
            parameter = step.get_process_step_input()
        except DistilabelTypeError as error:
            self.problems.add(DistilabelTypeError, error.message)
            return
        if parameter is None:
            self.problems.add(
                DistilabelUserError,
                f"{name}: `process` has no parameter annotated as StepInput. Write "
                "`def process(self, inputs: StepInput)`.",
            )
        elif len(predecessors) > 1 and parameter.kind is not parameter.VAR_POSITIONAL:
            self.problems.add(
                DistilabelUserError,
                f"{name} receives rows from {len(predecessors)} steps ({', '.join(predecessors)}), "
                "but its `process` takes one list. Write `*inputs: StepInput`, or combine the "
                "rows in a step before it.",
            )

    def _check_mappings(self, step: _Step) -> None:
        for verify in (step.verify_inputs_mappings, step.verify_outputs_mappings):
            try:
                verify()
            except DistilabelUserError as error:
                self.problems.add(DistilabelUserError, error.message)
            except Exception:  # noqa: BLE001 (its columns are unknown: _check_columns reports that)
                return

    def _check_columns(self, step: _Step) -> None:
        name = str(step.name)
        try:
            self._outputs[name] = step.get_outputs()
            inputs = step.get_inputs()
        except Exception as error:  # noqa: BLE001 (a property of the user's may raise anything)
            self._outputs[name] = None
            # Missing files, for instance, are reported already, and have no columns either.
            said = str(error)
            if not said or not any(said in text for _, text in self.problems.found):
                self.problems.add(
                    DistilabelUserError,
                    f"{name}: its columns cannot be determined: {type(error).__name__}: {error}",
                )
            return
        if isinstance(step, GeneratorStep) and step._known_length() == 0:
            # That the dataset is empty is the problem, not the columns each step misses in it.
            self._outputs[name] = None
        ancestors = self._dag.ancestors(name)
        if not ancestors or any(self._outputs.get(a) is None for a in ancestors):
            return
        available = sorted({column for a in ancestors for column in self._outputs[a] or {}})
        missing = [c for c, required in inputs.items() if required and c not in available]
        if not missing and type(step).process in _WITHOUT_JOIN:  # type: ignore[attr-defined]
            self._check_each_predecessor(step, [c for c, required in inputs.items() if required])
        if missing:
            self.problems.add(ValueError, missing_columns(step, missing, available))
        warn_of_lost_columns(step, available)

    def _check_each_predecessor(self, step: _Step, needed: list[str]) -> None:
        """Checks that the rows of every predecessor have the columns, not only all of them."""
        for predecessor in self._dag.predecessors(str(step.name)):
            path = [predecessor, *self._dag.ancestors(predecessor)]
            available = {column for name in path for column in self._outputs[name] or {}}
            missing = [column for column in needed if column not in available]
            if missing:
                self.problems.add(
                    ValueError,
                    f"{step.name} needs the columns {needed} in the rows of every step before it, "
                    f"but those of {predecessor} have no {missing}. To join the rows of several "
                    "steps, put CombineOutputs or GroupColumns before it.",
                )

    def _check_model(self, name: str, llm: LLM) -> None:
        try:
            validated_arguments(llm, llm.get_generation_kwargs())
        except DistilabelUserError as error:
            self.problems.add(DistilabelUserError, f"{name}: {error.message}")
        if llm.use_offline_batch_generation and type(llm)._batch_api is LLM._batch_api:
            self.problems.add(
                DistilabelUserError,
                f"{name}: {type(llm).__name__} has no offline batches. Remove "
                "use_offline_batch_generation.",
            )

    # -- routing ----------------------------------------------------------------------------

    def _batch_size(self, name: str) -> int:
        step: Any = self._steps[name]
        return (step.batch_size if step.is_generator else step.input_batch_size) or 50

    def _check_routing(self, name: str) -> None:
        size = self._batch_size(name)
        for successor in self._dag.successors(name):
            others = [p for p in self._dag.predecessors(successor) if p != name]
            if others:
                self.problems.add(
                    DistilabelUserError,
                    f"{successor} receives rows routed by {name}, so it cannot have other "
                    f"predecessors ({', '.join(others)}).",
                )
            own = self._batch_size(successor)
            if own > size or size % own:
                self.problems.add(
                    ValueError,
                    f"{successor}: input_batch_size ({own}) must divide the batch size of {name} "
                    f"({size}), which routes rows to it.",
                )

    def _check_convergence(self, name: str) -> None:
        predecessors = self._dag.predecessors(name)
        origins = {
            origin
            for p in predecessors
            for origin in self._dag.predecessors(p)
            if origin in self._routing
        }
        if len(predecessors) < 2 or not origins:
            return
        if len(origins) > 1:
            self.problems.add(
                ValueError,
                f"{name} combines rows routed by different steps ({', '.join(sorted(origins))}). "
                "Combine the branches of one routing step only.",
            )
        smaller = [p for p in predecessors if self._batch_size(p) < self._batch_size(name)]
        if smaller:
            self.problems.add(
                ValueError,
                f"{name}: input_batch_size ({self._batch_size(name)}) cannot be larger than that "
                f"of {', '.join(smaller)}.",
            )


def _nested_example(paths: list[str]) -> dict[str, Any]:
    """Returns the argument of `run(parameters=...)` that sets the parameters at these paths."""
    example: dict[str, Any] = {}
    for path in paths:
        *parts, name = path.split(".")
        inner = example
        for part in parts:
            inner = inner.setdefault(part, {})
        inner[name] = "..."
    return example


def _hint(step: GeneratorStep) -> str:
    """Returns why a step whose rows are not part of dumps may have none."""
    data = type(step).model_fields.get("data")
    if data is None or not data.exclude:
        return ""
    return (
        " A saved pipeline does not contain the rows that were in `data`: load them from a file "
        "(LoadDataFromFileSystem), or save the pipeline without this step and use run(dataset=...)."
    )
