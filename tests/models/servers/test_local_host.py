"""A server on this machine: its start, its files, its end, and messages about a failed start."""

from __future__ import annotations

import logging
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from distilabel.models.servers import local_host
from distilabel.models.servers.host import ServerFailed, StartCanceled
from distilabel.models.servers.local_host import LocalServer, check_package, log_folder, python_of
from distilabel.models.servers.spec import SGLANG, VLLM, ServerSpec
from engine_doubles import FakeEngine, runs, wait_until


def spec(model: str = "m", **more: object) -> ServerSpec:
    return ServerSpec(VLLM, model, (model, "--served-model-name", model), **more)  # type: ignore[arg-type]


def never() -> bool:
    return False


def test_a_server_answers_with_its_own_key_and_ends(
    engine: FakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server = LocalServer(spec(), 0)
    address = server.start(never)
    assert address.url.startswith("http://127.0.0.1:")
    assert address.version == "0.32.0"
    (start,) = engine.starts
    # A key in the command line could be read by all users of the machine.
    assert address.key not in " ".join(start["arguments"])
    assert address.key not in repr(address)
    assert "m is ready after" in caplog.text
    server.stop()
    assert not runs(start["pid"])


def test_texts_are_written_to_files_that_only_the_user_can_read(engine: FakeEngine) -> None:
    server = LocalServer(spec(files=(("--chat-template", "{{ messages }}"),)), 0)
    server.start(never)
    arguments = engine.starts[0]["arguments"]
    path = Path(arguments[arguments.index("--chat-template") + 1])
    assert path.read_text() == "{{ messages }}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    server.stop()


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("oom", "vLLM: there is not enough memory for the model 'oom'. Use a smaller"),
        ("missing", "vLLM: the model 'missing' was not found. Check its name"),
        ("gpuless", "vLLM: it found no GPU that it can use."),
        ("argument", "vLLM: it does not know an argument: --bananas 3. Correct extra_kwargs"),
        ("gated", "vLLM: the model 'gated' is gated or private."),
        ("odd", "vLLM: it ended with status 1. The log says why."),
    ],
)
def test_a_failed_start_says_why(engine: FakeEngine, model: str, words: str) -> None:
    with pytest.raises(ServerFailed) as error:
        LocalServer(spec(model), 0).start(never)
    text = str(error.value)
    assert text.startswith(words)
    # And shows the end of the log, and where it is.
    (log,) = log_folder().glob("*.log")
    assert f"The log of the server is {log}." in text
    assert log.read_text().splitlines()[-1] in text


def test_a_package_that_another_interpreter_lacks_is_named_with_the_command(
    engine: FakeEngine,
) -> None:
    with pytest.raises(ServerFailed, match="-m pip install vllm"):
        LocalServer(spec("notinstalled"), 0).start(never)


def test_a_package_that_this_interpreter_lacks_is_named_before_a_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DISTILABEL_SGLANG_PYTHON", raising=False)
    with pytest.raises(ImportError, match=r"pip install 'distilabel\[sglang\]'"):
        check_package(ServerSpec(SGLANG, "m", ()))


def test_the_interpreter_is_this_one_unless_the_environment_names_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DISTILABEL_VLLM_PYTHON", raising=False)
    assert python_of(VLLM) == sys.executable
    monkeypatch.setenv("DISTILABEL_VLLM_PYTHON", " /env/bin/python ")
    assert python_of(VLLM) == "/env/bin/python"


def test_an_interpreter_that_does_not_exist_is_named(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILABEL_VLLM_PYTHON", "/no/such/python")
    with pytest.raises(ServerFailed, match="/no/such/python"):
        LocalServer(spec(), 0).start(never)


def test_a_start_that_is_canceled_ends_the_server(engine: FakeEngine) -> None:
    server = LocalServer(spec("hangs"), 0)
    with pytest.raises(StartCanceled):
        server.start(lambda: bool(engine.starts))
    assert not engine.running


def test_the_end_of_a_server_is_noticed_and_explained(engine: FakeEngine) -> None:
    server = LocalServer(spec(), 0)
    server.start(never)
    os.kill(engine.starts[0]["pid"], signal.SIGKILL)
    assert "it was killed (signal 9), probably out of memory" in server.wait()


def test_servers_use_only_the_gpus_they_are_given(engine: FakeEngine) -> None:
    server = LocalServer(spec(), 0, gpus=["2", "3"])
    server.start(never)
    environment = Path(f"/proc/{engine.starts[0]['pid']}/environ").read_text()
    assert "CUDA_VISIBLE_DEVICES=2,3" in environment.split("\0")
    server.stop()
    assert "CUDA_VISIBLE_DEVICES" not in os.environ


_PARENT = """
import os, sys, time
from distilabel.models.servers.local_host import LocalServer
from distilabel.models.servers.spec import VLLM, ServerSpec
LocalServer(ServerSpec(VLLM, "m", ("m", "--served-model-name", "m")), 0).start(lambda: False)
child = os.fork() if sys.argv[1] == "with a child" else 1
if child:
    print(child, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("way", ["alone", "with a child"])
def test_a_server_ends_with_the_program_that_is_killed(engine: FakeEngine, way: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, way], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert engine.running
    parent.kill()
    parent.wait()
    # A forked child holds the pipe open, so that its end alone does not show the death.
    wait_until(lambda: not engine.running)
    if way == "with a child":
        os.kill(child, signal.SIGKILL)
    parent.stdout.close()


def test_what_it_does_while_it_starts_is_logged(
    engine: FakeEngine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr("distilabel.models.servers.local_host._READ_SECONDS", 0)
    with pytest.raises(StartCanceled):
        LocalServer(spec("hangs"), 0).start(lambda: "loading the weights" in caplog.text)


def test_a_port_that_is_taken_is_replaced(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        free = local_host._free_port
        ports = [other.getsockname()[1], free("127.0.0.1")]
        monkeypatch.setattr(local_host, "_free_port", lambda address: ports.pop(0))
        server = LocalServer(spec(), 0)
        server.start(never)
        assert len(engine.starts) == 2
        server.stop()
