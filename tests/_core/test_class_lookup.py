"""Protects programs from files: what a file names is imported only where that is allowed."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from distilabel._core.serialization import Serializable, find_class, from_plain
from distilabel.errors import DistilabelUserError
from distilabel.steps import KeepColumns


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("builtins", "object"),
        ("subprocess", "Popen"),
        ("importlib", "import_module"),
        ("distilabel._core.class_lookup", "importlib.import_module"),
        ("distilabel._core.class_lookup", "sys.modules"),
        ("distilabel.steps.base", "logging.Logger"),
        ("distilabel.pipeline.building.serialization", "distilabel.steps.KeepColumns"),
        ("distilabel.steps.base", "Step.__init_subclass__"),
        ("distilabel.steps.base", "Step.__class__"),
        ("distilabel.steps.base", "__builtins__"),
        ("distilabel.steps.base", ""),
        ("distilabel.steps.base", "."),
        ("distilabel.errors", "DistilabelUserError"),
        ("distilabel.pipeline.local", "Pipeline"),
        ("distilabel..steps", "KeepColumns"),
        ("distilabel.nowhere", "KeepColumns"),
        ("distilabel:os", "system"),
        ("", ""),
        (".os", "system"),
        (5, 6),
        (None, "KeepColumns"),
        (["distilabel"], {}),
    ],
)
def test_nothing_but_components_is_found(module: Any, name: Any) -> None:
    with pytest.raises(DistilabelUserError):
        find_class({"module": module, "name": name})


def test_a_module_that_is_loaded_is_not_asked_to_make_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    module = ModuleType("lazy_thing")
    module.__getattr__ = lambda name: asked.append(name)  # type: ignore[method-assign]
    module.Mine = type("Mine", (KeepColumns,), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lazy_thing", module)
    with pytest.raises(DistilabelUserError, match="no component"):
        find_class({"module": "lazy_thing", "name": "Heavy"})
    assert asked == []
    assert find_class({"module": "lazy_thing", "name": "Mine"}) is module.Mine


def test_a_class_inside_a_function_is_named_as_such() -> None:
    class Mine(KeepColumns):
        pass

    with pytest.raises(DistilabelUserError, match="inside a function"):
        Serializable.from_dict(Mine(columns=["a"]).dump())


def test_a_class_to_be_subclassed_is_not_made() -> None:
    with pytest.raises(DistilabelUserError, match="cannot be created"):
        from_plain({"type_info": {"module": "distilabel.steps.base", "name": "Step"}})


@pytest.mark.parametrize(
    "data",
    [
        {"_type": "enum"},
        {"_type": "enum", "_name": "E", "_values": ["a"]},
        {"_type": "enum", "_name": 1, "_values": {"A": 1}},
        {"_type": "enum", "_name": "E", "_enum_type": "int", "_values": {"A": "x"}},
        {"_type": "enum", "_name": "E", "_values": {"mro": "x"}},
        {"_type": "enum", "_name": "E", "_values": {"__init__": "x"}},
        {"_type": "enum", "_name": "E", "_values": {"_missing_": "x"}},
        {"_type": "enum", "_name": "E", "_values": {"a b": "x"}},
    ],
)
def test_an_enum_that_is_none(data: Any) -> None:
    with pytest.raises(DistilabelUserError, match="enum"):
        from_plain(data)


def test_a_module_that_is_allowed_says_why_it_cannot_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_parts.py").write_text("import not_there_at_all\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(DistilabelUserError, match="not_there_at_all"):
        find_class({"module": "broken_parts", "name": "X"}, ("broken_parts",))
