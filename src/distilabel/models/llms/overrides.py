"""Which method of a model answers, where a user's class overrides those that 1.5.3 called."""

from __future__ import annotations

from functools import cache
from typing import Final

# In the order in which 1.5.3 called them: each calls the next.
_BATCH_METHODS: Final = ("generate_outputs", "generate")


@cache
def batch_method(cls: type) -> str:
    """Returns the method of a user's class that answers lists of questions; empty for none.

    Args:
        cls: Class of a model.
    """
    return next((name for name in _BATCH_METHODS if _is_overridden(cls, name)), "")


def _is_overridden(cls: type, name: str) -> bool:
    owner = next((base for base in cls.__mro__ if name in vars(base)), object)
    return owner.__module__.partition(".")[0] != "distilabel" and owner is not object
