"""Protects pipelines on Ray: the same pipeline, with an early error for what it cannot do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from distilabel._engine.workers.process_backend import ProcessBackend
from distilabel.errors import DistilabelUserError
from distilabel.pipeline import Pipeline, RayPipeline, sample_n_steps
from distilabel.steps import KeepColumns
from rooms import Ask, Echo, Numbers

VARIABLES = ("RAY_NODE_TYPE_NAME", "RAY_CLUSTER_NAME", "RAY_ADDRESS")


@pytest.fixture
def _no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)


def pipeline(folder: Path, **fields: Any) -> Pipeline:
    with Pipeline(name="p", cache_dir=folder, **fields) as made:
        load, keep = Numbers(name="load"), KeepColumns(name="keep", columns=["n"])
        load >> sample_n_steps(1) >> [keep, KeepColumns(name="other", columns=["n"])]
    return made


def test_it_has_the_steps_and_the_identity_of_the_pipeline_it_is_made_of(tmp_path: Path) -> None:
    here = pipeline(tmp_path, description="d", requirements=["numpy"], on_error="drop")
    there = here.ray()
    assert isinstance(there, RayPipeline)
    assert there.signature == here.signature
    assert there.aggregated_steps_signature == here.aggregated_steps_signature
    assert there.requirements == ["numpy"]
    with there:
        Numbers(name="later")
    assert "later" in here.dag


def test_a_dump_of_it_is_that_of_a_pipeline_and_is_read_by_both(tmp_path: Path) -> None:
    here = pipeline(tmp_path)
    dump = here.ray("ray://head:10001", {"namespace": "n"}).dump()
    assert dump == here.dump()
    assert dump["pipeline"]["type_info"] == {
        "module": "distilabel.pipeline.local",
        "name": "Pipeline",
    }
    for kind in (Pipeline, RayPipeline):
        assert kind.from_dict(dump, allow=("rooms",)).dump() == dump


@pytest.mark.usefixtures("_no_ray")
def test_without_ray_the_error_says_how_to_install_it_before_any_request(
    tmp_path: Path,
) -> None:
    llm = Echo()
    with Pipeline(name="p", cache_dir=tmp_path) as made:
        Numbers() >> Ask(name="ask", llm=llm)
    with pytest.raises(ImportError, match=r"pip install 'distilabel\[ray\]'"):
        made.ray().run()
    assert llm.asked == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_no_ray")
def test_on_a_ray_cluster_a_pipeline_runs_on_it_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in VARIABLES[:2]:
        monkeypatch.setenv(name, "x")
    assert isinstance(pipeline(tmp_path)._worker_backend(), ProcessBackend)
    monkeypatch.setenv(VARIABLES[2], "")
    with pytest.raises(ImportError, match="requires the package `ray`"):
        pipeline(tmp_path).run()


def test_offline_batches_are_refused_there(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    with Pipeline(name="p", cache_dir=tmp_path) as made:
        Numbers() >> Ask(name="ask", llm=Echo())
    parameters = {"ask": {"llm": {"use_offline_batch_generation": True}}}
    with pytest.raises(DistilabelUserError, match="ask: offline batches are not supported on"):
        made.ray().run(parameters=parameters)
