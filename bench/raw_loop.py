"""The raw competitor: one aiohttp session, one semaphore, the texts in a list; nothing kept."""

from __future__ import annotations

import argparse
import asyncio
import json

import aiohttp

from bench.prompts import GENERATION, prompt


async def ask_all(count: int, port: int, in_flight: int) -> list[str]:
    """Asks `count` questions, at most `in_flight` at a time, and gives the texts in order."""
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

        return await asyncio.gather(*(ask(number) for number in range(count)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--prompts", type=int, required=True)
    parser.add_argument("--in-flight", type=int, default=100)
    given = parser.parse_args()
    texts = asyncio.run(ask_all(given.prompts, given.port, given.in_flight))
    print(json.dumps({"rows": len(texts)}))


if __name__ == "__main__":
    main()
