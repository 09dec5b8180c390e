"""The simulated endpoint in its own process, for the scenarios of the rate limiter."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any

from distilabel._simulated.answers.faults import Faults
from distilabel._simulated.answers.latency import Latency
from distilabel._simulated.server.server import running
from distilabel._simulated.server.settings import Settings


async def _serve(port: int, given: dict[str, Any]) -> None:
    settings = Settings(
        **{
            **given,
            "latency": Latency.parse(given.get("latency", "0")),
            "faults": Faults.parse(given.get("faults", {})),
        }
    )
    async with running(settings, port=port) as url:
        print(url.rpartition(":")[2], flush=True)
        await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--settings", type=json.loads, default={}, help="as JSON")
    given = parser.parse_args()
    asyncio.run(_serve(given.port, given.settings))


if __name__ == "__main__":
    main()
