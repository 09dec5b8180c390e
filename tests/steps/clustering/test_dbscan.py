"""`DBSCAN`: the clusters, the settings and the saved model, with a stand-in for scikit-learn."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.clustering.dbscan import DBSCAN

SETTINGS: list[dict[str, Any]] = []


class Model:
    """A cluster per whole number in front; negative ones are noise."""

    def __init__(self, **settings: Any) -> None:
        SETTINGS.append(settings)

    def fit_predict(self, vectors: Any) -> Any:
        return np.maximum(vectors[:, 0].astype(int), -1)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    SETTINGS.clear()
    cluster, joblib = types.ModuleType("sklearn.cluster"), types.ModuleType("joblib")
    cluster.__dict__["DBSCAN"] = Model
    joblib.__dict__["dump"] = lambda model, path: Path(path).write_text(type(model).__name__)
    monkeypatch.setitem(sys.modules, "sklearn", types.ModuleType("sklearn"))
    monkeypatch.setitem(sys.modules, "sklearn.cluster", cluster)
    monkeypatch.setitem(sys.modules, "joblib", joblib)


def clustered(step: DBSCAN, points: Any) -> list[Any]:
    step.load()
    return [r["cluster_label"] for r in next(step.process([{"projection": p} for p in points]))]


def test_rows_get_the_number_of_their_cluster(stand_in: None) -> None:
    labels = clustered(DBSCAN(), [[1.2, 0.0], None, [-3.0, 0.0], [0.0, 1.0]])
    assert labels == [1, None, -1, 0]
    assert [type(label) for label in labels if label is not None] == [int] * 3
    assert clustered(DBSCAN(), [None]) == [None]


def test_the_settings_are_passed_on_and_the_model_is_saved(stand_in: None, tmp_path: Path) -> None:
    step = DBSCAN(name="find", eps=0.5, min_samples=2, metric="cosine", n_jobs=1)
    step.set_pipeline_artifacts_path(tmp_path)
    clustered(step, [[1.0, 0.0]])
    assert SETTINGS == [{"eps": 0.5, "min_samples": 2, "metric": "cosine", "n_jobs": 1}]
    folder = tmp_path / "find" / "DBSCAN_model"
    assert (folder / "DBSCAN.joblib").read_text() == "Model"
    assert json.loads((folder / "metadata.json").read_text()) == {
        "eps": 0.5,
        "min_samples": 2,
        "metric": "cosine",
    }


def test_a_wrong_projection_is_refused(stand_in: None) -> None:
    with pytest.raises(DistilabelUserError, match="'projection' contains a str"):
        clustered(DBSCAN(), ["a"])


def test_scikit_learn_itself_finds_clusters_and_noise(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    step = DBSCAN(name="find", eps=0.5, min_samples=2)
    step.set_pipeline_artifacts_path(tmp_path)
    points = [[0.0, 0.0], [0.1, 0.0], [5.0, 5.0], [5.0, 5.1], [9.0, 0.0]]
    assert clustered(step, points) == [0, 0, 1, 1, -1]
    assert (tmp_path / "find" / "DBSCAN_model" / "DBSCAN.joblib").stat().st_size > 100


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r"pip install 'distilabel\[text-clustering\]'"):
        clustered(DBSCAN(), [])
