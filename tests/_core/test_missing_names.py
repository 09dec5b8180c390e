"""Protects that a name of 1.5.3 that is not here yet says so, and where to look."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from distilabel._core import missing_names
from distilabel._core.missing_names import missing_name, missing_name_in
from distilabel._core.serialization import find_class
from distilabel.errors import DistilabelUserError

ROOT = Path(__file__).resolve().parents[2]
NAMES = [(module, name) for module, names in missing_names._NAMES.items() for name in names.split()]


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_importing_it_says_that_it_is_not_here(module: str, name: str) -> None:
    with pytest.raises(ImportError, match=f"^{name} is not in distilabel 2 yet"):
        exec(f"from distilabel.{module} import {name}")


def test_the_page_that_it_names_exists() -> None:
    assert (ROOT / missing_names._PAGE).is_file()
    assert missing_names._PAGE in str(missing_name("EvolInstruct"))


@pytest.mark.parametrize("name", ["TextGeneration", "NoSuchStep", "", "__path__"])
def test_nothing_is_said_of_other_names(name: str) -> None:
    assert missing_name(name) is None
    assert missing_name_in("distilabel.steps", name) is None


def test_a_model_that_is_not_here_is_told_with_what_to_use_instead() -> None:
    for name in missing_names._INSTEAD:
        assert "LLM" in str(missing_name(name)) or "TextGeneration" in str(missing_name(name))


def test_a_module_that_is_not_here_can_be_imported_and_asked() -> None:
    module = importlib.import_module("distilabel.steps.tasks.structured_outputs")
    assert not hasattr(module, "anything")
    models = importlib.import_module("distilabel.models")
    # Programs that look before they import find nothing.
    assert not hasattr(models, "TransformersLLM")
    with pytest.raises(AttributeError, match="not in distilabel 2 yet"):
        models.TransformersLLM  # noqa: B018


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("distilabel.steps.tasks.evol_instruct.base", "EvolInstruct"),
        ("distilabel.models.llms.vllm", "vLLM"),
        ("distilabel.llms.vllm", "vLLM"),
        ("distilabel.somewhere", "UMAP"),
    ],
)
def test_a_file_that_names_it_says_so(module: str, name: str) -> None:
    with pytest.raises(DistilabelUserError, match=f"{name} is not in distilabel 2 yet"):
        find_class({"module": module, "name": name})
