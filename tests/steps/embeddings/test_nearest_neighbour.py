"""`FaissNearestNeighbour`: neighbors, scores and the saved index, with a stand-in for faiss."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.embeddings.nearest_neighbour import FaissNearestNeighbour

LINE = [[0.0, 0.0], [0.1, 0.0], [5.0, 5.0]]


class IndexFlat:
    """An exact search, in numpy."""

    is_trained = True

    def __init__(self, size: int, metric: int) -> None:
        self.size, self.metric = size, metric
        self.vectors = np.empty((0, size), dtype=np.float32)
        self.searches: list[int] = []
        self.trained_with = 0

    def train(self, vectors: Any) -> None:
        self.is_trained, self.trained_with = True, len(vectors)

    def add(self, vectors: Any) -> None:
        if not self.is_trained:
            raise RuntimeError("is not trained")
        self.vectors = np.concatenate([self.vectors, vectors])

    def search(self, queries: Any, k: int) -> Any:
        self.searches.append(len(queries))
        if self.metric == 0:
            scores = -(queries @ self.vectors.T)
        else:
            scores = ((queries[:, None] - self.vectors[None]) ** 2).sum(axis=2)
        order = np.argsort(scores, axis=1, kind="stable")[:, :k]
        found = np.full((len(queries), k), -1)
        best = np.full((len(queries), k), 3e38, dtype=np.float32)
        found[:, : order.shape[1]] = order
        best[:, : order.shape[1]] = np.take_along_axis(scores, order, axis=1)
        return (-best if self.metric == 0 else best), found


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    indexes: list[Any] = []

    def flat(size: int, metric: int) -> IndexFlat:
        indexes.append(IndexFlat(size, metric))
        return indexes[-1]  # type: ignore[no-any-return]

    def factory(size: int, description: str, metric: int) -> IndexFlat:
        if not description.startswith("IVF"):
            raise RuntimeError(f"could not parse {description}")
        index = flat(size, metric)
        index.is_trained = False
        return index

    faiss = types.ModuleType("faiss")
    faiss.__dict__.update(
        METRIC_L2=1,
        IndexFlat=flat,
        index_factory=factory,
        write_index=lambda index, path: Path(path).write_text(str(len(index.vectors))),
    )
    monkeypatch.setitem(sys.modules, "faiss", faiss)
    return indexes


def searched(vectors: list[Any], **fields: Any) -> list[tuple[Any, Any]]:
    step = FaissNearestNeighbour(**fields)
    step.load()
    rows = next(step.process([{"embedding": vector} for vector in vectors]))
    return [(row["nn_indices"], row["nn_scores"]) for row in rows]


def test_the_nearest_other_row_is_found(made: list[Any]) -> None:
    found = searched(LINE)
    assert [indices for indices, _ in found] == [[1], [0], [1]]
    assert [scores[0] for _, scores in found] == pytest.approx([0.01, 0.01, 49.01])


def test_a_row_is_not_its_own_neighbor_even_if_others_are_equal(made: list[Any]) -> None:
    found = searched([[1.0, 0.0]] * 3 + [[4.0, 0.0]])
    assert [indices for indices, _ in found] == [[1], [0], [0], [0]]
    # By the inner product, a longer vector is closer to each than the row itself.
    found = searched([[1.0, 0.0], [3.0, 0.0]], metric_type=0)
    assert found == [([1], [3.0]), ([0], [3.0])]


def test_there_may_be_fewer_neighbors_than_asked_for(made: list[Any]) -> None:
    assert [indices for indices, _ in searched(LINE, k=5)] == [[1, 2], [0, 2], [1, 0]]
    assert searched([[1.0, 2.0]]) == [([], [])]
    assert searched([]) == []


def test_rows_without_an_embedding_are_left_out(made: list[Any]) -> None:
    found = searched([None, *LINE[:2], None, LINE[2]])
    assert [indices for indices, _ in found] == [None, [2], [1], None, [2]]
    assert found[0] == (None, None)
    assert searched([None]) == [(None, None)]


def test_rows_are_searched_in_batches(made: list[Any]) -> None:
    vectors = [[float(i), 0.0] for i in range(7)]
    assert searched(vectors, search_batch_size=3) == searched(vectors)
    assert [index.searches for index in made] == [[3, 3, 1], [7]]


@pytest.mark.parametrize(("train_size", "rows"), [(None, 3), (2, 2)])
def test_an_index_that_needs_training_is_trained(
    made: list[Any], train_size: int | None, rows: int
) -> None:
    searched(LINE, string_factory="IVF1,Flat", train_size=train_size)
    assert made[0].trained_with == rows


def test_the_index_is_saved(made: list[Any], tmp_path: Path) -> None:
    step = FaissNearestNeighbour(name="near")
    step.set_pipeline_artifacts_path(tmp_path)
    step.load()
    next(step.process([{"embedding": vector} for vector in [*LINE, None]]))
    folder = tmp_path / "near" / "faiss_index"
    assert (folder / "index.faiss").read_text() == "3"
    assert json.loads((folder / "metadata.json").read_text()) == {
        "num_rows": 3,
        "embedding_dim": 2,
    }


@pytest.mark.parametrize(
    ("vectors", "fields", "message"),
    [
        ([[1.0], [1.0, 2.0]], {}, "'embedding' contains a list. It must contain a list of numbers"),
        ([[]], {}, "'embedding' contains a list"),
        ([["a"]], {}, "'embedding' contains a list"),
        ([[[1.0], [1.0, 2.0]]], {}, "'embedding' contains a list"),
        (["a"], {}, "'embedding' contains a str"),
        (LINE, {"k": 0}, "k is 0"),
        (LINE, {"device": 0}, "the installed faiss has no GPU support"),
        (LINE, {"string_factory": "x"}, "cannot build an index of 3 rows with string_factory='x'"),
    ],
)
def test_what_cannot_be_searched_is_refused(
    made: list[Any], vectors: Any, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(DistilabelUserError, match=message):
        searched(vectors, **fields)


@pytest.mark.parametrize(
    ("device", "call"), [(1, "one 1"), ([0, 1], "several [0, 1]"), (-1, "all")]
)
def test_the_index_goes_to_the_gpus(
    made: list[Any], tmp_path: Path, device: Any, call: str
) -> None:
    calls: list[str] = []

    def move(name: str, index: Any) -> Any:
        calls.append(name)
        return index

    sys.modules["faiss"].__dict__.update(
        StandardGpuResources=object,
        index_cpu_to_gpu=lambda _, number, index: move(f"one {number}", index),
        index_cpu_to_gpus_list=lambda index, gpus: move(f"several {gpus}", index),
        index_cpu_to_all_gpus=lambda index: move("all", index),
        index_gpu_to_cpu=lambda index: move("back", index),
    )
    step = FaissNearestNeighbour(name="near", device=device)
    step.set_pipeline_artifacts_path(tmp_path)
    step.load()
    next(step.process([{"embedding": vector} for vector in LINE]))
    assert calls == [call, "back"]


# The bindings of faiss are made by SWIG, which Python 3.12 warns of.
@pytest.mark.filterwarnings("ignore:builtin type:DeprecationWarning")
@pytest.mark.parametrize("factory", [None, "IVF2,Flat"])
def test_faiss_itself_finds_the_same(factory: str | None, tmp_path: Path) -> None:
    faiss = pytest.importorskip("faiss")
    rng = np.random.default_rng(1)
    vectors = [[float(i // 2), float(x)] for i, x in enumerate(rng.normal(0, 0.01, 200))]
    step = FaissNearestNeighbour(name="near", string_factory=factory)
    step.set_pipeline_artifacts_path(tmp_path)
    step.load()
    rows = next(step.process([{"embedding": vector} for vector in vectors]))
    assert [row["nn_indices"] for row in rows] == [[i + 1 - 2 * (i % 2)] for i in range(200)]
    saved = faiss.read_index(str(tmp_path / "near" / "faiss_index" / "index.faiss"))
    assert saved.ntotal == 200


@pytest.mark.filterwarnings("ignore:builtin type:DeprecationWarning")
def test_faiss_refuses_what_it_cannot_build() -> None:
    pytest.importorskip("faiss")
    with pytest.raises(DistilabelUserError, match="faiss cannot build an index of 3 rows"):
        searched(LINE, string_factory="IVF50,Flat")
    with pytest.raises(DistilabelUserError, match="string_factory='nonsense'"):
        searched(LINE, string_factory="nonsense")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ImportError, match=r"pip install 'distilabel\[faiss-cpu\]'"):
        searched(LINE)
