"""The `@requirements` decorator of step classes."""

from __future__ import annotations

from typing import Any, Callable, List, TypeVar

S = TypeVar("S", bound=type)


def requirements(requirements: List[str]) -> Callable[[S], S]:
    """Says which packages the steps of a class need.

    Args:
        requirements: PEP 508 strings, like `"numpy>=2"`.

    Returns:
        A class decorator.
    """

    def decorate(cls: S) -> S:
        def gather(self: Any) -> list[str]:
            return [*requirements, *super(cls, self)._gather_requirements()]  # type: ignore[arg-type]

        setattr(cls, "_gather_requirements", gather)  # noqa: B010 (no class of ours is known here)
        return cls

    return decorate
