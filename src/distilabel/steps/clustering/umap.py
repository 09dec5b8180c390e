"""`UMAP`: projects embeddings onto a few dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from pydantic import Field, PrivateAttr

from distilabel._core.extras import import_extra
from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.base import GlobalStep, StepInput
from distilabel.steps.column_checks import vectors_in

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class UMAP(GlobalStep):
    """Projects embeddings onto a few dimensions, so that similar rows stay close to each other.

    Needs umap-learn (`pip install 'distilabel[text-clustering]'`). The fitted model is saved as the
    artifact `UMAP_model`.

    Attributes:
        n_components: Number of dimensions.
        metric: Metric of the embeddings, as UMAP takes it, such as `cosine`.
        n_jobs: Number of threads; one if `random_state` is set.
        random_state: Seed, for the same projection in every run.

    Runtime parameters:
        - n_components: Number of dimensions. Defaults to 2.
        - metric: Metric of the embeddings. Defaults to `euclidean`.
        - n_jobs: Number of threads. Defaults to 8.
        - random_state: Seed, for the same projection in every run.

    Input columns:
        - embedding (List[float]): Embedding of the row; None for a missing one.

    Output columns:
        - projection (List[float]): Projection of the embedding; None without one.

    Categories:
        - clustering
        - text-classification

    References:
        - [UMAP repository](https://github.com/lmcinnes/umap/tree/master)
        - [UMAP documentation](https://umap-learn.readthedocs.io/en/latest/)

    Citations:
        ```bibtex
        @misc{mcinnes2020umapuniformmanifoldapproximation,
            title={UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction},
            author={Leland McInnes and John Healy and James Melville},
            year={2020},
            eprint={1802.03426},
            archivePrefix={arXiv},
            primaryClass={stat.ML},
            url={https://arxiv.org/abs/1802.03426},
        }
        ```

    Examples:
        Project embeddings onto two dimensions:

        ```python notest
        import random

        from distilabel.steps import UMAP

        step = UMAP(n_components=2, random_state=1)
        step.load()
        rows = [{"embedding": [random.random() for _ in range(8)]} for _ in range(50)]
        rows = next(step.process(rows))
        # [{"embedding": [...], "projection": [1.2..., -3.4...]}, ...]
        ```
    """

    n_components: RuntimeParameter[int] = Field(default=2, description="Number of dimensions.")
    metric: RuntimeParameter[str] = Field(
        default="euclidean", description="Metric of the embeddings, as UMAP takes it."
    )
    n_jobs: RuntimeParameter[int] = Field(default=8, description="Number of threads.")
    random_state: Optional[RuntimeParameter[int]] = Field(
        default=None, description="Seed, for the same projection in every run."
    )

    _umap: Any = PrivateAttr(default=None)

    @property
    def inputs(self) -> StepColumns:
        """`embedding`."""
        return ["embedding"]

    @property
    def outputs(self) -> StepColumns:
        """`projection`."""
        return ["projection"]

    def load(self) -> None:
        """Imports umap-learn.

        Raises:
            ImportError: If umap-learn is not installed.
        """
        super().load()
        self._umap = import_extra("umap", extra="text-clustering", subject="UMAP")

    def process(self, inputs: StepInput) -> StepOutput:
        """Projects all rows.

        Args:
            inputs: All rows.

        Yields:
            The rows with `projection`.

        Raises:
            DistilabelUserError: If the embeddings are not lists of equally many numbers, or there
                are too few of them.
        """
        positions, vectors = vectors_in(self, inputs, "embedding")
        least = (self.n_components or 2) + 3
        if 0 < len(positions) < least:
            raise DistilabelUserError(
                f"{self.name}: there are {len(positions)} rows with an embedding, and a projection "
                f"onto {self.n_components} dimensions needs at least {least}."
            )
        for row in inputs:
            row["projection"] = None
        if positions:
            self._project(inputs, positions, vectors)
        yield inputs

    def _project(self, rows: list[dict[str, Any]], positions: list[int], vectors: Any) -> None:
        model = self._umap.UMAP(
            # As many as UMAP takes by default, or all other rows.
            n_neighbors=min(15, len(positions) - 1),
            n_components=self.n_components,
            metric=self.metric,
            # With a seed, UMAP uses one thread and warns if it was given more.
            n_jobs=1 if self.random_state is not None else self.n_jobs,
            random_state=self.random_state,
        )
        projections = model.fit_transform(vectors).tolist()
        for position, projection in zip(positions, projections, strict=True):
            rows[position]["projection"] = projection
        joblib = import_extra("joblib", extra="text-clustering", subject="UMAP")
        self.save_artifact(
            "UMAP_model",
            lambda path: joblib.dump(model, path / "UMAP.joblib"),
            {"n_components": self.n_components, "metric": self.metric},
        )
