"""Protects that a name of 1.5.3 that is not here yet says so, and where to look."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from distilabel._core import missing_names
from distilabel._core.missing_names import missing_name, missing_name_in
from distilabel._core.serialization import find_class
from distilabel.errors import DistilabelUserError

# A class of 1.5.3 that is missing, whichever those are today.
NAMED = {"models": "OwlLLM", "models.llms": "OwlLLM"}

ROOT = Path(__file__).resolve().parents[2]
NAMES = [(module, name) for module, names in missing_names._NAMES.items() for name in names.split()]


@pytest.fixture
def owl_is_missing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Makes `OwlLLM` a name of 1.5.3 that is not here."""
    monkeypatch.setattr(missing_names, "_NAMES", {**missing_names._NAMES, **NAMED})
    monkeypatch.setattr(missing_names, "_INSTEAD", {"OwlLLM": "Use OpenAILLM."})
    missing_names._all_names.cache_clear()
    missing_names.missing_modules.cache_clear()
    yield
    missing_names._all_names.cache_clear()
    missing_names.missing_modules.cache_clear()


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_importing_it_says_that_it_is_not_here(module: str, name: str) -> None:
    with pytest.raises(ImportError, match=f"^{name} is not in distilabel 2 yet"):
        exec(f"from distilabel.{module} import {name}")


@pytest.mark.usefixtures("owl_is_missing")
def test_the_page_that_it_names_exists() -> None:
    assert (ROOT / missing_names._PAGE).is_file()
    assert missing_names._PAGE in str(missing_name("OwlLLM"))


@pytest.mark.parametrize("name", ["TextGeneration", "NoSuchStep", "", "__path__"])
def test_nothing_is_said_of_other_names(name: str) -> None:
    assert missing_name(name) is None
    assert missing_name_in("distilabel.steps", name) is None


@pytest.mark.usefixtures("owl_is_missing")
def test_a_model_that_is_not_here_is_told_with_what_to_use_instead() -> None:
    text = str(missing_name("OwlLLM"))
    assert text.startswith("OwlLLM is not in distilabel 2 yet. Use OpenAILLM.")


@pytest.mark.usefixtures("owl_is_missing")
def test_a_package_that_lacks_it_can_be_asked() -> None:
    models = importlib.import_module("distilabel.models")
    # Programs that look before they import find nothing.
    assert not hasattr(models, "OwlLLM")
    with pytest.raises(AttributeError, match="not in distilabel 2 yet"):
        models.OwlLLM  # noqa: B018


@pytest.mark.usefixtures("owl_is_missing")
@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("distilabel.models", "OwlLLM"),
        ("distilabel.llms.owl", "OwlLLM"),
        ("distilabel.somewhere", "OwlLLM"),
    ],
)
def test_a_file_that_names_it_says_so(module: str, name: str) -> None:
    with pytest.raises(DistilabelUserError, match=f"{name} is not in distilabel 2 yet"):
        find_class({"module": module, "name": name})
