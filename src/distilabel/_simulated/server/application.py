"""HTTP application of the simulated server: routes, answers and faults."""

import asyncio
import hmac
import itertools
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from aiohttp import web

from distilabel._simulated.answers.answer import Answer, answer_request
from distilabel._simulated.answers.recorded_answers import RecordedAnswers
from distilabel._simulated.answers.request import AnswerRequest
from distilabel._simulated.server import broken_responses
from distilabel._simulated.server.batch_jobs.anthropic import AnthropicBatchEndpoint
from distilabel._simulated.server.batch_jobs.base import Handler
from distilabel._simulated.server.batch_jobs.job import Execute
from distilabel._simulated.server.batch_jobs.openai import OpenAIBatchEndpoint
from distilabel._simulated.server.batch_jobs.settings import BatchSettings
from distilabel._simulated.server.rate_limit import RateLimit
from distilabel._simulated.server.request_error import RequestError
from distilabel._simulated.server.settings import Settings
from distilabel._simulated.server.slots import Slots
from distilabel._simulated.server.stats import Stats, request_digest
from distilabel._simulated.server.wire_formats.anthropic import Messages
from distilabel._simulated.server.wire_formats.base import WireFormat
from distilabel._simulated.server.wire_formats.openai import ChatCompletions, Completions
from distilabel._simulated.server.wire_formats.request_body import parse_object
from distilabel._simulated.server.wire_formats.responses import Responses
from distilabel._simulated.server.wire_formats.tgi import Generate

ANY_MODEL = "simulated"
"""Id of the model that `/generate` answers with when the server serves any id."""

_AiohttpHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_JSON: Mapping[str, str] = {"Content-Type": "application/json"}
_MAX_BODY_BYTES = 256 * 1024 * 1024
# A client rejects these responses and may send the request again, so they do not count as answers.
_NO_ANSWER = frozenset(("malformed", "no_choices", "empty", "null"))

_WIRE_FORMATS: Mapping[str, WireFormat] = {
    "chat/completions": ChatCompletions(),
    "completions": Completions(),
    "messages": Messages(),
    "responses": Responses(),
}


class _Server:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._recorded = RecordedAnswers.read(settings.replay) if settings.replay else None
        self._stats = Stats()
        self._rng = random.Random(settings.seed)
        self._rate_limit = RateLimit(settings.rate_limit, settings.limit_headers)
        self._slots = Slots(settings.capacity)
        self._request_numbers = itertools.count(1)

    def application(self) -> web.Application:
        app = web.Application(client_max_size=_MAX_BODY_BYTES)
        models = self._settings.models
        batch_endpoints = [
            kind(self._executor, self._new_batch_settings)
            for kind in (OpenAIBatchEndpoint, AnthropicBatchEndpoint)
        ]
        for prefix in ("", "/v1"):
            for path, wire_format in _WIRE_FORMATS.items():
                app.router.add_post(f"{prefix}/{path}", self._answering(wire_format))
            for endpoint in batch_endpoints:
                for method, path, handler in endpoint.routes():
                    handle = self._guarded(handler, endpoint.wire_format)
                    app.router.add_route(method, f"{prefix}/{path}", handle)
            openai = ChatCompletions()
            app.router.add_get(f"{prefix}/models", self._guarded(self._list_models, openai))
            path = f"{prefix}/models/{{id:.+}}"
            app.router.add_get(path, self._guarded(self._retrieve_model, openai))
        generate = Generate(models[0] if models else ANY_MODEL)
        app.router.add_post("/generate", self._answering(generate))
        app.router.add_get("/health", self._health)
        app.router.add_get("/stats", self._show_stats)
        app.router.add_post("/stats/reset", self._reset_stats)
        app.router.add_post("/settings", self._change_settings)
        return app

    # -- answers --------------------------------------------------------------------------------

    def _answering(self, wire_format: WireFormat) -> _AiohttpHandler:
        """Returns the handler of requests for answers in a wire format."""

        async def handle(request: web.Request) -> web.StreamResponse:
            self._stats.start()
            status = None
            try:
                try:
                    response = await self._answer(request, wire_format)
                except RequestError as error:
                    headers = {**self._headers(), **error.headers}
                    response = _error_response(error, wire_format, headers)
                if request.transport is not None and not request.transport.is_closing():
                    status = response.status
                return response
            finally:
                self._stats.end(status)

        return handle

    async def _answer(self, request: web.Request, wire_format: WireFormat) -> web.StreamResponse:
        self._check_key(request)
        self._check_rate()
        # Rate limit headers as of now: like gateways that count before the model starts.
        headers = self._headers()
        try:
            body = parse_object(await request.read())
            parsed = wire_format.parse_request(body)
        except ValueError as error:
            raise RequestError(400, str(error)) from None
        self._check_model(parsed.model)
        self._check_arguments(body)
        self._stats.add_request(parsed.model)
        # Drawn per request, not per question, so that a retry can succeed.
        fault = self._settings.faults.draw(self._rng)
        async with self._slots:
            await asyncio.sleep(self._settings.latency.draw(self._rng))
        if fault is not None:
            self._stats.by_fault[fault] += 1
            if fault.isdigit():
                raise self._status_fault(fault)
            if fault == "hang":
                await asyncio.Event().wait()
            if fault == "drop":
                return broken_responses.drop(request)
        try:
            answers = [answer.with_fault(fault) for answer in self._answers(parsed)]
        except ValueError as error:
            raise RequestError(400, f"structured output cannot be simulated: {error}") from None
        formatted = wire_format.format_response(parsed, [] if fault == "no_choices" else answers)
        raw = orjson.dumps(self._charge(parsed.model, formatted))
        if fault == "malformed":
            raw = raw[: len(raw) // 2]
        if fault == "reset":
            return await broken_responses.reset(request, raw, headers)
        if fault not in _NO_ANSWER:
            self._count_answers(request.path, body, parsed, answers)
        if fault == "slow":
            return await broken_responses.send_slowly(request, raw, headers)
        return web.Response(body=raw, headers=headers)

    def _answers(self, request: AnswerRequest) -> list[Answer]:
        settings = self._settings
        return answer_request(
            request, seed=settings.seed, recorded=self._recorded, reasoning=settings.reasoning
        )

    def _count_answers(
        self, path: str, body: Mapping[str, Any], request: AnswerRequest, answers: list[Answer]
    ) -> None:
        self._stats.add_answer(
            request.model,
            request_digest(path, body),
            input_tokens=request.input_tokens,
            output_tokens=sum(answer.tokens for answer in answers),
        )

    def _charge(self, model: str, response: Mapping[str, Any]) -> Mapping[str, Any]:
        """Counts the charge for a response, intact or not; with a price, adds its cost."""
        usage = response.get("usage")
        if usage is None:
            return response
        # Anthropic names them input_tokens and output_tokens.
        input_tokens = usage.get("prompt_tokens", usage.get("input_tokens"))
        output_tokens = usage.get("completion_tokens", usage.get("output_tokens"))
        if self._settings.price is None:
            self._stats.add_charge(model, input_tokens, output_tokens, 0.0)
            return response
        input_price, output_price = self._settings.price
        cost = (input_tokens * input_price + output_tokens * output_price) / 1e6
        self._stats.add_charge(model, input_tokens, output_tokens, cost)
        return {**response, "usage": {**usage, "cost": cost}}

    def _status_fault(self, fault: str) -> RequestError:
        wait = self._settings.retry_after if fault in ("429", "503") else None
        headers = {} if wait is None else {"Retry-After": f"{wait:g}"}
        return RequestError(int(fault), f"a simulated fault: status {fault}", "simulated", headers)

    # -- batch jobs -----------------------------------------------------------------------------

    def _new_batch_settings(self) -> BatchSettings:
        self._stats.jobs += 1
        return self._settings.batches

    def _executor(self, path: str) -> Execute | None:
        """Returns what executes requests of batch jobs to a path; None if it does not exist."""
        wire_format = _WIRE_FORMATS.get(path.removeprefix("/v1/"))
        if wire_format is None or not path.startswith("/v1/"):
            return None

        def execute(body: Mapping[str, Any], fails: bool) -> tuple[int, Mapping[str, object]]:
            try:
                if fails:
                    raise self._status_fault("500")
                request = wire_format.parse_request(body)
                self._check_model(request.model)
                self._check_arguments(body)
                answers = self._answers(request)
            except ValueError as error:
                return 400, wire_format.format_error(400, str(error), None)
            except RequestError as error:
                return error.status, wire_format.format_error(error.status, str(error), error.code)
            self._stats.add_request(request.model)
            self._count_answers(path, body, request, answers)
            return 200, wire_format.format_response(request, answers)

        return execute

    # -- checks and headers ---------------------------------------------------------------------

    def _check_key(self, request: web.Request) -> None:
        if self._settings.api_key is None:
            return
        key = request.headers.get("x-api-key")
        if key is None:
            key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        expected = self._settings.api_key.encode()
        if not hmac.compare_digest(key.encode("utf-8", "surrogateescape"), expected):
            raise RequestError(401, "the API key is missing or wrong", "invalid_api_key")

    def _check_rate(self) -> None:
        if wait := self._rate_limit.acquire():
            raise RequestError(
                429,
                f"more than {self._settings.rate_limit:g} requests per second",
                "rate_limit_exceeded",
                {"Retry-After": f"{wait:.3f}"},
            )

    def _check_model(self, model: str) -> None:
        if self._settings.models and model not in self._settings.models:
            raise RequestError(404, f"the model {model!r} is not served", "model_not_found")

    def _check_arguments(self, body: Mapping[str, Any]) -> None:
        for name in self._settings.refuses:
            if name == "max_tokens" and name in body:
                raise RequestError(
                    400,
                    f"Unsupported parameter: {name!r} is not supported with this model. "
                    "Use 'max_completion_tokens' instead.",
                    "unsupported_parameter",
                )
            if body.get(name, 1) != 1:
                raise RequestError(
                    400,
                    f"Unsupported value: {name!r} does not support {body[name]} with this model. "
                    "Only the default (1) value is supported.",
                    "unsupported_value",
                )

    def _headers(self) -> Mapping[str, str]:
        number = next(self._request_numbers)
        return {**_JSON, "request-id": f"req_{number}", **self._rate_limit.headers()}

    # -- everything else ------------------------------------------------------------------------

    def _guarded(self, handler: Handler, wire_format: WireFormat) -> _AiohttpHandler:
        """Checks the API key before a handler and formats its errors."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                self._check_key(request)
                data = await handler(request)
            except RequestError as error:
                return _error_response(error, wire_format, _JSON)
            except ValueError as error:
                return _error_response(RequestError(400, str(error)), wire_format, _JSON)
            return web.Response(body=data) if isinstance(data, bytes) else _json(data)

        return guarded

    async def _list_models(self, request: web.Request) -> object:
        return {"object": "list", "data": [_describe_model(id) for id in self._settings.models]}

    async def _retrieve_model(self, request: web.Request) -> object:
        self._check_model(request.match_info["id"])
        return _describe_model(request.match_info["id"])

    async def _health(self, request: web.Request) -> web.StreamResponse:
        return _json({"status": "ok"})

    async def _show_stats(self, request: web.Request) -> web.StreamResponse:
        return _json(self._stats.as_dict())

    async def _reset_stats(self, request: web.Request) -> web.StreamResponse:
        self._stats = self._stats.reset()
        return _json(self._stats.as_dict())

    async def _change_settings(self, request: web.Request) -> web.StreamResponse:
        try:
            settings = self._settings.updated(parse_object(await request.read()))
        except ValueError as error:
            rejected = RequestError(400, str(error), "invalid_settings")
            return _error_response(rejected, ChatCompletions(), _JSON)
        if settings.rate_limit != self._settings.rate_limit:
            self._rate_limit = RateLimit(settings.rate_limit, settings.limit_headers)
        self._slots.resize(settings.capacity)
        self._settings = settings
        return _json(settings.changeable())


def application(settings: Settings) -> web.Application:
    """Builds the HTTP application of a simulated server.

    Args:
        settings: Settings of the server.

    Returns:
        The application, for aiohttp to run. It shares no counts and no randomness with others.

    Raises:
        OSError: The replay file cannot be read.
        ValueError: The replay file is not valid.
    """
    return _Server(settings).application()


def _json(data: object) -> web.Response:
    return web.Response(body=orjson.dumps(data), headers=_JSON)


def _error_response(
    error: RequestError, wire_format: WireFormat, headers: Mapping[str, str]
) -> web.Response:
    body = wire_format.format_error(error.status, str(error), error.code)
    return web.Response(body=orjson.dumps(body), status=error.status, headers=headers)


def _describe_model(model: str) -> dict[str, object]:
    return {"id": model, "object": "model", "created": 0, "owned_by": "simulated"}
