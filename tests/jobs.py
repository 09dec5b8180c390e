"""A simulated endpoint in a thread, and pipelines that send it batch jobs."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

from distilabel._simulated.server.application import application
from distilabel._simulated.server.batch_jobs.settings import BatchSettings
from distilabel._simulated.server.settings import Settings
from distilabel.models import AnthropicLLM, OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import EvolQuality, TextGeneration

Hook = Callable[[], web.StreamResponse | None]
_NAMES = re.compile(r"/(batch_|file-|msgbatch_)\d+")
KEY = "sk-batches-0123456789"


class Endpoint:
    """The simulated endpoint.

    Attributes:
        seen: Number of requests by method and path, without the names of jobs and files.
        before: Functions by method and path, called once before such a request is handled. If one
            returns a response, that is sent.
        after: The same, called after the request is handled and before the response is sent.
    """

    def __init__(self, *, refuses: tuple[str, ...] = (), **how: Any) -> None:
        self.seen: Counter[str] = Counter()
        self.before: dict[str, Hook] = {}
        self.after: dict[str, Hook] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        app = application(Settings(api_key=KEY, batches=BatchSettings(**how), refuses=refuses))
        app.middlewares.append(self._middleware())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        self.url = self._do(self._started()) + "/v1"

    def _middleware(self) -> Any:
        @web.middleware
        async def hooked(request: web.Request, handler: Any) -> web.StreamResponse:
            name = f"{request.method} {_NAMES.sub('', request.path)}"
            self.seen[name] += 1
            # Called once, so that a retry succeeds.
            early = self.before.pop(name, lambda: None)()
            if early is not None:
                return early
            response: web.StreamResponse = await handler(request)
            return self.after.pop(name, lambda: None)() or response

        return hooked

    async def _started(self) -> str:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    def _do(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _talk(self, method: str, path: str, body: Any) -> Any:
        url = self.url.removesuffix("/v1") + path
        headers = {"Authorization": f"Bearer {KEY}"}
        async with (
            ClientSession(headers=headers) as session,
            session.request(method, url, json=body) as reply,
        ):
            return await reply.json()

    def get(self, path: str) -> Any:
        return self._do(self._talk("GET", path, None))

    def post(self, path: str, body: Any = None) -> Any:
        return self._do(self._talk("POST", path, body))

    def batches(self, **how: Any) -> None:
        """Changes how jobs that are created from now on go."""
        self.post("/settings", {"batches": how})

    @property
    def counts(self) -> tuple[int, int, int]:
        """Numbers of jobs created, requests answered, and requests answered more than once."""
        stats = self.get("/stats")
        return stats["jobs"], stats["answered"], stats["repeats"]

    def close(self) -> None:
        self._do(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def model(url: str, name: str = "m", *, block: int | None = 0, **fields: Any) -> OpenAILLM:
    """Makes a model that uses batch jobs and checks them without a pause."""
    return OpenAILLM(
        **{
            "model": name,
            "base_url": url,
            "api_key": KEY,
            "use_offline_batch_generation": True,
            "offline_batch_generation_block_until_done": block,
            **fields,
        }
    )


def claude(url: str, name: str = "m", *, block: int | None = 0, **fields: Any) -> AnthropicLLM:
    """Makes the same with Anthropic's protocol."""
    return AnthropicLLM(
        **{
            "model": name,
            "base_url": url,
            "api_key": KEY,
            "use_offline_batch_generation": True,
            "offline_batch_generation_block_until_done": block,
            **fields,
        }
    )


def rows(count: int) -> list[dict[str, Any]]:
    return [{"instruction": f"Explain {i}.", "response": f"It is {i}."} for i in range(count)]


def writing(url: str, cache: Path, count: int = 20, *, of: Any = model, **fields: Any) -> Pipeline:
    """Makes a pipeline with one turn per row."""
    with Pipeline("writing", cache_dir=cache) as pipeline:
        task = TextGeneration(name="write", llm=of(url, **fields))
        LoadDataFromDicts(data=rows(count)) >> task
    return pipeline


def evolving(
    url: str, cache: Path, count: int = 20, turns: int = 3, *, of: Any = model, **fields: Any
) -> Pipeline:
    """Makes a pipeline with several turns per row."""
    with Pipeline("evolving", cache_dir=cache) as pipeline:
        task = EvolQuality(name="evolve", llm=of(url, **fields), num_evolutions=turns)
        LoadDataFromDicts(data=rows(count)) >> task
    return pipeline


def made(distiset: Any) -> list[dict[str, Any]]:
    """Returns the rows of a distiset without their metadata."""
    found = distiset["default"]["train"].to_list() if len(distiset) else []
    return [{k: v for k, v in row.items() if k != "distilabel_metadata"} for row in found]


CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import jobs
from jobs import evolving
print("begun", flush=True)
of = getattr(jobs, sys.argv[5])
evolving(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), turns=2, of=of).run()
"""


def started(
    endpoint: Endpoint, cache: Path, count: int = 20, *, of: str = "model"
) -> subprocess.Popen[str]:
    """Starts a pipeline of two turns in a process of its own."""
    folder = Path(__file__).parent
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), endpoint.url, str(cache), str(count), of],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


class Killer:
    """Kills a run at a request to the endpoint.

    Args:
        delay: Seconds between the request and the kill.
    """

    def __init__(self, delay: float = 0.0) -> None:
        self._delay = delay
        self._ready = threading.Event()
        self._process: subprocess.Popen[str] | None = None

    def strike(self) -> None:
        """Kills the run after the delay."""
        if self._delay:
            threading.Timer(self._delay, self._kill).start()
        else:
            self._kill()

    def _kill(self) -> None:
        self._ready.wait(20)
        assert self._process is not None
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGKILL)

    def run(
        self, endpoint: Endpoint, cache: Path, count: int = 20, *, of: str = "model"
    ) -> subprocess.Popen[str]:
        """Starts a run and waits until it ends or is killed."""
        self._process = started(endpoint, cache, count, of=of)
        self._ready.set()
        self._process.communicate(timeout=60)
        return self._process
