"""`@requirements`: a decorator for the packages that a step class needs."""

from __future__ import annotations

from typing import Any, Callable, List, TypeVar

S = TypeVar("S", bound=type)


def requirements(requirements: List[str]) -> Callable[[S], S]:
    """Declares the packages that a step class needs.

    Args:
        requirements: PEP 508 strings, such as `"numpy>=2"`.

    Returns:
        A class decorator.
    """

    def decorate(cls: S) -> S:
        def gather(self: Any) -> list[str]:
            return [*requirements, *super(cls, self)._gather_requirements()]  # type: ignore[arg-type]

        setattr(cls, "_gather_requirements", gather)  # noqa: B010 (the type of `cls` has no such method)
        return cls

    return decorate
