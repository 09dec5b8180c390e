"""Which objects are part of what a step remembers."""

from __future__ import annotations

import importlib
import logging
import sys
import threading
import time
from pathlib import Path

import pytest

from distilabel._engine.calling.object_kinds import imported, is_live, is_shared
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


def test_a_module_that_another_thread_imports_is_not_yet_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """numpy is imported in the background when a run begins: half of it has no `random`."""
    (tmp_path / "half_imported.py").write_text(
        "import threading\n"
        "begun, goes_on = threading.Event(), threading.Event()\n"
        "begun.set()\n"
        "goes_on.wait(30)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert imported("half_imported") is None
    thread = threading.Thread(target=importlib.import_module, args=["half_imported"])
    thread.start()
    while (module := sys.modules.get("half_imported")) is None or not hasattr(module, "begun"):
        time.sleep(0.001)
    assert module.begun.wait(30)
    assert imported("half_imported") is None
    module.goes_on.set()
    thread.join()
    assert imported("half_imported") is module
    del sys.modules["half_imported"]
