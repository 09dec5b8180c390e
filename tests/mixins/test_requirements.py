"""Requirements are sorted, unique, and missing only if they are not satisfied."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from distilabel.pipeline import Pipeline
from distilabel.utils.requirements import requirements
from rooms import Fn, Numbers


@requirements(["zlib-of-nowhere>=1", "pydantic"])
class Needy(Fn):
    pass


def test_a_pipeline_collects_those_of_its_steps() -> None:
    with Pipeline(name="p", requirements=["pydantic", "orjson>=1"]) as pipeline:
        Numbers() >> Needy()
    assert pipeline.requirements == ["orjson>=1", "pydantic", "zlib-of-nowhere>=1"]
    assert pipeline.requirements_to_install() == ["zlib-of-nowhere>=1"]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("pydantic>=1", False),
        ("pydantic<1", True),
        ("pydantic==0.1", True),
        ("pydantic", False),
        ("Pydantic >= 1, < 100", False),
        ("pydantic~=2.0", False),
        ("pydantic!=0.1", False),
        ("pydantic>=1; python_version < '3'", False),
        ("pydantic<1; python_version >= '3'", True),
        ("zlib-of-nowhere; sys_platform == 'nothing'", False),
        ("zlib-of-nowhere; python_version >= '3'", True),
        ("zlib-of-nowhere @ https://example.org/zlib.zip", True),
        # A module beside the program, which nobody has installed.
        ("rooms", False),
        ("rooms>=1", True),
        ("typing-extensions", False),
    ],
)
def test_versions_are_compared_as_versions(text: str, missing: bool) -> None:
    step = Fn()
    step.requirements = [text]
    assert step.requirements_to_install() == ([text] if missing else [])


def test_invalid_requirements_are_ignored(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        pipeline = Pipeline(name="p", requirements=["numpy >>> 2", "orjson", "", 5])  # type: ignore[list-item]
    assert pipeline.requirements == ["orjson"]
    assert "numpy >>> 2" in caplog.text


def test_the_run_says_what_to_install(tmp_path: Path) -> None:
    asked = ["zlib-of-nowhere>=1", "orjson"]
    with Pipeline(name="p", cache_dir=tmp_path, requirements=asked) as pipeline:
        Numbers() >> Fn()
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'zlib-of-nowhere>=1'$"):
        pipeline.run()
