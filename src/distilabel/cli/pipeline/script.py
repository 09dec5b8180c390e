"""Imports a Python file and returns the pipeline it defines."""

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


def load_pipeline(path: Path, name: str) -> BasePipeline:
    """Imports a Python file and returns a pipeline in it; `if __name__ == "__main__"` is false.

    Args:
        path: Path of the file.
        name: Name of the variable that holds the pipeline.

    Raises:
        DistilabelUserError: The file cannot be imported, or the variable is not a pipeline.
        ImportError: The file has no variable of that name.
    """
    from distilabel.pipeline.base import BasePipeline

    module = _import_file(path.resolve())
    names = [key for key, value in vars(module).items() if isinstance(value, BasePipeline)]
    pipeline = getattr(module, name, None)
    if pipeline is None:
        raise ImportError(f"{path} has no variable {name!r}. {_hint(names)}")
    if not isinstance(pipeline, BasePipeline):
        kind = type(pipeline).__name__
        raise DistilabelUserError(
            f"{name!r} in {path} is of type {kind}, not a pipeline. {_hint(names)}"
        )
    return pipeline


def _hint(names: list[str]) -> str:
    if not names:
        return (
            "It defines no pipeline at its top level. Define one with "
            "`with Pipeline(...) as pipeline:`."
        )
    return "Its pipelines are: " + ", ".join(
        f"{name} (--pipeline-variable-name {name})" for name in names
    )


def _import_file(path: Path) -> ModuleType:
    # Under the name that `import` would use, so that dumps of its classes can be loaded.
    name = path.stem if path.stem not in sys.modules else f"_script_{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise DistilabelUserError(f"{path} is not a Python file.")
    module = module_from_spec(spec)
    sys.modules[name] = module
    # As with `python script.py`, modules in the same directory can be imported.
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise DistilabelUserError(_describe(path, error)) from error
    return module


def _describe(path: Path, error: Exception) -> str:
    """Returns the line of the file that failed, and the error."""
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return f"{error.filename}, line {error.lineno}: {error.msg}"
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    where = f"{path}, line {lines[-1]}" if lines else str(path)
    return f"{where}: {type(error).__name__}: {error}"
