"""A simulated endpoint in a thread of its own, and a pipeline that asks it in batch jobs."""

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
        seen: how often each method and path was asked for, without names of jobs and files.
        before: method and path → called before such a request is handled; what it gives, if
            anything, is the response.
        after: the same, called after it was handled and before the response goes.
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
            # Called once: a request that is sent again is not to be disturbed again.
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
        """Has jobs that are created from now on go otherwise."""
        self.post("/settings", {"batches": how})

    @property
    def counts(self) -> tuple[int, int, int]:
        """Jobs created, questions answered, and questions that were answered more than once."""
        stats = self.get("/stats")
        return stats["jobs"], stats["answered"], stats["repeats"]

    def close(self) -> None:
        self._do(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def model(url: str, name: str = "m", *, block: int | None = 0, **fields: Any) -> OpenAILLM:
    """A model that is asked in batch jobs; looked at without a pause unless told otherwise."""
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
    """The same of the other protocol."""
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
    """One turn."""
    with Pipeline("writing", cache_dir=cache) as pipeline:
        task = TextGeneration(name="write", llm=of(url, **fields))
        LoadDataFromDicts(data=rows(count)) >> task
    return pipeline


def evolving(
    url: str, cache: Path, count: int = 20, turns: int = 3, *, of: Any = model, **fields: Any
) -> Pipeline:
    """Several turns."""
    with Pipeline("evolving", cache_dir=cache) as pipeline:
        task = EvolQuality(name="evolve", llm=of(url, **fields), num_evolutions=turns)
        LoadDataFromDicts(data=rows(count)) >> task
    return pipeline


def made(distiset: Any) -> list[dict[str, Any]]:
    """The rows of a distiset without what stands beside them."""
    found = distiset["default"]["train"].to_list() if len(distiset) else []
    return [{k: v for k, v in row.items() if k != "distilabel_metadata"} for row in found]


CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from distilabel.models.batch_jobs import coordinator
coordinator.QUIET_SECONDS = 0.02
import jobs
from jobs import evolving
print("begun", flush=True)
of = getattr(jobs, sys.argv[5])
evolving(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), turns=2, of=of).run()
"""


def started(
    endpoint: Endpoint, cache: Path, count: int = 20, *, of: str = "model"
) -> subprocess.Popen[str]:
    """Starts the pipeline of two turns in a process of its own."""
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
    """Kills a run when the endpoint says so.

    Args:
        delay: seconds to let it go on before.
    """

    def __init__(self, delay: float = 0.0) -> None:
        self._delay = delay
        self._ready = threading.Event()
        self._process: subprocess.Popen[str] | None = None

    def strike(self) -> None:
        """Kills it, after the delay."""
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
        """Runs until the end, whichever it is."""
        self._process = started(endpoint, cache, count, of=of)
        self._ready.set()
        self._process.communicate(timeout=60)
        return self._process
