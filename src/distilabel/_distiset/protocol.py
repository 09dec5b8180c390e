"""A distiset as those see it who save, push and describe it. Knows no datasets."""

from __future__ import annotations

from collections.abc import ItemsView, ValuesView
from pathlib import Path
from typing import Any, Protocol


class DistisetLike(Protocol):
    """Datasets by name, and where that is kept which tells how they were made."""

    @property
    def pipeline_path(self) -> Path | None:
        """The file of the pipeline."""

    @property
    def log_filename_path(self) -> Path | None:
        """The log of the run."""

    @property
    def artifacts_path(self) -> Path | None:
        """The folder of the artifacts."""

    @property
    def citations(self) -> list[str]:
        """BibTeX entries."""

    def __len__(self) -> int:
        """How many datasets."""

    def items(self) -> ItemsView[str, Any]:
        """Names and datasets."""

    def values(self) -> ValuesView[Any]:
        """The datasets."""
