"""Protects lazy exports: all names are there, mean one thing, and import nothing until used."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import distilabel

ROOT = Path(distilabel.__file__).parent
PACKAGES = [
    ".".join(["distilabel", *file.parent.relative_to(ROOT).parts])
    for file in ROOT.rglob("__init__.py")
    if "lazy_exports(__name__" in file.read_text()
]


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_every_name_resolves(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__all__ == sorted(module.__all__)
    for name in module.__all__:
        assert not isinstance(getattr(module, name), ModuleType), name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Nothing"):
        importlib.import_module("distilabel.steps").Nothing  # noqa: B018


@pytest.mark.parametrize("first", ["Pipeline", "routing_batch_function", "sample_n_steps"])
def test_a_name_means_what_it_names_whatever_was_imported_before(first: str) -> None:
    code = f"""
import distilabel.pipeline.routing_batch_function
from distilabel.pipeline import {first}
from distilabel.pipeline import Pipeline, routing_batch_function, sample_n_steps
print(type(routing_batch_function).__name__)
"""
    assert python(code) == "function\n"


def test_importing_the_package_imports_nothing_else() -> None:
    code = """
import sys
before = set(sys.modules)
import distilabel
print(sorted(set(sys.modules) - before))
"""
    assert python(code) == "['distilabel']\n"


def test_the_pipeline_comes_without_what_only_some_need() -> None:
    code = """
import sys
import distilabel.pipeline
from distilabel.pipeline import Pipeline
heavy = {"datasets", "pandas", "pyarrow", "rich", "typer", "transformers", "torch", "openai"}
print(sorted(heavy & set(sys.modules)))
"""
    assert python(code) == "[]\n"
