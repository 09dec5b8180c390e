"""The `@requirements` decorator of step classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, List, TypeVar

if TYPE_CHECKING:
    from distilabel.mixins.requirements import RequirementsMixin

S = TypeVar("S", bound="RequirementsMixin")


def requirements(requirements: List[str]) -> Callable[[type[S]], type[S]]:
    """Says which packages the steps of a class need.

    Args:
        requirements: PEP 508 strings, like `"numpy>=2"`.

    Returns:
        A class decorator.
    """

    def decorate(cls: type[S]) -> type[S]:
        def gather(self: S) -> list[str]:
            return [*requirements, *super(cls, self)._gather_requirements()]  # type: ignore[misc]

        cls._gather_requirements = gather  # type: ignore[method-assign,assignment]
        return cls

    return decorate
