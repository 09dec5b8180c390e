"""A minimal OpenAI-protocol endpoint for benchmarks, which leaves the CPU to the client.

It reads only the length of a request and returns a canned answer, numbered so that no two answers
are the same. Latencies are drawn from a seeded generator in order of arrival, so that two clients
that send the same requests see the same latencies.

    GET  /stats                       counts and times since the last reset
    POST /reset?seed=N&latency=SPEC   counts from 0, draws from the beginning
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import re
import signal
import sys
import time
from collections.abc import Callable
from urllib.parse import parse_qs

Draw = Callable[[], float]

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_LATENCY_FORMS = "constant:SECONDS or lognormal:MEDIAN:SIGMA:CAP"


def latency_of(spec: str, seed: int) -> Draw:
    """Returns the generator of a latency sequence, at its start.

    Args:
        spec: `constant:SECONDS` or `lognormal:MEDIAN:SIGMA:CAP`.
        seed: of the sequence.

    Raises:
        ValueError: the text has another form, or a number is negative.
    """
    kind, *rest = spec.split(":")
    try:
        numbers = [float(part) for part in rest]
    except ValueError:
        numbers = []
    if numbers and min(numbers) >= 0:
        if kind == "constant" and len(numbers) == 1:
            seconds = numbers[0]
            return lambda: seconds
        if kind == "lognormal" and len(numbers) == 3:
            median, sigma, cap = numbers
            gauss = random.Random(seed).lognormvariate
            return lambda: min(cap, median * gauss(0.0, sigma))
    raise ValueError(f"latency {spec!r} is not understood: write {_LATENCY_FORMS}")


def _with_head(status: str, body: bytes) -> bytes:
    lines = (f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, "", "")).encode() + body


def _canned() -> bytes:
    # As long as a short real answer, so that parsing it costs what it costs with a real model.
    text = (
        "Answer 0000000000: tides follow the moon because its pull is stronger on the near side of "
        "the Earth than on the far one. The water bulges on both, and as the Earth turns below "
        "the bulges a coast sees high water about twice a day."
    )
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    answer = {
        "id": "chatcmpl-0000000000",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "bench",
        "choices": [choice],
        "usage": {"prompt_tokens": 24, "completion_tokens": 52, "total_tokens": 76},
        "system_fingerprint": "fp_bench",
    }
    return _with_head("200 OK", json.dumps(answer).encode())


_BEFORE_NUMBER, _AFTER_NUMBER = _canned().split(b"Answer 0000000000")
_MODEL = {"id": "bench", "object": "model", "created": 1700000000, "owned_by": "bench"}
_MODELS = _with_head("200 OK", json.dumps({"object": "list", "data": [_MODEL]}).encode())
_NOT_FOUND = _with_head("404 Not Found", b'{"error":{"message":"no such path"}}')
_NO_LENGTH = _with_head("411 Length Required", b'{"error":{"message":"send a Content-Length"}}')


class Endpoint:
    """The state that all connections share: the latency and the counters.

    Args:
        latency: see `latency_of`.
        seed: of the latencies.
    """

    def __init__(self, latency: str, seed: int) -> None:
        self._latency = latency
        self._seed = seed
        self.draw = latency_of(latency, seed)
        self._count_from_zero()

    def _count_from_zero(self) -> None:
        self.requests = 0
        self.questions = 0
        self.answered = 0
        self.abandoned = 0
        self.in_flight = 0
        self.max_in_flight = 0
        self.first_request: float | None = None
        self.first_question: float | None = None
        self.last_answer: float | None = None
        self._cpu = time.process_time()

    def reset(self, query: str) -> None:
        """Starts counts and latencies again, maybe with other settings."""
        given = parse_qs(query)
        self._latency = given.get("latency", [self._latency])[0]
        self._seed = int(given.get("seed", [str(self._seed)])[0])
        self.draw = latency_of(self._latency, self._seed)
        self._count_from_zero()

    def stats(self) -> bytes:
        """The counts since the last reset, as JSON; times are those of `time.time()`."""
        return json.dumps(
            {
                "requests": self.requests,
                "questions": self.questions,
                "answered": self.answered,
                "abandoned": self.abandoned,
                "max_in_flight": self.max_in_flight,
                "first_request": self.first_request,
                "first_question": self.first_question,
                "last_answer": self.last_answer,
                # Shows whether clients waited for the endpoint itself.
                "cpu_seconds": time.process_time() - self._cpu,
            }
        ).encode()


class _Connection(asyncio.Protocol):
    def __init__(self, endpoint: Endpoint, loop: asyncio.AbstractEventLoop) -> None:
        self._endpoint = endpoint
        self._later = loop.call_later
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        while buffer:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                break
            found = _LENGTH.search(buffer, 0, end)
            if found is None and buffer.startswith(b"POST /v1"):
                self._transport.write(_NO_LENGTH)
                self._transport.close()
                return
            size = end + 4 + (int(found[1]) if found else 0)
            if len(buffer) < size:
                break
            if buffer.startswith(b"POST /v1/chat/completions "):
                self._asked()
            else:
                self._other(buffer[: buffer.find(b"\r\n")].decode("latin-1"))
            buffer = buffer[size:]
        self._buffer = buffer

    def _asked(self) -> None:
        endpoint = self._endpoint
        if not endpoint.questions:
            endpoint.first_question = time.time()
            endpoint.first_request = endpoint.first_request or endpoint.first_question
        endpoint.requests += 1
        endpoint.questions += 1
        endpoint.in_flight += 1
        if endpoint.in_flight > endpoint.max_in_flight:
            endpoint.max_in_flight = endpoint.in_flight
        delay = endpoint.draw()
        if delay:
            self._later(delay, self._answer)
        else:
            self._answer()

    def _answer(self) -> None:
        endpoint = self._endpoint
        # A reset while questions are in flight must not leave a count below 0.
        endpoint.in_flight = max(0, endpoint.in_flight - 1)
        if self._transport.is_closing():
            endpoint.abandoned += 1
            return
        endpoint.answered += 1
        endpoint.last_answer = time.time()
        self._transport.write(
            b"%bAnswer %010d%b" % (_BEFORE_NUMBER, endpoint.answered, _AFTER_NUMBER)
        )

    def _other(self, request_line: str) -> None:
        method, target, *_ = f"{request_line}  ".split(" ")
        path, _, query = target.partition("?")
        endpoint = self._endpoint
        if (method, path) == ("GET", "/stats"):
            self._transport.write(_with_head("200 OK", endpoint.stats()))
        elif (method, path) == ("POST", "/reset"):
            try:
                endpoint.reset(query)
            except ValueError as error:
                body = json.dumps({"error": {"message": str(error)}}).encode()
                self._transport.write(_with_head("400 Bad Request", body))
                return
            self._transport.write(_with_head("200 OK", endpoint.stats()))
        else:
            endpoint.requests += 1
            endpoint.first_request = endpoint.first_request or time.time()
            known = (method, path) == ("GET", "/v1/models")
            self._transport.write(_MODELS if known else _NOT_FOUND)


async def serve(endpoint: Endpoint, port: int, *, until_stdin_ends: bool) -> None:
    """Serves until SIGTERM or SIGINT, or until standard input ends; prints the port when ready."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    if until_stdin_ends:
        # If the parent process is killed, nothing else ends this one.
        loop.add_reader(sys.stdin.fileno(), done.set)
    server = await loop.create_server(
        lambda: _Connection(endpoint, loop), "127.0.0.1", port, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await done.wait()
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="any free one by default")
    parser.add_argument("--latency", default="constant:0", help=_LATENCY_FORMS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--until-stdin-ends", action="store_true")
    given = parser.parse_args()
    endpoint = Endpoint(given.latency, given.seed)
    # Nothing here makes cycles, and a pause would look like a slow client.
    gc.disable()
    asyncio.run(serve(endpoint, given.port, until_stdin_ends=given.until_stdin_ends))


if __name__ == "__main__":
    main()
