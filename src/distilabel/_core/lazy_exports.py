"""Lazy exports: a package has all its public names and imports a module when a name is first used.

The names are listed once, in the `if TYPE_CHECKING:` block of the package's `__init__.py`: type
checkers read it as imports, `lazy_exports` parses its source.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from distilabel._core import deprecations, module_finder
from distilabel._core.missing_names import missing_name_in


def _table(source: str) -> dict[str, tuple[str, str]]:
    """Returns public name → (module, name in it), from the imports under `if TYPE_CHECKING:`."""
    table = {}
    for node in ast.parse(source).body:
        if not (isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"):
            continue
        for statement in node.body:
            if isinstance(statement, ast.ImportFrom) and statement.module:
                for alias in statement.names:
                    table[alias.asname or alias.name] = (statement.module, alias.name)
    return table


def lazy_exports(package: str, file: str) -> tuple[Callable[[str], Any], list[str]]:
    """Makes `__getattr__` and `__all__` of a package.

    Args:
        package: Name of the package.
        file: Path of its `__init__.py`.

    Returns:
        The module-level `__getattr__` and the sorted public names.
    """
    table = _table(Path(file).read_text(encoding="utf-8"))
    module_finder.install()

    def __getattr__(name: str) -> Any:
        target = table.get(name) or deprecations.current_name(package, name)
        if target is None:
            text = missing_name_in(package, name)
            raise AttributeError(text or f"module {package!r} has no attribute {name!r}")
        module, attribute = target
        value = getattr(importlib.import_module(module), attribute)
        if name in table:
            setattr(sys.modules[package], name, value)
        return value

    clashing = {name for name, (module, _) in table.items() if module == f"{package}.{name}"}
    if clashing:
        _prefer_names(sys.modules[package], {name: table[name][1] for name in clashing})
    return __getattr__, sorted(table)


def _prefer_names(package: ModuleType, names: dict[str, str]) -> None:
    """Resolves a public name that is also a submodule to the object, not the submodule.

    Importing a submodule sets it as an attribute of its package, so the name would otherwise mean
    one or the other depending on what was imported before.
    """

    class LazyPackage(ModuleType):
        def __setattr__(self, name: str, value: Any) -> None:
            if name in names and isinstance(value, ModuleType):
                value = getattr(value, names[name])
            super().__setattr__(name, value)

    package.__class__ = LazyPackage
