"""A simulated model behind HTTP, as OpenAI, Anthropic and TGI speak; knows no pipeline."""

import asyncio
import hmac
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import orjson
from aiohttp import web

from distilabel._core.token_bucket import TokenBucket
from distilabel._simulated.answers.answer import Answer as Simulated
from distilabel._simulated.answers.answer import AnswerRequest, answers_to
from distilabel._simulated.answers.recorded_answers import RecordedAnswers
from distilabel._simulated.server import broken_responses
from distilabel._simulated.server.batch_jobs.anthropic import AnthropicJobRoutes
from distilabel._simulated.server.batch_jobs.job import Answer, Refusal
from distilabel._simulated.server.batch_jobs.openai import OpenAIJobRoutes
from distilabel._simulated.server.batch_jobs.routes import Handle, add_batches, add_message_batches
from distilabel._simulated.server.batch_jobs.settings import BatchSettings
from distilabel._simulated.server.settings import Settings
from distilabel._simulated.server.slots import Slots
from distilabel._simulated.server.stats import Stats, digest_of
from distilabel._simulated.server.wire_formats.anthropic import Messages
from distilabel._simulated.server.wire_formats.openai import (
    ChatCompletions,
    Completions,
    Dialect,
    Generate,
)

ANY_MODEL = "simulated"
"""The id that a server lists when it serves any id."""

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_JSON: Mapping[str, str] = {"Content-Type": "application/json"}
_MOST_BYTES = 256 * 1024 * 1024
# After these a client has nothing to keep, so that it may well ask the same again.
_SPOILING = frozenset(("malformed", "no_choices", "empty", "null"))


# What a batch job may ask, by where it would be posted.
_IN_JOBS: Mapping[str, Dialect] = {
    "/v1/chat/completions": ChatCompletions(),
    "/v1/completions": Completions(),
    "/v1/messages": Messages(),
}


class _Refused(Exception):
    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers


class _Server:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._replay = (
            RecordedAnswers.read(settings.replay) if settings.replay else RecordedAnswers({})
        )
        self._stats = Stats()
        self._rng = random.Random(settings.seed)
        self._bucket = _bucket(settings)
        self._openai = OpenAIJobRoutes(self._answering)
        self._anthropic = AnthropicJobRoutes(self._answering)
        self._places = Slots(settings.capacity)
        self._requests = itertools.count(1)

    def application(self) -> web.Application:
        app = web.Application(client_max_size=_MOST_BYTES)
        models = self._settings.models
        for prefix in ("", "/v1"):
            app.router.add_post(f"{prefix}/chat/completions", self._asked_in(ChatCompletions()))
            app.router.add_post(f"{prefix}/completions", self._asked_in(Completions()))
            add_batches(app, prefix, self._openai, self._guarded, self._job_how)
            add_message_batches(app, prefix, self._anthropic, self._guarded, self._job_how)
            app.router.add_post(f"{prefix}/messages", self._asked_in(Messages()))
            app.router.add_get(f"{prefix}/models", self._models)
            app.router.add_get(f"{prefix}/models/{{id:.+}}", self._model)
        generate = Generate(models[0] if models else ANY_MODEL)
        app.router.add_post("/generate", self._asked_in(generate))
        app.router.add_get("/health", self._health)
        app.router.add_get("/stats", self._show_stats)
        app.router.add_post("/stats/reset", self._reset_stats)
        app.router.add_post("/settings", self._change_settings)
        return app

    def _answering(self, path: str) -> Answer | None:
        """What answers questions to a path that come in a batch job."""
        dialect = _IN_JOBS.get(path)
        if dialect is None:
            return None

        def answer(body: Mapping[str, Any], fails: bool) -> tuple[int, Mapping[str, object]]:
            try:
                if fails:
                    raise _Refused(500, "a simulated fault: status 500", "simulated")
                ask = dialect.read(body)
                self._check_served(ask.model)
                self._check_taken(body)
                answers = self._answers_to(ask)
            except ValueError as error:
                return 400, dialect.error(400, str(error), None)
            except _Refused as refused:
                return refused.status, dialect.error(refused.status, str(refused), refused.code)
            self._stats.asked(ask.model)
            self._stats.answered(
                ask.model,
                digest_of(path, body),
                read=ask.input_tokens,
                written=sum(answer.tokens for answer in answers),
            )
            return 200, dialect.write(ask, answers)

        return answer

    def _job_how(self) -> BatchSettings:
        """How a job goes that is created now."""
        self._stats.jobs += 1
        return self._settings.batches

    def _answers_to(self, ask: AnswerRequest) -> list[Simulated]:
        return answers_to(
            ask,
            replay=self._replay,
            seed=self._settings.seed,
            reasoning=self._settings.reasoning,
        )

    def _asked_in(self, dialect: Dialect) -> _Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            self._stats.began()
            status = None
            try:
                response = await self._answer_or_refusal(request, dialect)
                if request.transport is not None and not request.transport.is_closing():
                    status = response.status
                return response
            finally:
                self._stats.ended(status)

        return handle

    async def _answer_or_refusal(
        self, request: web.Request, dialect: Dialect
    ) -> web.StreamResponse:
        try:
            return await self._answer(request, dialect)
        except _Refused as refused:
            body = dialect.error(refused.status, str(refused), refused.code)
            headers = {**self._headers(), **refused.headers}
            return web.Response(body=orjson.dumps(body), status=refused.status, headers=headers)

    async def _answer(self, request: web.Request, dialect: Dialect) -> web.StreamResponse:
        self._let_in(request)
        self._let_pass()
        # What is left is told as of now, as by gateways that count before a model begins.
        told = self._headers()
        body = _loaded(await request.read())
        try:
            ask = dialect.read(body)
        except ValueError as error:
            raise _Refused(400, str(error)) from None
        self._check_served(ask.model)
        self._check_taken(body)
        self._stats.asked(ask.model)
        # Drawn per request, not per question: asking again after a fault must be worth it.
        fault = self._settings.faults.draw(self._rng)
        async with self._places:
            await asyncio.sleep(self._settings.latency.draw(self._rng))
        if fault is not None:
            self._stats.by_fault[fault] += 1
            if fault.isdigit():
                wait = self._settings.retry_after if fault in ("429", "503") else None
                headers = {} if wait is None else {"Retry-After": f"{wait:g}"}
                message = f"a simulated fault: status {fault}"
                raise _Refused(int(fault), message, "simulated", headers)
            if fault == "hang":
                await asyncio.Event().wait()
            if fault == "drop":
                return broken_responses.dropped(request)
        try:
            answers = self._answers_to(ask)
        except ValueError as error:
            raise _Refused(400, f"the format asked for cannot be met: {error}") from None
        answers = [answer.spoiled(fault) for answer in answers]
        reply = orjson.dumps(
            self._billed(ask.model, dialect.write(ask, [] if fault == "no_choices" else answers))
        )
        if fault == "malformed":
            reply = reply[: len(reply) // 2]
        if fault == "reset":
            return await broken_responses.reset(request, reply, told)
        if fault not in _SPOILING:
            self._stats.answered(
                ask.model,
                digest_of(request.path, body),
                read=ask.input_tokens,
                written=sum(answer.tokens for answer in answers),
            )
        if fault == "slow":
            return await broken_responses.dribbled(request, reply, told)
        return web.Response(body=reply, headers=told)

    def _billed(self, model: str, reply: Mapping[str, Any]) -> Mapping[str, Any]:
        """Charges for a reply, sound or not, what it says it took."""
        usage = reply.get("usage")
        if usage is None:
            return reply
        # Anthropic has names of its own for them.
        read = usage.get("prompt_tokens", usage.get("input_tokens"))
        written = usage.get("completion_tokens", usage.get("output_tokens"))
        if self._settings.price is None:
            self._stats.billed(model, read, written, 0.0)
            return reply
        dear_in, dear_out = self._settings.price
        cost = (read * dear_in + written * dear_out) / 1e6
        self._stats.billed(model, read, written, cost)
        return {**reply, "usage": {**usage, "cost": cost}}

    def _let_in(self, request: web.Request) -> None:
        if self._settings.api_key is None:
            return
        given = request.headers.get("x-api-key")
        if given is None:
            given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        known = self._settings.api_key.encode()
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), known):
            raise _Refused(401, "the API key is missing or is not the right one", "invalid_api_key")

    def _let_pass(self) -> None:
        if self._bucket is None:
            return
        now = time.monotonic()
        if wait := self._bucket.wait(now):
            raise _Refused(
                429,
                f"more than {self._settings.rate_limit:g} requests per second",
                "rate_limit_exceeded",
                {"Retry-After": f"{wait:.3f}"},
            )
        self._bucket.take(now)

    def _check_served(self, model: str) -> None:
        if self._settings.models and model not in self._settings.models:
            raise _Refused(404, f"the model {model!r} is not served here", "model_not_found")

    def _check_taken(self, body: Mapping[str, Any]) -> None:
        for name in self._settings.refuses:
            if name == "max_tokens" and name in body:
                raise _Refused(
                    400,
                    f"Unsupported parameter: {name!r} is not supported with this model. "
                    "Use 'max_completion_tokens' instead.",
                    "unsupported_parameter",
                )
            if body.get(name, 1) != 1:
                raise _Refused(
                    400,
                    f"Unsupported value: {name!r} does not support {body[name]} with this model. "
                    "Only the default (1) value is supported.",
                    "unsupported_value",
                )

    def _headers(self) -> Mapping[str, str]:
        bucket = self._bucket
        headers = {**_JSON, "request-id": f"req_{next(self._requests)}"}
        if bucket is None or self._settings.limit_headers == "none":
            return headers
        full_in = (bucket.most - bucket.level) / bucket.rate
        if self._settings.limit_headers == "anthropic":
            reset = datetime.now(UTC) + timedelta(seconds=full_in)
            return {
                **headers,
                "anthropic-ratelimit-requests-limit": str(int(bucket.most)),
                "anthropic-ratelimit-requests-remaining": str(int(bucket.level)),
                "anthropic-ratelimit-requests-reset": reset.isoformat(),
            }
        return {
            **headers,
            "x-ratelimit-limit-requests": str(int(bucket.most)),
            "x-ratelimit-remaining-requests": str(int(bucket.level)),
            "x-ratelimit-reset-requests": f"{full_in:.3f}s",
        }

    async def _models(self, request: web.Request) -> web.StreamResponse:
        return self._listed(request, lambda: _list_of(self._settings.models))

    async def _model(self, request: web.Request) -> web.StreamResponse:
        model = request.match_info["id"]

        def described() -> dict[str, object]:
            self._check_served(model)
            return _description(model)

        return self._listed(request, described)

    def _guarded(self, handle: Handle, dialect: Dialect) -> _Handler:
        """Lets in whoever has the key, and writes what is not taken as the dialect does."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                self._let_in(request)
                made = await handle(request)
            except (_Refused, Refusal) as refused:
                error = dialect.error(refused.status, str(refused), None)
                return _json(error, refused.status)
            return web.Response(body=made) if isinstance(made, bytes) else _json(made)

        return guarded

    def _listed(self, request: web.Request, write: Callable[[], object]) -> web.StreamResponse:
        try:
            self._let_in(request)
            return _json(write())
        except _Refused as refused:
            error = ChatCompletions().error(refused.status, str(refused), refused.code)
            return _json(error, refused.status)

    async def _health(self, request: web.Request) -> web.StreamResponse:
        return _json({"status": "ok"})

    async def _show_stats(self, request: web.Request) -> web.StreamResponse:
        return _json(self._stats.as_dict())

    async def _reset_stats(self, request: web.Request) -> web.StreamResponse:
        self._stats = self._stats.fresh()
        return _json(self._stats.as_dict())

    async def _change_settings(self, request: web.Request) -> web.StreamResponse:
        try:
            changed = self._settings.changed(_loaded(await request.read()))
        except (ValueError, _Refused) as error:
            return _json(ChatCompletions().error(400, str(error), "invalid_settings"), 400)
        if changed.rate_limit != self._settings.rate_limit:
            self._bucket = _bucket(changed)
        self._places.change(changed.capacity)
        self._settings = changed
        return _json(changed.changeable())


def application(settings: Settings) -> web.Application:
    """Makes the web application of a simulated server.

    Args:
        settings: How the server behaves.

    Returns:
        The application, to be run by aiohttp. It counts and draws for itself alone.

    Raises:
        OSError: The replay file cannot be read.
        ValueError: The replay file has another form.
    """
    return _Server(settings).application()


def _bucket(settings: Settings) -> TokenBucket | None:
    return None if settings.rate_limit is None else TokenBucket(settings.rate_limit)


def _loaded(raw: bytes) -> Mapping[str, Any]:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _Refused(400, f"the request's body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise _Refused(400, "the request's body must be a JSON object")
    return body


def _json(data: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(data), status=status, headers=_JSON)


def _description(model: str) -> dict[str, object]:
    return {"id": model, "object": "model", "created": 0, "owned_by": "simulated"}


def _list_of(models: Sequence[str]) -> dict[str, object]:
    return {"object": "list", "data": [_description(model) for model in models]}
