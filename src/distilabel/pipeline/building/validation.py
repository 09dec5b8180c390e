"""Checking a pipeline before anything is spent: every fault is found, and all are said at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from distilabel._core.dag import Dag
from distilabel._engine.workers.backend import WorkerBackend
from distilabel.errors import DistilabelTypeError, DistilabelUserError
from distilabel.mixins.runtime_parameters import close_names
from distilabel.models.client.arguments import validated_arguments
from distilabel.models.llms.base import LLM
from distilabel.steps.base import GeneratorStep, _Step

if TYPE_CHECKING:
    from distilabel.pipeline.routing_batch_function import RoutingBatchFunction


@dataclass
class Problems:
    """What is wrong with a pipeline."""

    found: list[tuple[type[Exception], str]] = field(default_factory=list)

    def add(self, kind: type[Exception], text: str) -> None:
        """Notes a fault; `kind` is the error it would be by itself."""
        self.found.append((kind, text))

    def raise_if_any(self) -> None:
        """Raises one error that says all of them; of the kind of the first.

        Raises:
            ValueError, DistilabelUserError, DistilabelTypeError: there are faults.
        """
        if not self.found:
            return
        kind = self.found[0][0]
        if len(self.found) == 1:
            raise kind(self.found[0][1])
        lines = "\n".join(f"  {i}. {text}" for i, (_, text) in enumerate(self.found, 1))
        raise kind(f"The pipeline cannot run, {len(self.found)} things are wrong with it:\n{lines}")


class Validation:
    """The checks of a pipeline.

    Args:
        dag: names and edges.
        steps: by name.
        routing: step name → the function that routes its rows.
        site: where workers are.
    """

    def __init__(
        self,
        dag: Dag,
        steps: dict[str, _Step],
        routing: dict[str, RoutingBatchFunction],
        site: WorkerBackend,
    ) -> None:
        self._dag = dag
        self._steps = steps
        self._routing = routing
        self._site = site
        self._outputs: dict[str, dict[str, bool] | None] = {}
        self.faults = Problems()

    def graph(self) -> None:
        """Checks the steps, how they fit together, and how rows are routed."""
        if not self._steps:
            self.faults.add(DistilabelUserError, "The pipeline has no steps.")
        for name in self._dag.topological():
            step = self._steps[name]
            if isinstance(step, GeneratorStep):
                self._generator(step)
            else:
                self._normal(step)
        for name in self._dag.topological():
            self._mappings(self._steps[name])
            self._columns(self._steps[name])
        for name in self._routing:
            self._routed(name)
        for name in self._dag.nodes:
            self._convergence(name)

    def values(self) -> None:
        """Checks that every mandatory parameter has a value and every model takes its arguments."""
        for name, step in self._steps.items():
            missing = _missing(step)
            if missing:
                example = {name: dict.fromkeys(missing, "...")}
                self.faults.add(
                    ValueError,
                    f"{name}: {', '.join(missing)} must be given, when the step is made or by "
                    f"run(parameters={example}).",
                )
            llm = getattr(step, "llm", None)
            if isinstance(llm, LLM):
                self._model(name, llm)
            try:
                self._site.check(step)
            except DistilabelUserError as error:
                self.faults.add(DistilabelUserError, error.message)

    def load_groups(self, groups: list[list[str]]) -> None:
        """Checks the groups of steps that are to be loaded together."""
        seen: set[str] = set()
        for names in groups:
            for name in names:
                if name not in self._steps:
                    self._wrong_group(f"there is no step called {name!r}.")
                elif name in seen:
                    self._wrong_group(f"{name!r} is in two groups.")
                elif self._steps[name].is_global and len(names) > 1:
                    self._wrong_group(f"{name!r} needs all rows at once and is a group by itself.")
                else:
                    self._without_gaps(name, names)
                seen.add(name)

    def target(self, rows: int | None, *, in_groups: bool) -> None:
        """Checks that a number of rows can be waited for."""
        if rows is None:
            return
        if rows < 1:
            self.faults.add(ValueError, f"target_rows={rows}: give a number of rows, 1 or more.")
        if in_groups:
            self.faults.add(
                DistilabelUserError,
                "target_rows goes without load_groups: steps that are loaded later would wait for "
                "generators that go on.",
            )
        for name, step in self._steps.items():
            if step._needs_all_rows:
                self.faults.add(
                    DistilabelUserError,
                    f"{name} needs all rows at once, and with target_rows there is no telling how "
                    "many that are: make the rows in a pipeline without it, and run it on those "
                    "(`run(dataset=...)`).",
                )

    def _without_gaps(self, name: str, group: list[str]) -> None:
        before = self._dag.predecessors(name)
        for ancestor in self._dag.ancestors(name):
            left_out = [p for p in before if p not in group]
            if ancestor in group and ancestor not in before and left_out:
                self._wrong_group(
                    f"{ancestor!r} and {name!r} are in one group, {left_out[0]!r} between them is "
                    "not."
                )
                return

    def _wrong_group(self, text: str) -> None:
        self.faults.add(DistilabelUserError, f"load_groups: {text}")

    # -- steps ------------------------------------------------------------------------------

    def _generator(self, step: GeneratorStep) -> None:
        if self._dag.predecessors(str(step.name)):
            self.faults.add(
                DistilabelUserError,
                f"{step.name} makes rows by itself and takes none: nothing can be connected to it.",
            )
        try:
            takes_rows = step.get_process_step_input() is not None
        except DistilabelTypeError:
            takes_rows = True
        if takes_rows:
            self.faults.add(
                ValueError, f"{step.name}: `process` of a generator takes no StepInput."
            )
        if "offset" not in [p.name for p in step.process_parameters]:
            self.faults.add(
                ValueError, f"{step.name}: `process` of a generator takes `offset: int = 0`."
            )
        if step._known_length() == 0:
            self.faults.add(DistilabelUserError, f"{step.name} has no rows: its dataset is empty.")

    def _normal(self, step: _Step) -> None:
        name = str(step.name)
        predecessors = self._dag.predecessors(name)
        if not predecessors:
            self.faults.add(
                DistilabelUserError,
                f"{name} gets no rows: connect a step to it (loader >> {name}), make the first "
                "step a GeneratorStep, or call run(dataset=...).",
            )
        try:
            parameter = step.get_process_step_input()
        except DistilabelTypeError as error:
            self.faults.add(DistilabelTypeError, error.message)
            return
        if parameter is None:
            self.faults.add(
                DistilabelUserError,
                f"{name}: `process` has no parameter annotated StepInput "
                "(`def process(self, inputs: StepInput)`).",
            )
        elif len(predecessors) > 1 and parameter.kind is not parameter.VAR_POSITIONAL:
            self.faults.add(
                DistilabelUserError,
                f"{name} gets rows from {len(predecessors)} steps ({', '.join(predecessors)}) but "
                "takes one list: use `*inputs: StepInput`, or combine them before.",
            )

    def _mappings(self, step: _Step) -> None:
        for verify in (step.verify_inputs_mappings, step.verify_outputs_mappings):
            try:
                verify()
            except DistilabelUserError as error:
                self.faults.add(DistilabelUserError, error.message)
            except Exception:  # noqa: BLE001 (its columns are not known: said by _columns)
                return

    def _columns(self, step: _Step) -> None:
        name = str(step.name)
        try:
            self._outputs[name] = step.get_outputs()
            inputs = step.get_inputs()
        except Exception as error:  # noqa: BLE001 (a property of the user's may raise anything)
            self._outputs[name] = None
            # Files that are not there are said already, and have no columns either.
            said = str(error)
            if not said or not any(said in text for _, text in self.faults.found):
                self.faults.add(
                    DistilabelUserError,
                    f"{name}: its columns cannot be found out: {type(error).__name__}: {error}",
                )
            return
        if isinstance(step, GeneratorStep) and step._known_length() == 0:
            # Of an empty dataset it is said that it is empty, not what each step misses in it.
            self._outputs[name] = None
        ancestors = self._dag.ancestors(name)
        if not ancestors or any(self._outputs.get(a) is None for a in ancestors):
            return
        available = sorted({column for a in ancestors for column in self._outputs[a] or {}})
        missing = [c for c, required in inputs.items() if required and c not in available]
        if missing:
            needed = [c for c, required in inputs.items() if required]
            near = "; ".join(f"{c!r}: {close_names(c, available)}" for c in missing)
            self.faults.add(
                ValueError,
                f"{name} needs the columns {needed}, but nothing before it gives {missing} "
                f"({near}). Rename with input_mappings or output_mappings.",
            )

    def _model(self, name: str, llm: LLM) -> None:
        try:
            validated_arguments(llm, llm.get_generation_kwargs())
        except DistilabelUserError as error:
            self.faults.add(DistilabelUserError, f"{name}: {error.message}")
        if llm.use_offline_batch_generation and llm._batch_api() is None:
            self.faults.add(
                DistilabelUserError,
                f"{name}: {type(llm).__name__} has no offline batches; leave out "
                "use_offline_batch_generation.",
            )

    # -- routing ----------------------------------------------------------------------------

    def _size(self, name: str) -> int:
        step: Any = self._steps[name]
        return (step.batch_size if step.is_generator else step.input_batch_size) or 50

    def _routed(self, name: str) -> None:
        size = self._size(name)
        for successor in self._dag.successors(name):
            if len(self._dag.predecessors(successor)) > 1:
                self.faults.add(
                    DistilabelUserError,
                    f"{successor} is routed to from {name}, so it cannot have other predecessors.",
                )
            own = self._size(successor)
            if own > size or size % own:
                self.faults.add(
                    ValueError,
                    f"{successor} is routed batches of {size} rows from {name}: its "
                    f"input_batch_size ({own}) must divide that.",
                )

    def _convergence(self, name: str) -> None:
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
            self.faults.add(
                ValueError,
                f"{name} joins rows routed from different steps ({', '.join(sorted(origins))}).",
            )
        smaller = [p for p in predecessors if self._size(p) < self._size(name)]
        if smaller:
            self.faults.add(
                ValueError,
                f"{name}: its input_batch_size ({self._size(name)}) is larger than that of "
                f"{', '.join(smaller)}.",
            )


def _missing(step: _Step) -> list[str]:
    """Runtime parameters of a step that must have a value and have none."""
    names = step.runtime_parameters_names
    return [
        name
        for name, optional in names.items()
        if optional is False and getattr(step, name, None) is None
    ]
