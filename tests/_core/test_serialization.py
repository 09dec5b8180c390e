"""Protects dumps of components: they load as they were, without secrets, and run nothing."""

from __future__ import annotations

import datetime
import enum
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, Optional

import pytest
from pydantic import BaseModel, Field, SecretStr

from distilabel._core.safe_load import read_source
from distilabel._core.serialization import (
    Serializable,
    find_class,
    from_plain,
    to_plain,
)
from distilabel.errors import DistilabelUserError


class Inner(Serializable, BaseModel):
    x: int = 1
    api_key: Optional[SecretStr] = None
    token: Optional[SecretStr] = None


class Outer(Serializable, BaseModel):
    model_config = {"arbitrary_types_allowed": True}

    inner: Inner = Inner()
    many: list[Inner] = Field(default_factory=list)
    anything: Any = None
    hidden: str = Field(default="h", exclude=True)


class Color(enum.Enum):
    RED = "red"


def test_the_round_trip() -> None:
    outer = Outer(inner=Inner(x=2), many=[Inner(x=3), Inner(x=4)], anything={"0": 5, "a": [None]})
    again = Outer.from_dict(json.loads(json.dumps(outer.dump())))
    assert again == outer


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".yml"])
def test_the_round_trip_through_a_file(suffix: str, tmp_path: Path) -> None:
    outer = Outer(inner=Inner(x=2), anything="ü: \n 'quoted'")
    path = tmp_path / "deep" / f"file{suffix}"
    outer.save(path, format="json" if suffix == ".json" else "yaml")
    assert Outer.from_file(path) == outer


def test_no_secret_is_ever_written(tmp_path: Path) -> None:
    secret = SecretStr("sk-very-secret")
    inner = Inner(api_key=secret, token=secret)
    outer = Outer(inner=inner, many=[inner], anything={"nested": [inner, {"deep": inner}]})
    for format in ("json", "yaml"):
        outer.save(tmp_path / f"f.{format}", format=format)
        text = (tmp_path / f"f.{format}").read_text()
        assert "very-secret" not in text
        assert "api_key" not in text
    assert "hidden" not in outer.dump()


def test_secrets_leave_no_trace_in_dicts_and_lists() -> None:
    secret = SecretStr("sk-very-secret")
    values = {"a": secret, "b": 1, "deep": {"c": secret, "d": [secret, 2]}, "e": (secret, 3)}
    dump = Outer(anything=values).dump()
    assert "sk-very-secret" not in str(dump)
    # What is left of a value with secrets can be loaded again.
    assert Outer.from_dict(dump).anything == {"b": 1, "deep": {"d": [2]}, "e": (3,)}


@pytest.mark.parametrize(
    "module", ["antigravity", "this", "os", "distilabel_evil", "tests.evil", "distilabelx.y"]
)
def test_no_module_outside_is_imported(module: str) -> None:
    before = set(sys.modules)
    with pytest.raises(DistilabelUserError, match=r"allow|no component"):
        from_plain({"a": [{"type_info": {"module": module, "name": "X"}}]})
    assert module not in set(sys.modules) - before


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("distilabel.pipeline.base", "write"),
        ("distilabel._core.serialization", "importlib.import_module"),
        ("distilabel._core.serialization", "Path"),
        ("distilabel._core.serialization", "Serializable.__subclasses__"),
        ("os", "system"),
    ],
)
def test_nothing_but_components_is_built(module: str, name: str) -> None:
    with pytest.raises(DistilabelUserError):
        find_class({"module": module, "name": name})


def test_what_is_allowed_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_parts.py").write_text(
        "from pydantic import BaseModel\nfrom distilabel._core.serialization import Serializable\n"
        "class Mine(Serializable, BaseModel):\n    x: int = 1\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    data = {"x": 7, "type_info": {"module": "my_parts", "name": "Mine"}}
    with pytest.raises(DistilabelUserError, match=r"allow=\('my_parts',\)"):
        from_plain(data)
    with pytest.raises(DistilabelUserError):
        from_plain(data, ("my",))
    with pytest.raises(DistilabelUserError):
        from_plain(data, "xmy_partsx")  # type: ignore[arg-type]
    assert "my_parts" not in sys.modules
    try:
        assert from_plain(data, ("my_parts",)).x == 7
    finally:
        sys.modules.pop("my_parts", None)


def test_a_value_without_a_plain_form_is_dumped_as_its_class_and_fails_to_load() -> None:
    data = Outer(anything=object()).dump()
    assert data["anything"] == {"type_info": {"module": "builtins", "name": "object"}}
    with pytest.raises(DistilabelUserError, match=r"no component named .object"):
        Outer.from_dict(data)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (datetime.date(2024, 1, 2), "2024-01-02"),
        (Decimal("1.5"), "1.5"),
        (Path("a/b"), "a/b"),
        (Color.RED, "red"),
        ((1, {2}), [1, [2]]),
        ({1: "a"}, {"1": "a"}),
    ],
)
def test_values_become_plain(value: Any, plain: Any) -> None:
    assert to_plain(value) == plain


def test_an_enum_class_survives() -> None:
    again = from_plain(to_plain(Color))
    assert again("red").name == "RED"


def test_keys_of_other_versions_are_left_out() -> None:
    assert Inner.from_dict({**Inner(x=3).dump(), "gone": 1, "api_key": "k"}) == Inner(x=3)


def test_files_that_cannot_be(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "a.txt"):
        with pytest.raises(ValueError):
            read_source(path)
    with pytest.raises(FileNotFoundError):
        read_source(tmp_path / "none.json")
