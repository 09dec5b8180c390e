"""Stand-ins for the packages of engines, for worker processes and for engines in a test."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from distilabel.models.local.engine import Question

FOLDER = Path(__file__).parent / "stand_ins"
HELLO: Any = [{"role": "user", "content": "Hello"}]


def use_stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes this process, and the workers that it starts, find the stand-ins first.

    Args:
        monkeypatch: Undoes it.
    """
    names = [path.stem for path in FOLDER.iterdir()]
    for name in [*names, *(name for name in sys.modules if name.partition(".")[0] in names)]:
        # What is imported from now on is forgotten in the end.
        monkeypatch.setitem(sys.modules, name, sys)
        del sys.modules[name]
    monkeypatch.syspath_prepend(str(FOLDER))


def ask(engine: Any, method: str, payloads: list[Any]) -> list[Any]:
    """Asks a started engine in this process; returns answers, and errors for those without one."""
    found: dict[int, Any] = {}
    questions = [
        Question(number, method, payload, found.__setitem__, found.__setitem__)
        for number, payload in enumerate(payloads)
    ]
    getattr(engine, method)(questions)
    return [found[number] for number in range(len(payloads))]


def asked(input: Any, count: int = 1, structure: Any = None, **arguments: Any) -> dict[str, Any]:
    """A question as the models send it to their engines."""
    return {
        "input": input,
        "suffix": "",
        "count": count,
        "seed": None,
        "structure": structure,
        "arguments": arguments,
    }


def chat(text: str) -> Any:
    """A conversation of one message."""
    return [{"role": "user", "content": text}]


def texts(outputs: Any) -> list[str]:
    """The first generation of every output."""
    return [output["generations"][0] for output in outputs]


def reported(outputs: Any) -> dict[str, Any]:
    """The arguments that a stand-in reports when it is asked for its options."""
    found: dict[str, Any] = json.loads(texts(outputs)[0])
    return found
