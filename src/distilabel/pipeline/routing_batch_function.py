"""Routing functions: choose which of the next steps get a batch. Know names of steps, not rows."""

from __future__ import annotations

import importlib
import inspect
import random
from typing import Any, Callable, List, Optional, Self, overload

from pydantic import BaseModel, PrivateAttr

from distilabel._core.class_lookup import is_allowed
from distilabel._core.serialization import TYPE_INFO_KEY, Serializable, to_plain
from distilabel.errors import DistilabelUserError

RoutingBatchFunc = Callable[[List[str]], List[str]]

_FACTORIES = frozenset({"sample_n_steps"})


class RoutingBatchFunction(Serializable, BaseModel):
    """Chooses which of the next steps get a batch.

    Attributes:
        routing_function: Takes the names of the next steps and returns those that get the batch.
        description: A description for readers.
    """

    routing_function: RoutingBatchFunc
    description: Optional[str] = None

    _step: Any = PrivateAttr(default=None)
    _routed: List[str] = PrivateAttr(default_factory=list)
    _factory: Optional[dict[str, Any]] = PrivateAttr(default=None)

    def route_batch(self, batch: Any, steps: List[str]) -> List[str]:
        """Returns the names of the steps that get a batch.

        Args:
            batch: The batch; as in 1.5.3, the choice does not depend on it.
            steps: Names to choose from.
        """
        return self.routing_function(steps)

    def __call__(self, batch: Any, steps: List[str]) -> List[str]:
        """Calls `route_batch`."""
        return self.route_batch(batch, steps)

    def set_factory_function(
        self,
        factory_function_module: str,
        factory_function_name: str,
        factory_function_kwargs: dict[str, Any],
    ) -> None:
        """Sets the factory that creates this function, so that it can be dumped and loaded.

        Args:
            factory_function_module: Module of the factory.
            factory_function_name: Name of the factory in that module.
            factory_function_kwargs: Arguments that it is called with.
        """
        self._factory = {
            "module": factory_function_module,
            "name": factory_function_name,
            "kwargs": factory_function_kwargs,
        }

    def _routes_from(self, step: Any) -> None:
        self._step = step

    def __rshift__(self, other: Any) -> Any:
        if not isinstance(other, (list, tuple)):
            raise DistilabelUserError(
                "A routing function must be followed by a list of steps: "
                "step >> function >> [a, b, ...]."
            )
        if self._step is None:
            raise DistilabelUserError(
                "A routing function must follow a step: step >> function >> [a, b, ...]."
            )
        self._step.connect(*other, routing_batch_function=self)
        return other

    def __getstate__(self) -> dict[Any, Any]:
        """Returns the state to pickle: where to find the function, which cannot be pickled."""
        state = super().__getstate__()
        function = self.routing_function
        where = self._factory or {"module": function.__module__, "name": function.__qualname__}
        fields = {k: v for k, v in state["__dict__"].items() if k != "routing_function"}
        return {**state, "__dict__": {**fields, "routing_function": where}}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        """Restores the function from where the pickle says it is."""
        super().__setstate__(state)
        where: Any = self.__dict__["routing_function"]
        found = _called(where) if self._factory else _found(where)
        self.__dict__["routing_function"] = getattr(found, "routing_function", found)

    def dump(self, **kwargs: Any) -> dict[str, Any]:
        """Returns the step before the function, its description and its factory."""
        data: dict[str, Any] = {"step": self._step.name if self._step is not None else None}
        if self.description:
            data["description"] = self.description
        if self._factory is not None:
            # The arguments may be of any type.
            data[TYPE_INFO_KEY] = to_plain(self._factory)
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any], allow: tuple[str, ...] = ()) -> Self:
        """Creates the function by calling its factory.

        Args:
            data: What `dump` returned.
            allow: Packages whose factories may be called, besides `distilabel`.

        Returns:
            The routing function.

        Raises:
            ValueError: The dump has no factory, or the factory may not be called or fails.
        """
        info = data.get(TYPE_INFO_KEY)
        if not isinstance(info, dict) or not {"module", "name"} <= info.keys():
            raise DistilabelUserError(
                f"The routing function of step {data.get('step')!r} cannot be loaded: it was not "
                "created by a factory (a function that returns the decorated function)."
            )
        module, name = str(info["module"]), str(info["name"])
        package = module.partition(".")[0]
        # Not all of distilabel: a dump must not call whatever a module happens to import.
        is_ours = module == __name__ and name in _FACTORIES
        if not is_ours and not is_allowed(module, allow):
            raise DistilabelUserError(
                f"The routing function {info['name']} of {info['module']} is not a factory of "
                f"distilabel. If you trust it, allow its package: allow=({package!r},)."
            )
        try:
            function = _called(info)
        except (ImportError, AttributeError, TypeError) as error:
            raise DistilabelUserError(
                f"The routing function {name} of {module} cannot be created: {error}"
            ) from error
        if not isinstance(function, cls):
            raise DistilabelUserError(
                f"{info['module']}.{info['name']} does not return a routing function."
            )
        return function


def _found(where: dict[str, Any]) -> Any:
    return getattr(importlib.import_module(where["module"]), where["name"])


def _called(factory: dict[str, Any]) -> Any:
    return _found(factory)(**(factory.get("kwargs") or {}))


def as_routing(function: Any) -> RoutingBatchFunction:
    """Returns a routing function for what a user connected a step with.

    Args:
        function: A routing function, or a plain function from step names to step names.

    Raises:
        DistilabelUserError: It is neither.
    """
    if isinstance(function, RoutingBatchFunction):
        return function
    if not callable(function) or isinstance(function, type):
        raise DistilabelUserError(
            f"routing_batch_function: a {type(function).__name__} cannot route rows. Use a "
            "function from a list of step names to a list of step names, such as sample_n_steps(1)."
        )
    return RoutingBatchFunction(routing_function=function)


@overload
def routing_batch_function(description: RoutingBatchFunc) -> RoutingBatchFunction: ...


@overload
def routing_batch_function(
    description: Optional[str] = None,
) -> Callable[[RoutingBatchFunc], RoutingBatchFunction]: ...


def routing_batch_function(description: Any = None) -> Any:
    """Decorates a function that chooses steps; used with or without parentheses.

    Args:
        description: A description for readers; without parentheses, the function itself.

    Returns:
        A decorator, or the routing function.
    """
    if callable(description):
        return _made(description, None, inspect.currentframe())

    def decorate(function: RoutingBatchFunc) -> RoutingBatchFunction:
        return _made(function, description, inspect.currentframe())

    return decorate


def _made(function: RoutingBatchFunc, description: str | None, frame: Any) -> RoutingBatchFunction:
    made = RoutingBatchFunction(routing_function=function, description=description)
    caller = frame.f_back if frame is not None else None
    if caller is not None and caller.f_code.co_name != "<module>":
        # Decorated inside another function, which is the factory.
        code = caller.f_code
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        made.set_factory_function(
            caller.f_globals.get("__name__", ""),
            code.co_name,
            {name: caller.f_locals[name] for name in names},
        )
    return made


def sample_n_steps(n: int) -> RoutingBatchFunction:
    """Sends every batch to `n` of the next steps, drawn at random.

    Args:
        n: Number of steps to draw.

    Returns:
        The routing function.
    """

    @routing_batch_function(description=f"Draws {n} of the next steps for every batch.")
    def draw(steps: List[str]) -> List[str]:
        return random.sample(steps, n)

    return draw
