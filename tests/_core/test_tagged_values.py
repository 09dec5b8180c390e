"""Protects odd values of fields: they come back from files as the type they were."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
import math
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple, Union
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import yaml
from pydantic import BaseModel, ConfigDict, SecretStr

from distilabel._core.serialization import Serializable, from_plain, to_plain
from distilabel._core.tagged_values import same
from distilabel.errors import DistilabelUserError


class Color(enum.Enum):
    RED = "red"


class Mood(enum.StrEnum):
    SAD = "sad"


class Point(NamedTuple):
    x: int
    y: Any = None


class Part(BaseModel):
    sides: Any = 1


@dataclasses.dataclass
class Dot:
    x: Any
    made: int = dataclasses.field(default=0, init=False)


class Own(Serializable, BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    anything: Any = None
    untyped: dict = {}  # type: ignore[type-arg]
    rows: List[Dict[str, Any]] = []


class Typed(Serializable, BaseModel):
    numbers: Dict[int, str] = {1: "a"}
    flags: Dict[bool, List[str]] = {True: ["good"]}
    color: Color = Color.RED
    mood: Mood = Mood.SAD
    day: Optional[datetime.date] = datetime.date(2024, 1, 2)
    at: datetime.datetime = datetime.datetime(2024, 1, 2, 3, 4)
    span: datetime.timedelta = datetime.timedelta(days=1, seconds=5)
    some: Set[str] = {"x"}
    pair: Tuple[int, str] = (1, "a")
    path: Path = Path("a/b")
    either: Union[str, Path] = Path("a/b")
    part: Part = Part(sides=3)
    id: UUID = UUID(int=1)
    price: Decimal = Decimal("1.50")


_VALUES: list[Any] = [
    {1: "a", 2: {3: "b"}},
    {True: 1, None: 2, "x": 3},
    {(1, 2): "x", Color.RED: "y"},
    {1: "int", "1": "text"},
    (1, (2, [3, (4,)])),
    [(1,)],
    {"x"},
    frozenset({1, 2}),
    [],
    (),
    {},
    b"\x00\xff",
    bytearray(b"x"),
    datetime.date(2024, 1, 2),
    datetime.datetime(2024, 1, 2, 3, 4, 5, 6),
    datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC),
    datetime.time(3, 4),
    datetime.timedelta(days=-1, microseconds=5),
    Decimal("1.50"),
    Decimal("Infinity"),
    Fraction(1, 3),
    UUID(int=7),
    Path("a/b"),
    range(1, 9, 2),
    1 + 2j,
    Color.RED,
    Mood.SAD,
    Point(1, (2,)),
    Part(sides={1: 2}),
    Dot((1, 2)),
    re.compile("a+", re.IGNORECASE),
    re.compile(b"a"),
    math.inf,
    -math.inf,
    math.nan,
    2**80,
    np.array([[1, 2]], dtype="int8"),
    np.array(["long text", "x"]),
    np.float32(1.5),
    np.datetime64("2024-01-02"),
    {"_type": "tuple", "_items": [1]},
    {"_type": "enum"},
    {"_type": None},
    "text",
    -0.0,
]


@pytest.mark.parametrize("format", ["json", "yaml"])
@pytest.mark.parametrize("value", _VALUES, ids=repr)
def test_a_value_comes_back_as_the_type_it_was(value: Any, format: Any, tmp_path: Path) -> None:
    own = Own(anything=value, untyped={"deep": [value]}, rows=[{"v": value}])
    own.save(tmp_path / f"own.{format}", format=format)
    again = Own.from_file(tmp_path / f"own.{format}")
    for name in ("anything", "untyped", "rows"):
        assert same(getattr(again, name), getattr(own, name)), again
        assert repr(getattr(again, name)) == repr(getattr(own, name))
    # The text is data alone, which other programs can read.
    text = (tmp_path / f"own.{format}").read_text()
    assert json.loads(text) if format == "json" else yaml.safe_load(text)


@pytest.mark.parametrize("format", ["json", "yaml"])
def test_fields_with_a_type_are_written_plainly_and_restored_by_it(
    format: Any, tmp_path: Path
) -> None:
    assert Typed().dump() == {
        "numbers": {"1": "a"},
        "flags": {"True": ["good"]},
        "color": "red",
        "mood": "sad",
        "day": "2024-01-02",
        "at": "2024-01-02 03:04:00",
        "span": "1 day, 0:00:05",
        "some": ["x"],
        "pair": [1, "a"],
        "path": "a/b",
        "either": "a/b",
        "part": {"sides": 3},
        "id": "00000000-0000-0000-0000-000000000001",
        "price": "1.50",
        "type_info": {"module": __name__, "name": "Typed"},
    }
    Typed().save(tmp_path / f"typed.{format}", format=format)
    again = Typed.from_file(tmp_path / f"typed.{format}")
    assert again.model_copy(update={"either": Path(again.either)}) == Typed()


def test_components_in_tuples_and_odd_dicts_come_back() -> None:
    own = Own(anything=({1: Own(anything=2)}, Own(anything=(3,))))
    assert Own.from_dict(json.loads(json.dumps(own.dump()))) == own


def test_no_secret_is_written_beside_odd_values() -> None:
    secret = SecretStr("sk-very-secret")
    own = Own(anything={1: secret, 2: [secret, (1,)], "t": (secret, 1)}, untyped={2: "x"})
    assert "very-secret" not in json.dumps(own.dump())
    address = Own(anything=("https://me:sk-very-secret@example.org/", 1))
    assert "very-secret" not in json.dumps(address.dump())


def test_a_time_zone_becomes_its_offset() -> None:
    at = datetime.datetime(2024, 1, 2, tzinfo=ZoneInfo("Europe/Berlin"))
    again = Own.from_dict(Own(anything=at).dump()).anything
    assert again == at
    assert again.utcoffset() == at.utcoffset()


@pytest.mark.parametrize(
    "data",
    [
        {"_type": "tuple"},
        {"_type": "tuple", "_items": 1},
        {"_type": "dict", "_items": [[[1], 2]]},
        {"_type": "dict", "_items": [1]},
        {"_type": "date", "_value": "yesterday"},
        {"_type": "Decimal", "_value": []},
        {"_type": "Fraction", "_value": "1e999999999"},
        {"_type": "bytes", "_value": "x"},
        {"_type": "pattern", "_value": "(", "_flags": 0},
        {"_type": "range", "_items": [1, 2, 0]},
        {"_type": "timedelta", "_items": [10**12]},
        {"_type": "numpy", "_dtype": "O", "_value": [1]},
        {"_type": "numpy", "_dtype": "V99999", "_value": []},
        {"_type": "enum_member", "_class": {"module": __name__, "name": "Color"}, "_name": "BLUE"},
        {"_type": "enum_member", "_class": {"module": __name__, "name": "Part"}, "_name": "RED"},
        {"_type": "enum_member", "_class": "x", "_name": "RED"},
        {"_type": "model", "_class": {"module": "os", "name": "system"}, "_items": {}},
        {"_type": "model", "_class": {"module": __name__, "name": "Color"}, "_items": {}},
        {"_type": "dataclass", "_class": {"module": __name__, "name": "Dot"}, "_items": {"z": 1}},
        {"_type": "namedtuple", "_class": {"module": "builtins", "name": "tuple"}, "_items": []},
    ],
)
def test_data_that_are_not_valid_are_an_error(data: Any) -> None:
    with pytest.raises(DistilabelUserError):
        from_plain({"a": [data]})


def test_no_module_is_imported_for_a_value() -> None:
    for kind in ("enum_member", "namedtuple", "model", "dataclass"):
        named = {"module": "antigravity", "name": "X"}
        with pytest.raises(DistilabelUserError, match="allow"):
            from_plain({"_type": kind, "_class": named, "_items": [], "_name": "x"})


def test_texts_of_another_program_are_kept() -> None:
    schema = {"type": "object", "_type": "mine", "x": [{"_type": 3}]}
    assert from_plain(schema) == schema
    assert to_plain(schema) == schema


def test_a_file_does_not_choose_how_much_memory_an_array_of_texts_takes() -> None:
    made = from_plain({"_type": "numpy", "_dtype": "<U100000", "_value": ["a", "bc"]})
    assert (made.tolist(), made.nbytes) == (["a", "bc"], 2 * 2 * 4)
