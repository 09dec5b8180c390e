"""Files and batch jobs as OpenAI's endpoint has them: `/files` and `/batches`; answers nothing."""

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from aiohttp import web

from distilabel._simulated.server.batch_jobs.base import JobList
from distilabel._simulated.server.batch_jobs.job import Answer, Job, JobRequest, Refusal
from distilabel._simulated.server.batch_jobs.settings import BatchSettings

_MOST_QUESTIONS = 50_000
_DAY = 86_400

_file_ids = itertools.count(1)


class OpenAIJobRoutes(JobList):
    """The files and the jobs of one server.

    Args:
        answering: Gives what answers the questions of a path, such as `/v1/chat/completions`; None
            for a path whose questions cannot be asked in a job.
    """

    def __init__(self, answering: Callable[[str], Answer | None]) -> None:
        super().__init__()
        self._answering = answering
        self._files: dict[str, tuple[str, bytes]] = {}

    async def upload(self, request: web.Request) -> object:
        """`POST /files`."""
        form = await request.post()
        sent = form.get("file")
        if form.get("purpose") != "batch" or not isinstance(sent, web.FileField):
            raise Refusal(400, "a 'file' and the 'purpose' batch are needed")
        return self._file(self._keep(sent.filename, sent.file.read()))

    def content(self, file: str) -> bytes:
        """`GET /files/{id}/content`."""
        return self._found(file)[1]

    def file(self, file: str) -> object:
        """`GET /files/{id}`."""
        self._found(file)
        return self._file(file)

    def create(self, body: Mapping[str, Any], how: Callable[[], BatchSettings]) -> object:
        """`POST /batches`."""
        url = body.get("endpoint")
        answer = self._answering(url) if isinstance(url, str) else None
        if answer is None:
            raise Refusal(400, f"the endpoint {url!r} takes no batch jobs")
        if body.get("completion_window") != "24h":
            raise Refusal(400, "'completion_window' must be 24h")
        file = str(body.get("input_file_id"))
        questions, faults = _read(self._found(file)[1], str(url))
        about = {
            "input_file_id": file,
            "endpoint": url,
            "metadata": body.get("metadata"),
            "completion_window": "24h",
        }
        going = how()
        at_work = sum(len(job.questions) for job in self._jobs.values() if not job.has_ended)
        coded = [("invalid_batch", text) for text in faults]
        if going.enqueued and at_work + len(questions) > going.enqueued:
            coded.append(("token_limit_exceeded", "Enqueued token limit reached"))
        job = Job(questions, going, answer, coded, about)
        self._jobs[f"batch_{job.number}"] = job
        return self._described(f"batch_{job.number}")

    def listed(self, after: str | None, limit: int) -> dict[str, object]:
        """`GET /batches`, the latest first."""
        return {"object": "list", **super().listed(after, limit)}

    # -- files ------------------------------------------------------------------------------

    def _keep(self, name: str, content: bytes) -> str:
        file = f"file-{next(_file_ids)}"
        self._files[file] = (name, content)
        return file

    def _found(self, file: str) -> tuple[str, bytes]:
        if file not in self._files:
            raise Refusal(404, f"no such file: {file}")
        return self._files[file]

    def _file(self, file: str) -> object:
        name, content = self._files[file]
        return {
            "id": file,
            "object": "file",
            "bytes": len(content),
            "created_at": int(time.time()),
            "filename": name,
            "purpose": "batch",
            "status": "processed",
        }

    # -- jobs -------------------------------------------------------------------------------

    def _described(self, name: str) -> dict[str, object]:
        job = self._jobs[name]
        if job.has_ended and "output_file_id" not in job.about:
            job.about = {**job.about, **self._written(name, job)}
        created = int(job.created)
        status = job.status
        ended = int(time.time())
        return {
            "id": name,
            "object": "batch",
            "errors": _errors(job.faults) if status == "failed" else None,
            "output_file_id": None,
            "error_file_id": None,
            **job.about,
            "status": status,
            "created_at": created,
            "expires_at": created + _DAY,
            "completed_at": ended if status == "completed" else None,
            "expired_at": ended if status == "expired" else None,
            "failed_at": ended if status == "failed" else None,
            "cancelled_at": ended if status == "cancelled" else None,
            "request_counts": job.counts,
        }

    def _written(self, name: str, job: Job) -> dict[str, str | None]:
        """The files with what came of a job: good answers in one, everything else in another."""
        good: list[bytes] = []
        bad: list[bytes] = []
        for number, outcome in enumerate(job.outcomes):
            line: dict[str, object] = {
                "id": f"batch_req_{job.number}_{number}",
                "custom_id": outcome.name,
                "response": {
                    "status_code": outcome.status,
                    "request_id": f"req_{job.number}_{number}",
                    "body": outcome.reply,
                },
                "error": None,
            }
            if outcome.status is None:
                line["response"] = None
                line["error"] = {
                    "code": f"batch_{job.status}",
                    "message": "this request was not done before the batch ended",
                }
            (good if outcome.status == 200 else bad).append(orjson.dumps(line))
        written = {}
        for key, lines in (("output_file_id", good), ("error_file_id", bad)):
            content = b"".join(line + b"\n" for line in lines)
            # In no order: only the names tell which answer is whose.
            written[key] = self._keep(f"{name}_{key}.jsonl", content) if lines else None
        return written


def _read(content: bytes, url: str) -> tuple[list[JobRequest], list[str]]:
    """The questions of a file, and what is wrong with it."""
    questions: list[JobRequest] = []
    faults: list[str] = []
    names: set[str] = set()
    for number, line in enumerate(content.splitlines(), 1):
        try:
            data = orjson.loads(line)
            question = JobRequest(data["custom_id"], data["body"])
            right = data["url"] == url and data["method"] == "POST"
        except (orjson.JSONDecodeError, KeyError, TypeError):
            faults.append(f"line {number} is no request")
            continue
        if not right:
            faults.append(f"line {number} is for another endpoint than {url}")
        if question.name in names or not 0 < len(question.name) <= 64:
            faults.append(f"line {number}: custom_id {question.name!r} is none, or not its own")
        names.add(question.name)
        questions.append(question)
    if not 0 < len(questions) <= _MOST_QUESTIONS:
        faults.append(f"a file has 1 to {_MOST_QUESTIONS} requests, not {len(questions)}")
    return questions, faults


def _errors(faults: Any) -> object:
    data = [
        {"code": code, "message": text, "param": None, "line": None}
        for code, text in faults or [("server_error", "the batch failed")]
    ]
    return {"object": "list", "data": data}
