"""Runtime parameters: fields of a component whose value may be given when the pipeline is run.

Knows pydantic fields and nothing of what a component does with them.
"""

from __future__ import annotations

import difflib
import inspect
import logging
from functools import cached_property
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Callable,
    Dict,
    Final,
    Optional,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_MARK: Final = "distilabel_step_runtime_parameter"
_T = TypeVar("_T")

RuntimeParameter = Annotated[Optional[_T], _MARK]
RuntimeParametersNames = Dict[str, Union[bool, "RuntimeParametersNames"]]
RuntimeParameterInfo = Dict[str, Any]

_log = logging.getLogger("distilabel.runtime_parameters")


def is_runtime_parameter(annotation: Any) -> bool:
    """Whether a type, or a member of a union, is declared with `RuntimeParameter`."""
    if get_origin(annotation) is Annotated:
        return _MARK in annotation.__metadata__
    if get_origin(annotation) in (Union, UnionType):
        return any(is_runtime_parameter(arg) for arg in get_args(annotation))
    return False


def close_names(name: str, known: list[str]) -> str:
    """Half a sentence that helps with a misspelt name: the nearest ones, or all there are."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if near:
        return "did you mean " + " or ".join(repr(n) for n in near) + "?"
    return "known: " + (", ".join(repr(n) for n in known) or "none")


def _field_is_optional(field: FieldInfo) -> bool | None:
    """None: no runtime parameter. Else whether it may be left out."""
    if _MARK in field.metadata:
        return field.default is not None
    if is_runtime_parameter(field.annotation):
        return True
    return None


class RuntimeParametersMixin:
    """Gives a pydantic model runtime parameters: its own, and those of the components in it."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Declared without a default, a runtime parameter is None until the pipeline is run.
        for name, annotation in vars(cls).get("__annotations__", {}).items():
            declared = (
                annotation.startswith("RuntimeParameter[")
                if isinstance(annotation, str)
                else is_runtime_parameter(annotation)
            )
            if declared and name not in vars(cls):
                setattr(cls, name, None)

    def _nested(self) -> dict[str, Any]:
        """The fields that hold a component with runtime parameters, or a list of those."""
        found: dict[str, Any] = {}
        for name in type(self).model_fields:  # type: ignore[attr-defined]
            # Not by attribute: reading a deprecated field that way warns.
            value = self.__dict__[name]
            if isinstance(value, RuntimeParametersMixin):
                found[name] = value
            elif (
                isinstance(value, list)
                and value
                and all(isinstance(item, RuntimeParametersMixin) for item in value)
            ):
                found[name] = {str(i): item for i, item in enumerate(value)}
        return found

    @property
    def runtime_parameters_names(self) -> RuntimeParametersNames:
        """Name → whether it may be left out; a dict for a nested component."""
        nested = self._nested()
        names: RuntimeParametersNames = {}
        for name, field in type(self).model_fields.items():  # type: ignore[attr-defined]
            optional = _field_is_optional(field)
            if name in nested:
                inner = nested[name]
                names[name] = (
                    {i: item.runtime_parameters_names for i, item in inner.items()}
                    if isinstance(inner, dict)
                    else inner.runtime_parameters_names
                )
            elif optional is not None:
                names[name] = optional
        return names

    def get_runtime_parameters_info(self) -> list[RuntimeParameterInfo]:
        """One entry per runtime parameter, for people: name, whether optional, description.

        Returns:
            Dicts with `name` and either `optional` (and `description`, where there is one) or
            `runtime_parameters_info` of the nested component.
        """
        nested = self._nested()
        info: list[RuntimeParameterInfo] = []
        for name, field in type(self).model_fields.items():  # type: ignore[attr-defined]
            optional = _field_is_optional(field)
            entry: RuntimeParameterInfo = {"name": name}
            if name in nested:
                inner = nested[name]
                entry["runtime_parameters_info"] = (
                    {i: item.get_runtime_parameters_info() for i, item in inner.items()}
                    if isinstance(inner, dict)
                    else inner.get_runtime_parameters_info()
                )
            elif optional is None:
                continue
            else:
                entry["optional"] = optional
                if field.description:
                    entry["description"] = field.description
            info.append(entry)
        return info

    def unknown_runtime_parameters(self, values: dict[str, Any], path: str = "") -> list[str]:
        """What in `values` this component would not take: one sentence each."""
        names = self.runtime_parameters_names
        nested = self._nested()
        faults = []
        for name, value in values.items():
            if name not in names:
                faults.append(f"{path}{name}: unknown parameter, {close_names(name, list(names))}")
                continue
            inner = nested.get(name)
            if isinstance(inner, RuntimeParametersMixin) and isinstance(value, dict):
                faults += inner.unknown_runtime_parameters(value, f"{path}{name}.")
            elif isinstance(inner, dict) and isinstance(value, dict):
                for key, item in value.items():
                    if key in inner:
                        faults += inner[key].unknown_runtime_parameters(
                            item, f"{path}{name}.{key}."
                        )
        return faults

    def set_runtime_parameters(self, runtime_parameters: dict[str, Any]) -> None:
        """Sets the values; what is not known is said in a warning and left out.

        Args:
            runtime_parameters: name → value, nested for nested components; keys `"0"`, `"1"`,
                ... for lists of them.

        Raises:
            ValidationError: a value has the wrong type.
        """
        nested = self._nested()
        names = self.runtime_parameters_names
        for name, value in runtime_parameters.items():
            if name not in names:
                _log.warning(
                    "%s has no runtime parameter %r, its value is not used: %s",
                    getattr(self, "name", None) or type(self).__name__,
                    name,
                    close_names(name, list(names)),
                )
                continue
            inner = nested.get(name)
            if isinstance(inner, RuntimeParametersMixin) and isinstance(value, dict):
                inner.set_runtime_parameters(value)
            elif isinstance(inner, dict) and isinstance(value, dict):
                for key, item in value.items():
                    if key in inner:
                        inner[key].set_runtime_parameters(item)
            else:
                setattr(self, name, value)


class RuntimeParametersModelMixin(RuntimeParametersMixin):
    """Runtime parameters of a model: its fields, and the arguments of its generating method."""

    @property
    def _generating_method(self) -> Callable[..., Any]:
        method = getattr(self, "agenerate", None) or self.generate  # type: ignore[attr-defined]
        return method  # type: ignore[no-any-return]

    @cached_property
    def generate_parameters(self) -> list[inspect.Parameter]:
        """The parameters of `agenerate` (or `generate`), without `self`."""
        return list(inspect.signature(self._generating_method).parameters.values())

    @cached_property
    def generate_parsed_docstring(self) -> dict[str, Any]:
        """The docstring of `agenerate` (or `generate`), by section."""
        from distilabel.utils.docstring import parse_google_docstring

        return parse_google_docstring(self._generating_method)

    def _generation_arguments(self) -> list[inspect.Parameter]:
        """The arguments a user may put into `generation_kwargs`."""
        return [
            p
            for p in self.generate_parameters
            if p.name not in ("input", "inputs", "num_generations")
            and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
        ]

    @property
    def _takes_any_argument(self) -> bool:
        return any(p.kind is p.VAR_KEYWORD for p in self.generate_parameters)

    @property
    def runtime_parameters_names(self) -> RuntimeParametersNames:
        """Like the fields', with the names of generation arguments under `generation_kwargs`."""
        names = super().runtime_parameters_names
        if "generation_kwargs" in names:
            names["generation_kwargs"] = {
                p.name: p.default is not p.empty for p in self._generation_arguments()
            }
        return names

    def get_runtime_parameters_info(self) -> list[RuntimeParameterInfo]:
        """Like the fields', with one entry per generation argument under `keys`."""
        info = super().get_runtime_parameters_info()
        described = self.generate_parsed_docstring.get("args", {})
        for entry in info:
            if entry["name"] != "generation_kwargs":
                continue
            entry.pop("optional", None)
            entry["keys"] = [
                {
                    "name": p.name,
                    "optional": p.default is not p.empty,
                    **({"description": described[p.name]} if p.name in described else {}),
                }
                for p in self._generation_arguments()
            ]
        return info

    def unknown_runtime_parameters(self, values: dict[str, Any], path: str = "") -> list[str]:
        """What in `values` this model would not take, generation arguments included."""
        faults = super().unknown_runtime_parameters(values, path)
        return faults + self.unknown_generation_arguments(
            values.get("generation_kwargs") or {}, f"{path}generation_kwargs."
        )

    def unknown_generation_arguments(self, values: dict[str, Any], path: str = "") -> list[str]:
        """The generation arguments this model does not have: one sentence each."""
        if self._takes_any_argument or not isinstance(values, dict):
            return []
        known = [p.name for p in self._generation_arguments()]
        return [
            f"{path}{name}: unknown generation argument, {close_names(name, known)}"
            for name in values
            if name not in known
        ]
