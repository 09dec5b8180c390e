"""Finds the variables outside of a step that its code reads: of modules, closures and classes.

What the code only writes (`CALLS.append(row)` as a statement, `COUNT[key] += 1`) is a record that
its author keeps, and is left out.
"""

from __future__ import annotations

import ast
import contextlib
import dis
import functools
import inspect
import sys
import sysconfig
import textwrap
import weakref
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any, Final, NamedTuple

from distilabel._engine.calling.object_contents import Contents, Names
from distilabel._engine.calling.object_kinds import ATOMS, is_shared

_CONTAINERS: Final = (list, dict, set, deque, bytearray)
_NOT_USERS: Final = frozenset({"distilabel", "pydantic", "builtins", "abc", "typing"})


_read: Final[weakref.WeakKeyDictionary[FunctionType, set[str]]] = weakref.WeakKeyDictionary()


class Variable(NamedTuple):
    """A variable that the code of a step reads.

    Attributes:
        place: Id of the module's namespace, the cell or the class.
        name: Its name.
        value: Its value.
        binding: Its name and what it is bound to.
        is_rebound: Whether the code binds it to other values.
    """

    place: int
    name: str
    value: Any
    binding: Contents
    is_rebound: bool


class Code:
    """The functions and classes of the user's that the code of a step may call.

    Args:
        cls: Class of the step.
        functions: More functions, such as those in its fields.
    """

    def __init__(self, cls: type, functions: list[FunctionType] | None = None) -> None:
        self.functions: list[FunctionType] = []
        self.classes: list[type] = []
        self._seen: set[int] = set()
        self._visit_class(cls)
        for function in functions or ():
            self._visit(function)

    def _visit(self, value: Any) -> None:
        if isinstance(value, (staticmethod, classmethod)):
            value = value.__func__
        elif isinstance(value, property):
            for accessor in (value.fget, value.fset):
                self._visit(accessor)
            return
        elif isinstance(value, (functools.partial, functools.cached_property)):
            value = value.func
        elif hasattr(value, "__wrapped__") and not isinstance(value, type):
            value = inspect.unwrap(value)
        if id(value) in self._seen:
            return
        if isinstance(value, FunctionType):
            self._seen.add(id(value))
            if is_of_user(value.__module__):
                self.functions.append(value)
                for used in _referenced(value):
                    self._visit(used)
        elif isinstance(value, type):
            self._visit_class(value)
        elif not isinstance(value, ModuleType) and is_of_user(type(value).__module__):
            self._visit_class(type(value))

    def _visit_class(self, cls: type) -> None:
        for base in cls.__mro__:
            if id(base) in self._seen or not is_of_user(base.__module__):
                continue
            self._seen.add(id(base))
            self.classes.append(base)
            for name, member in list(vars(base).items()):
                if not name.startswith("__") or callable(member) or name == "__wrapped_function__":
                    self._visit(member)

    def variables(self) -> list[Variable]:
        """Returns the variables that the code reads and that may change."""
        found: dict[tuple[int, str], Variable] = {}
        for function in self.functions:
            for variable in (*_globals_of(function), *_cells_of(function)):
                found.setdefault((variable.place, variable.name), variable)
        stored = {n for f in self.functions for n in _stored_names(f, "STORE_ATTR")}
        for cls in self.classes:
            for variable in _attributes_of(cls, stored):
                found.setdefault((variable.place, variable.name), variable)
        if not found:
            return []
        read = set[str]().union(*(names_read_in(function) for function in self.functions))
        return [variable for variable in found.values() if variable.name in read]


@functools.cache
def is_of_user(module: str) -> bool:
    """Whether a module is the user's: not of distilabel, Python or an installed package.

    Args:
        module: Its name.
    """
    if module.partition(".")[0] in _NOT_USERS or module in sys.builtin_module_names:
        return False
    if module == "__main__":
        return True
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        return module.partition(".")[0] not in sys.stdlib_module_names
    folder = Path(file).resolve()
    if any(part in ("site-packages", "dist-packages") for part in folder.parts):
        return False
    return not folder.is_relative_to(Path(sysconfig.get_path("stdlib")).resolve())


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def names_in(function: FunctionType) -> set[str]:
    """Returns the names of variables and attributes in the code of a function."""
    return {name for code in _codes(function.__code__) for name in code.co_names}


def _referenced(function: FunctionType) -> Iterator[Any]:
    names = names_in(function)
    for name in names & function.__globals__.keys():
        value = function.__globals__[name]
        yield value
        yield from members_used(value, names)
    for cell in function.__closure__ or ():
        with contextlib.suppress(ValueError):  # the cell is still empty
            yield cell.cell_contents


def members_used(value: Any, names: set[str]) -> Iterator[Any]:
    """Returns what code may use of a module of the user's: the members whose names are in it."""
    if isinstance(value, ModuleType) and is_of_user(value.__name__):
        for name in sorted(names & vars(value).keys()):
            member = vars(value)[name]
            yield member
            if isinstance(member, ModuleType) and member is not value:
                yield from members_used(member, names - {name})


def _stored_names(function: FunctionType, operation: str) -> set[str]:
    return {
        str(instruction.argval)
        for code in _codes(function.__code__)
        for instruction in dis.get_instructions(code)
        if instruction.opname == operation
    }


def _globals_of(function: FunctionType) -> Iterator[Variable]:
    names = names_in(function)
    rebound = _stored_names(function, "STORE_GLOBAL")
    spaces: list[tuple[dict[str, Any], set[str]]] = [(function.__globals__, names)]
    for name in names & function.__globals__.keys():
        value = function.__globals__[name]
        if isinstance(value, ModuleType) and is_of_user(value.__name__):
            spaces.append((vars(value), names))
            rebound = rebound | _stored_names(function, "STORE_ATTR")
    for space, used in spaces:
        for name in used & space.keys():
            value = space[name]
            if _can_change(value, name) or name in rebound:
                yield Variable(id(space), name, value, _variable(space, name), name in rebound)


def _cells_of(function: FunctionType) -> Iterator[Variable]:
    rebound = _stored_names(function, "STORE_DEREF")
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):
            value = cell.cell_contents
            if name != "__class__" and (name in rebound or _can_change(value, name)):
                yield Variable(id(cell), name, value, _cell(cell, name), name in rebound)


def _attributes_of(cls: type, stored: set[str]) -> Iterator[Variable]:
    for name, value in list(vars(cls).items()):
        if name.startswith(("__", "_abc_")) or name in ("model_config", "model_fields"):
            continue
        is_rebound = name in stored and type(value) in ATOMS
        if is_rebound or _can_change(value, name):
            yield Variable(id(cls), name, value, _class_attribute(cls, name), name in stored)


def _can_change(value: Any, name: str) -> bool:
    if type(value) in ATOMS or is_shared(value):
        return False
    if isinstance(value, _CONTAINERS):
        return not _is_of_library(value, name)
    if hasattr(value, "__get__"):
        return False
    cls = type(value)
    known = cls.__module__ in ("random", "itertools", "builtins", "collections")
    return known or cls.__module__.startswith("numpy.random") or is_of_user(cls.__module__)


def _is_of_library(value: Any, name: str) -> bool:
    """Whether a container was imported from an installed package."""
    return any(
        getattr(module, "__dict__", {}).get(name) is value
        for module_name, module in list(sys.modules.items())
        if not is_of_user(module_name)
    )


def _variable(space: dict[str, Any], name: str) -> Contents:
    return Names(
        space,
        lambda: {name: space[name]} if name in space else {},
        space.__setitem__,
        space.__delitem__,
    )


def _cell(cell: CellType, name: str) -> Contents:
    def get() -> dict[str, Any]:
        try:
            return {name: cell.cell_contents}
        except ValueError:
            return {}

    def bind(_: str, value: Any) -> None:
        cell.cell_contents = value

    def unbind(_: str) -> None:
        del cell.cell_contents

    return Names(cell, get, bind, unbind)


def _class_attribute(cls: type, name: str) -> Contents:
    return Names(
        cls,
        lambda: {name: vars(cls)[name]} if name in vars(cls) else {},
        lambda name, value: type.__setattr__(cls, name, value),
        lambda name: type.__delattr__(cls, name),
    )


# -- reads and writes -----------------------------------------------------------------------


def names_read_in(function: FunctionType) -> set[str]:
    """Returns the names of variables and attributes that a function reads."""
    if function not in _read:
        _read[function] = _find_names_read(function)
    return _read[function]


def _find_names_read(function: FunctionType) -> set[str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        # Without its source every use counts as one that reads.
        return names_in(function) | set(function.__code__.co_freevars)
    written = {id(part) for node in ast.walk(tree) for part in _written(node)}
    names = set()
    for node in ast.walk(tree):
        if id(node) in written:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            names.add(node.attr)
    return names


def _written(node: ast.AST) -> Iterator[ast.AST]:
    """Yields the parts of a statement through which it changes something without reading it."""
    targets: list[ast.AST] = []
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        # A method call whose result is not used.
        function = node.value.func
        targets = [function.value] if isinstance(function, ast.Attribute) else []
    elif isinstance(node, (ast.Assign, ast.Delete)):
        targets = [t.value for t in node.targets if isinstance(t, (ast.Subscript, ast.Attribute))]
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        changed = node.target
        targets = [changed.value] if isinstance(changed, (ast.Subscript, ast.Attribute)) else []
    for target in targets:
        part: ast.AST | None = target
        while part is not None:
            yield part
            if isinstance(part, (ast.Attribute, ast.Subscript)):
                part = part.value
            else:
                part = part.func if isinstance(part, ast.Call) else None
