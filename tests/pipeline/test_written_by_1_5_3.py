"""Protects what people have on their disks: dumps of 1.5.3 load, and are written again the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from distilabel._core.spec import Spec, from_plain
from distilabel.errors import DistilabelUserError
from written import NEW, builtins, fields_of, holds, without_descriptions, written

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

# 1.5.3 wrote this key; it is read, and not written any more.
NOT_WRITTEN = {"token"}

DUMPS = [
    pytest.param(dump, id=f"{name}-{i}")
    for name, dumps in written().items()
    for i, dump in enumerate(dumps)
    if name in builtins()
]


def test_no_builtin_is_without_a_dump() -> None:
    assert sorted(builtins().keys() - written().keys() - NEW) == []
    assert builtins().keys() >= NEW


@pytest.mark.parametrize("dump", DUMPS)
def test_a_dump_loads_and_is_written_again(dump: dict[str, Any]) -> None:
    name = dump["type_info"]["name"]
    loaded = from_plain(json.loads(json.dumps(dump)))
    assert type(loaded) is builtins()[name]
    expected = {k: v for k, v in dump.items() if k not in NOT_WRITTEN}
    # Through JSON, as it comes back from a file.
    again = json.loads(json.dumps(loaded.dump()))
    assert list(again) == list(expected)
    info, before = (d.pop("runtime_parameters_info", None) for d in (again, expected))
    assert holds(without_descriptions(info), without_descriptions(before))
    assert again == expected


@pytest.mark.parametrize("dump", DUMPS)
def test_what_was_loaded_loads_again_and_is_equal(dump: dict[str, Any]) -> None:
    loaded = from_plain({k: v for k, v in dump.items() if k not in NOT_WRITTEN})
    again = from_plain(json.loads(json.dumps(loaded.dump())))
    assert fields_of(again) == fields_of(loaded)


@pytest.mark.parametrize("name", sorted(NEW))
def test_what_is_new_loads_again_and_is_equal(name: str) -> None:
    made = builtins()[name]()
    again = Spec.from_dict(json.loads(json.dumps(made.dump())))
    assert fields_of(again) == fields_of(made)


@pytest.mark.parametrize("name", sorted(written().keys() - builtins().keys()))
def test_a_class_that_is_not_here_is_named(name: str) -> None:
    with pytest.raises(DistilabelUserError, match=name):
        from_plain(written()[name][0])
