"""Runtime parameters: fields of a component that can be set when the pipeline is run."""

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

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_MARK: Final = "distilabel_step_runtime_parameter"
_T = TypeVar("_T")

RuntimeParameter = Annotated[Optional[_T], _MARK]
RuntimeParametersNames = Dict[str, Union[bool, "RuntimeParametersNames"]]
RuntimeParameterInfo = Dict[str, Any]

_log = logging.getLogger("distilabel.runtime_parameters")


def is_runtime_parameter(annotation: Any) -> bool:
    """Returns True if a type or a member of a union is declared with `RuntimeParameter`."""
    if get_origin(annotation) is Annotated:
        return _MARK in annotation.__metadata__
    if get_origin(annotation) in (Union, UnionType):
        return any(is_runtime_parameter(arg) for arg in get_args(annotation))
    return False


def close_names(name: str, known: list[str]) -> str:
    """Returns the end of an error message about an unknown name: similar names, or all names.

    Args:
        name: Unknown name.
        known: Valid names.
    """
    similar = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if similar:
        return "did you mean " + " or ".join(repr(n) for n in similar) + "?"
    return "known: " + (", ".join(repr(n) for n in known) or "none")


def _field_is_optional(field: FieldInfo) -> bool | None:
    """Returns whether a runtime parameter is optional; None for other fields."""
    if _MARK in field.metadata:
        return field.default is not None
    if is_runtime_parameter(field.annotation):
        return True
    return None


class RuntimeParametersMixin(BaseModel):
    """Base of components with runtime parameters: their own and those of nested components."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True, protected_namespaces=())

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # A runtime parameter without a default is None until the pipeline is run.
        for name, annotation in vars(cls).get("__annotations__", {}).items():
            declared = (
                annotation.startswith("RuntimeParameter[")
                if isinstance(annotation, str)
                else is_runtime_parameter(annotation)
            )
            if declared and name not in vars(cls):
                setattr(cls, name, None)

    def _nested(self) -> dict[str, Any]:
        """Returns the fields that contain a component with runtime parameters, or a list of them.

        A list is returned as a dict of index → component.
        """
        found: dict[str, Any] = {}
        for name in type(self).model_fields:
            # Not with getattr, which warns if the field is deprecated.
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
        """Name → whether the parameter is optional; a dict for a nested component."""
        nested = self._nested()
        names: RuntimeParametersNames = {}
        for name, field in type(self).model_fields.items():
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
        """Describes the runtime parameters.

        Returns:
            One dict per parameter, with `name` and either `optional` (and `description`, if there
            is one) or, for a nested component, its `runtime_parameters_info`.
        """
        nested = self._nested()
        info: list[RuntimeParameterInfo] = []
        for name, field in type(self).model_fields.items():
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
        """Finds names that are not runtime parameters of the component.

        Args:
            values: Name → value, nested for nested components.
            path: Prefix of the names in the messages.

        Returns:
            One message per unknown name.
        """
        names = self.runtime_parameters_names
        nested = self._nested()
        messages = []
        for name, value in values.items():
            if name not in names:
                messages.append(
                    f"{path}{name}: unknown parameter, {close_names(name, list(names))}"
                )
                continue
            inner = nested.get(name)
            if isinstance(inner, RuntimeParametersMixin) and isinstance(value, dict):
                messages += inner.unknown_runtime_parameters(value, f"{path}{name}.")
            elif isinstance(inner, dict) and isinstance(value, dict):
                for key, item in value.items():
                    if key in inner:
                        messages += inner[key].unknown_runtime_parameters(
                            item, f"{path}{name}.{key}."
                        )
        return messages

    def missing_runtime_parameters(self, path: str = "") -> list[str]:
        """Finds runtime parameters that must have a value but have none.

        Args:
            path: Prefix of the names.

        Returns:
            Their names, those of nested components with the path to them.
        """
        nested = self._nested()
        missing = []
        for name, optional in self.runtime_parameters_names.items():
            inner = nested.get(name)
            if isinstance(inner, RuntimeParametersMixin):
                missing += inner.missing_runtime_parameters(f"{path}{name}.")
            elif isinstance(inner, dict):
                for key, item in inner.items():
                    missing += item.missing_runtime_parameters(f"{path}{name}.{key}.")
            elif optional is False and getattr(self, name, None) is None:
                missing.append(f"{path}{name}")
        return missing

    def set_runtime_parameters(self, runtime_parameters: dict[str, Any]) -> None:
        """Sets runtime parameters. Unknown names are logged as a warning and ignored.

        Args:
            runtime_parameters: Name → value, nested for nested components, with the keys `"0"`,
                `"1"`, ... for a list of components.

        Raises:
            ValidationError: If a value has the wrong type.
        """
        nested = self._nested()
        names = self.runtime_parameters_names
        for name, value in runtime_parameters.items():
            if name not in names:
                _log.warning(
                    "%s: unknown runtime parameter %r is ignored, %s",
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
    """Runtime parameters of a model: its fields and the arguments of its generation method."""

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
        """Returns the arguments that `generation_kwargs` may contain."""
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
        """The fields, with the names of the generation arguments under `generation_kwargs`."""
        names = super().runtime_parameters_names
        if "generation_kwargs" in names:
            names["generation_kwargs"] = {
                p.name: p.default is not p.empty for p in self._generation_arguments()
            }
        return names

    def get_runtime_parameters_info(self) -> list[RuntimeParameterInfo]:
        """Describes the runtime parameters.

        Returns:
            The entries of the fields. The entry of `generation_kwargs` has one item per
            generation argument under `keys`.
        """
        info = super().get_runtime_parameters_info()
        descriptions = self.generate_parsed_docstring.get("args", {})
        for entry in info:
            if entry["name"] != "generation_kwargs":
                continue
            entry.pop("optional", None)
            entry["keys"] = [
                {
                    "name": p.name,
                    "optional": p.default is not p.empty,
                    **({"description": descriptions[p.name]} if p.name in descriptions else {}),
                }
                for p in self._generation_arguments()
            ]
        return info

    def unknown_runtime_parameters(self, values: dict[str, Any], path: str = "") -> list[str]:
        """Finds names that are not runtime parameters or generation arguments of the model.

        Args:
            values: Name → value, nested for nested components.
            path: Prefix of the names in the messages.

        Returns:
            One message per unknown name.
        """
        values = self._with_kwargs_merged(values)
        messages = super().unknown_runtime_parameters(values, path)
        return messages + self.unknown_generation_arguments(
            values.get("generation_kwargs") or {}, f"{path}generation_kwargs."
        )

    def set_runtime_parameters(self, runtime_parameters: dict[str, Any]) -> None:
        """Sets runtime parameters. Unknown names are logged as a warning and ignored.

        Args:
            runtime_parameters: Name → value. For a method that takes any argument, `kwargs` are
                added to the generation arguments, as in 1.5.3.

        Raises:
            ValidationError: If a value has the wrong type.
        """
        super().set_runtime_parameters(self._with_kwargs_merged(runtime_parameters))

    def _with_kwargs_merged(self, values: dict[str, Any]) -> dict[str, Any]:
        more = values.get("kwargs")
        if not self._takes_any_argument or not isinstance(more, dict) or "kwargs" in self.__dict__:
            return values
        before = values.get("generation_kwargs", getattr(self, "generation_kwargs", None)) or {}
        rest = {name: value for name, value in values.items() if name != "kwargs"}
        return {**rest, "generation_kwargs": {**before, **more}}

    def missing_runtime_parameters(self, path: str = "") -> list[str]:
        """Finds runtime parameters and generation arguments that must have a value but have none.

        Args:
            path: Prefix of the names.

        Returns:
            Their names, with the path to them.
        """
        given = getattr(self, "generation_kwargs", None) or {}
        # The first argument is the question, whatever its name.
        question = next(iter(self.generate_parameters), None)
        return super().missing_runtime_parameters(path) + [
            f"{path}generation_kwargs.{p.name}"
            for p in self._generation_arguments()
            if p.default is p.empty and p.name not in given and p is not question
        ]

    def unknown_generation_arguments(self, values: dict[str, Any], path: str = "") -> list[str]:
        """Finds names that are not generation arguments of the model.

        Args:
            values: Generation arguments: name → value.
            path: Prefix of the names in the messages.

        Returns:
            One message per unknown name.
        """
        if self._takes_any_argument or not isinstance(values, dict):
            return []
        known = [p.name for p in self._generation_arguments()]
        return [
            f"{path}{name}: unknown generation argument, {close_names(name, known)}"
            for name in values
            if name not in known
        ]
