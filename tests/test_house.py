"""The rules of the source tree: layers of imports, size of files, a test file for every module.

A broken rule lists all offenders at once. What is still wrong stands in `KNOWN_BREAKS` and
`LONG_FILES`, each with a reason; an entry that is no longer needed fails the test.
`tested_elsewhere.py` names the modules that have no test file of their own.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import distilabel
from slow import SLOW
from tested_elsewhere import TESTED_ELSEWHERE

ROOT = Path(distilabel.__file__).parent
TESTS = Path(__file__).parent

_BASE = ("__init__.py", "constants.py", "envs.py", "errors.py", "exceptions.py", "typing")

# Layers: a file or folder, and the layers it may import. It may import what those import as well.
# "" has the layers of the package; the others have those inside one of them.
LAYERS: dict[str, dict[str, tuple[str, ...]]] = {
    "": {
        "__init__.py": (),
        "constants.py": (),
        "envs.py": (),
        "exceptions.py": (),
        "typing": (),
        "utils/docstring.py": (),
        # What every text for people goes through.
        "_core/printable.py": (),
        "errors.py": ("constants.py", "_core/printable.py"),
        # Arithmetic that model clients and the simulated server share.
        "_core/token_bucket.py": (),
        "_core": (*_BASE, "_core/token_bucket.py", "_core/printable.py"),
        "mixins": (*_BASE, "utils/docstring.py"),
        "utils": (*_BASE, "utils/docstring.py"),
        "_simulated": (*_BASE, "_core/token_bucket.py"),
        # Runs untrusted code; its process imports nothing else.
        "_sandbox": _BASE,
        # Labels, verdicts and what they say about a judge; knows nothing of models.
        "quality": ("_core",),
        "_distiset/human_columns.py": ("errors.py",),
        # A distiset shows its rows to people; only live pages know the engine.
        "review": ("_core", "_distiset/human_columns.py", "quality"),
        "models": ("_core", "mixins", "utils", "_simulated"),
        "llms": ("_core",),
        "embeddings": ("_core",),
        "distiset.py": ("_core", "mixins", "utils", "review"),
        "steps": ("models", "distiset.py", "_sandbox", "quality"),
        "_engine": ("steps",),
        "review/live.py": ("review", "_engine"),
        "pipeline": ("_engine",),
        "cli": ("pipeline", "review/live.py"),
        "__main__.py": ("cli",),
    },
    "models": {
        "outputs.py": (),
        "wire": (),
        "mixins": (),
        "http": ("wire",),
        "batch_jobs/apis": ("http",),
        "protocol.py": ("batch_jobs/apis",),
        "accounting": ("protocol.py", "outputs.py"),
        "rate_limit": ("protocol.py", "outputs.py", "wire"),
        "batch_jobs": ("batch_jobs/apis", "accounting"),
        "client": ("batch_jobs", "rate_limit"),
        "base_clients": ("http",),
        # Local engines: servers that distilabel starts, and worker processes.
        "servers": ("http", "mixins"),
        "local": ("wire",),
        "llms": ("client", "base_clients", "mixins", "servers", "local"),
        "embeddings": ("client", "base_clients", "mixins", "servers", "local"),
        "image_generation": ("llms",),
        "__init__.py": ("llms", "embeddings", "image_generation"),
    },
    "_engine": {
        "__init__.py": (),
        "spill_storage.py": (),
        "run_config.py": ("spill_storage.py",),
        "run_state.py": (),
        "rows": ("run_config.py",),
        "storage": ("rows",),
        "calling": ("storage",),
        "workers": ("calling",),
        "operators": ("workers", "run_state.py"),
        "reporting": (),
        "estimation": ("reporting",),
        "run": ("operators", "reporting"),
    },
}

# The private half of a module counts as that module.
_SAME_LAYER = {"_distiset": "distiset.py"}

# Imports that break the layers today: (importing file, imported file) → why, and what removes it.
KNOWN_BREAKS: dict[tuple[str, str], str] = {}

# Files above the limit: path → why.
MOST_LINES = 400
LONG_FILES: dict[str, str] = {}


def source_files() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def path_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@cache
def file_of(module: str) -> str:
    """`distilabel.steps.base` → `steps/base.py`; a package stands for its `__init__.py`."""
    path = ROOT.joinpath(*module.split(".")[1:])
    if path.is_dir():
        return path_of(path / "__init__.py")
    if path.with_suffix(".py").is_file():
        return path_of(path.with_suffix(".py"))
    # A name in a module.
    return file_of(module.rpartition(".")[0])


@cache
def source_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(source_of(file))


@cache
def imported_modules(file: Path) -> set[str]:
    """Every distilabel module or name a file imports: at the top, in functions, for type checks."""
    found = set()
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.partition(".")[0] == "distilabel"}


@cache
def import_graph() -> dict[str, set[str]]:
    """Each source file and the source files it imports."""
    return {
        path_of(file): {file_of(name) for name in imported_modules(file)} - {path_of(file)}
        for file in source_files()
    }


def layer_of(path: str, folder: str) -> str | None:
    """The layer of a file among those of a folder, by its longest prefix."""
    if folder:
        if not path.startswith(f"{folder}/"):
            return None
        path = path.removeprefix(f"{folder}/")
    parts = path.split("/")
    for length in range(len(parts), 0, -1):
        prefix = "/".join(parts[:length])
        prefix = _SAME_LAYER.get(prefix, prefix)
        if prefix in LAYERS[folder]:
            return prefix
    raise AssertionError(f"{path} has no layer: add it to LAYERS[{folder!r}] in {__file__}")


def lower_layers(layer: str, folder: str) -> set[str]:
    """The layers that a layer may import, directly or by way of others."""
    below = set(LAYERS[folder][layer])
    return below.union(*(lower_layers(other, folder) for other in below))


def breaks(graph: dict[str, set[str]]) -> set[tuple[str, str]]:
    """The imports that run from a layer to one that is not below it."""
    found = set()
    for folder, layers in LAYERS.items():
        below = {layer: lower_layers(layer, folder) for layer in layers}
        for file, others in graph.items():
            layer = layer_of(file, folder)
            if layer is None:
                continue
            for other in others:
                target = layer_of(other, folder)
                if target is not None and target != layer and target not in below[layer]:
                    found.add((file, other))
    return found


def is_package_face(path: str) -> bool:
    """The public names of a package: a table of what lies below it, imported when used."""
    return path.endswith("__init__.py")


def listing(lines: Iterable[str]) -> str:
    return "\n  ".join(["", *sorted(lines)])


def test_layers_have_no_circle() -> None:
    for folder, layers in LAYERS.items():
        for layer in layers:
            assert layer not in lower_layers(layer, folder), f"{folder}/{layer} is below itself"


def test_files_import_only_their_own_and_lower_layers() -> None:
    found = breaks(import_graph())
    new = found - KNOWN_BREAKS.keys()
    assert not new, "imports of a higher layer:" + listing(f"{a} -> {b}" for a, b in new)
    mended = KNOWN_BREAKS.keys() - found
    assert not mended, "no longer wrong, remove from KNOWN_BREAKS:" + listing(map(str, mended))


def test_no_file_imports_itself_by_way_of_others() -> None:
    # A package face names what lies below it, but imports it only when a name is used.
    graph = {
        file: {o for o in others if not is_package_face(o) and (file, o) not in KNOWN_BREAKS}
        for file, others in import_graph().items()
        if not is_package_face(file)
    }
    done: set[str] = set()
    circles: list[str] = []

    def visit(file: str, way: list[str]) -> None:
        if file in way:
            circles.append(" -> ".join([*way[way.index(file) :], file]))
        elif file not in done:
            for other in sorted(graph.get(file, ())):
                visit(other, [*way, file])
            done.add(file)

    for file in graph:
        visit(file, [])
    assert not circles, "circles of imports:" + listing(circles)


def test_imports_are_absolute() -> None:
    relative = [
        path_of(file)
        for file in source_files()
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not relative, "relative imports hide where a name comes from:" + listing(relative)


def test_every_module_has_a_docstring() -> None:
    bare = [
        path_of(file)
        for file in source_files()
        if source_of(file).strip() and not ast.get_docstring(tree_of(file))
    ]
    assert not bare, "modules without a docstring:" + listing(bare)


def test_files_are_short() -> None:
    lines = {path_of(file): source_of(file).count("\n") for file in source_files()}
    long = {path: count for path, count in lines.items() if count > MOST_LINES}
    new = [f"{path}: {count} lines" for path, count in long.items() if path not in LONG_FILES]
    assert not new, f"files above {MOST_LINES} lines:" + listing(new)
    short = LONG_FILES.keys() - long.keys()
    assert not short, "no longer long, remove from LONG_FILES:" + listing(short)


def test_every_module_has_a_test_file_of_its_name() -> None:
    modules = {path_of(f) for f in source_files() if not is_package_face(path_of(f))}
    untested = {path for path in modules if not own_test(path).is_file()}
    missing = untested - TESTED_ELSEWHERE.keys()
    assert not missing, (
        "modules without a test file of their name; write one, or say in tested_elsewhere.py"
        " what covers them, for example:"
        + listing(f'"{path}": "{" ".join(likely_tests(path)[:2])}",' for path in missing)
    )
    stale = TESTED_ELSEWHERE.keys() - untested
    assert not stale, (
        "gone, or with a test file of their own now; remove from tested_elsewhere.py:"
        + listing(stale)
    )
    gone = {
        f"{path}: {word}"
        for path, reason in TESTED_ELSEWHERE.items()
        for word in reason.split()
        if word.endswith(".py") and not (TESTS / word).is_file()
    }
    assert not gone, "tested_elsewhere.py names test files that are gone:" + listing(gone)
    silent = [path for path, reason in TESTED_ELSEWHERE.items() if not reason]
    assert not silent, "without a reason in tested_elsewhere.py:" + listing(silent)


def test_the_list_of_slow_tests_names_tests_that_exist() -> None:
    gone = []
    for entry in itertools.chain(*SLOW.values()):
        path, _, name = entry.partition("::")
        file = TESTS / path
        if not file.exists() or (name and f"def {name}(" not in source_of(file)):
            gone.append(entry)
    assert not gone, "slow.py names tests that are gone:" + listing(gone)


def own_test(path: str) -> Path:
    """`steps/base.py` → `tests/steps/test_base.py`."""
    folder, _, name = path.rpartition("/")
    return TESTS / folder / f"test_{name}"


def likely_tests(path: str) -> list[str]:
    """The test files that import a module, else those of its folder: ideas of what covers it."""
    files = sorted(TESTS.rglob("test_*.py"))
    importing = [
        file for file in files if path in {file_of(name) for name in imported_modules(file)}
    ]
    beside = [file for file in files if file.parent == own_test(path).parent]
    return [file.relative_to(TESTS).as_posix() for file in importing or beside]
