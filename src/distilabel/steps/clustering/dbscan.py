"""`DBSCAN`: finds clusters of rows that are close to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field, PrivateAttr

from distilabel._core.extras import import_extra
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.base import GlobalStep, StepInput
from distilabel.steps.column_checks import vectors_in

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput


class DBSCAN(GlobalStep):
    """Finds clusters of rows: regions where projections lie close together.

    The number of clusters follows from the data. Rows outside of every cluster are noise. Needs
    scikit-learn (`pip install 'distilabel[text-clustering]'`). The fitted model is saved as the
    artifact `DBSCAN_model`.

    Attributes:
        eps: Largest distance between two neighbors.
        min_samples: Number of rows within `eps` of a row, itself included, that make it part of the
            core of a cluster.
        metric: Metric of the distance, as scikit-learn takes it.
        n_jobs: Number of threads.

    Runtime parameters:
        - eps: Largest distance between two neighbors. Defaults to 0.3.
        - min_samples: Number of neighbors of a row in the core of a cluster. Defaults to 30.
        - metric: Metric of the distance. Defaults to `euclidean`.
        - n_jobs: Number of threads. Defaults to 8.

    Input columns:
        - projection (List[float]): Projection of the row, as from `UMAP`; None for a missing one.

    Output columns:
        - cluster_label (int): Number of the cluster, from 0; -1 for noise, None without a
            projection.

    Categories:
        - clustering
        - text-classification

    References:
        - [DBSCAN demo of sklearn](https://scikit-learn.org/stable/auto_examples/cluster/plot_dbscan.html#demo-of-dbscan-clustering-algorithm)
        - [sklearn dbscan](https://scikit-learn.org/stable/modules/clustering.html#dbscan)

    Examples:
        Find two clusters and one row of noise:

        ```python notest
        from distilabel.steps import DBSCAN

        step = DBSCAN(eps=0.5, min_samples=2)
        step.load()
        points = [[0.0, 0.0], [0.1, 0.0], [5.0, 5.0], [5.0, 5.1], [9.0, 0.0]]
        rows = next(step.process([{"projection": point} for point in points]))
        # "cluster_label" is 0, 0, 1, 1, -1
        ```
    """

    eps: RuntimeParameter[float] = Field(
        default=0.3, description="Largest distance between two neighbors."
    )
    min_samples: RuntimeParameter[int] = Field(
        default=30, description="Number of neighbors of a row in the core of a cluster."
    )
    metric: RuntimeParameter[str] = Field(
        default="euclidean", description="Metric of the distance, as scikit-learn takes it."
    )
    n_jobs: RuntimeParameter[int] = Field(default=8, description="Number of threads.")

    _cluster: Any = PrivateAttr(default=None)

    @property
    def inputs(self) -> StepColumns:
        """`projection`."""
        return ["projection"]

    @property
    def outputs(self) -> StepColumns:
        """`cluster_label`."""
        return ["cluster_label"]

    def load(self) -> None:
        """Imports scikit-learn.

        Raises:
            ImportError: If scikit-learn is not installed.
        """
        super().load()
        self._cluster = import_extra("sklearn.cluster", extra="text-clustering", subject="DBSCAN")

    def process(self, inputs: StepInput) -> StepOutput:
        """Finds the clusters of all rows.

        Args:
            inputs: All rows.

        Yields:
            The rows with `cluster_label`.

        Raises:
            DistilabelUserError: If the projections are not lists of equally many numbers.
        """
        positions, vectors = vectors_in(self, inputs, "projection")
        for row in inputs:
            row["cluster_label"] = None
        if positions:
            model = self._cluster.DBSCAN(
                eps=self.eps, min_samples=self.min_samples, metric=self.metric, n_jobs=self.n_jobs
            )
            labels = model.fit_predict(vectors).tolist()
            for position, label in zip(positions, labels, strict=True):
                inputs[position]["cluster_label"] = label
            joblib = import_extra("joblib", extra="text-clustering", subject="DBSCAN")
            self.save_artifact(
                "DBSCAN_model",
                lambda path: joblib.dump(model, path / "DBSCAN.joblib"),
                {"eps": self.eps, "min_samples": self.min_samples, "metric": self.metric},
            )
        yield inputs
