"""`Embeddings`, the base class of all models that turn texts into vectors."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import List, Union

from pydantic import BaseModel, ConfigDict, PrivateAttr

from distilabel._core.serialization import Serializable
from distilabel.mixins.runtime_parameters import RuntimeParametersMixin


class Embeddings(RuntimeParametersMixin, Serializable, BaseModel, ABC):
    """A model that turns texts into vectors.

    A subclass implements the property `model_name` and the method `encode`, and may prepare itself
    in `load` (calling `super().load()`).
    """

    model_config = ConfigDict(
        arbitrary_types_allowed=True,
        validate_default=True,
        validate_assignment=True,
        extra="forbid",
        protected_namespaces=(),
        # An invalid value may be an API key.
        hide_input_in_errors=True,
    )

    _logger: logging.Logger = PrivateAttr(default=logging.getLogger("distilabel.models.embeddings"))

    @property
    @abstractmethod
    def model_name(self) -> str:
        """Name of the model, as written to the dataset."""

    @abstractmethod
    def encode(self, inputs: List[str]) -> List[List[Union[int, float]]]:
        """Turns texts into vectors.

        Args:
            inputs: The texts.

        Returns:
            One vector per text, in the same order, all of the same length.
        """

    def load(self) -> None:
        """Prepares the model; a subclass calls `super().load()`."""
        self._logger = logging.getLogger(f"distilabel.models.embeddings.{self.model_name}")

    def unload(self) -> None:
        """Releases what `load` acquired."""
