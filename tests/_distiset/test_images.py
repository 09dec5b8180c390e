"""Protects images in datasets: base64 text becomes images, and what is not base64 is named."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from datasets import Dataset, DatasetDict, Image

from distilabel.distiset import Distiset
from distilabel.errors import DistilabelUserError


def train(rows: list[dict[str, Any]]) -> DatasetDict:
    return DatasetDict(train=Dataset.from_list(rows))


def test_base64_columns_become_images() -> None:
    text = base64.b64encode(b"picture").decode()
    rows: list[dict[str, Any]] = [{"i": text}, {"i": f"data:image/png;base64,{text}"}, {"i": None}]
    distiset = Distiset(
        {"one": train(rows), "two": Dataset.from_list(rows), "none": train([{"x": 1}])}
    )
    assert distiset.transform_columns_to_image("i") is distiset
    for dataset in (distiset["one"]["train"], distiset["two"]):
        assert isinstance(dataset.features["i"], Image)
        raw = dataset.cast_column("i", Image(decode=False)).to_list()
        assert [row["i"] and row["i"]["bytes"] for row in raw] == [b"picture", b"picture", None]
    assert distiset["none"]["train"].to_list() == [{"x": 1}]


def test_the_column_without_base64_is_named() -> None:
    with pytest.raises(DistilabelUserError, match="'nope'"):
        Distiset({"one": train([{"i": "x"}])}).transform_columns_to_image(["nope"])
    with pytest.raises(DistilabelUserError, match="'i' of the configuration 'one'"):
        Distiset({"one": train([{"i": "x"}])}).transform_columns_to_image(["i"])
