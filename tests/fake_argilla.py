"""A stand-in for the package `argilla` and its server, which keeps records in memory.

It has what the steps use: how the real client 2.8 and its server behave was seen in trials.
"""

from __future__ import annotations

import sys
import uuid
from types import SimpleNamespace
from typing import Any

import pytest

KEY = "argilla.secret-key"


class HTTPError(Exception):
    """What the client raises for a reply that is an error."""

    def __init__(self, status_code: int, text: str) -> None:
        super().__init__(f"{status_code}: {text}")
        self.status_code = status_code


class Property(SimpleNamespace):
    """A field, a question, metadata or vectors of a dataset."""

    def __init__(self, name: str, required: bool = True, **others: Any) -> None:
        super().__init__(name=name, required=required, **others)


class RatingQuestion(Property):
    """A question for a number; the steps tell questions apart by the names of their classes."""


class TextQuestion(Property):
    """A question for a text."""


class LabelQuestion(Property):
    """A question for a label."""


class Suggestion(SimpleNamespace):
    """A value that is suggested as the answer to a question."""

    def __init__(self, question_name: str, value: Any) -> None:
        super().__init__(question_name=question_name, value=value)


class Record(SimpleNamespace):
    """A record, which is its own model."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"metadata": {}, "suggestions": [], "vectors": {}, **given})

    def api_model(self) -> Record:
        return self


class Settings(SimpleNamespace):
    """Fields and questions of a dataset."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"metadata": [], "vectors": [], "guidelines": None, **given})

    def add(self, vectors: Property) -> None:
        self.vectors.append(vectors)

    def update(self) -> None:
        """Sends the settings."""


class FakeDataset:
    """A dataset; `kept` has its records by id."""

    def __init__(self, server: FakeArgilla, name: str, settings: Any) -> None:
        self.id = str(uuid.uuid4())
        self.name = name
        self.settings = settings
        self.kept: dict[str, Record] = {}
        self.responses: dict[str, list[dict[str, Any]]] = {}
        self.completed: set[str] = set()
        self._server = server

    def create(self) -> None:
        self._server.datasets[self.name] = self

    def get(self) -> FakeDataset:
        return self

    def answer(
        self, record: str, user: str, values: dict[str, Any] | None, status: str = "submitted"
    ) -> None:
        """Stores the response of a user to a record."""
        given = self.responses.setdefault(record, [])
        response = {
            "user_id": user,
            "status": status,
            "values": values and {name: {"value": value} for name, value in values.items()},
            "updated_at": f"2026-11-28T09:00:00.{len(given):06}",
        }
        given.append(response)

    def as_json(self) -> list[dict[str, Any]]:
        return [
            {
                "id": f"server-{name}",
                "external_id": name,
                "fields": dict(record.fields),
                "metadata": dict(record.metadata),
                "status": "completed" if name in self.completed else "pending",
                "responses": self.responses.get(name, []),
            }
            for name, record in self.kept.items()
        ]


class FakeArgilla:
    """The server: what it holds, what it refuses, and what it was asked."""

    def __init__(self) -> None:
        self.datasets: dict[str, FakeDataset] = {}
        self.headers: dict[str, str] = {}
        self.users = {"u1": "ann", "u2": "bob"}
        # A text of a record that the server refuses; an error of every connection and page.
        self.refuses = ""
        self.refusal = ""
        self.failures = 0
        self.upserts: list[int] = []
        self.pages: list[int] = []

    def connect(self, api_url: str, api_key: str, headers: dict[str, str]) -> Any:
        self.headers = headers
        if self.refusal:
            raise RuntimeError(f"{self.refusal} {api_key}")
        workspaces = [
            SimpleNamespace(name="argilla", datasets=list(self.datasets.values())),
            SimpleNamespace(name="empty", datasets=[]),
        ]
        return SimpleNamespace(
            workspaces=SimpleNamespace(list=lambda: workspaces),
            users=SimpleNamespace(list=self._list_users),
            http_client=SimpleNamespace(get=self._get),
            api=SimpleNamespace(records=SimpleNamespace(bulk_upsert=self._upsert)),
        )

    def dataset(self, name: str, workspace: str, settings: Any, client: Any) -> FakeDataset:
        return FakeDataset(self, name, settings)

    def _list_users(self) -> list[Any]:
        if not self.users:
            raise HTTPError(403, "only owners may list the users")
        return [SimpleNamespace(id=id, username=name) for id, name in self.users.items()]

    def _upsert(self, dataset_id: str, records: list[Record]) -> None:
        self.upserts.append(len(records))
        if self.failures:
            self.failures -= 1
            raise HTTPError(500, f"database is locked, for {KEY}")
        if self.refuses and any(self.refuses in r.fields.values() for r in records):
            raise HTTPError(422, "a value is not valid")
        dataset = next(d for d in self.datasets.values() if d.id == dataset_id)
        dataset.kept.update((record.id, record) for record in records)

    def _get(self, url: str, params: dict[str, Any]) -> Any:
        if self.refusal:
            raise RuntimeError(f"{self.refusal} {KEY}")
        dataset = next(d for d in self.datasets.values() if d.id in url)
        start = params["offset"]
        items = dataset.as_json()[start : start + params["limit"]]
        self.pages.append(len(items))
        return SimpleNamespace(raise_for_status=lambda: None, json=lambda: {"items": items})


def install(monkeypatch: pytest.MonkeyPatch) -> FakeArgilla:
    """Puts the stand-in in the place of the package; returns its server."""
    made = FakeArgilla()
    module: Any = SimpleNamespace(
        Argilla=made.connect,
        Dataset=made.dataset,
        Settings=Settings,
        TextField=Property,
        ChatField=Property,
        VectorField=Property,
        TermsMetadataProperty=Property,
        RatingQuestion=RatingQuestion,
        TextQuestion=TextQuestion,
        LabelQuestion=LabelQuestion,
        TaskDistribution=SimpleNamespace,
        Record=Record,
        Suggestion=Suggestion,
    )
    monkeypatch.setitem(sys.modules, "argilla", module)
    monkeypatch.setenv("ARGILLA_API_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("ARGILLA_API_KEY", KEY)
    return made
