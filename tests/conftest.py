"""Fixtures of several tests: a local Hub, a local web server, a model that answers from a list."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from distilabel.models.llms.base import AsyncLLM
from slow import slow_reason

# A program started in the background ignores Ctrl-C, and so would the processes that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Set before the client of the Hub is imported: no test reaches the real Hub.
os.environ["HF_HUB_OFFLINE"] = "1"

if TYPE_CHECKING:
    from hub import Hub
    from web import Web

TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Marks the tests of `slow.py`."""
    for item in items:
        name = getattr(item, "originalname", item.name)
        if slow_reason(item.path.relative_to(TESTS).as_posix(), name) is not None:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def _no_program_is_left_running() -> Iterator[None]:
    """Ends the programs that a failed test left running, so that later tests do not fail too."""
    yield
    from rooms import end_scripts

    end_scripts()


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A Hugging Face Hub on this machine."""
    from hub import Hub

    server = Hub()
    yield server
    server.close()


class Scripted(AsyncLLM):
    """Answers with the given texts, one after another."""

    script: list[Any] = []
    structured_output: Any = None

    @property
    def model_name(self) -> str:
        return "scripted"

    async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        return {
            "generations": [self.script.pop(0) for _ in range(num_generations)],
            "statistics": {
                "input_tokens": [7] * num_generations,
                "output_tokens": [11] * num_generations,
            },
        }


@pytest.fixture
def scripted() -> Callable[..., Scripted]:
    def make(*script: str | None) -> Scripted:
        return Scripted(script=list(script))

    return make


@pytest.fixture(params=["connections", "aiohttp"])
def transport_kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Sends requests over connections of the project's own, then with aiohttp."""
    monkeypatch.setenv("DISTILABEL_HTTP", request.param)
    return str(request.param)


@pytest.fixture
def web() -> Iterator[Web]:
    """A web server on this machine, without any pages yet."""
    import threading

    from web import Web

    with Web() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def run_rows() -> list[dict[str, Any]]:
    """The rows of the run in `data_dir`, in order."""
    return [{"a": i, "distilabel_metadata": {"m": "x"}} for i in range(4)]


@pytest.fixture
def data_dir(tmp_path: Path, run_rows: list[dict[str, Any]]) -> Path:
    """The files of a run with one leaf step, `keep`."""
    from datasets import Dataset

    data = tmp_path / "run" / "data"
    leaf = data / "steps_outputs" / "keep"
    leaf.mkdir(parents=True)
    # Text order would read 10 before 9.
    for row, number in zip(run_rows, ("9", "10", "11", "100"), strict=True):
        Dataset.from_list([row]).to_parquet(leaf / f"{number}.parquet")
    artifact = data / "steps_artifacts" / "index" / "faiss"
    artifact.mkdir(parents=True)
    (artifact / "metadata.json").write_text('{"rows": 4}')
    (artifact / "index.bin").write_bytes(b"\0")
    (data.parent / "pipeline.yaml").write_text("name: p\n")
    (data.parent / "pipeline.log").write_text("went well\n")
    return data
