"""`@step`: a step class out of a function. Knows signatures, not what the function does."""

from __future__ import annotations

import inspect
import typing
from types import SimpleNamespace, new_class
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Callable,
    Dict,
    Final,
    Literal,
    Optional,
    Type,
    Union,
    get_args,
    get_origin,
)

from pydantic import Field

from distilabel.mixins.runtime_parameters import RuntimeParameter, is_runtime_parameter
from distilabel.steps.base import GeneratorStep, GlobalStep, Step, StepInput, _Step
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
    """Makes a step class out of a function.

    The function has one parameter annotated `StepInput` (`*inputs: StepInput` for several
    predecessors) and yields lists of rows; that of a generator has the parameter `offset` and
    yields pairs of a list of rows and whether it is the last. Parameters annotated
    `RuntimeParameter[...]` become runtime parameters of the step.

    Args:
        inputs: the columns it needs: a list, or name → required.
        outputs: the columns it gives: a list, or name → always there.
        step_type: `"normal"`, `"global"` (all rows at once) or `"generator"` (makes rows).

    Returns:
        What turns the function into a subclass of `Step`, `GlobalStep` or `GeneratorStep`, with
        the function's name.

    Raises:
        ValueError: another `step_type`, or a function whose parameters do not fit it.

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
        raise ValueError(f"Unknown step_type {step_type!r}: it is one of {', '.join(_BASES)}.")
    base = _BASES[step_type]

    def decorator(func: ProcessingFunc) -> Type[Any]:
        parameters = _parameters(func)
        runtime = [p for p in parameters if is_runtime_parameter(p.annotation)]
        for p in runtime:
            if p.name in base.model_fields or hasattr(base, p.name):
                raise ValueError(
                    f"{func.__name__}: {p.name!r} means something else in every step; give the "
                    "parameter another name."
                )
        process = (
            _generating(func, parameters)
            if step_type == "generator"
            else _processing(func, parameters, [p.name for p in runtime])
        )
        described = parse_google_docstring(func).get("args", {})
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
                description=described.get(p.name),
            )
        return new_class(func.__name__, (base,), {}, lambda body: body.update(members))

    return decorator


def _parameters(func: ProcessingFunc) -> list[inspect.Parameter]:
    """The parameters of a function, their annotations resolved where they can be."""
    known = {
        "RuntimeParameter": RuntimeParameter,
        "StepInput": StepInput,
        **inspect.getclosurevars(func).nonlocals,
    }
    parameters = []
    for p in inspect.signature(func).parameters.values():
        annotation = p.annotation
        if isinstance(annotation, str):
            annotation = _resolved(annotation, getattr(func, "__globals__", {}), known)
        parameters.append(p.replace(annotation=annotation))
    return parameters


def _resolved(annotation: str, names: dict[str, Any], more: dict[str, Any]) -> Any:
    holder = SimpleNamespace(__annotations__={"it": annotation})
    try:
        return typing.get_type_hints(holder, {**more, **names}, {}, include_extras=True)["it"]
    except (NameError, TypeError, AttributeError, SyntaxError):
        # Names that exist for type checkers only; what the parameter is for can still be told.
        if annotation.split("[")[0].endswith("StepInput"):
            return StepInput
        return _ANY_RUNTIME_PARAMETER if "RuntimeParameter[" in annotation else annotation


def _is_step_input(annotation: Any) -> bool:
    return get_origin(annotation) is Annotated and get_args(annotation) == get_args(StepInput)


def _values(step: Any, names: list[str]) -> dict[str, Any]:
    """The runtime parameters that were set; for the others the function has its own defaults."""
    return {name: getattr(step, name) for name in names if name in step.model_fields_set}


def _given(step: Any, made: Any) -> Any:
    """What the function gave, if it is something to yield."""
    if made is None:
        raise TypeError(
            f"the function of {step.name} gave None: yield lists of rows, `yield inputs` say."
        )
    return made


def _processing(
    func: ProcessingFunc, parameters: list[inspect.Parameter], runtime: list[str]
) -> Callable[..., Any]:
    """`process` of a step that is given rows."""
    marked = [p for p in parameters if _is_step_input(p.annotation)]
    if len(marked) > 1:
        raise ValueError(
            f"{func.__name__} has {len(marked)} parameters annotated StepInput; use one, "
            "`*inputs: StepInput`, for several predecessors."
        )
    rows = marked or [p for p in parameters if p.name not in runtime]
    if not rows:
        raise ValueError(f"{func.__name__} has no parameter for the rows: add `inputs: StepInput`.")
    name = rows[0].name

    if not marked:

        def process_unmarked(self: Any, inputs: list[dict[str, Any]]) -> StepOutput:
            yield from _given(self, func(**{name: inputs}, **_values(self, runtime)))

        # Works by itself; a pipeline will say what is missing.
        return process_unmarked

    if rows[0].kind is inspect.Parameter.VAR_POSITIONAL:

        def process(self: Any, *inputs: StepInput) -> StepOutput:
            yield from _given(self, func(*inputs, **_values(self, runtime)))

        return process

    if rows[0].kind is inspect.Parameter.POSITIONAL_ONLY:

        def process_first(self: Any, inputs: StepInput) -> StepOutput:
            yield from _given(self, func(inputs, **_values(self, runtime)))

        return process_first

    def process_named(self: Any, inputs: StepInput) -> StepOutput:
        yield from _given(self, func(**{name: inputs}, **_values(self, runtime)))

    return process_named


def _generating(func: ProcessingFunc, parameters: list[inspect.Parameter]) -> Callable[..., Any]:
    """`process` of a step that makes rows."""
    kinds = {p.name: p.kind for p in parameters}
    if "offset" not in kinds and inspect.Parameter.VAR_KEYWORD not in kinds.values():
        raise ValueError(
            f"{func.__name__} makes rows but takes no `offset`: add `offset: int = 0`, the number "
            "of rows that were made in an earlier run and are not to be made again."
        )
    runtime = [p.name for p in parameters if is_runtime_parameter(p.annotation)]

    def process(self: Any, offset: int = 0) -> GeneratorStepOutput:
        yield from _given(self, func(offset=offset, **_values(self, runtime)))

    return process
