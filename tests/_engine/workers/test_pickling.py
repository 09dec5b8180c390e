"""Protects what travels to a worker and back: steps without pipeline, errors with their cause."""

from __future__ import annotations

import pickle
import threading
from typing import Any

import pytest

from distilabel._engine.workers.pickling import (
    RaisedInWorker,
    copy_without_pipeline,
    pickle_error,
    pickle_step,
    unpickle_error,
)
from distilabel.errors import DistilabelUserError
from distilabel.pipeline import Pipeline
from distilabel.steps import Step, StepInput
from worked import Plain


class Holding(Plain):
    """A step with an attribute that cannot be pickled."""

    held: Any = None


class Picky(Exception):
    """An error that can be pickled but not restored."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")


def test_the_copy_leaves_the_pipeline_and_cached_values_behind() -> None:
    with Pipeline(name="p"):
        step = Plain(folder=".")
    vars(step)["remembered"] = object()
    own = copy_without_pipeline(step)
    assert own.pipeline is None
    assert "remembered" not in vars(own)
    assert step.pipeline is not None


def test_a_step_that_cannot_be_pickled_names_its_attribute_and_the_cure() -> None:
    step = Holding(name="h", folder=".", held=threading.Lock())
    with pytest.raises(DistilabelUserError, match=r"h: its attribute 'held' \(lock\).*`load\(\)`"):
        pickle_step(step)


def test_a_class_inside_a_function_is_refused_with_its_name() -> None:
    class Inner(Step):
        def process(self, inputs: StepInput) -> Any:
            yield inputs

    with pytest.raises(DistilabelUserError, match="Inner is defined inside a function"):
        pickle_step(Inner(name="inner"))


def test_an_error_comes_back_as_itself_with_the_traceback_of_the_worker() -> None:
    try:
        raise KeyError("missing")
    except KeyError as error:
        back = unpickle_error(pickle_error(error))
    assert isinstance(back, KeyError)
    assert isinstance(back.__cause__, RaisedInWorker)
    assert "test_pickling.py" in str(back.__cause__)


@pytest.mark.parametrize("error", [Picky("this", "that"), SystemExit("this and that")])
def test_an_error_that_cannot_travel_keeps_its_name_and_message(error: BaseException) -> None:
    back = unpickle_error(pickle_error(error))
    assert (type(back).__name__, str(back)) == (type(error).__name__, "this and that")
    assert pickle.loads(pickle_error(error))[0] is None
