"""Faults of endpoints, over HTTP: what refuses, breaks, hangs, moves or is not there."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest
from aiohttp import web

from faults.job import InAThread, Job, asked, questions, ran, ran_and_cured, until_the_log_has
from faults.table import Seen, fault
from rooms import script
from serving import reply, said, served
from web import Web

pytestmark = pytest.mark.usefixtures("transport_kind")

FINE = said("fine")
PAGE = "<!doctype html><html><head><title>502 Bad Gateway</title></head><body>sorry</body></html>"


def saying(words: str, status: int, **headers: str) -> web.Response:
    return reply({"error": {"message": words}}, status, **headers)


def page(status: int) -> web.Response:
    return web.Response(text=PAGE, status=status, content_type="text/html")


@fault(
    "429 with `Retry-After`",
    log="write: retrying in 1.… s: http:…/chat/completions answered 429: slow down",
    done="asked again after the time it names, and slower",
)
def test_429_with_a_time(tmp_path: Path) -> Seen:
    return ran(tmp_path, saying("slow down", 429, Retry_After="1"), FINE)


@fault(
    "429 without `Retry-After`",
    log="write: retrying in … s: http:…/chat/completions answered 429: slow down",
    done="asked again and slower, for up to 15 minutes",
)
def test_429(tmp_path: Path) -> Seen:
    return ran(tmp_path, *[saying("slow down", 429)] * 3, FINE)


@fault(
    "429 because the account is empty (`insufficient_quota`)",
    error="write: http:…/chat/completions requires payment (429: no credit). Run again once the "
    "account has credit.",
    done="the run stops at once; run again: what was answered is kept",
)
def test_an_empty_account(tmp_path: Path) -> Seen:
    bad = reply({"error": {"message": "no credit", "code": "insufficient_quota"}}, 429)
    return ran_and_cured(tmp_path, bad, answered=5)


@fault(
    "500 for a moment",
    log="write: retrying in … s: http:…/chat/completions answered 500: oops",
    done="asked again, up to 6 times",
)
def test_500(tmp_path: Path) -> Seen:
    return ran(tmp_path, *[saying("oops", 500)] * 3, FINE)


@fault(
    "500 for one question, always",
    row="AnswerError: http:…/chat/completions answered 500: oops",
    done="asked 7 times in all, then that row fails; the next run asks it again",
)
def test_500_for_ever(tmp_path: Path) -> Seen:
    async def breaks_on_one(request: web.Request) -> web.Response:
        return saying("oops", 500) if "Question 1." in await request.text() else reply(FINE)

    with served(breaks_on_one) as server:
        seen = Job(tmp_path, server.url).run()
        assert asked(server) == 2 + 7
    assert len(seen.row.splitlines()) == 1
    return seen


@fault(
    "502 with an HTML page",
    log="write: retrying in … s: http:…/chat/completions answered 502: "
    "a web page, '502 Bad Gateway'",
    done="asked again and slower, for up to 15 minutes",
)
def test_502(tmp_path: Path) -> Seen:
    return ran(tmp_path, page(502), FINE)


@fault(
    "503 for a while",
    log="paused for … s, … requests in a row failed: http:…/chat/completions answered 503: "
    "starting",
    done="left alone, then tried with one question at a time, for up to 15 minutes",
)
def test_503(tmp_path: Path) -> Seen:
    bad = [True]

    async def starts_late(request: web.Request) -> web.Response:
        return saying("starting", 503) if bad[0] else reply(FINE)

    with served(starts_late) as server:
        running = InAThread(Job(tmp_path, server.url, questions(15)))
        until_the_log_has(tmp_path, "paused for")
        bad[0] = False
        seen = running.seen()
    assert "answers again" in seen.log
    return seen


@fault(
    "nobody listens, at the start",
    error="write: the connection to http:…/v1/models failed: … Check that the server is running "
    "and the base_url is right. No question was sent.",
    done="the run stops before the first question",
)
def test_nobody_there(tmp_path: Path) -> Seen:
    job = Job(tmp_path, f"http://127.0.0.1:{free_port()}", questions(40))
    seen = job.run()
    with served(FINE, port=int(job.url.rpartition(":")[2])):
        return job.go_on(seen)


@fault(
    "`https` where only `http` is spoken",
    error="write: the connection to https:…/v1/models failed: …SSL… Check that the server is "
    "running and the base_url is right. No question was sent.",
    done="the run stops before the first question",
)
def test_wrong_scheme(tmp_path: Path) -> Seen:
    with served(FINE) as server:
        job = Job(tmp_path, server.url.replace("http:", "https:"))
        seen = job.run()
        job.url = server.url
        return job.go_on(seen)


@fault(
    "nobody listens any more, in the middle of a run",
    log="paused for … s, … requests in a row failed: the connection to … failed",
    done="waits for it, up to 15 minutes; goes on when it is back",
)
def test_gone_in_the_middle(tmp_path: Path) -> Seen:
    # A process that is killed: the kernel closes all it had open.
    process = script(ANSWERS_20, tmp_path)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        running = InAThread(Job(tmp_path, url, questions(60)))
        assert process.stdout.readline() == "hangs\n"
    finally:
        process.kill()
        process.communicate()
    until_the_log_has(tmp_path, "paused for")
    with served(FINE, port=int(url.rpartition(":")[2])) as server:
        seen = running.seen()
        assert asked(server) == 40
    assert "answers again" in seen.log
    return seen


ANSWERS_20 = """
    import asyncio
    from serving import said, serving

    async def hangs(request):
        print("hangs", flush=True)
        await asyncio.sleep(600)

    async def main():
        async with serving(*[said("fine")] * 20, hangs) as server:
            print(server.url, flush=True)
            await asyncio.sleep(600)

    asyncio.run(main())
"""


@fault(
    "the connection is lost in the middle of an answer",
    log="write: retrying in … s: the connection to http:…/chat/completions failed: …",
    done="asked again, up to 6 times",
)
def test_reset(tmp_path: Path) -> Seen:
    async def breaks_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"choices": [{"mess')
        assert request.transport is not None
        request.transport.abort()
        return response

    return ran(tmp_path, breaks_off, FINE)


@fault(
    "an answer that comes byte by byte and never ends",
    log="write: retrying in … s: http:…/chat/completions did not answer within 1 s",
    done="given up after `timeout` seconds and asked again, slower",
)
def test_slow_loris(tmp_path: Path) -> Seen:
    async def dribbles(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b" ")
                await asyncio.sleep(0.05)
        return response

    return ran(tmp_path, dribbles, FINE, timeout=1)


@fault(
    "no answer at all",
    log="write: retrying in … s: http:…/chat/completions did not answer within 1 s",
    done="given up after `timeout` seconds and asked again, slower",
)
def test_hangs(tmp_path: Path) -> Seen:
    async def hangs(request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return reply(FINE)

    return ran(tmp_path, hangs, FINE, timeout=1)


@fault(
    "a model that is not in the endpoint's list",
    error="write: http:… does not know the model 'small', did you mean 'smal'? No question was "
    "sent.",
    done="the run stops before the first question",
)
def test_unknown_model_in_a_list(tmp_path: Path) -> Seen:
    with served(FINE, models=("smal", "other")) as server:
        job = Job(tmp_path, server.url, questions(40), {"model": "small"})
        seen = job.run()
        assert asked(server) == 0
    with served(FINE, models=("small",), port=int(server.url.rpartition(":")[2])):
        return job.go_on(seen)


@fault(
    "404: a model or an address that is not there",
    error="write: http:…/chat/completions does not know the model or the address (404: no such "
    "model). Check the model's name and its base_url.",
    done="the run stops; of 2,000 rows only those in flight were asked",
)
def test_404(tmp_path: Path) -> Seen:
    return ran_and_cured(tmp_path, saying("no such model", 404), rows=2000)


@fault(
    "401: a wrong key",
    error="write: http:…/chat/completions rejects the key (401: wrong key [key]). Check "
    "`api_key`, or the environment variable OPENAI_API_KEY.",
    done="the run stops; of 2,000 rows only those in flight were asked",
)
def test_401(tmp_path: Path) -> Seen:
    return ran_and_cured(tmp_path, saying("wrong key sk-not-to-be-seen-0123456789", 401), rows=2000)


@fault(
    "403: a key that is withdrawn in the middle of a run",
    error="write: http:…/chat/completions rejects the key (403: not any more). Check `api_key`, "
    "or the environment variable OPENAI_API_KEY.",
    done="the run stops; run again: what was answered is kept",
)
def test_403(tmp_path: Path) -> Seen:
    return ran_and_cured(tmp_path, saying("not any more", 403), answered=20)


@fault(
    "403: a router that refuses one question (`flagged_input`)",
    row="AnswerError: http:…/chat/completions answered 403: flagged",
    done="that row fails; the others go on",
)
def test_flagged(tmp_path: Path) -> Seen:
    bad = {"error": {"message": "flagged", "code": 403, "metadata": {"flagged_input": "Quest"}}}
    seen = ran(tmp_path, reply(bad, 403), FINE)
    assert len(seen.row.splitlines()) == 1
    return seen


@fault(
    "400: a question that is too long",
    row="AnswerError: http:…/chat/completions answered 400: maximum context length is 8192 tokens",
    done="asked once; that row fails, the others go on",
)
def test_400(tmp_path: Path) -> Seen:
    bad = {"error": {"message": "maximum context length is 8192 tokens"}}
    with served(reply(bad, 400), FINE) as server:
        seen = Job(tmp_path, server.url).run()
        assert asked(server) == 3
    assert len(seen.row.splitlines()) == 1
    return seen


@fault(
    "a redirect to a page to log in",
    error="write: http:…/chat/completions redirects to http:…/login (302). Check the base_url "
    "(https, the path up to /v1), and whether the address requires a login.",
    done="the run stops; what the address says besides is not shown",
)
def test_redirect(tmp_path: Path, web: Web) -> Seen:
    web.pages["/login?state=secret"] = PAGE.encode()
    return ran_and_cured(tmp_path, redirect(f"{web.url}/login?state=secret"), answered=5)


@fault("a redirect to another path of the same server (307, 308)", done="followed")
def test_redirect_that_keeps_the_question(tmp_path: Path) -> Seen:
    async def answer(request: web.Request) -> web.Response:
        if "/new/" in request.path:
            return reply(FINE)
        return redirect("/new/chat/completions", 308)

    with served(answer) as server:
        seen = Job(tmp_path, server.url).run()
        assert server.paths.count("/new/chat/completions") == 3
    return seen


@fault(
    "a redirect to another server (307, 308)",
    error="write: http:…/v1/chat/completions redirects to http:…/v1/chat/completions (308). Check "
    "the base_url (https, the path up to /v1), and whether the address requires a login.",
    done="the run stops; the other server gets neither a key nor a prompt",
)
def test_redirect_to_another_server(tmp_path: Path) -> Seen:
    with served(FINE) as there:
        seen = ran_and_cured(
            tmp_path, redirect(f"{there.url}/v1/chat/completions", 308), answered=5
        )
        assert there.seen == []
    return seen


def redirect(to: str, status: int = 302) -> web.Response:
    return web.Response(status=status, headers={"Location": to})


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
