"""Protects deprecated names: they mean what replaced them, and warn once."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from distilabel._core import deprecations
from distilabel.models.llms.openai import OpenAILLM
from distilabel.steps import (
    CombineOutputs,
    ExpandColumns,
    GroupColumns,
    KeepColumns,
    LoadDataFromHub,
)

# As it stands in programs of then: what is imported, and what the warnings name.
PROGRAMS = {
    "from distilabel.llms import OpenAILLM, LLM, GenerateOutput": "distilabel.models.llms",
    "from distilabel.llms.openai import OpenAILLM": "distilabel.models.llms",
    "import distilabel.llms; distilabel.llms.OpenAILLM": "distilabel.models.llms",
    "from distilabel.steps import LoadHubDataset": "distilabel.steps.LoadDataFromHub",
    "from distilabel.steps import CombineColumns": "distilabel.steps.GroupColumns",
    "from distilabel.steps.typing import StepOutput": "distilabel.typing",
    "from distilabel.steps.tasks.typing import ChatType": "distilabel.typing",
    "from distilabel.models.mixins import MagpieChatTemplateMixin": "distilabel.models.mixins",
    "from distilabel.steps.expand import ExpandColumns": "distilabel.steps.columns.expand",
    "from distilabel.pipeline.typing import InputDataset": "distilabel.typing",
    "from distilabel.steps import CombineKeys": "distilabel.steps.columns.merge.CombineKeys",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_old_program_runs_and_is_warned_once_with_the_current_name(
    program: str, tmp_path: Path
) -> None:
    script = tmp_path / "then.py"
    script.write_text(f"{program}\n{program}\n")
    done = subprocess.run(
        [sys.executable, "-W", "always", str(script)], capture_output=True, text=True, check=True
    )
    told = [line for line in done.stderr.splitlines() if "DeprecationWarning" in line]
    assert len(told) == 1
    assert PROGRAMS[program] in told[0]
    assert told[0].startswith(f"{script}:1:")


@pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")
def test_an_unknown_name_is_no_less_unknown_for_it() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"distilabel\.llms\.nobody"):
        __import__("distilabel.llms.nobody")
    with pytest.raises(ImportError, match="Nothing"):
        exec("from distilabel.llms import Nothing")
    with pytest.raises(ImportError, match="Nothing"):
        exec("from distilabel.steps import Nothing")


@pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("module", "name", "present"),
    [
        ("distilabel.llms.openai", "OpenAILLM", OpenAILLM),
        ("distilabel.steps", "LoadHubDataset", LoadDataFromHub),
        ("distilabel.steps.combine", "CombineColumns", GroupColumns),
        ("distilabel.steps.combine", "CombineOutputs", CombineOutputs),
        ("distilabel.steps.expand", "ExpandColumns", ExpandColumns),
        ("distilabel.steps.keep", "KeepColumns", KeepColumns),
    ],
)
def test_a_file_with_old_names_is_read(module: str, name: str, present: type) -> None:
    from distilabel._core.serialization import find_class

    assert find_class({"module": module, "name": name}) is present


@pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")
def test_a_module_that_moved_has_names_that_are_deprecated_as_well() -> None:
    module = importlib.import_module("distilabel.steps.combine")
    assert module.CombineColumns is GroupColumns


def test_every_old_name_leads_somewhere() -> None:
    """The tables are read by hand: a line that leads nowhere would be found by a user."""
    for module, name in deprecations.NAMES.values():
        assert hasattr(importlib.import_module(module), name)
    for targets in deprecations.MODULES.values():
        importlib.import_module(targets[0])
