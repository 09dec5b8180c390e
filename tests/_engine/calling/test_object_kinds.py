"""Which objects are part of what a step remembers."""

from __future__ import annotations

import logging
import threading

from distilabel._engine.calling.object_kinds import is_live, is_shared
from distilabel.pipeline import Pipeline
from rooms import Echo


def test_models_and_pipelines_are_never_part_of_a_step() -> None:
    assert is_shared(Echo())
    assert is_shared(Pipeline(name="p"))
    assert is_shared(logging.getLogger())
    assert not is_shared({})


def test_files_threads_and_generators_are_live() -> None:
    with open(__file__, encoding="utf-8") as file:
        assert is_live(file)
    assert is_live(threading.Lock())
    assert is_live(threading.Event())
    assert is_live(n for n in [1])
    assert not is_live([])
    assert not is_live(iter([]))
