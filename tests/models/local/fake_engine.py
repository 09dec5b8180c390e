"""An engine without a model, for tests of the worker process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models.local.engine import Engine, Question


class FakeEngine(Engine):
    """Answers with the text it is asked; some texts make it crash or fail."""

    METHODS = frozenset({"generate"})

    def __init__(self, *, fault: str = "", folder: str = "", **base: Any) -> None:
        super().__init__(**base)
        self._fault = fault
        self._folder = folder

    def start(self) -> dict[str, Any]:
        if self._fault == "exit":
            print("no more memory", flush=True)
            os._exit(3)
        if self._fault:
            raise DistilabelUserError(f"{self.subject}: {self._fault}")
        return {"pid": os.getpid()}

    def generate(self, questions: list[Question]) -> None:
        for question in questions:
            text = question.payload
            if text == "crash":
                os._exit(7)
            if text == "crash once":
                mark = Path(self._folder, "crashed")
                if not mark.exists():
                    mark.touch()
                    os._exit(7)
            if text == "fail":
                question.fail(AnswerError("too long"))
            question.answer(f"{text} {len(questions)}")
