"""Protects the modules of earlier versions: they are found only where no file is."""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec

import pytest

from distilabel._core import module_finder
from distilabel._core.module_finder import FormerModules


def test_the_finder_is_the_last_and_there_is_one() -> None:
    module_finder.install()
    finders = [finder for finder in sys.meta_path if isinstance(finder, FormerModules)]
    assert len(finders) == 1


@pytest.mark.parametrize(
    "name",
    [
        "distilabel",
        "distilabels.llms.openai",
        "distilabel.steps.nosuch",
        "distilabel.llms.nosuch",
        "distilabel.llms.nosuch.deeper",
        "distilabel.steps.tasks.evol_instruct.base.nosuch",
        "os.nosuch",
    ],
)
def test_other_modules_are_not_found(name: str) -> None:
    assert FormerModules().find_spec(name) is None


@pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")
def test_a_submodule_of_a_module_that_moved_leads_to_the_nearest_one() -> None:
    mixins = importlib.import_module("distilabel.llms.mixins.magpie")
    from distilabel.models.mixins.magpie import MagpieChatTemplateMixin

    assert mixins.MagpieChatTemplateMixin is MagpieChatTemplateMixin


def test_a_real_module_is_never_replaced() -> None:
    spec = find_spec("distilabel.steps.columns.expand")
    assert spec is not None
    assert str(spec.origin).endswith("expand.py")
