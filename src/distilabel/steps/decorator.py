"""`@step`: makes a step class from a function."""

from __future__ import annotations

import inspect
import typing
from types import SimpleNamespace, new_class
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Final,
    Literal,
    Optional,
    Type,
    Union,
)

from pydantic import Field

from distilabel.mixins.runtime_parameters import RuntimeParameter, is_runtime_parameter
from distilabel.steps.base import GeneratorStep, GlobalStep, Step, _Step
from distilabel.steps.step_input import StepInput, is_step_input
from distilabel.typing import GeneratorStepOutput, StepOutput
from distilabel.utils.docstring import parse_google_docstring

if TYPE_CHECKING:
    from distilabel.typing import StepColumns

ProcessingFunc = Callable[..., Union[StepOutput, GeneratorStepOutput]]

_ANY_RUNTIME_PARAMETER: Final = RuntimeParameter[Any]  # type: ignore[misc]
_BASES: Final[Dict[str, Type[_Step]]] = {
    "normal": Step,
    "global": GlobalStep,
    "generator": GeneratorStep,
}


def step(
    inputs: Optional[StepColumns] = None,
    outputs: Optional[StepColumns] = None,
    step_type: Literal["normal", "global", "generator"] = "normal",
) -> Callable[[ProcessingFunc], Type[Any]]:
    """Makes a step class from a function.

    The function has one parameter annotated `StepInput` (`*inputs: StepInput` for several
    predecessors) and yields lists of rows. The function of a generator has a parameter `offset`
    instead, and yields pairs: a list of rows, and whether it is the last. Parameters annotated
    `RuntimeParameter[...]` become runtime parameters of the step.

    Args:
        inputs: Input columns: a list, or a dict of name → whether it is required.
        outputs: Output columns: a list, or a dict of name → whether every row has it.
        step_type: `"normal"`, `"global"` (receives all rows at once) or `"generator"` (generates
            rows).

    Returns:
        A decorator that turns the function into a subclass of `Step`, `GlobalStep` or
        `GeneratorStep` with the same name.

    Raises:
        ValueError: If `step_type` is not one of these, or if the parameters of the function do
            not fit the type.

    Examples:
        A step that doubles a number:

        ```python
        from distilabel.steps import StepInput, step

        @step(inputs=["number"], outputs=["double"])
        def Double(inputs: StepInput):
            for row in inputs:
                row["double"] = 2 * row["number"]
            yield inputs

        double = Double()
        double.load()
        rows = next(double.process([{"number": 21}]))
        # [{"number": 21, "double": 42}]
        ```
    """
    if step_type not in _BASES:
        raise ValueError(f"step_type {step_type!r} is unknown. Use one of: {', '.join(_BASES)}.")
    base = _BASES[step_type]

    def decorator(func: ProcessingFunc) -> Type[Any]:
        parameters = _parameters(func)
        runtime = [p for p in parameters if is_runtime_parameter(p.annotation)]
        for p in runtime:
            if p.name in base.model_fields or hasattr(base, p.name):
                raise ValueError(
                    f"{func.__name__}: parameter {p.name!r} has the name of an attribute of every "
                    "step. Rename the parameter."
                )
        process = (
            _make_generator_process(func, parameters)
            if step_type == "generator"
            else _make_process(func, parameters, [p.name for p in runtime])
        )
        descriptions = parse_google_docstring(func).get("args", {})
        members: dict[str, Any] = {
            "__module__": func.__module__,
            "__qualname__": func.__qualname__,
            "__doc__": func.__doc__,
            "__annotations__": {p.name: p.annotation for p in runtime},
            "__wrapped_function__": staticmethod(func),
            "inputs": property(lambda self: [] if inputs is None else inputs),
            "outputs": property(lambda self: [] if outputs is None else outputs),
            "process": process,
        }
        for p in runtime:
            members[p.name] = Field(
                default=None if p.default is p.empty else p.default,
                description=descriptions.get(p.name),
            )
        return new_class(func.__name__, (base,), {}, lambda body: body.update(members))

    return decorator


def _parameters(func: ProcessingFunc) -> list[inspect.Parameter]:
    """Returns the parameters of a function, with resolved annotations where possible."""
    extra_names = {
        "RuntimeParameter": RuntimeParameter,
        "StepInput": StepInput,
        **inspect.getclosurevars(func).nonlocals,
    }
    parameters = []
    for p in inspect.signature(func).parameters.values():
        annotation = p.annotation
        if isinstance(annotation, str):
            annotation = _resolve(annotation, getattr(func, "__globals__", {}), extra_names)
        parameters.append(p.replace(annotation=annotation))
    return parameters


def _resolve(annotation: str, names: dict[str, Any], extra_names: dict[str, Any]) -> Any:
    holder = SimpleNamespace(__annotations__={"it": annotation})
    try:
        return typing.get_type_hints(holder, {**extra_names, **names}, {}, include_extras=True)[
            "it"
        ]
    except (NameError, TypeError, AttributeError, SyntaxError):
        # Some names exist only for type checkers; the text still tells the kind of parameter.
        if annotation.split("[")[0].endswith("StepInput"):
            return StepInput
        return _ANY_RUNTIME_PARAMETER if "RuntimeParameter[" in annotation else annotation


def _runtime_values(step: Any, names: list[str]) -> dict[str, Any]:
    """Returns the runtime parameters that were set; the function has defaults for the others."""
    return {name: getattr(step, name) for name in names if name in step.model_fields_set}


def _checked(step: Any, output: Any) -> Any:
    """Returns the output of the function, or raises `TypeError` if it is None."""
    if output is None:
        raise TypeError(
            f"{step.name}: the function returned None. Yield lists of rows, as in `yield inputs`."
        )
    return output


def _make_process(
    func: ProcessingFunc, parameters: list[inspect.Parameter], runtime: list[str]
) -> Callable[..., Any]:
    """Makes the `process` method of a normal or global step."""
    marked = [p for p in parameters if is_step_input(p.annotation)]
    if len(marked) > 1:
        raise ValueError(
            f"{func.__name__}: {len(marked)} parameters are annotated StepInput. Use a single "
            "`*inputs: StepInput` for several predecessors."
        )
    rows = marked or [p for p in parameters if p.name not in runtime]
    if not rows:
        raise ValueError(
            f"{func.__name__}: no parameter receives the rows. Add `inputs: StepInput`."
        )
    name = rows[0].name

    if not marked:

        def process_unmarked(self: Any, inputs: list[dict[str, Any]]) -> StepOutput:
            yield from _checked(self, func(**{name: inputs}, **_runtime_values(self, runtime)))

        # Works outside a pipeline; inside one, validation reports the missing annotation.
        return process_unmarked

    if rows[0].kind is inspect.Parameter.VAR_POSITIONAL:

        def process(self: Any, *inputs: StepInput) -> StepOutput:
            yield from _checked(self, func(*inputs, **_runtime_values(self, runtime)))

        return process

    if rows[0].kind is inspect.Parameter.POSITIONAL_ONLY:

        def process_first(self: Any, inputs: StepInput) -> StepOutput:
            yield from _checked(self, func(inputs, **_runtime_values(self, runtime)))

        return process_first

    def process_named(self: Any, inputs: StepInput) -> StepOutput:
        yield from _checked(self, func(**{name: inputs}, **_runtime_values(self, runtime)))

    return process_named


def _make_generator_process(
    func: ProcessingFunc, parameters: list[inspect.Parameter]
) -> Callable[..., Any]:
    """Makes the `process` method of a generator step."""
    kinds = {p.name: p.kind for p in parameters}
    if "offset" not in kinds and inspect.Parameter.VAR_KEYWORD not in kinds.values():
        raise ValueError(
            f"{func.__name__}: a generator requires a parameter for the number of rows to skip "
            "because an earlier run generated them. Add `offset: int = 0`."
        )
    runtime = [p.name for p in parameters if is_runtime_parameter(p.annotation)]

    def process(self: Any, offset: int = 0) -> GeneratorStepOutput:
        yield from _checked(self, func(offset=offset, **_runtime_values(self, runtime)))

    return process
