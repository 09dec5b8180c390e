"""`OpenAILLM` at real servers of others: that of llama-cpp-python, and `transformers serve`.

Run by `make test-engines`. Each is skipped if it is not installed; the first also without the GGUF
file of `DISTILABEL_TEST_GGUF`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import AnswerError
from distilabel.models import OpenAILLM

HELLO: Any = [{"role": "user", "content": "Hello"}]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"enum": ["Rome", "Oslo"]}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]


def missing(*packages: str) -> bool:
    return any(importlib.util.find_spec(package) is None for package in packages)


@contextlib.contextmanager
def serving(arguments: list[str], folder: Path) -> Iterator[str]:
    """Runs a server on a free port and returns its address, once it answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}/v1"
    command = [sys.executable, *arguments, "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        end = time.monotonic() + 180
        while time.monotonic() < end and server.poll() is None:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/models", timeout=5):
                yield url
                return
            time.sleep(0.2)
        pytest.fail(f"the server did not start: {(folder / 'log').read_text()[-2000:]}")
    finally:
        server.terminate()
        server.wait()


def loaded(url: str, **fields: Any) -> OpenAILLM:
    llm = OpenAILLM(**{"model": "tiny", "base_url": url, "api_key": "none", **fields})
    llm.load()
    return llm


@pytest.fixture(scope="module")
def llamacpp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = os.environ.get("DISTILABEL_TEST_GGUF")
    if not path or missing("llama_cpp", "starlette_context"):
        pytest.skip("llama-cpp-python[server] is not installed, or DISTILABEL_TEST_GGUF is not set")
    options = {"model": path, "n_ctx": 1024, "model_alias": "tiny", "logits_all": "true"}
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    folder = tmp_path_factory.mktemp("llamacpp")
    with serving(["-m", "llama_cpp.server", *arguments], folder) as url:
        yield url


def test_llamacpp_answers_with_usage_and_probabilities(llamacpp: str) -> None:
    arguments: Any = {"max_new_tokens": 3, "logprobs": True, "top_logprobs": 2}
    chat, text = loaded(llamacpp).generate([HELLO, "Once"], **arguments)
    for output in (chat, text):
        assert output["generations"][0]
        # It may list fewer or more positions than tokens, where one ends in the middle of a letter.
        assert output["logprobs"][0]
        assert all(0 < len(tops) <= 3 for tops in output["logprobs"][0])
        assert output["statistics"]["input_tokens"][0] > 0
        assert output["statistics"]["output_tokens"][0] > 0


def test_llamacpp_has_no_n_so_that_each_answer_is_asked_for(llamacpp: str) -> None:
    (output,) = loaded(llamacpp).generate([HELLO], num_generations=3, max_new_tokens=8)
    assert len(set(output["generations"])) == 3


def test_llamacpp_follows_a_schema_a_grammar_and_a_choice(llamacpp: str) -> None:
    """It takes no `json_schema`, which is learned from its first answer."""
    structures: Any = [
        {"schema": SCHEMA},
        {"format": "grammar", "schema": 'root ::= "left" | "right"'},
        {"format": "choice", "schema": ['say "yes"', "no"]},
    ]
    asked = loaded(llamacpp)
    outputs = asked.generate([(HELLO, each) for each in structures], max_new_tokens=200)
    form, grammar, choice = (output["generations"][0] or "" for output in outputs)
    assert json.loads(form)["city"] in ("Rome", "Oslo")
    assert grammar in ("left", "right")
    assert choice in ('say "yes"', "no")


def test_llamacpp_calls_the_tool_it_is_told_to(llamacpp: str) -> None:
    choice = {"type": "function", "function": {"name": "weather"}}
    arguments: Any = {"tools": TOOLS, "tool_choice": choice, "max_new_tokens": 60}
    (output,) = loaded(llamacpp).generate([HELLO], **arguments)
    ((call,),) = output["tool_calls"]  # type: ignore[misc]
    assert json.loads(call["function"]["arguments"])["city"] in ("Rome", "Oslo")


@pytest.fixture(scope="module")
def transformers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    if missing("torch", "transformers", "fastapi", "uvicorn"):
        pytest.skip("transformers[serving] is not installed")
    folder = tmp_path_factory.mktemp("transformers")
    script = Path(__file__).with_name("tiny_model.py")
    subprocess.run([sys.executable, str(script), str(folder)], check=True, cwd=folder)
    program = "from transformers.cli.transformers import main; main()"
    arguments = ["-c", program, "serve", str(folder), "--device", "cpu", "--dtype", "float32"]
    with serving(arguments, folder) as url:
        yield url, str(folder)


def test_transformers_serve_answers_with_usage(transformers: tuple[str, str]) -> None:
    url, model = transformers
    asked = loaded(url, model=model)
    chat, text = asked.generate([HELLO, "Once"], num_generations=2, max_new_tokens=3)
    for output in (chat, text):
        # It has no `n`, and always takes the likeliest token.
        assert len(output["generations"]) == 2
        assert output["statistics"]["output_tokens"] == [3, 3]


def test_transformers_serve_refuses_a_structure_that_it_cannot_follow(
    transformers: tuple[str, str],
) -> None:
    url, model = transformers
    structure: Any = {"format": "choice", "schema": ["yes", "no"]}
    with pytest.raises(AnswerError, match="Unexpected fields"):
        loaded(url, model=model).generate([(HELLO, structure)])
