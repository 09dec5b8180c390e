"""`EmbeddingDedup`: marks rows that are close to others by their embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.base import GlobalStep, StepInput
from distilabel.steps.column_checks import optional_list_in

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class EmbeddingDedup(GlobalStep):
    """Marks rows that are near neighbors of another row.

    Put it behind `FaissNearestNeighbour`. A row is marked if it is among the neighbors of any other
    row with a score above `threshold`. **Both rows of a pair are marked**, since each is the
    neighbor of the other: filtering by the column removes all of them. To keep one row of each
    group, use `MinHashDedup`, or choose among the marked rows.

    A higher score must mean closer. `FaissNearestNeighbour` returns distances by default, where a
    lower one means closer: set its `metric_type=0` (the inner product) and give it normalized
    embeddings, for the cosine similarity.

    Attributes:
        threshold: Score above which a neighbor is a duplicate.

    Runtime parameters:
        - threshold: Score above which a neighbor is a duplicate. Defaults to 0.9.

    Input columns:
        - nn_indices (List[int]): Positions of the nearest rows; None for a row without an
            embedding.
        - nn_scores (List[float]): Their similarities.

    Output columns:
        - keep_row_after_embedding_filtering (bool): False if the row is a near neighbor of another
            one; None for a row without neighbors to compare.

    Categories:
        - filtering

    Examples:
        Find duplicates by their embeddings:

        ```python notest
        from distilabel.pipeline import Pipeline
        from distilabel.steps import EmbeddingDedup, FaissNearestNeighbour, LoadDataFromDicts

        with Pipeline() as pipeline:
            load = LoadDataFromDicts(
                data=[{"embedding": [1.0, 0.0]}, {"embedding": [0.8, 0.6]}, {"embedding": [1.0, 0.0]}]
            )
            # 0 is `faiss.METRIC_INNER_PRODUCT`.
            load >> FaissNearestNeighbour(metric_type=0) >> EmbeddingDedup(threshold=0.99)

        distiset = pipeline.run()
        # "keep_row_after_embedding_filtering" is False, True, False
        ```
    """  # noqa: E501 (a line of the example)

    threshold: RuntimeParameter[float] = Field(
        default=0.9, description="Score above which a neighbor is a duplicate."
    )

    @property
    def inputs(self) -> StepColumns:
        """The neighbors and their scores."""
        return ["nn_scores", "nn_indices"]

    @property
    def outputs(self) -> StepColumns:
        """`keep_row_after_embedding_filtering`."""
        return ["keep_row_after_embedding_filtering"]

    def process(self, inputs: StepInput) -> StepOutput:
        """Marks all rows.

        Args:
            inputs: All rows, in the order in which their neighbors were searched.

        Yields:
            The rows with `keep_row_after_embedding_filtering`.

        Raises:
            DistilabelUserError: If the columns do not contain lists of the same length, or a
                position is not that of a row.
        """
        threshold = 0.9 if self.threshold is None else self.threshold
        duplicates: set[int] = set()
        for row in inputs:
            indices = optional_list_in(self, row, "nn_indices") or []
            scores = optional_list_in(self, row, "nn_scores") or []
            if len(indices) != len(scores):
                raise DistilabelUserError(
                    f"{self.name}: a row has {len(indices)} nn_indices and {len(scores)} "
                    "nn_scores. It must have as many of both."
                )
            duplicates.update(
                i for i, score in zip(indices, scores, strict=True) if score > threshold
            )
        unknown = [i for i in duplicates if not 0 <= i < len(inputs)]
        if unknown:
            raise DistilabelUserError(
                f"{self.name}: nn_indices contains {unknown[0]}, and there are {len(inputs)} rows. "
                "The rows must be those whose neighbors were searched: filter them afterwards."
            )
        for index, row in enumerate(inputs):
            keep = index not in duplicates
            has_neighbors = row["nn_indices"] is not None
            row["keep_row_after_embedding_filtering"] = keep if has_neighbors else None
        yield inputs
