"""Imports packages of optional extras, with one message where they are missing."""

from __future__ import annotations

import importlib
from typing import Any


def import_extra(module: str, *, extra: str, subject: str) -> Any:
    """Imports a module of a package that distilabel does not depend on.

    Args:
        module: Name of the module, like `transformers`.
        extra: Extra of distilabel that installs its package.
        subject: Class that needs it, with which the message begins.

    Returns:
        The module.

    Raises:
        ImportError: The package is not installed, or cannot be imported.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        if (error.name or "").partition(".")[0] == package:
            text = (
                f"the package {package!r} is not installed. Run: pip install 'distilabel[{extra}]'"
            )
        else:
            text = f"the package {package!r} cannot be imported: {error}"
        raise ImportError(f"{subject}: {text}", name=error.name) from error
