"""`FaissNearestNeighbour`: finds the nearest rows by their embeddings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Union

from pydantic import Field, PrivateAttr

from distilabel._core.extras import import_extra
from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.base import GlobalStep, StepInput
from distilabel.steps.column_checks import vectors_in

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from distilabel.typing import StepColumns, StepOutput


class FaissNearestNeighbour(GlobalStep):
    """Finds the `k` nearest rows of every row by their embeddings, with an index of faiss.

    Needs faiss (`pip install 'distilabel[faiss-cpu]'`, or `faiss-gpu` for `device`). The index is
    saved as the artifact `faiss_index`.

    Attributes:
        device: Number of the GPU, a list of several, or a negative number for all of them; None
            for the CPU.
        string_factory: Kind of the index, as `faiss.index_factory` takes it, such as
            `IVF1024,Flat` for many rows; None for an exact search.
        metric_type: Metric of faiss: 0 is the inner product, 1 the squared L2 distance. None for
            the latter.
        k: Number of neighbors.
        search_batch_size: Number of rows to search for at a time.
        train_size: Number of rows to train the index with; None for all. Exact search needs none.

    Runtime parameters:
        - device: Number of the GPU, a list of several, or a negative number for all of them.
        - string_factory: Kind of the index, as `faiss.index_factory` takes it.
        - metric_type: Metric of faiss. Defaults to the squared L2 distance.
        - k: Number of neighbors. Defaults to 1.
        - search_batch_size: Number of rows to search for at a time. Defaults to 50.
        - train_size: Number of rows to train the index with. Defaults to all.

    Input columns:
        - embedding (List[Union[float, int]]): Embedding of the row; None for a missing one.

    Output columns:
        - nn_indices (List[int]): Positions of the nearest other rows among all rows, the nearest
            one first: `k`, or fewer if there are not as many. None without an embedding.
        - nn_scores (List[float]): Their scores by the metric: with the inner product, a higher one
            is closer, with a distance, a lower one.

    Categories:
        - embedding

    References:
        - [The Faiss library](https://arxiv.org/abs/2401.08281)

    Citations:
        ```bibtex
        @misc{douze2024faisslibrary,
            title={The Faiss library},
            author={Matthijs Douze and Alexandr Guzhva and Chengqi Deng and Jeff Johnson and Gergely Szilvasy and Pierre-Emmanuel Mazar{\\'e} and Maria Lomeli and Lucas Hosseini and Herv{\\'e} J{\\'e}gou},
            year={2024},
            eprint={2401.08281},
            archivePrefix={arXiv},
            primaryClass={cs.LG},
            url={https://arxiv.org/abs/2401.08281},
        }
        ```

    Examples:
        Find the nearest row:

        ```python notest
        from distilabel.steps import FaissNearestNeighbour

        step = FaissNearestNeighbour(k=1)
        step.load()
        rows = [{"embedding": [0.0, 0.0]}, {"embedding": [0.1, 0.0]}, {"embedding": [5.0, 5.0]}]
        rows = next(step.process(rows))
        # [{"embedding": [0.0, 0.0], "nn_indices": [1], "nn_scores": [0.01...]}, ...]
        ```
    """  # noqa: E501 (the authors are on one line)

    device: Optional[RuntimeParameter[Union[int, List[int], None]]] = Field(
        default=None, description="GPU, list of GPUs, or a negative number for all; None for none."
    )
    string_factory: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Kind of the index, as `faiss.index_factory` takes it."
    )
    metric_type: Optional[RuntimeParameter[int]] = Field(
        default=None, description="Metric of faiss: 0 for the inner product, 1 for squared L2."
    )
    k: RuntimeParameter[int] = Field(default=1, description="Number of neighbors.")
    search_batch_size: RuntimeParameter[int] = Field(
        default=50, description="Number of rows to search for at a time."
    )
    train_size: Optional[RuntimeParameter[int]] = Field(
        default=None, description="Number of rows to train the index with; None for all."
    )

    _faiss: Any = PrivateAttr(default=None)

    @property
    def inputs(self) -> StepColumns:
        """`embedding`."""
        return ["embedding"]

    @property
    def outputs(self) -> StepColumns:
        """The neighbors and their scores."""
        return ["nn_indices", "nn_scores"]

    def load(self) -> None:
        """Imports faiss.

        Raises:
            ImportError: If faiss is not installed.
        """
        super().load()
        self._faiss = import_extra("faiss", extra="faiss-cpu", subject="FaissNearestNeighbour")

    def process(self, inputs: StepInput) -> StepOutput:
        """Finds the neighbors of all rows.

        Args:
            inputs: All rows.

        Yields:
            The rows with `nn_indices` and `nn_scores`.

        Raises:
            DistilabelUserError: If the embeddings are not lists of equally many numbers, `k` is
                less than 1, or faiss does not take the settings of the index.
        """
        if (self.k or 0) < 1:
            raise DistilabelUserError(f"{self.name}: k is {self.k}. It must be at least 1.")
        positions, vectors = vectors_in(self, inputs, "embedding")
        for row in inputs:
            row["nn_indices"] = row["nn_scores"] = None
        if positions:
            self._search(inputs, positions, vectors)
        yield inputs

    def _search(
        self, rows: List[Dict[str, Any]], positions: List[int], vectors: NDArray[np.float32]
    ) -> None:
        index = self._build(vectors)
        k = self.k or 1
        size = max(1, self.search_batch_size or 50)
        for start in range(0, len(positions), size):
            # One more: the row itself is among them. With equal rows it need not be the first.
            scores, found = index.search(vectors[start : start + size], k + 1)
            for own, its_scores, its_found in zip(
                range(start, start + size), scores.tolist(), found.tolist(), strict=False
            ):
                neighbors = [
                    (positions[other], score)
                    for other, score in zip(its_found, its_scores, strict=True)
                    # -1 stands for none, if there are too few rows.
                    if other not in (own, -1)
                ][:k]
                row = rows[positions[own]]
                row["nn_indices"] = [other for other, _ in neighbors]
                row["nn_scores"] = [score for _, score in neighbors]
        self.save_artifact(
            "faiss_index",
            lambda path: self._write(index, path),
            {"num_rows": len(positions), "embedding_dim": vectors.shape[1]},
        )

    def _build(self, vectors: NDArray[np.float32]) -> Any:
        faiss = self._faiss
        metric = faiss.METRIC_L2 if self.metric_type is None else self.metric_type
        try:
            if self.string_factory is None:
                index = faiss.IndexFlat(vectors.shape[1], metric)
            else:
                index = faiss.index_factory(vectors.shape[1], self.string_factory, metric)
            index = self._on_device(index)
            if not index.is_trained:
                index.train(vectors[: self.train_size])
            index.add(vectors)
        except RuntimeError as error:
            raise DistilabelUserError(
                f"{self.name}: faiss cannot build an index of {len(vectors)} rows with "
                f"string_factory={self.string_factory!r}, metric_type={self.metric_type}, "
                f"train_size={self.train_size}: {error}"
            ) from error
        return index

    def _on_device(self, index: Any) -> Any:
        faiss, device = self._faiss, self.device
        if device is None:
            return index
        if not hasattr(faiss, "StandardGpuResources"):
            raise DistilabelUserError(
                f"{self.name}: device is {device}, but the installed faiss has no GPU support. "
                "Install `faiss-gpu` instead, or leave `device` out."
            )
        if isinstance(device, list):
            return faiss.index_cpu_to_gpus_list(index, gpus=device)
        if device < 0:
            return faiss.index_cpu_to_all_gpus(index)
        return faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), device, index)

    def _write(self, index: Any, folder: Path) -> None:
        if self.device is not None:
            index = self._faiss.index_gpu_to_cpu(index)
        self._faiss.write_index(index, str(folder / "index.faiss"))
