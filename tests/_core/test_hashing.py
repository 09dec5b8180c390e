"""Protects digests: the same for equal data, different for other data."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from pydantic import BaseModel

from distilabel._core.hashing import canonical, digest


class Shape(BaseModel):
    sides: int


def test_the_order_of_keys_does_not_matter_that_of_items_does() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest([1, 2]) != digest([2, 1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, "1"),
        (None, "null"),
        (b"a", "a"),
        ([[]], []),
        ({"a": None}, {}),
        (np.array([1, 2]), np.array([1, 3])),
        ({1}, {2}),
    ],
)
def test_other_data_have_other_digests(one: object, other: object) -> None:
    assert digest(one) != digest(other)


def test_numpy_sets_and_classes_are_understood() -> None:
    assert digest(np.array([1, 2])) == digest([1, 2])
    assert digest({3, 1, 2}) == digest({2, 3, 1})
    assert b"sides" in canonical(Shape)


def test_an_unpaired_surrogate_has_the_digest_of_its_replacement() -> None:
    assert digest(["a \ud83d"]) == digest(["a \ufffd"]) != digest(["a "])


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        digest({"a": object()})


def test_it_is_the_same_in_another_process() -> None:
    value = "{'a': [1, 2.5, 'x'], 'b': {'y', 'z', 'w'}}"
    code = f"from distilabel._core.hashing import digest; print(digest({value}).hex())"
    out = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(out) == 1
