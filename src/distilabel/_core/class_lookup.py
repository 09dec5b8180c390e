"""Classes that a file names: which modules are imported for it, and what is taken from them."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from distilabel._core import deprecations
from distilabel.errors import DistilabelUserError


def is_allowed(module: str, allow: tuple[str, ...] | str) -> bool:
    """Whether a module, or the package it is in, is among those the caller has named."""
    names = (allow,) if isinstance(allow, str) else allow
    return module in names or module.partition(".")[0] in names


def find_named_class(info: dict[str, Any], allow: tuple[str, ...]) -> type | None:
    """The class that a `type_info` names, whatever class it is; None if there is none.

    Args:
        info: `module` and `name`.
        allow: packages, besides `distilabel`, whose modules may be imported.

    Raises:
        DistilabelUserError: the module may not be imported, or cannot be.
    """
    module, name = info.get("module"), info.get("name")
    if not (isinstance(module, str) and isinstance(name, str)):
        raise DistilabelUserError(f"The file has no module and name of a class, but {info}.")
    if "<locals>" in name:
        raise DistilabelUserError(
            f"{name} of {module} was made inside a function, where no file can find it: "
            "define the class at the top of its module."
        )
    package = module.partition(".")[0]
    if package == "distilabel":
        module, name = deprecations.current_class(module, name) or (module, name)
    ours = package == "distilabel" or is_allowed(module, allow)
    if not ours and module not in sys.modules:
        # A module the program has imported itself is no news; importing another one would run it.
        raise DistilabelUserError(
            f"The file asks for {name} of the module {module}, which is no part of distilabel. "
            f"Import {module} before loading, or allow it by name: allow=({package!r},), "
            f"on the command line --allow {package}."
        )
    try:
        found: Any = importlib.import_module(module) if ours else sys.modules[module]
    except (ImportError, ValueError) as error:
        raise DistilabelUserError(f"The file asks for {module}.{name}: {error}.") from error
    for part in name.split("."):
        # What a stranger's module makes when it is asked for a name, it makes by running.
        found = getattr(found, part, None) if ours else vars(found).get(part)
        if not isinstance(found, type):
            break
    return found if isinstance(found, type) else None
