"""The part of a distiset that saving, pushing and describing it use. Imports no `datasets`."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, ValuesView
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from distilabel.utils.card.dataset_card import DistilabelDatasetCard


class DistisetLike(Protocol):
    """Datasets by name, and what tells how they were made.

    Attributes:
        card_sections: More sections of the card: title → Markdown.
    """

    card_sections: dict[str, str]
    # The description of the run, and what draws the pipeline as PNG.
    _run_facts: dict[str, Any]
    _picture: Callable[[], bytes] | None

    @property
    def pipeline_path(self) -> Path | None:
        """File of the saved pipeline."""

    @property
    def log_filename_path(self) -> Path | None:
        """Log file of the run."""

    @property
    def artifacts_path(self) -> Path | None:
        """Directory of the artifacts."""

    citations: list[str]

    def __iter__(self) -> Iterator[str]:
        """Names."""

    def __len__(self) -> int:
        """Number of datasets."""

    def items(self) -> ItemsView[str, Any]:
        """Names and datasets."""

    def values(self) -> ValuesView[Any]:
        """Datasets."""

    def _get_card(
        self,
        repo_id: str,
        token: str | None = None,
        include_script: bool = False,
        filename_py: str | None = None,
    ) -> DistilabelDatasetCard:
        """Makes the card."""
