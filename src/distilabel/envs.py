"""Environment variables of distilabel, as attributes that are read on each access."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

DISTILABEL_LOG_LEVEL: str
DISTILABEL_PIPELINE_NAME: str | None
DISTILABEL_PIPELINE_CACHE_ID: str | None
DISTILABEL_CACHE_DIR: str | None

ENVIRONMENT_VARIABLES: Final[dict[str, Callable[[], Any]]] = {
    "DISTILABEL_LOG_LEVEL": lambda: os.getenv("DISTILABEL_LOG_LEVEL", "INFO").upper(),
    "DISTILABEL_PIPELINE_NAME": lambda: os.getenv("DISTILABEL_PIPELINE_NAME"),
    "DISTILABEL_PIPELINE_CACHE_ID": lambda: os.getenv("DISTILABEL_PIPELINE_CACHE_ID"),
    "DISTILABEL_CACHE_DIR": lambda: os.getenv("DISTILABEL_CACHE_DIR"),
}


def __getattr__(name: str) -> Any:
    if name in ENVIRONMENT_VARIABLES:
        return ENVIRONMENT_VARIABLES[name]()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*ENVIRONMENT_VARIABLES, "ENVIRONMENT_VARIABLES"]
