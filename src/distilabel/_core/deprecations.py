"""Old names: what earlier versions called things, and what they are called now.

Two tables; a line is added here and nowhere else. A module that moved leaves a file of two lines
under its old name, so that importing the package costs nothing.
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

# Module, as it was → the modules where its names are now. Modules inside it went to the first one.
MODULES: Final = {
    "distilabel.llms": ("distilabel.models.llms", "distilabel.models"),
    "distilabel.steps.tasks.typing": ("distilabel.typing",),
    "distilabel.steps.typing": ("distilabel.typing",),
}

# Module and name, as they were → as they are.
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

_told: set[str] = set()


def current_name(module: str, name: str) -> tuple[str, str] | None:
    """What is now called what a module once called `name`.

    Args:
        module: where it was.
        name: what it was called.

    Returns:
        The module and the name that it has now, and a DeprecationWarning says so once; None if it
        is no old name.
    """
    found = NAMES.get((module, name))
    old = f"{module}.{name}"
    if found is not None and old not in _told:
        _told.add(old)
        _say(old, ".".join(found))
    return found


def current_class(module: str, name: str) -> tuple[str, str] | None:
    """The same for the class of a component in a file, whatever module the file says it is in."""
    for (old_module, old), now in NAMES.items():
        if old == name and now != (module, name):
            return current_name(old_module, old)
    return None


def moved_module(module: str) -> Callable[[str], Any]:
    """What a module under its old name shows.

    Args:
        module: the old name, one of `MODULES`.

    Returns:
        Its `__getattr__`.
    """
    if not any(isinstance(finder, _Inside) for finder in sys.meta_path):
        sys.meta_path.append(_Inside())
    _say(module, MODULES[module][0])
    return _shows(module, MODULES[module])


def _shows(module: str, targets: tuple[str, ...]) -> Callable[[str], Any]:
    def __getattr__(name: str) -> Any:
        if name == "deprecation_message":
            return f"{module} is an old name: use {targets[0]}."
        # What the machinery of imports asks a module about itself is not passed on.
        for target in targets if name == "__all__" or not name.startswith("__") else ():
            there = importlib.import_module(target)
            if hasattr(there, name):
                return getattr(there, name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return __getattr__


def _say(old: str, new: str) -> None:
    # Shown where the old name stands; frames of the machinery of imports are not counted.
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and _is_machinery(frame.f_globals.get("__name__", "")):
        level += not frame.f_code.co_filename.startswith("<frozen")
        frame = frame.f_back
    warnings.warn(f"{old} is an old name: use {new}.", DeprecationWarning, stacklevel=level + 1)


def _is_machinery(module: str) -> bool:
    return module.startswith(("importlib", "distilabel._core.")) or module in MODULES


class _Inside(MetaPathFinder):
    """Finds modules inside one that moved."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        for old, targets in MODULES.items():
            if name.startswith(f"{old}."):
                current_name = targets[0] + name[len(old) :]
                if find_spec(current_name) is not None:
                    return ModuleSpec(name, _Moved(current_name), is_package=True)
        return None


class _Moved(Loader):
    def __init__(self, current_name: str) -> None:
        self._present = current_name

    def exec_module(self, module: ModuleType) -> None:
        # The package it is in was imported first, and has said so.
        module.__getattr__ = _shows(module.__name__, (self._present,))  # type: ignore[method-assign]
