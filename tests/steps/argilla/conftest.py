"""A stand-in for the package `argilla` that keeps records in memory."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

KEY = "argilla.secret-key"


class RefusedError(Exception):
    """What the client raises for status 422."""

    status_code = 422


class Records:
    """The records of a dataset, by id."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.refuses = ""

    def log(self, records: list[Any]) -> None:
        for record in records:
            if self.refuses and self.refuses in record.fields.values():
                raise RefusedError("422: a value is not valid")
        self.kept.update((record.id, record) for record in records)


class Server:
    """What the client of the stand-in talks to."""

    def __init__(self) -> None:
        self.datasets: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        self.refusal = ""

    def connect(self, api_url: str, api_key: str, headers: dict[str, str] | None = None) -> Any:
        if self.refusal:
            raise RuntimeError(f"{self.refusal} {api_key}")
        self.headers = headers or {}
        return SimpleNamespace(datasets=lambda name, workspace: self.datasets.get(name))

    def dataset(self, name: str, workspace: str, settings: Any, client: Any) -> Any:
        made = SimpleNamespace(settings=settings, records=Records())
        made.create = lambda: self.datasets.update({name: made})
        return made


def _named(name: str, required: bool = True, **others: Any) -> Any:
    return SimpleNamespace(name=name, required=required, **others)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """An Argilla server in memory, under the name of the package."""
    made = Server()
    module: Any = SimpleNamespace(
        Argilla=made.connect,
        Dataset=made.dataset,
        Settings=SimpleNamespace,
        TextField=_named,
        RatingQuestion=_named,
        TextQuestion=_named,
        LabelQuestion=_named,
        Record=lambda **fields: SimpleNamespace(**fields),
        Suggestion=lambda name, value: (name, value),
    )
    monkeypatch.setitem(sys.modules, "argilla", module)
    monkeypatch.setenv("ARGILLA_API_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("ARGILLA_API_KEY", KEY)
    return made
