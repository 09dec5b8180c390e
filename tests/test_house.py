"""The rules of the house: who may import whom, how large a file may be, what importing costs."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import distilabel

ROOT = Path(distilabel.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

FLOORS = {
    "cli": 7,
    "__main__.py": 8,
    "review": 6,
    "pipeline": 6,
    "_engine": 5,
    "steps": 4,
    "quality": 4,
    "distiset.py": 3,
    "_distiset": 3,
    "models": 3,
    "_simulated": 2,
    "llms": 3,
    "_core": 2,
    # Arithmetic for clients and the simulated server alike.
    "_core/token_bucket.py": 1,
    "mixins": 2,
    "utils": 2,
    # Reads text, knows nothing of distilabel: mixins stand on it.
    "utils/docstring.py": 1,
    "typing": 1,
    "errors.py": 1,
    "exceptions.py": 1,
    "constants.py": 1,
    "envs.py": 1,
    "__init__.py": 1,
}


def parts(module: str) -> tuple[str, ...]:
    """`distilabel.steps.base` → `("steps", "base.py")`; packages stand for their `__init__.py`."""
    names = module.split(".")[1:]
    path = ROOT.joinpath(*names)
    if path.is_dir():
        return (*names, "__init__.py")
    if path.with_suffix(".py").is_file():
        return (*names[:-1], f"{names[-1]}.py")
    # A name in a module.
    return parts(module.rpartition(".")[0])


def imports(file: Path) -> set[tuple[str, ...]]:
    """What a file imports of distilabel, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports hide where a name comes from"
            found |= {f"{node.module}.{a.name}" for a in node.names}
    return {parts(name) for name in found if name.partition(".")[0] == "distilabel"}


def name(file: Path) -> tuple[str, ...]:
    return file.relative_to(ROOT).parts


def floor(path: tuple[str, ...]) -> int:
    return FLOORS.get("/".join(path), FLOORS[path[0]])


def room(path: tuple[str, ...]) -> str:
    if path[0] in ("distiset.py", "_distiset"):
        return "distiset"
    return path[0] if len(path) > 1 else ""


GRAPH = {name(file): imports(file) - {name(file)} for file in FILES}


def is_face(path: tuple[str, ...]) -> bool:
    """The public names of a package: a table of what stands below it, imported when used."""
    return path[-1] == "__init__.py"


@pytest.mark.parametrize("file", [name(f) for f in FILES], ids="/".join)
def test_a_file_imports_only_lower_floors_and_its_own_folder(file: tuple[str, ...]) -> None:
    for other in GRAPH[file]:
        allowed = floor(other) < floor(file) or room(other) == room(file)
        assert allowed, f"{'/'.join(file)} imports {'/'.join(other)}"


def test_no_file_imports_itself_by_way_of_others() -> None:
    # A face names what stands below it, but imports it only when a name is used.
    graph = {file: set() if is_face(file) else others for file, others in GRAPH.items()}
    done: set[tuple[str, ...]] = set()

    def visit(file: tuple[str, ...], way: list[tuple[str, ...]]) -> None:
        if file in way:
            loop = [*way[way.index(file) :], file]
            raise AssertionError(" -> ".join("/".join(f) for f in loop))
        if file not in done:
            for other in sorted(graph.get(file, ())):
                visit(other, [*way, file])
            done.add(file)

    for file in graph:
        visit(file, [])


@pytest.mark.parametrize("file", FILES, ids=lambda f: "/".join(name(f)))
def test_every_file_says_what_it_is(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(source))
    if source.strip():
        assert docstring, "it has no docstring"
    lines = source.count("\n")
    if lines > 500:
        assert "lines" in (docstring or ""), f"{lines} lines: say in the docstring why"
