"""`TextClustering`: a model labels clusters of texts."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Final, List, Optional

from pydantic import Field

from distilabel._core.extras import import_extra
from distilabel._core.hashing import digest
from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.steps.base import StepInput
from distilabel.steps.clustering.scatter_plot import draw_clusters
from distilabel.steps.column_checks import vectors_in, wrong_content
from distilabel.steps.tasks.base import GlobalTask
from distilabel.steps.tasks.parsing import all_none
from distilabel.steps.tasks.sync_process import client_for, process_rows
from distilabel.steps.tasks.text_classification import TextClassification

if TYPE_CHECKING:
    from distilabel.typing import StepColumns, StepOutput

_NOISE: Final = -1


class TextClustering(TextClassification, GlobalTask):
    """Labels clusters of texts: a model reads some texts of each and names what they share.

    Put it behind `UMAP` and `DBSCAN`. One question is asked per cluster. Answers are structured by
    default, as with `TextClassification`.

    The prompt, the text of the model and its statistics are stored in the `distilabel_metadata` of
    the first row of a cluster.

    Attributes:
        savefig: Whether to save a plot of the clusters as the artifact `Text clusters`. Needs
            matplotlib (`pip install 'distilabel[text-clustering]'`).
        samples_per_cluster: Number of texts of a cluster that the model reads at most. They are
            drawn at random; the same ones in every run.

    Runtime parameters:
        - savefig: Whether to save a plot of the clusters. Defaults to True.

    Input columns:
        - text (str): Text of the row.
        - projection (List[float]): Place of the row in the plot, as from `UMAP`.
        - cluster_label (int): Number of the cluster, as from `DBSCAN`; -1 for noise.

    Output columns:
        - summary_label (str): Label of the cluster as JSON: a text, or a list of `n` texts. For
            noise, `default_label` itself. None for a row without a cluster, and if the model
            found none.
        - model_name (str): Name of the model that labeled the clusters.

    Categories:
        - clustering
        - text-classification

    References:
        - [text-clustering repository](https://github.com/huggingface/text-clustering)

    Examples:
        Label a cluster of two texts:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps import TextClustering

        task = TextClustering(llm=SimulatedLLM(), savefig=False)
        task.load()
        rows = [
            {"text": "How do owls see at night?", "projection": [0.1, 0.2], "cluster_label": 0},
            {"text": "Where do barn owls live?", "projection": [0.2, 0.2], "cluster_label": 0},
            {"text": "Convert 5 miles to km.", "projection": [7.0, 3.1], "cluster_label": -1},
        ]
        rows = next(task.process(rows))
        # "summary_label" is the same text in the first two rows, and "Unclassified" in the last
        ```
    """

    savefig: RuntimeParameter[bool] = Field(
        default=True, description="Whether to save a plot of the clusters."
    )
    samples_per_cluster: int = 10

    _labels_groups: ClassVar[bool] = True

    @property
    def inputs(self) -> StepColumns:
        """The text, its place and its cluster."""
        return ["text", "projection", "cluster_label"]

    @property
    def outputs(self) -> List[str]:
        """`summary_label` and `model_name`."""
        return ["summary_label", "model_name"]

    def load(self) -> None:
        """Loads the model.

        Raises:
            ImportError: If `savefig` is True and matplotlib is not installed.
            DistilabelUserError: If `samples_per_cluster` is less than 1.
        """
        if self.samples_per_cluster < 1:
            raise DistilabelUserError(
                f"{self.name}: samples_per_cluster is {self.samples_per_cluster}. It must be at "
                "least 1."
            )
        if self.savefig:
            # Now rather than after the model was asked.
            import_extra("matplotlib.figure", extra="text-clustering", subject="TextClustering")
        super().load()

    def process(self, inputs: StepInput) -> StepOutput:
        """Labels all clusters.

        Args:
            inputs: All rows.

        Yields:
            The rows with `summary_label` and `model_name`.

        Raises:
            DistilabelUserError: If a column contains something else than what it must.
        """
        members: Dict[int, List[Dict[str, Any]]] = {}
        for row in inputs:
            cluster = row["cluster_label"]
            row["summary_label"] = self._label_of_noise() if cluster == _NOISE else None
            row["model_name"] = self.llm.model_name
            if cluster is None or cluster == _NOISE:
                continue
            if not isinstance(cluster, int):
                raise wrong_content(self, row, "cluster_label", "a whole number")
            members.setdefault(cluster, []).append(row)
        asked = [
            {"text": self._samples(rows), "cluster_label": cluster}
            for cluster, rows in sorted(members.items())
        ]
        captions: Dict[int, str] = {}
        for answer in process_rows(self, asked, client_for(self._asked(self.llm))):
            cluster = answer["cluster_label"]
            if cluster in captions:
                # Another generation for the same cluster.
                continue
            summary = _first(answer["summary_label"])
            if summary is not None:
                labels = json.loads(summary)
                captions[cluster] = labels if isinstance(labels, str) else ", ".join(labels)
            self._label(members[cluster], summary, answer.get(DISTILABEL_METADATA_KEY))
        if self.savefig:
            self._save_figure(inputs, captions)
        yield inputs

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the label of a cluster.

        Args:
            output: Text of the model; None if the model returned none.
            input: Examples of the cluster.

        Returns:
            `summary_label`: the label or labels as JSON; None if there are none.

        Raises:
            ValueError: If the model wrote nothing after its reasoning.
        """
        labels = super().format_output(output, input)["labels"]
        is_found = labels is not None and labels != [None] * self.n
        return {"summary_label": _as_json(labels) if is_found else None}

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        return all_none(columns, ["summary_label"])

    def _label_of_noise(self) -> str | None:
        default = self.default_label
        return default if default is None or isinstance(default, str) else _as_json(default)

    def _samples(self, rows: List[Dict[str, Any]]) -> str:
        texts = list(dict.fromkeys(row["text"] for row in rows if row["text"] is not None))
        for text in texts:
            if not isinstance(text, str):
                raise wrong_content(self, {"text": text}, "text", "a text")
        if len(texts) > self.samples_per_cluster:
            rng = random.Random(digest(texts).hex())
            texts = rng.sample(texts, self.samples_per_cluster)
        return "\n\n".join(f"Example {number}:\n{text}" for number, text in enumerate(texts, 1))

    def _label(self, rows: List[Dict[str, Any]], summary: Any, metadata: Any) -> None:
        error = f"error_{self.name}"
        for number, row in enumerate(rows):
            row["summary_label"] = summary
            added = dict(_first(metadata) or {})
            if number > 0:
                # The prompt may be long, and tokens are counted once.
                added = {key: value for key, value in added.items() if key == error}
            if added:
                row[DISTILABEL_METADATA_KEY] = {**(row.get(DISTILABEL_METADATA_KEY) or {}), **added}

    def _save_figure(self, rows: List[Dict[str, Any]], captions: Dict[int, str]) -> None:
        placed = [row for row in rows if row["cluster_label"] is not None]
        positions, points = vectors_in(self, placed, "projection")
        if points.shape[1] < 2:
            self._logger.warning(
                "%s: there is no plot, which takes projections of at least 2 dimensions.", self.name
            )
            return
        clusters = [placed[position]["cluster_label"] for position in positions]
        drawn = {cluster: text for cluster, text in captions.items() if cluster in set(clusters)}
        self.save_artifact(
            "Text clusters",
            lambda path: draw_clusters(
                points.tolist(), clusters, drawn, path / "figure_clustering.png"
            ),
            {"type": "image", "library": "matplotlib"},
        )


def _as_json(label: Any) -> str:
    return json.dumps(label, ensure_ascii=False)


def _first(value: Any) -> Any:
    """Returns what is not None of the first generation, if the generations are grouped."""
    if not isinstance(value, list):
        return value
    return next((item for item in value if item is not None), None)
