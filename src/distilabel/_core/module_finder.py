"""Finds modules of earlier versions: those that moved, and those that are not here yet.

Python asks this finder only for modules that no file provides. The modules that it makes are empty:
each name is forwarded, or its import says what to use instead.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from distilabel._core import deprecations
from distilabel._core.missing_names import missing_modules, missing_name_in

if TYPE_CHECKING:
    from importlib.abc import Loader, MetaPathFinder
else:
    # Python asks for their methods only. Their module imports those for archives and temporary
    # files, which take longer than all that a package of ours imports.
    Loader = MetaPathFinder = object


class FormerModules(MetaPathFinder):
    """Finds the modules of earlier versions."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Returns the spec of a former module; None for any other name.

        Raises:
            ImportError: `name` is a package and a class of 1.5.3 that the package does not have:
                `from package import Class` asks for it as if it were a module.
        """
        if not name.startswith("distilabel."):
            return None
        if current := _current_module(name):
            return ModuleSpec(name, _Forwarding(*current), is_package=True)
        if name in missing_modules():
            return ModuleSpec(name, _Empty(), is_package=True)
        package, _, child = name.rpartition(".")
        if text := missing_name_in(_current_package(package), child):
            raise ImportError(text, name=package)
        return None


def _current_package(name: str) -> str:
    current = _current_module(name)
    return current[0][0] if current else name


def _current_module(name: str) -> tuple[tuple[str, ...], bool] | None:
    """Returns where the names of a module that moved are now, and whether to warn about it."""
    if name in deprecations.MODULES:
        return deprecations.MODULES[name], True
    package, dot, _ = name.rpartition(".")
    while dot and package not in deprecations.MODULES:
        package, dot, _ = package.rpartition(".")
    if not dot:
        return None
    current = deprecations.MODULES[package][0] + name[len(package) :]
    try:
        # The old package was imported first, and has warned.
        return ((current,), False) if find_spec(current) else None
    except ModuleNotFoundError:
        return None


class _Loader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None


class _Forwarding(_Loader):
    def __init__(self, targets: tuple[str, ...], warns: bool) -> None:
        self._targets = targets
        self._warns = warns

    def exec_module(self, module: ModuleType) -> None:
        if self._warns:
            deprecations.warn_of_module(module.__name__)
        module.__getattr__ = deprecations.forward(module.__name__, self._targets)  # type: ignore[method-assign]


class _Empty(_Loader):
    def exec_module(self, module: ModuleType) -> None:
        module.__getattr__ = deprecations.module_getattr(module.__name__)  # type: ignore[method-assign]


def moved_module(module: str) -> Callable[[str], Any]:
    """Makes the `__getattr__` of a module that moved, and warns that it did.

    Args:
        module: Its old name, one of `deprecations.MODULES`.

    Returns:
        The `__getattr__`, which forwards to the modules that have the names now.
    """
    install()
    deprecations.warn_of_module(module)
    return deprecations.forward(module, deprecations.MODULES[module])


def install() -> None:
    """Adds the finder after those of Python, once."""
    if not any(isinstance(finder, FormerModules) for finder in sys.meta_path):
        sys.meta_path.append(FormerModules())
