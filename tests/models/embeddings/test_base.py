"""Protects what subclasses of `Embeddings` rely on."""

from __future__ import annotations

from pydantic import Field

from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.embeddings.base import Embeddings


class Lengths(Embeddings):
    """Turns each text into its length."""

    scale: RuntimeParameter[float] = Field(default=1.0, description="Factor.")

    @property
    def model_name(self) -> str:
        return "lengths"

    def encode(self, inputs: list[str]) -> list[list[int | float]]:
        return [[len(text) * (self.scale or 1)] for text in inputs]


def test_a_subclass_encodes_and_is_dumped() -> None:
    model = Lengths(scale=2)
    model.load()
    assert model.encode(["owl"]) == [[6.0]]
    assert model._logger.name == "distilabel.models.embeddings.lengths"
    assert model.dump()["scale"] == 2
    model.unload()


def test_its_fields_are_runtime_parameters() -> None:
    assert "scale" in Lengths().runtime_parameters_names
