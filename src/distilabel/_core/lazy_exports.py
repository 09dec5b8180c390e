"""Lazy faces: a package shows its names at once and imports a module when a name is used.

The one table is the `if TYPE_CHECKING:` block of the package's `__init__.py`: type checkers read
it as imports, `lazy_exports` reads it as text. Knows names and modules, nothing of what is in them.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from distilabel._core import deprecations


def _table(source: str) -> dict[str, tuple[str, str]]:
    """Public name → module and name there, from the imports under `if TYPE_CHECKING:`."""
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
        package: name of the package.
        file: path of its `__init__.py`.

    Returns:
        The module-level `__getattr__` and the sorted list of public names.
    """
    table = _table(Path(file).read_text(encoding="utf-8"))

    def __getattr__(name: str) -> Any:
        there_now = table.get(name) or deprecations.current_name(package, name)
        if there_now is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, there = there_now
        value = getattr(importlib.import_module(module), there)
        if name in table:
            setattr(sys.modules[package], name, value)
        return value

    hidden = {name for name, (module, _) in table.items() if module == f"{package}.{name}"}
    if hidden:
        _put_names_before_modules(sys.modules[package], {name: table[name][1] for name in hidden})
    return __getattr__, sorted(table)


def _put_names_before_modules(package: ModuleType, names: dict[str, str]) -> None:
    """Has a public name mean what it names, not the module of the same name.

    Importing a module makes it an attribute of its package, whoever imports it; the name would then
    mean one thing or the other depending on what was imported before.
    """

    class Face(ModuleType):
        def __setattr__(self, name: str, value: Any) -> None:
            if name in names and isinstance(value, ModuleType):
                value = getattr(value, names[name])
            super().__setattr__(name, value)

    package.__class__ = Face
