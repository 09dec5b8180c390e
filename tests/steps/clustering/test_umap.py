"""`UMAP`: the projection, its settings and the saved model, with a stand-in for umap-learn."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.clustering.umap import UMAP

SETTINGS: list[dict[str, Any]] = []


class Model:
    """Takes the first numbers of an embedding."""

    def __init__(self, **settings: Any) -> None:
        SETTINGS.append(settings)
        self.size = settings["n_components"]

    def fit_transform(self, vectors: Any) -> Any:
        return vectors[:, : self.size]


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    SETTINGS.clear()
    umap, joblib = types.ModuleType("umap"), types.ModuleType("joblib")
    umap.__dict__["UMAP"] = Model
    joblib.__dict__["dump"] = lambda model, path: Path(path).write_text(type(model).__name__)
    monkeypatch.setitem(sys.modules, "umap", umap)
    monkeypatch.setitem(sys.modules, "joblib", joblib)


def projected(step: UMAP, vectors: Any) -> list[Any]:
    step.load()
    return [r["projection"] for r in next(step.process([{"embedding": v} for v in vectors]))]


def test_embeddings_are_projected(stand_in: None) -> None:
    vectors = [[float(i), 2.0, 3.0] for i in range(6)]
    assert projected(UMAP(), [None, *vectors]) == [None, *(v[:2] for v in vectors)]
    assert projected(UMAP(), [None]) == [None]
    assert projected(UMAP(), []) == []


def test_the_settings_are_passed_on(stand_in: None) -> None:
    vectors = [[float(i), 2.0, 3.0] for i in range(30)]
    projected(UMAP(n_components=3, metric="cosine", n_jobs=4), vectors)
    projected(UMAP(random_state=7), vectors[:6])
    assert SETTINGS == [
        {"n_neighbors": 15, "n_components": 3, "metric": "cosine", "n_jobs": 4}
        | {"random_state": None},
        {"n_neighbors": 5, "n_components": 2, "metric": "euclidean", "n_jobs": 1}
        | {"random_state": 7},
    ]


def test_the_model_is_saved(stand_in: None, tmp_path: Path) -> None:
    step = UMAP(name="project")
    step.set_pipeline_artifacts_path(tmp_path)
    projected(step, [[float(i), 2.0] for i in range(6)])
    folder = tmp_path / "project" / "UMAP_model"
    assert (folder / "UMAP.joblib").read_text() == "Model"
    assert json.loads((folder / "metadata.json").read_text()) == {
        "n_components": 2,
        "metric": "euclidean",
    }


def test_what_cannot_be_projected_is_refused(stand_in: None) -> None:
    with pytest.raises(DistilabelUserError, match=r"there are 4 rows .* needs at least 5"):
        projected(UMAP(), [[1.0, 2.0]] * 4)
    with pytest.raises(DistilabelUserError, match="'embedding' contains a str"):
        projected(UMAP(), ["a"])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("rows", [5, 60])
def test_umap_itself_takes_as_few_rows_and_many(rows: int, tmp_path: Path) -> None:
    pytest.importorskip("umap", reason="umap-learn is not installed")
    vectors = np.random.default_rng(1).normal(size=(rows, 8)).tolist()
    step = UMAP(name="project", random_state=1)
    step.set_pipeline_artifacts_path(tmp_path)
    made = projected(step, vectors)
    assert {len(projection) for projection in made} == {2}
    assert projected(UMAP(random_state=1), vectors) == made
    assert (tmp_path / "project" / "UMAP_model" / "UMAP.joblib").stat().st_size > 1_000


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(ImportError, match=r"pip install 'distilabel\[text-clustering\]'"):
        projected(UMAP(), [])
