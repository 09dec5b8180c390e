"""A local Hugging Face Hub for tests: datasets in memory, served over HTTP.

Implements what pushing and loading datasets needs: accounts, creating repositories, commits (small
files inline, parquet through LFS), listings and downloads.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_of_the_test_hub"
_DATE = "2026-01-01T00:00:00.000Z"


class Refusal(Exception):
    """An error response: a status, and the Hub's error code."""

    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        super().__init__(message or code)
        self.status = status
        self.code = code


@dataclass
class Repo:
    """A dataset repository: for each branch, all files after each commit."""

    private: bool
    branches: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"main": []})

    def commit(self, title: str, files: dict[str, bytes], branch: str = "main") -> str:
        commits = self.branches[branch]
        sha = hashlib.sha1(f"{branch}{len(commits)}{title}".encode()).hexdigest()
        commits.append({"sha": sha, "title": title, "files": files})
        return sha

    def at(self, revision: str) -> dict[str, Any]:
        if revision in self.branches:
            return self.branches[revision][-1]
        for commits in self.branches.values():
            for commit in commits:
                if commit["sha"] == revision:
                    return commit
        raise Refusal(404, "RevisionNotFound", f"no revision {revision}")

    @property
    def files(self) -> dict[str, bytes]:
        found: dict[str, bytes] = self.branches["main"][-1]["files"]
        return found

    @property
    def titles(self) -> list[str]:
        return [commit["title"] for commit in self.branches["main"]]


class Hub:
    """The server. Tests read its `repos`.

    Attributes:
        repos: Name → repository.
        uploads: Digest → large file.
        fails: Called with the path of each request; True answers it with status 500.
    """

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.uploads: dict[str, bytes] = {}
        self.fails: Callable[[str], bool] = lambda path: False
        hub = self

        class Handler(_Handler):
            pass

        Handler.hub = hub
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def run(self, code: str, home: Path, token: str | None = TOKEN, offline: bool = False) -> Any:
        """Runs a client in its own process, because it reads the address when it is imported.

        Args:
            code: Script that sets `result` to a JSON value.
            home: Folder for the client's cache and script, and its working directory.
            token: Access token of the client.
            offline: Whether the client is told that there is no network.

        Returns:
            The value of `result`.
        """
        home.mkdir(parents=True, exist_ok=True)
        script, answer = home / "client.py", home / "result.json"
        script.write_text(
            f"{code}\nimport json\njson.dump(result, open({str(answer)!r}, 'w'), default=str)\n"
        )
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
        settings = {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(home / "hf"),
            # Not that of the user: answers of an earlier test would be reused.
            "DISTILABEL_CACHE_DIR": str(home / "cache"),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
            **({"HF_TOKEN": token} if token else {}),
            **({"HF_HUB_OFFLINE": "1"} if offline else {}),
        }
        done = subprocess.run(
            [sys.executable, script.name],
            cwd=home,
            env={**kept, **settings},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(answer.read_text())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET

    def _answer(self) -> None:
        body = self._body()
        url = urlsplit(self.path)
        path, query = unquote(url.path), parse_qs(url.query)
        try:
            if self.hub.fails(path):
                raise Refusal(500, "", "Internal error")
            if "/resolve/" in path:
                self._download(path)
                return
            answer = self._ask(path, query, body)
            self._send(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})
        except Refusal as refusal:
            headers = {"X-Error-Message": str(refusal), "X-Error-Code": refusal.code}
            self._send(refusal.status, b"{}", headers)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    # -- requests ---------------------------------------------------------------------------

    def _ask(self, path: str, query: dict[str, list[str]], body: bytes) -> Any:
        if path == "/api/whoami-v2":
            self._must_hold_key()
            access = {"displayName": "test", "role": "write"}
            return {
                "type": "user",
                "name": "tester",
                "orgs": [],
                "auth": {"type": "access_token", "accessToken": access},
            }
        if path == "/api/validate-yaml":
            return {"errors": [], "warnings": []}
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path.startswith("/lfs/"):
            self.hub.uploads[path.removeprefix("/lfs/")] = body
            return {}
        if lfs := re.fullmatch(r"/datasets/(.+/.+)\.git/info/lfs/objects/batch", path):
            self._must_hold_key()
            return {"objects": [self._upload(lfs[1], o) for o in json.loads(body)["objects"]]}
        found = re.fullmatch(r"/api/datasets/([^/]+/[^/]+)(?:/([a-z-]+)/([^/]+))?(?:/(.*))?", path)
        if path.endswith("/refs"):
            repo = self._repo(path.removeprefix("/api/datasets/").removesuffix("/refs"))
            branches = [
                {"name": name, "ref": f"refs/heads/{name}", "targetCommit": commits[-1]["sha"]}
                for name, commits in repo.branches.items()
            ]
            return {"branches": branches, "converts": [], "tags": []}
        if not found:
            raise Refusal(404, "", f"not known here: {path}")
        name, what, revision, rest = found.groups()
        repo = self._repo(name)
        if what == "branch":
            return self._branch(repo, revision, body)
        commit = repo.at(revision or "main")
        if what in (None, "revision"):
            return {
                "id": name,
                "_id": "0",
                "sha": commit["sha"],
                "private": repo.private,
                "gated": False,
                "disabled": False,
                "downloads": 0,
                "likes": 0,
                "tags": [],
                "lastModified": _DATE,
                "createdAt": _DATE,
                "siblings": [{"rfilename": file} for file in sorted(commit["files"])],
            }
        if what == "tree":
            return self._tree(commit["files"], rest or "", "true" in str(query).lower())
        if what == "paths-info":
            wanted = self._paths(body)
            return [_entry(f, commit["files"][f]) for f in wanted if f in commit["files"]]
        self._must_hold_key()
        if what == "preupload":
            modes = {True: "lfs", False: "regular"}
            return {
                "files": [
                    {"path": f["path"], "uploadMode": modes[f["path"].endswith(".parquet")]}
                    | {"shouldIgnore": False}
                    for f in json.loads(body)["files"]
                ]
            }
        if what == "commit":
            return self._commit(name, repo, revision, body)
        raise Refusal(404, "", f"not known here: {path}")

    def _holds_key(self) -> bool:
        return bool(self.headers.get("Authorization") == f"Bearer {TOKEN}")

    def _must_hold_key(self) -> None:
        if not self._holds_key():
            raise Refusal(401, "", "Invalid username or password.")

    def _repo(self, name: str) -> Repo:
        repo = self.hub.repos.get(name)
        if repo is None or (repo.private and not self._holds_key()):
            raise Refusal(404, "RepoNotFound", "Repository not found")
        return repo

    def _create(self, wanted: dict[str, Any]) -> Any:
        self._must_hold_key()
        name = f"{wanted.get('organization') or 'tester'}/{wanted['name']}"
        if not name.startswith("tester/"):
            raise Refusal(403, "", "You may not create a dataset there")
        if name in self.hub.repos:
            raise Refusal(409, "", "You already created this dataset repo")
        private = bool(wanted.get("private")) or wanted.get("visibility") == "private"
        self.hub.repos[name] = Repo(private)
        self.hub.repos[name].commit("initial commit", {})
        return {"url": f"{self.hub.url}/datasets/{name}"}

    def _upload(self, name: str, wanted: dict[str, Any]) -> dict[str, Any]:
        self._repo(name)
        target = {"href": f"{self.hub.url}/lfs/{wanted['oid']}", "header": {}}
        known = wanted["oid"] in self.hub.uploads
        return {**wanted, **({} if known else {"actions": {"upload": target}})}

    def _tree(self, files: dict[str, bytes], folder: str, recursive: bool) -> list[Any]:
        start = f"{folder}/" if folder else ""
        inside = [f for f in sorted(files) if f.startswith(start)]
        if folder and not inside:
            raise Refusal(404, "EntryNotFound", f"no folder {folder}")
        folders = {start + f[len(start) :].rpartition("/")[0] for f in inside}
        shown = [f for f in inside if recursive or "/" not in f[len(start) :]]
        return [
            *({"type": "directory", "path": f, "oid": "0", "size": 0} for f in folders - {start}),
            *(_entry(f, files[f]) for f in shown),
        ]

    def _paths(self, body: bytes) -> list[str]:
        if "json" in self.headers.get("Content-Type", ""):
            found: list[str] = json.loads(body)["paths"]
            return found
        return parse_qs(body.decode()).get("paths", [])

    def _branch(self, repo: Repo, name: str, body: bytes) -> dict[str, Any]:
        self._must_hold_key()
        if self.command == "DELETE":
            del repo.branches[name]
        elif name in repo.branches:
            raise Refusal(409, "", "Reference already exists")
        else:
            start = json.loads(body or b"{}").get("startingPoint") or "main"
            repo.branches[name] = [repo.at(start)]
        return {}

    def _commit(self, name: str, repo: Repo, branch: str, body: bytes) -> dict[str, Any]:
        before = repo.at(branch)
        files, title = dict(before["files"]), ""
        for line in body.splitlines():
            said = json.loads(line)
            value = said["value"]
            if said["key"] == "header":
                title = value["summary"]
                if value.get("parentCommit") not in (None, before["sha"]):
                    raise Refusal(412, "", "A commit has happened since")
            elif said["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif said["key"] == "lfsFile":
                files[value["path"]] = self.hub.uploads[value["oid"]]
            elif said["key"] == "deletedFile":
                del files[value["path"]]
            else:
                raise Refusal(400, "", f"not known here: {said['key']}")
        sha = repo.commit(title, files, branch)
        return {
            "success": True,
            "commitOid": sha,
            "commitUrl": f"{self.hub.url}/datasets/{name}/commit/{sha}",
        }

    def _download(self, path: str) -> None:
        found = re.fullmatch(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        if not found:
            raise Refusal(404, "RepoNotFound", "Repository not found")
        commit = self._repo(found[1]).at(found[2])
        if found[3] not in commit["files"]:
            raise Refusal(404, "EntryNotFound", "Entry not found")
        data: bytes = commit["files"][found[3]]
        headers = {
            "ETag": f'"{hashlib.sha256(data).hexdigest()}"',
            "X-Repo-Commit": commit["sha"],
            "Accept-Ranges": "bytes",
        }
        part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if part is None:
            self._send(200, data, headers)
            return
        start, end = int(part[1]), int(part[2] or len(data) - 1)
        headers["Content-Range"] = f"bytes {start}-{min(end, len(data) - 1)}/{len(data)}"
        self._send(206, data[start : end + 1], headers)


def _entry(path: str, data: bytes) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "type": "file",
        "path": path,
        "size": len(data),
        "oid": hashlib.sha1(data).hexdigest(),
    }
    if path.endswith(".parquet"):
        digest = hashlib.sha256(data).hexdigest()
        entry["lfs"] = {"oid": digest, "size": len(data), "pointerSize": 100}
    return entry
