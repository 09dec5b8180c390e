"""`PairRM` with a stand-in for `llm_blender`: the calls it makes, and ranks of each row."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.tasks.pair_rm import PairRM


class Blender:
    """Ranks longer candidates higher."""

    def __init__(self) -> None:
        self.loaded: str | None = None
        self.calls: list[dict[str, Any]] = []

    def loadranker(self, name: str) -> None:
        self.loaded = name

    def rank(self, inputs: list[str], candidates: list[list[str]], **options: Any) -> Any:
        assert len({len(each) for each in candidates}) == 1
        assert len(inputs) == len(candidates)
        self.calls.append({"inputs": inputs, **options})
        ranked = [sorted(texts, key=len, reverse=True) for texts in candidates]
        return [
            [order.index(text) + 1 for text in texts]
            for order, texts in zip(ranked, candidates, strict=True)
        ]


@pytest.fixture(autouse=True)
def _blender(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("llm_blender")
    module.Blender = Blender  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "llm_blender", module)


@pytest.fixture
def step() -> PairRM:
    step = PairRM(instructions="be long", input_batch_size=7)
    step.load()
    return step


def test_candidates_are_ranked(step: PairRM) -> None:
    rows: list[dict[str, Any]] = [
        {"input": "i", "candidates": ["a", "ccc", "bb"]},
        {"input": "j", "candidates": ["x", "yy"]},
        {"input": "k", "candidates": ["only"]},
        {"input": "l", "candidates": ["pp", None, "q"]},
    ]
    done = next(step.process(rows))
    assert [row["ranks"] for row in done] == [[3, 1, 2], [2, 1], [1], [1, 3, 2]]
    assert done[0]["ranked_candidates"] == ["ccc", "bb", "a"]
    assert done[3]["ranked_candidates"] == ["pp", "q", None]
    assert {row["model_name"] for row in done} == {"llm-blender/PairRM"}
    first, second = step._blender.calls
    assert (first["inputs"], second["inputs"]) == (["i", "l"], ["j"])
    assert first["instructions"] == ["be long", "be long"]
    assert (first["return_scores"], first["batch_size"]) == (False, 7)
    assert step._blender.loaded == "llm-blender/PairRM"
    step.unload()
    assert step._blender is None


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"input": None, "candidates": ["a"]}, "'input' contains None"),
        ({"input": "i", "candidates": "ab"}, "'candidates' contains a str"),
        ({"input": "i", "candidates": []}, "empty list"),
    ],
)
def test_wrong_columns_are_refused(step: PairRM, row: dict[str, Any], message: str) -> None:
    with pytest.raises(DistilabelUserError, match=message):
        next(step.process([row]))


def test_another_model_is_loaded_and_named_in_the_rows() -> None:
    step = PairRM(model="lab/ranker")
    step.load()
    (row,) = next(step.process([{"input": "i", "candidates": ["a", "bb"]}]))
    assert (step._blender.loaded, row["model_name"]) == ("lab/ranker", "lab/ranker")


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "llm_blender")
    with pytest.raises(ImportError, match=r"PairRM: .*pip install 'distilabel\[llm-blender\]'"):
        PairRM().load()
