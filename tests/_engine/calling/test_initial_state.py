"""Every run of a step begins with the state in which the step was written."""

from __future__ import annotations

import contextlib
import gc
import itertools
import logging
import random
import weakref
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from pydantic import Field, PrivateAttr

from distilabel._engine.calling import initial_state
from distilabel.pipeline import Pipeline
from distilabel.steps import GlobalStep, StepInput, step
from distilabel.steps.base import GeneratorStep, Step
from rooms import Ask, Echo, Numbers, rows_of

SEEN: set[int] = set()
CALLS: list[int] = []
COUNT: dict[str, int] = {"rows": 0}
NUMBER = 0


class Index:
    """What users write to look things up."""

    def __init__(self) -> None:
        self.seen: set[int] = set()

    def add(self, n: int) -> bool:
        new = n not in self.seen
        self.seen.add(n)
        return new


class Slotted:
    __slots__ = ("__hidden", "last")

    def __init__(self) -> None:
        self.last = 0
        self.__hidden = 0

    def next(self) -> int:
        self.last += 1
        self.__hidden += 1
        return self.last + self.__hidden


INDEX = Index()


class Made(Step):
    """Fills the column `made` from something that remembers."""

    def process(self, inputs: StepInput) -> Any:
        yield [{**row, "made": self.make(row["n"])} for row in inputs]

    def make(self, n: int) -> Any:
        raise NotImplementedError


class InSet(Made):
    _seen: set[int] = PrivateAttr(default_factory=set)

    def make(self, n: int) -> Any:
        new = n % 2 not in self._seen
        self._seen.add(n % 2)
        return new


class InNested(Made):
    _seen: dict[str, Any] = PrivateAttr(default_factory=lambda: {"all": [{"deep": []}]})

    def make(self, n: int) -> Any:
        self._seen["all"][0]["deep"].append(n)
        return len(self._seen["all"][0]["deep"])


class InObject(Made):
    _index: Any = PrivateAttr(default_factory=Index)

    def make(self, n: int) -> Any:
        return self._index.add(n % 2)


class InSlots(Made):
    _slotted: Any = PrivateAttr(default_factory=Slotted)

    def make(self, n: int) -> Any:
        return self._slotted.next()


class InField(Made):
    start: int = 0
    words: list[str] = Field(default_factory=list)

    def make(self, n: int) -> Any:
        self.start += 1
        self.words.append("x")
        return self.start + len(self.words)


class InIterator(Made):
    _letters: Any = PrivateAttr(default_factory=lambda: iter(list("abcdefgh")))
    _numbers: Any = PrivateAttr(default_factory=lambda: itertools.count(5, 2))
    _both: Any = PrivateAttr(default_factory=lambda: zip(iter("abcdefgh"), itertools.cycle("xy")))

    def make(self, n: int) -> Any:
        return [next(self._letters), next(self._numbers), *next(self._both)]


class InRandom(Made):
    _random: Any = PrivateAttr(default_factory=lambda: random.Random(7))
    _numpy: Any = PrivateAttr(default_factory=lambda: np.random.default_rng(7))
    _old: Any = PrivateAttr(default_factory=lambda: np.random.RandomState(7))

    def make(self, n: int) -> Any:
        return [self._random.random(), float(self._numpy.random()), float(self._old.rand())]


class InCollections(Made):
    _deque: Any = PrivateAttr(default_factory=lambda: deque([0], maxlen=2))
    _counter: Any = PrivateAttr(default_factory=Counter)
    _default: Any = PrivateAttr(default_factory=lambda: defaultdict(list))
    _ordered: Any = PrivateAttr(default_factory=OrderedDict)
    _bytes: Any = PrivateAttr(default_factory=bytearray)
    _array: Any = PrivateAttr(default_factory=lambda: np.zeros(2))

    def make(self, n: int) -> Any:
        self._deque.append(self._deque[-1] + 1)
        self._counter["x"] += 1
        self._default["x"].append(n)
        self._ordered[n] = n
        self._ordered.move_to_end(n, last=False)
        self._bytes.append(n)
        self._array[0] += 1
        return [
            *self._deque,
            self._counter["x"],
            len(self._default["x"]),
            *self._ordered,
            len(self._bytes),
            float(self._array[0]),
        ]


class InClass(Made):
    seen: ClassVar[list[int]] = []
    count: ClassVar[int] = 0

    def make(self, n: int) -> Any:
        self.seen.append(n)
        type(self).count = type(self).count + 1
        return [len(self.seen), type(self).count]


class InModule(Made):
    def make(self, n: int) -> Any:
        new = n % 2 not in SEEN
        SEEN.add(n % 2)
        return new


class InModuleObject(Made):
    def make(self, n: int) -> Any:
        return INDEX.add(n % 2)


class InGlobal(Made):
    def make(self, n: int) -> Any:
        global NUMBER
        NUMBER += 1
        return NUMBER


class Late(Made):
    """Sets an attribute only when it runs."""

    def make(self, n: int) -> Any:
        own = vars(self).setdefault("_late", [])
        own.append(n)
        return len(own)


def in_closure() -> type[Made]:
    seen: list[int] = []
    total = 0

    class InClosure(Made):
        def make(self, n: int) -> Any:
            nonlocal total
            total += 1
            seen.append(n)
            return [len(seen), total]

    return InClosure


def in_function() -> Callable[[], Step]:
    seen: list[int] = []

    @step(inputs=["n"], outputs=["made"])
    def Function(inputs: StepInput) -> Any:
        for row in inputs:
            seen.append(row["n"])
            row["made"] = len(seen)
        yield inputs

    return Function


def in_callable_field() -> Callable[[], Step]:
    def make() -> Step:
        seen: list[int] = []

        def function(n: int) -> int:
            seen.append(n)
            return len(seen)

        class Calling(Made):
            function: Any

            def make(self, n: int) -> Any:
                return self.function(n)

        return Calling(function=function)

    return make


ALL: dict[str, Callable[[], Step]] = {
    **{
        cls.__name__: cls
        for cls in (
            *(InSet, InNested, InObject, InSlots, InField, InIterator, InRandom),
            *(InCollections, InClass, InModule, InModuleObject, InGlobal, Late),
        )
    },
    "InClosure": in_closure(),
    "InFunction": in_function(),
    "InCallableField": in_callable_field(),
}


def build(folder: Path, made: Step | Callable[[], Step], count: int = 4) -> Pipeline:
    with Pipeline(name="p", cache_dir=folder) as pipeline:
        Numbers(count=count, batch_size=2) >> made()  # type: ignore[operator]
    return pipeline


def made_by(pipeline: Pipeline, **options: Any) -> list[Any]:
    return [row["made"] for row in rows_of(pipeline.run(**options))]


@pytest.mark.parametrize("name", ALL)
def test_every_run_makes_the_same_rows(name: str, tmp_path: Path) -> None:
    first = made_by(build(tmp_path / "first", ALL[name]))
    pipeline = build(tmp_path / "second", ALL[name])
    pipeline.dry_run(batch_size=2)
    assert made_by(pipeline) == first
    assert made_by(pipeline) == first
    assert made_by(pipeline, use_cache=False) == first
    pipeline.estimate(sample=2, rows=4)
    assert made_by(pipeline) == first
    # Another pipeline, with more rows and the same cache.
    more = made_by(build(tmp_path / "second", ALL[name], count=5))
    assert more[:4] == first
    assert made_by(build(tmp_path / "third", ALL[name], count=5)) == more


def test_what_a_run_left_can_be_read_until_the_next_one(tmp_path: Path) -> None:
    pipeline = build(tmp_path, InSet)
    made = pipeline._steps["in_set_0"]
    assert isinstance(made, InSet)
    seen = made._seen
    pipeline.run()
    assert made._seen == {0, 1}
    # The same set: others may refer to it.
    assert made._seen is seen


def test_what_a_user_sets_between_runs_is_kept(tmp_path: Path) -> None:
    pipeline = build(tmp_path, InField)
    made: Any = pipeline._steps["in_field_0"]
    assert made_by(pipeline) == [2, 4, 6, 8]
    made.start = 100
    assert made_by(pipeline) == [102, 104, 106, 108]
    assert made_by(pipeline) == [102, 104, 106, 108]
    made.words.append("another")
    assert made_by(pipeline)[0] == 102 + 5


def test_a_runtime_parameter_is_kept(tmp_path: Path) -> None:
    pipeline = build(tmp_path, InSet)
    pipeline.run(parameters={"in_set_0": {"input_batch_size": 3}})
    pipeline.run()
    assert pipeline._steps["in_set_0"].input_batch_size == 3  # type: ignore[attr-defined]


def test_two_attributes_that_share_an_object_still_share_it(tmp_path: Path) -> None:
    class Sharing(Made):
        _one: list[int] = PrivateAttr(default_factory=list)
        _two: Any = PrivateAttr(default=None)

        def make(self, n: int) -> Any:
            self._one.append(n)
            return len(self._two["list"])

    def make() -> Step:
        made = Sharing()
        made._two = {"list": made._one}
        return made

    pipeline = build(tmp_path, make)
    assert made_by(pipeline) == made_by(pipeline) == [1, 2, 3, 4]


def test_a_record_that_the_code_only_writes_is_the_users(tmp_path: Path) -> None:
    class Recording(Made):
        def make(self, n: int) -> Any:
            CALLS.append(n)
            COUNT["rows"] += 1
            return n

    CALLS.clear()
    pipeline = build(tmp_path, Recording)
    pipeline.run(use_cache=False)
    pipeline.run(use_cache=False)
    assert (len(CALLS), COUNT["rows"]) == (8, 8)
    pipeline.run()
    pipeline.run()
    # It is no part of what the step is made of either: the rows are in the cache.
    assert len(CALLS) == 8


def test_models_keep_what_they_count(tmp_path: Path) -> None:
    class Own(Ask):
        _texts: list[str] = PrivateAttr(default_factory=list)

        def format_input(self, input: dict[str, Any]) -> Any:
            self._texts.append(input["text"])
            return super().format_input(input)

    model = Echo()
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=2) >> (own := Own(llm=model))
    pipeline.run(use_cache=False)
    pipeline.run(use_cache=False)
    assert len(model.asked) == 4
    assert len(own._texts) == 2


def test_generators_and_global_steps_begin_anew(tmp_path: Path) -> None:
    class Once(GeneratorStep):
        _given: list[int] = PrivateAttr(default_factory=list)

        @property
        def outputs(self) -> list[str]:
            return ["n"]

        def process(self, offset: int = 0) -> Iterator[tuple[list[dict[str, Any]], bool]]:
            left = [n for n in range(3) if n not in self._given]
            for n in left:
                self._given.append(n)
                yield [{"n": n}], n == left[-1]

    class Runs(GlobalStep):
        _runs: int = 0

        def process(self, inputs: StepInput) -> Any:
            self._runs += 1
            yield [{**row, "made": self._runs} for row in inputs]

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Once() >> Runs()
    pipeline.dry_run()
    assert made_by(pipeline) == made_by(pipeline) == [1, 1, 1]


def test_a_run_that_failed_leaves_nothing_behind(tmp_path: Path) -> None:
    class Failing(InSet):
        broken: bool = True

        def load(self) -> None:
            super().load()
            self._seen.add(1)
            if self.broken:
                raise ValueError("not today")

    pipeline = build(tmp_path, Failing)
    with pytest.raises(RuntimeError):
        pipeline.run()
    pipeline._steps["failing_0"].broken = False  # type: ignore[attr-defined]
    assert made_by(pipeline) == [True, False, False, False]


def test_what_cannot_be_restored_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Consuming(Made):
        _numbers: Any = PrivateAttr(default_factory=lambda: (n for n in range(100)))

        def make(self, n: int) -> Any:
            return next(self._numbers)

    pipeline = build(tmp_path, Consuming)
    assert made_by(pipeline) == [0, 1, 2, 3]
    with caplog.at_level(logging.WARNING):
        assert made_by(pipeline) == [4, 5, 6, 7]
    assert [r for r in caplog.messages if "consuming_0" in r and "generator" in r]


def test_what_is_recorded_does_not_keep_a_step_alive() -> None:
    made = InNested()
    with initial_state.recorded([made]):
        made.make(1)
    gone = weakref.ref(made)
    del made
    gc.collect()
    assert gone() is None


def test_what_two_runs_share_is_restored_after_the_last_of_them() -> None:
    class Sharing(Made):
        def make(self, n: int) -> Any:
            new = n not in SEEN
            SEEN.add(n)
            return new

    one, two = Sharing(), Sharing()
    SEEN.clear()
    with contextlib.ExitStack() as second:
        with initial_state.recorded([one]):
            second.enter_context(initial_state.recorded([two]))
            one.make(1)
        # The other run goes on, and must not see a row twice.
        initial_state.restore([one])
        assert sorted(SEEN) == [1]
    initial_state.restore([one])
    assert not SEEN
