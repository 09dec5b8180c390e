"""A program that stands in for vLLM: the same command line and protocol, without a model.

Run by `tests/engine_doubles.py`. The name of the model may say how its start fails: see `FAILURES`.
The first question `crash` ends the server that gets it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FAILURES = {
    "oom": "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.",
    "missing": "OSError: missing is not a local folder and is not a valid model identifier",
    "gpuless": "RuntimeError: Failed to infer device type, please set the device",
    "notinstalled": "/x/python: Error while finding module: No module named 'vllm'",
    "argument": "api_server.py: error: unrecognized arguments: --bananas 3",
    "gated": "huggingface_hub.errors.GatedRepoError: Cannot access gated repo for url x",
    "odd": "Traceback (most recent call last):\nKeyError: 'unheard of'",
}


def option(name: str, default: str = "") -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Logs no requests."""

    def reply(self, data: Any, status: int = 200) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def is_allowed(self) -> bool:
        key = os.environ["VLLM_API_KEY"]
        if self.headers.get("Authorization") == f"Bearer {key}":
            return True
        self.reply({"error": "wrong key"}, 401)
        return False

    def do_GET(self) -> None:
        if self.path == "/health":
            self.reply({})
        elif self.path == "/version":
            self.reply({"version": "0.32.0"})
        elif self.is_allowed():
            self.reply({"data": [{"id": option("--served-model-name")}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.is_allowed():
            return
        if self.path == "/tokenize":
            text = body.get("prompt") or "".join(m["content"] for m in body["messages"])
            self.reply({"tokens": list(text.encode())})
        elif self.path == "/detokenize":
            self.reply({"prompt": bytes(body["tokens"]).decode()})
        elif self.path == "/v1/embeddings":
            vectors = [{"index": i, "embedding": [len(t), 1]} for i, t in enumerate(body["input"])]
            self.reply({"data": vectors[::-1]})
        else:
            self.answer(body)

    def answer(self, body: dict[str, Any]) -> None:
        prompt = body.get("messages") or body["prompt"]
        question = prompt[-1]["content"] if "messages" in body else prompt
        if question == "template" and "messages" in body:
            text = "default chat template is no longer allowed"
            self.reply({"error": {"message": text}}, 400)
            return
        mark = Path(os.environ["FAKE_ENGINE_FOLDER"], "crashed")
        if question == "crash" and not mark.exists():
            mark.touch()
            print("terminate called after throwing an instance of 'c10::Error'", flush=True)
            os._exit(3)
        time.sleep(float(os.environ.get("FAKE_ENGINE_SECONDS", "0")))
        said = json.dumps(
            {"pid": os.getpid(), "body": body, "gpus": os.environ.get("CUDA_VISIBLE_DEVICES")}
        )
        each: dict[str, Any] = {"finish_reason": "stop"}
        each |= {"message": {"content": said}} if "messages" in body else {"text": said}
        usage = {"prompt_tokens": 3, "completion_tokens": 5}
        self.reply({"choices": [each] * body.get("n", 1), "usage": usage})


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main() -> None:
    model = sys.argv[sys.argv.index("serve") + 1]
    folder = Path(os.environ["FAKE_ENGINE_FOLDER"])
    with (folder / "starts").open("a") as file:
        file.write(json.dumps({"pid": os.getpid(), "arguments": sys.argv[1:]}) + "\n")
    print("Starting to load model", model, flush=True)
    if model in FAILURES:
        print(FAILURES[model], flush=True)
        sys.exit(1)
    if model == "hangs" or (model == "crashes-again" and (folder / "crashed").exists()):
        time.sleep(600)
    Server((option("--host"), int(option("--port"))), Handler).serve_forever()


if __name__ == "__main__":
    main()
