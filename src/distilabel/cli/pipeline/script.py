"""Pipelines in Python files: the file is imported, and an object in it is handed out."""

from __future__ import annotations

import sys
import traceback
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    from distilabel.pipeline.base import BasePipeline


def pipeline_in(path: Path, name: str) -> BasePipeline:
    """Imports a file and gives the pipeline in it; what stands under `__main__` does not run.

    Args:
        path: the file.
        name: of the variable that holds the pipeline.

    Raises:
        DistilabelUserError: the file cannot be imported, or the object is no pipeline.
        ImportError: there is no object of that name.
    """
    from distilabel.pipeline.base import BasePipeline

    module = _imported(path.resolve())
    there = [key for key, value in vars(module).items() if isinstance(value, BasePipeline)]
    found = getattr(module, name, None)
    if found is None:
        raise ImportError(f"{path} has no object called {name!r}. {_cure(there)}")
    if not isinstance(found, BasePipeline):
        raise DistilabelUserError(
            f"{name!r} in {path} is a {type(found).__name__}, not a pipeline. {_cure(there)}"
        )
    return found


def _cure(there: list[str]) -> str:
    if not there:
        return (
            "It has no pipeline at its top level: make one with `with Pipeline(...) as pipeline:`."
        )
    return "Its pipelines are: " + ", ".join(
        f"{name} (--pipeline-variable-name {name})" for name in there
    )


def _imported(path: Path) -> ModuleType:
    # Under its own name, as `import` would have it: what is dumped can then be loaded again.
    name = path.stem if path.stem not in sys.modules else f"_script_{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise DistilabelUserError(f"{path} is no Python file.")
    module = module_from_spec(spec)
    sys.modules[name] = module
    # As with `python script.py`: files beside it can be imported.
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise DistilabelUserError(_told(path, error)) from error
    return module


def _told(path: Path, error: Exception) -> str:
    """Which line of the file failed, and how."""
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return f"{error.filename}, line {error.lineno}: {error.msg}"
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    where = f"{path}, line {lines[-1]}" if lines else str(path)
    return f"{where}: {type(error).__name__}: {error}"
