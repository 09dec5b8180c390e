"""`DeitaFiltering`: keeps the best rows that differ from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Final, List, Literal

from pydantic import Field

from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.base import GlobalStep, StepInput
from distilabel.steps.column_checks import as_list, wrong_content

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from distilabel.typing import StepColumns, StepOutput

_SCORES: Final = ("evol_instruction_score", "evol_response_score")
# Distances computed at once, so that many rows do not need a matrix of all pairs: 64 MB.
_MOST_DISTANCES: Final = 8_000_000


class DeitaFiltering(GlobalStep):
    """Keeps the rows with the best scores whose nearest neighbor is far enough away.

    The score of a row is the product of its scores for complexity and quality. Rows are taken from
    the highest score down, until there are `data_budget`; a row whose embedding is closer than
    `diversity_threshold` to that of any other row is left out.

    Attributes:
        data_budget: Number of rows to keep at most.
        diversity_threshold: Least distance of a row to its nearest neighbor.
        normalize_embeddings: Whether to divide embeddings by their length first.
        distance_metric: `cosine` (1 minus the dot product) or `manhattan` (sum of the absolute
            differences).

    Runtime parameters:
        - data_budget: Number of rows to keep at most.
        - diversity_threshold: Least distance of a row to its nearest neighbor. Defaults to 0.9.
        - normalize_embeddings: Whether to normalize the embeddings. Defaults to True.
        - distance_metric: `cosine` or `manhattan`. Defaults to `cosine`.

    Input columns:
        - evol_instruction_score (float): Score for complexity, as from `ComplexityScorer`.
        - evol_response_score (float): Score for quality, as from `QualityScorer`.
        - embedding (List[float]): Embedding of the instruction and the response.

    Output columns:
        - deita_score (float): Product of the scores; the other one if one is missing or 0.
        - deita_score_computed_with (List[str]): Names of the scores in the product.
        - nearest_neighbor_distance (float): Distance to the nearest other row; None for a single
            row.

    Categories:
        - filtering

    References:
        - [What Makes Good Data for Alignment? A Comprehensive Study of Automatic Data Selection in Instruction Tuning](https://arxiv.org/abs/2312.15685)

    Citations:
        ```bibtex
        @misc{liu2024makesgooddataalignment,
            title={What Makes Good Data for Alignment? A Comprehensive Study of Automatic Data Selection in Instruction Tuning},
            author={Wei Liu and Weihao Zeng and Keqing He and Yong Jiang and Junxian He},
            year={2024},
            eprint={2312.15685},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2312.15685},
        }
        ```

    Examples:
        Keep one row of two:

        ```python
        from distilabel.steps import DeitaFiltering

        step = DeitaFiltering(data_budget=1)
        step.load()
        rows = next(
            step.process(
                [
                    {
                        "evol_instruction_score": 0.5,
                        "evol_response_score": 0.5,
                        "embedding": [-8.1, 1.4],
                    },
                    {
                        "evol_instruction_score": 0.6,
                        "evol_response_score": 0.6,
                        "embedding": [2.9, 8.2],
                    },
                ]
            )
        )
        # [{..., "deita_score": 0.36, "nearest_neighbor_distance": 1.16...}]
        ```
    """  # noqa: E501 (titles are on one line, as in the entry on arXiv)

    data_budget: RuntimeParameter[int] = Field(
        default=None, description="Number of rows to keep at most."
    )
    diversity_threshold: RuntimeParameter[float] = Field(
        default=0.9, description="Least distance of a row to its nearest neighbor."
    )
    normalize_embeddings: RuntimeParameter[bool] = Field(
        default=True, description="Whether to normalize the embeddings."
    )
    distance_metric: RuntimeParameter[Literal["cosine", "manhattan"]] = Field(
        default="cosine", description="Distance between embeddings: cosine or manhattan."
    )

    @property
    def inputs(self) -> StepColumns:
        """The two scores and `embedding`."""
        return [*_SCORES, "embedding"]

    @property
    def outputs(self) -> StepColumns:
        """The score, the distance, and the names of the scores used."""
        return ["deita_score", "nearest_neighbor_distance", "deita_score_computed_with"]

    def process(self, inputs: StepInput) -> StepOutput:
        """Filters all rows.

        Args:
            inputs: All rows.

        Yields:
            The rows that are kept, from the highest score down.

        Raises:
            DistilabelUserError: If `data_budget` is not set, a score is not a number, or the
                embeddings are not lists of equally many numbers.
        """
        if self.data_budget is None:
            raise DistilabelUserError(
                f"{self.name}: `data_budget` is required. Set it to the number of rows to keep."
            )
        for row in inputs:
            self._add_score(row)
        distances = self._nearest_distances(inputs)
        for row, distance in zip(inputs, distances, strict=True):
            row["nearest_neighbor_distance"] = distance
        threshold = self.diversity_threshold or 0.0
        ranked = sorted(inputs, key=lambda row: -row["deita_score"])
        kept = [
            row
            for row in ranked
            if row["nearest_neighbor_distance"] is None
            or row["nearest_neighbor_distance"] >= threshold
        ]
        yield kept[: max(0, self.data_budget)]

    def _add_score(self, row: Dict[str, Any]) -> None:
        for name in _SCORES:
            if row[name] is not None and not isinstance(row[name], (int, float)):
                raise wrong_content(self, row, name, "a number, or None for a missing one")
        used = [name for name in _SCORES if row[name]]
        score = 0 if not used else 1
        for name in used:
            score *= row[name]
        if len(used) < len(_SCORES):
            missing = [name for name in _SCORES if name not in used]
            self._logger.warning(
                "%s: %s missing or 0; the score of the row is %s",
                self.name,
                " and ".join(missing) + (" is" if len(missing) == 1 else " are"),
                f"that in {used[0]}" if used else "0",
            )
        row["deita_score"] = score
        row["deita_score_computed_with"] = used

    def _nearest_distances(self, rows: List[Dict[str, Any]]) -> List[float | None]:
        import numpy as np

        if len(rows) < 2:
            return [None] * len(rows)
        lists = [as_list(row["embedding"]) for row in rows]
        for row, values in zip(rows, lists, strict=True):
            if not values or len(values) != len(lists[0] or ()):
                raise wrong_content(
                    self, row, "embedding", "a list of numbers, equally long in every row"
                )
        embeddings = np.asarray(lists, dtype=np.float64)
        if self.normalize_embeddings:
            lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
            embeddings = embeddings / np.where(lengths == 0, 1, lengths)
        nearest: List[float | None] = []
        width = len(rows) * (1 if self.distance_metric == "cosine" else embeddings.shape[1])
        size = max(1, _MOST_DISTANCES // width)
        for start in range(0, len(rows), size):
            block = self._distances(embeddings[start : start + size], embeddings)
            count = np.arange(len(block))
            block[count, start + count] = np.inf
            nearest += [float(distance) for distance in block.min(axis=1)]
        return nearest

    def _distances(
        self, some: NDArray[np.float64], others: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        import numpy as np

        if self.distance_metric == "manhattan":
            differences = np.abs(some[:, None, :] - others[None, :, :])
            return np.asarray(differences.sum(axis=2), dtype=np.float64)
        return np.subtract(1.0, some @ others.T)
