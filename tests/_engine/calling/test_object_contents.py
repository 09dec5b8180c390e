"""Reads and writes the contents of single objects."""

from __future__ import annotations

from collections import OrderedDict, deque
from copy import copy
from typing import Any

import numpy as np
import pytest

from distilabel._engine.calling.object_contents import contents_of


def test_a_large_array_is_compared_by_a_sample() -> None:
    array = np.zeros(1_000_000)
    contents = contents_of(array)
    assert contents is not None
    before = contents.read()
    array[:] = 1
    assert contents.read() != before
    with pytest.raises(TypeError, match="large"):
        contents.write(before)


@pytest.mark.parametrize(
    "value",
    [[1, 2], deque([1, 2], maxlen=3), {1, 2}, {"a": 1}, OrderedDict(b=1, a=2), bytearray(b"ab")],
)
def test_contents_are_put_back_into_the_same_object(value: Any) -> None:
    contents = contents_of(value)
    assert contents is not None
    before, saved = copy(value), contents.read()
    if isinstance(value, dict):
        value["c"] = value.pop("a")
    elif isinstance(value, set):
        value ^= {1, 3}
    else:
        value.append(value[0])
    assert value != before
    assert contents.write(saved) is None
    assert value == before
