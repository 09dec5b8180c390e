"""Protects that no job is lost or submitted twice, whatever happens to a run, over HTTP."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest
from aiohttp import web

from distilabel.errors import EndpointError
from distilabel.models.batch_jobs import job_poller
from jobs import Endpoint, Killer, evolving, made, started, writing

COUNT = 20
CREATE = "POST /v1/batches"
UPLOAD = "POST /v1/files"
LOOK = "GET /v1/batches"
COLLECT = "GET /v1/files/content"


def test_a_job_that_cannot_be_submitted_ends_the_run_and_costs_nothing(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.before[CREATE] = lambda: web.json_response({"error": {"message": "no"}}, status=400)
    with pytest.raises(EndpointError, match="no"):
        writing(endpoint.url, tmp_path).run()
    assert endpoint.counts == (0, 0, 0)


def test_a_lost_reply_submits_no_second_job(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.after[CREATE] = lambda: web.Response(status=502)
    assert len(made(writing(endpoint.url, tmp_path).run())) == COUNT
    assert endpoint.seen[CREATE] == 1
    assert endpoint.counts == (1, COUNT, 0)


def test_an_endpoint_that_hiccups_is_asked_again(endpoint: Endpoint, tmp_path: Path) -> None:
    for name in (UPLOAD, CREATE, COLLECT):
        endpoint.before[name] = lambda: web.Response(status=503)
    assert len(made(writing(endpoint.url, tmp_path).run())) == COUNT
    assert endpoint.counts == (1, COUNT, 0)


def test_a_job_that_is_not_known_stops_the_run_instead_of_paying_twice(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    writing(endpoint.url, tmp_path, block=None).run()
    endpoint.before[LOOK] = lambda: web.json_response({"error": "no such batch"}, status=404)
    with pytest.raises(EndpointError, match=r"does not know the batch job batch_.*use_cache=False"):
        writing(endpoint.url, tmp_path).run()
    assert len(made(writing(endpoint.url, tmp_path).run())) == COUNT
    assert endpoint.counts == (1, COUNT, 0)


def test_a_job_of_another_endpoint_is_not_looked_for_at_this_one(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    other = Endpoint()
    try:
        writing(other.url, tmp_path, block=None, identity="the same").run()
        distiset = writing(endpoint.url, tmp_path, identity="the same").run()
    finally:
        other.close()
    assert len(made(distiset)) == COUNT
    assert endpoint.counts == (1, COUNT, 0)


@pytest.mark.parametrize(
    ("when", "what", "is_submitted"),
    [
        ("before", UPLOAD, False),
        ("after", UPLOAD, False),
        # The request has arrived, and is handled although its sender is dead.
        ("before", CREATE, True),
        ("after", CREATE, True),
        ("before", LOOK, True),
        ("after", COLLECT, True),
    ],
)
def test_a_killed_run_loses_no_job_and_asks_nothing_twice(
    endpoint: Endpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
    what: str,
    is_submitted: bool,
) -> None:
    if not is_submitted:
        monkeypatch.setattr(job_poller, "ARRIVAL_SECONDS", 0.0)
    killer = Killer()
    getattr(endpoint, when)[what] = killer.strike
    process = killer.run(endpoint, tmp_path)
    assert process.returncode == -signal.SIGKILL
    distiset = evolving(endpoint.url, tmp_path, turns=2).run()
    assert len(made(distiset)) == COUNT
    assert distiset.failures == []
    assert endpoint.counts == (2, 2 * COUNT, 0)


def test_a_killed_run_does_not_ask_twice_whenever_it_is_killed(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Again and again, some moments after a reply has gone out, until a run gets to its end."""
    replies = [COLLECT, CREATE, LOOK, COLLECT]
    for i, what in enumerate(replies):
        killer = Killer(delay=0.004 * i)
        endpoint.after[what] = killer.strike
        killer.run(endpoint, tmp_path, 400)
        endpoint.after.clear()
    distiset = evolving(endpoint.url, tmp_path, 400, turns=2).run()
    assert len(made(distiset)) == 400
    assert endpoint.counts == (2, 800, 0)


def test_ctrl_c_leaves_the_job_to_the_next_run(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.batches(seconds=3600)
    looked = threading.Event()
    endpoint.after[LOOK] = looked.set
    process = started(endpoint, tmp_path)
    assert looked.wait(30)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert f"{COUNT} requests are waiting in the batch job" in errors
    assert "Traceback" not in errors
    (job,) = (each["id"] for each in endpoint.get("/v1/batches")["data"])
    assert endpoint.get(f"/v1/batches/{job}")["status"] == "validating"
    assert evolving(endpoint.url, tmp_path, turns=2, block=None).run().report.jobs
    assert endpoint.counts == (1, 0, 0)
