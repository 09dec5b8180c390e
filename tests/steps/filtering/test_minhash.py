"""`MinHashDedup`: which texts are duplicates, across batches and runs, in memory and on disk."""

from __future__ import annotations

import asyncio
import importlib.util
import random
import sys
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts, MinHashDedup, StepResources
from distilabel.steps.filtering.minhash import ngrams, tokenize_on_ngrams, tokenized_on_words
from distilabel.steps.tasks import TextGeneration
from steps.filtering import minhash_double

KEEP = "keep_row_after_minhash_filtering"


@pytest.fixture(params=["stand-in", "rensa"], autouse=True)
def rensa(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DISTILABEL_CACHE_DIR", str(tmp_path / "cache"))
    if request.param == "stand-in":
        monkeypatch.setitem(sys.modules, "rensa", minhash_double.module())
    elif importlib.util.find_spec("rensa") is None:
        pytest.skip("rensa is not installed")


def flags(step: MinHashDedup, *texts: Any) -> list[Any]:
    return [row[KEEP] for row in next(step.process([{"text": text} for text in texts]))]


def loaded(**fields: Any) -> MinHashDedup:
    step = MinHashDedup(**fields)
    step.load()
    return step


def words(count: int, seed: int = 0) -> list[str]:
    rng = random.Random(seed)
    return ["".join(rng.choices("abcdefghij", k=6)) for _ in range(count)]


def test_tokens() -> None:
    assert list(ngrams("abcd", 3)) == [("a", "b", "c"), ("b", "c", "d")]
    assert list(ngrams(["a"], 2)) == []
    assert list(tokenized_on_words(["Don't go: 3.5 \u00e9t\u00e9!", " "])) == [
        {b"Don", b"'", b"t", b"go", b":", b"3", b".", b"5", "\u00e9t\u00e9".encode(), b"!"},
        set(),
    ]
    # A text shorter than `n` is not the same as every other one.
    assert list(tokenize_on_ngrams(["abc", "yes", "\ud800"], n=2)) == [
        {b"ab", b"bc"},
        {b"ye", b"es"},
        {b"\xed\xa0\x80"},
    ]


@pytest.mark.parametrize("storage", ["dict", "disk"])
@pytest.mark.parametrize("tokenizer", ["words", "ngrams"])
def test_the_first_of_several_is_kept_across_batches(storage: Any, tokenizer: Any) -> None:
    step = loaded(storage=storage, tokenizer=tokenizer)
    some = words(60)
    near = [*some[:-1], "other"]
    text = " ".join(some)
    assert flags(step, text, "short", text, "") == [True, True, False, True]
    assert flags(step, text, "brief", "", "short") == [False, True, False, False]
    assert flags(step, " ".join(words(60, seed=1))) == [True]
    step.unload()
    step.load()
    assert flags(step, text, " ".join(near[:30])) == [True, True]
    step.unload()


def test_both_storages_decide_alike() -> None:
    rng = random.Random(3)
    some = [words(40, seed) for seed in range(30)]
    texts = [" ".join(rng.sample(rng.choice(some), 38)) for _ in range(120)]
    in_memory, on_disk = loaded(threshold=0.8), loaded(threshold=0.8, storage="disk")
    decided = flags(in_memory, *texts)
    assert flags(on_disk, *texts) == decided
    assert 30 <= decided.count(True) < 80
    on_disk.unload()


def test_the_file_on_disk_goes_with_the_step(tmp_path: Path) -> None:
    step = loaded(storage="disk")
    folder = tmp_path / "cache" / "key_value_store"
    assert len(list(folder.iterdir())) == 1
    step.load()
    assert len(list(folder.iterdir())) == 1
    step.unload()
    assert list(folder.iterdir()) == []


def test_a_missing_text_is_not_compared() -> None:
    assert flags(loaded(), None, "a b", None, "a b") == [None, True, None, False]


def test_a_batch_with_a_wrong_value_leaves_no_trace() -> None:
    step = loaded()
    with pytest.raises(DistilabelUserError, match="'text' contains an int"):
        flags(step, "a b c", 1)
    assert flags(step, "a b c") == [True]


class SlowFirst(SimulatedLLM):
    """Answers the first rows last."""

    async def agenerate(  # type: ignore[override]
        self, input: Any, num_generations: int = 1, **kwargs: Any
    ) -> Any:
        number = int(str(input[-1]["content"]).split()[-1])
        for _ in range(40 - number):
            await asyncio.sleep(0)
        return {"generations": [f"text {number % 5}"], "statistics": {}}


def test_rows_that_finish_in_another_order_are_decided_in_that_of_the_source() -> None:
    for _ in range(2):
        with Pipeline() as pipeline:
            load = LoadDataFromDicts(data=[{"instruction": f"Say {i}"} for i in range(40)])
            generate = TextGeneration(llm=SlowFirst())
            mark = MinHashDedup(input_batch_size=7, input_mappings={"text": "generation"})
            load >> generate >> mark
        rows = pipeline.run(use_cache=False)["default"]["train"].to_list()
        assert [row["instruction"] for row in rows if row[KEEP]] == [f"Say {i}" for i in range(5)]


class Marked(MinHashDedup):
    """A user's subclass, whose results could be cached."""


def test_a_step_begins_every_run_with_an_empty_index() -> None:
    def run(first: str) -> list[Any]:
        with Pipeline(name="again") as pipeline:
            texts = [first, "b", "c", "b"]
            load = LoadDataFromDicts(data=[{"text": text} for text in texts])
            load >> Marked(name="marked", input_batch_size=1)
        rows = [pipeline.run()["default"]["train"][KEEP] for _ in range(2)]
        assert rows[0] == rows[1]
        return list(rows[0])

    assert run("a") == [True, True, True, False]
    # The batches after the first one are as before, their results are not.
    assert run("c") == [True, True, False, False]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"threshold": 0.0}, "threshold is 0.0. It must be above 0"),
        ({"threshold": 1.1}, "threshold is 1.1"),
        ({"num_perm": 1}, "num_perm is 1"),
        ({"seed": -1}, "seed is -1"),
        ({"tokenizer": "ngrams", "n": None}, "n is None. It must be at least 1"),
        ({"resources": StepResources(replicas=2)}, "replicas is 2. Replicas do not see"),
    ],
)
def test_impossible_settings_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(DistilabelUserError, match=message):
        loaded(**fields)


def test_a_step_that_is_not_loaded_says_so() -> None:
    with pytest.raises(DistilabelUserError, match=r"Call `load\(\)` first"):
        flags(MinHashDedup(), "a")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rensa", None)
    with pytest.raises(ImportError, match=r"pip install 'distilabel\[minhash\]'"):
        loaded()
