"""Reads and writes the contents of single objects."""

from __future__ import annotations

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
