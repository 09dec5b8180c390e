"""The raw competitor: an aiohttp session, a semaphore, a list of texts; stores nothing.

With `--retry` each request is retried by itself until it is answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random

import aiohttp

from bench.prompts import GENERATION, prompt


async def ask_all(count: int, port: int, in_flight: int, retry: bool = False) -> list[str]:
    """Sends `count` requests, at most `in_flight` at a time, and returns the texts in order."""
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    limit = asyncio.Semaphore(in_flight)

    async with aiohttp.ClientSession(headers={"Authorization": "Bearer x"}) as session:

        async def ask(number: int) -> str:
            body = {
                "model": "bench",
                "messages": [{"role": "user", "content": prompt(number)}],
                "temperature": GENERATION["temperature"],
                "max_completion_tokens": GENERATION["max_new_tokens"],
            }
            async with limit, session.post(url, json=body) as response:
                response.raise_for_status()
                answer = await response.json()
            text: str = answer["choices"][0]["message"]["content"]
            return text

        async def ask_until_answered(number: int) -> str:
            attempts = 0
            while True:
                wait = random.uniform(0.5, 1.0) * min(1.0, 0.2 * 2**attempts)
                try:
                    return await ask(number)
                except aiohttp.ClientResponseError as error:
                    asked_for = (error.headers or {}).get("Retry-After", "0")
                    wait = max(wait, float(asked_for))
                except (aiohttp.ClientError, json.JSONDecodeError):
                    pass
                attempts += 1
                await asyncio.sleep(wait)

        way = ask_until_answered if retry else ask
        return await asyncio.gather(*(way(number) for number in range(count)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--prompts", type=int, required=True)
    parser.add_argument("--in-flight", type=int, default=100)
    parser.add_argument("--retry", action="store_true", help="ask again until there is an answer")
    given = parser.parse_args()
    texts = asyncio.run(ask_all(given.prompts, given.port, given.in_flight, given.retry))
    print(json.dumps({"rows": len(texts)}))


if __name__ == "__main__":
    main()
