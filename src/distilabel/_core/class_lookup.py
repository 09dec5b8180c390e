"""Finds the classes that a file names, and decides which modules may be imported for them."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from distilabel._core import deprecations
from distilabel._core.missing_names import missing_name
from distilabel.errors import DistilabelUserError


def is_allowed(module: str, allow: tuple[str, ...] | str) -> bool:
    """Whether a module, or its top-level package, is among those the caller allows."""
    names = (allow,) if isinstance(allow, str) else allow
    return module in names or module.partition(".")[0] in names


def find_named_class(info: dict[str, Any], allow: tuple[str, ...]) -> type | None:
    """Finds the class that a `type_info` names.

    Args:
        info: A dict with `module` and `name`.
        allow: Packages, besides `distilabel`, whose modules may be imported.

    Returns:
        The class; None if the module has no class of that name.

    Raises:
        DistilabelUserError: The module may not be imported, or importing it fails.
    """
    module, name = info.get("module"), info.get("name")
    if not (isinstance(module, str) and isinstance(name, str)):
        raise DistilabelUserError(f"type_info: `module` and `name` must be strings, got {info}.")
    if "<locals>" in name:
        raise DistilabelUserError(
            f"{module}.{name} is defined inside a function and cannot be imported. "
            "Define the class at the top level of its module."
        )
    package = module.partition(".")[0]
    if package == "distilabel":
        module, name = deprecations.current_class(module, name) or (module, name)
        if text := missing_name(name):
            raise DistilabelUserError(f"The file uses {module}.{name}: {text}")
    ours = package == "distilabel" or is_allowed(module, allow)
    if not ours and module not in sys.modules:
        # What the program has imported itself is safe to use; importing a module would run it.
        raise DistilabelUserError(
            f"The file uses the class {name} of the module {module}, which is not part of "
            f"distilabel. Import {module} before loading, or allow it by name: "
            f"allow=({package!r},), on the command line --allow {package}."
        )
    try:
        found: Any = importlib.import_module(module) if ours else sys.modules[module]
    except (ImportError, ValueError) as error:
        raise DistilabelUserError(
            f"The file uses {module}.{name}, which cannot be imported: {error}."
        ) from error
    for part in name.split("."):
        # `getattr` may call a module's `__getattr__`, that is, run code of a third party.
        found = getattr(found, part, None) if ours else vars(found).get(part)
        if not isinstance(found, type):
            break
    return found if isinstance(found, type) else None
