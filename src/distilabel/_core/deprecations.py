"""Deprecated names of earlier versions, and their replacements.

Two tables, and no other place to add an entry; `module_finder.py` finds the modules in the first.
The old modules at the top level are two-line files, so that importing `distilabel` stays cheap.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable
from typing import Any, Final

from distilabel._core.missing_names import missing_name_in

# Old module → the modules that have its names now. Its submodules moved to the first one.
MODULES: Final = {
    "distilabel.embeddings": ("distilabel.models.embeddings", "distilabel.models"),
    "distilabel.llms": ("distilabel.models.llms", "distilabel.models"),
    "distilabel.llms.mixins": ("distilabel.models.mixins",),
    "distilabel.llms.typing": ("distilabel.typing",),
    "distilabel.pipeline.typing": ("distilabel.typing",),
    "distilabel.steps.combine": (
        "distilabel.steps.columns.combine",
        "distilabel.steps.columns.group",
        "distilabel.steps.columns.merge",
    ),
    "distilabel.steps.expand": ("distilabel.steps.columns.expand",),
    "distilabel.steps.keep": ("distilabel.steps.columns.keep",),
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
    ("distilabel.steps", "CombineKeys"): ("distilabel.steps.columns.merge", "CombineKeys"),
    ("distilabel.steps", "LoadFromDisk"): ("distilabel.steps", "LoadDataFromDisk"),
    ("distilabel.steps", "LoadFromFileSystem"): ("distilabel.steps", "LoadDataFromFileSystem"),
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


def warn_of_module(module: str) -> None:
    """Warns that a module moved, at the line that imports it."""
    _warn(module, MODULES[module][0])


def forward(module: str, targets: tuple[str, ...]) -> Callable[[str], Any]:
    """Makes the `__getattr__` of a module whose names are in other modules now.

    Args:
        module: Old name of the module.
        targets: Modules that have its names now.
    """

    def __getattr__(name: str) -> Any:
        if name == "deprecation_message":
            return _message(module, targets[0])
        # Special names are not forwarded: the import system asks for those of this module.
        for target in targets if name == "__all__" or not name.startswith("__") else ():
            current = importlib.import_module(target)
            # A module may raise an ImportError for a name that is not here yet.
            if (value := getattr(current, name, None)) is not None:
                return value
        if not name.startswith("__") and (current_path := current_class(module, name)):
            return getattr(importlib.import_module(current_path[0]), current_path[1])
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return __getattr__


def module_getattr(module: str, **elsewhere: str) -> Callable[[str], Any]:
    """Makes the `__getattr__` of a module that had more names in earlier versions.

    It raises an ImportError for a name that is not here yet: Python would replace the words of an
    AttributeError.

    Args:
        module: Name of the module.
        elsewhere: Names that it had and still offers → the module that defines them.
    """

    def __getattr__(name: str) -> Any:
        if name in elsewhere:
            return getattr(importlib.import_module(elsewhere[name]), name)
        if not name.startswith("__") and (current := current_class(module, name)):
            return getattr(importlib.import_module(current[0]), current[1])
        if text := missing_name_in(module, name):
            raise ImportError(text, name=module)
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
