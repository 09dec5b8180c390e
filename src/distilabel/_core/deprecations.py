"""Deprecated names of earlier versions, and their replacements.

Two tables, and no other place to add an entry. A module that moved leaves a two-line file under its
old name, so that importing the package stays cheap.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final

# Old module → the modules that have its names now. Its submodules moved to the first one.
MODULES: Final = {
    "distilabel.llms": ("distilabel.models.llms", "distilabel.models"),
    "distilabel.steps.tasks.typing": ("distilabel.typing",),
    "distilabel.steps.typing": ("distilabel.typing",),
}

# Old module and name → current module and name.
NAMES: Final = {
    ("distilabel.models.mixins", "MagpieChatTemplateMixin"): (
        "distilabel.models.mixins.magpie",
        "MagpieChatTemplateMixin",
    ),
    ("distilabel.models.simulated.llm", "SimulatedLLM"): (
        "distilabel.models.llms.simulated",
        "SimulatedLLM",
    ),
    ("distilabel.steps", "CombineColumns"): ("distilabel.steps", "GroupColumns"),
    ("distilabel.steps", "LoadHubDataset"): ("distilabel.steps", "LoadDataFromHub"),
}

_warned: set[str] = set()


def current_name(module: str, name: str) -> tuple[str, str] | None:
    """Finds the replacement of a deprecated name; the first time, with a DeprecationWarning.

    Args:
        module: Module that had the name.
        name: The name.

    Returns:
        Its current module and name; None if it is not a deprecated name.
    """
    found = NAMES.get((module, name))
    old = f"{module}.{name}"
    if found is not None and old not in _warned:
        _warned.add(old)
        _warn(old, ".".join(found))
    return found


def current_class(module: str, name: str) -> tuple[str, str] | None:
    """Finds the replacement of a class that a file names, whatever module the file says."""
    for (old_module, old), current in NAMES.items():
        if old == name and current != (module, name):
            return current_name(old_module, old)
    return None


def moved_module(module: str) -> Callable[[str], Any]:
    """Makes the `__getattr__` of a module that moved, and warns that it did.

    Args:
        module: Its old name, one of `MODULES`.

    Returns:
        The `__getattr__`, which forwards to the modules that have the names now.
    """
    if not any(isinstance(finder, _SubmoduleFinder) for finder in sys.meta_path):
        sys.meta_path.append(_SubmoduleFinder())
    _warn(module, MODULES[module][0])
    return _forward(module, MODULES[module])


def _forward(module: str, targets: tuple[str, ...]) -> Callable[[str], Any]:
    def __getattr__(name: str) -> Any:
        if name == "deprecation_message":
            return _message(module, targets[0])
        # Special names are not forwarded: the import system asks for those of this module.
        for target in targets if name == "__all__" or not name.startswith("__") else ():
            current = importlib.import_module(target)
            if hasattr(current, name):
                return getattr(current, name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return __getattr__


def _message(old: str, new: str) -> str:
    return f"{old} is deprecated, use {new} instead."


def _warn(old: str, new: str) -> None:
    # The warning shows the user's line: frames of the import system are skipped.
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and _is_import_system(frame.f_globals.get("__name__", "")):
        level += not frame.f_code.co_filename.startswith("<frozen")
        frame = frame.f_back
    warnings.warn(_message(old, new), DeprecationWarning, stacklevel=level + 1)


def _is_import_system(module: str) -> bool:
    return module.startswith(("importlib", "distilabel._core.")) or module in MODULES


class _SubmoduleFinder(MetaPathFinder):
    """Finds submodules of the modules that moved."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        for old, targets in MODULES.items():
            if name.startswith(f"{old}."):
                current = targets[0] + name[len(old) :]
                if find_spec(current) is not None:
                    return ModuleSpec(name, _ForwardLoader(current), is_package=True)
        return None


class _ForwardLoader(Loader):
    def __init__(self, current: str) -> None:
        self._current = current

    def exec_module(self, module: ModuleType) -> None:
        # Its package was imported first, and has warned.
        module.__getattr__ = _forward(module.__name__, (self._current,))  # type: ignore[method-assign]
