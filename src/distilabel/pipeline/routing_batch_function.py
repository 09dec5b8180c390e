"""Routing functions: which of the next steps a batch goes to. Knows names, and no rows."""

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
        routing_function: takes the names of the next steps and gives those that get the batch.
        description: for people.
    """

    routing_function: RoutingBatchFunc
    description: Optional[str] = None

    _step: Any = PrivateAttr(default=None)
    _routed: List[str] = PrivateAttr(default_factory=list)
    _factory: Optional[dict[str, Any]] = PrivateAttr(default=None)

    def route_batch(self, batch: Any, steps: List[str]) -> List[str]:
        """The names of the steps that get a batch.

        Args:
            batch: what is routed; functions of 1.5.3 choose without looking at it.
            steps: names to choose from.
        """
        return self.routing_function(steps)

    def __call__(self, batch: Any, steps: List[str]) -> List[str]:
        """The same as `route_batch`."""
        return self.route_batch(batch, steps)

    def set_factory_function(
        self,
        factory_function_module: str,
        factory_function_name: str,
        factory_function_kwargs: dict[str, Any],
    ) -> None:
        """Says how to make this function again, so that it can be dumped and loaded.

        Args:
            factory_function_module: where the factory is.
            factory_function_name: its name there.
            factory_function_kwargs: what it is called with.
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
                "A routing function chooses among several steps: step >> function >> [a, b, ...]."
            )
        if self._step is None:
            raise DistilabelUserError(
                "A routing function needs a step before it: step >> function >> [a, b, ...]."
            )
        self._step.connect(*other, routing_batch_function=self)
        return other

    def __getstate__(self) -> dict[Any, Any]:
        """What is pickled: where the function is found again, for a pickle holds none."""
        state = super().__getstate__()
        function = self.routing_function
        where = self._factory or {"module": function.__module__, "name": function.__qualname__}
        fields = {k: v for k, v in state["__dict__"].items() if k != "routing_function"}
        return {**state, "__dict__": {**fields, "routing_function": where}}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        """Comes back from a pickle."""
        super().__setstate__(state)
        where: Any = self.__dict__["routing_function"]
        found = _called(where) if self._factory else _found(where)
        self.__dict__["routing_function"] = getattr(found, "routing_function", found)

    def dump(self, **kwargs: Any) -> dict[str, Any]:
        """The step it routes from, its description, and how to make it again."""
        data: dict[str, Any] = {"step": self._step.name if self._step is not None else None}
        if self.description:
            data["description"] = self.description
        if self._factory is not None:
            # The arguments of a function around it may be anything.
            data[TYPE_INFO_KEY] = to_plain(self._factory)
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any], allow: tuple[str, ...] = ()) -> Self:
        """Makes the function again by calling its factory.

        Args:
            data: what `dump` gave.
            allow: packages, besides `distilabel`, whose factories may be called.

        Raises:
            ValueError: the dump does not say how, or the factory may not be called.
        """
        info = data.get(TYPE_INFO_KEY)
        if not isinstance(info, dict) or not {"module", "name"} <= info.keys():
            raise DistilabelUserError(
                f"The routing function of {data.get('step')!r} cannot be loaded: it was not made "
                "by a factory (a function that returns the decorated function)."
            )
        module, name = str(info["module"]), str(info["name"])
        package = module.partition(".")[0]
        # Of distilabel only its factories: a file is not to call whatever a module has imported.
        is_ours = module == __name__ and name in _FACTORIES
        if not is_ours and not is_allowed(module, allow):
            raise DistilabelUserError(
                f"The routing function {info['name']} of {info['module']} is no factory of "
                f"distilabel's: allow it by name (allow=({package!r},))."
            )
        try:
            function = _called(info)
        except (ImportError, AttributeError, TypeError) as error:
            raise DistilabelUserError(
                f"The routing function {name} of {module} cannot be made: {error}"
            ) from error
        if not isinstance(function, cls):
            raise DistilabelUserError(f"{info['module']}.{info['name']} makes no routing function.")
        return function


def _found(where: dict[str, Any]) -> Any:
    return getattr(importlib.import_module(where["module"]), where["name"])


def _called(factory: dict[str, Any]) -> Any:
    return _found(factory)(**(factory.get("kwargs") or {}))


@overload
def routing_batch_function(description: RoutingBatchFunc) -> RoutingBatchFunction: ...


@overload
def routing_batch_function(
    description: Optional[str] = None,
) -> Callable[[RoutingBatchFunc], RoutingBatchFunction]: ...


def routing_batch_function(description: Any = None) -> Any:
    """Makes a routing function of a function; used with or without parentheses.

    Args:
        description: for people (or the function itself, where there are no parentheses).

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
        # Made inside another function: calling that one again makes the same.
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
        n: how many.
    """

    @routing_batch_function(description=f"Draws {n} of the next steps for every batch.")
    def draw(steps: List[str]) -> List[str]:
        return random.sample(steps, n)

    return draw
