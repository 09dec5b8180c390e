"""The error of a name that a distiset has no configuration of, often that of a split."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class MissingConfigurationError(KeyError):
    """Raised when a distiset has no configuration of a name.

    Args:
        name: The name.
        distiset: Configurations that there are.
    """

    def __init__(self, name: object, distiset: Mapping[str, Any]) -> None:
        super().__init__(name)
        names = ", ".join(map(repr, distiset)) or "none"
        self._message = f"Distiset has no configuration {name!r}. Its configurations: {names}."
        holding = [
            config
            for config, dataset in distiset.items()
            if isinstance(dataset, dict) and name in dataset
        ]
        if holding:
            self._message = (
                f"Distiset has the configurations {names}; use distiset[{holding[0]!r}][{name!r}]."
            )

    def __str__(self) -> str:
        return self._message
