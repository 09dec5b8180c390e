"""Protects what language models in a worker process share: questions, structures, stored answers.

Their worker is replaced by a list of what it was asked.
"""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from distilabel.errors import DistilabelUserError
from distilabel.models.llms.local_llm import LocalLLM
from distilabel.models.local.model import LocalModel
from models.local.worker_packages import HELLO


class Name(BaseModel):
    name: str


class Tiny(LocalLLM):
    structured_output: Any = None
    model: str = "m"
    token: str = "secret"

    _asked_of_it: list[Any] = []
    _texts: list[str] = []

    @property
    def model_name(self) -> str:
        return self.model

    def _engine_class(self) -> str:
        return "a:B"

    def _engine_settings(self) -> dict[str, Any]:
        return {"model": self.model, "token": self.token}

    @property
    def _engine(self) -> Any:
        return self

    async def ask(self, method: str, payload: Any) -> Any:
        self._asked_of_it.append((method, payload))
        count = payload["count"]
        return {
            "texts": self._texts or ["text"] * count,
            "input_tokens": [3] * count,
            "output_tokens": [5] * count,
            "finish_reasons": ["stop", "length"][:count],
        }

    def call(self, method: str, payload: Any) -> Any:
        return method, payload

    async def agenerate(  # type: ignore[override]
        self, input: Any, num_generations: int = 1, seed: int | None = None
    ) -> Any:
        return await self._answer(input, num_generations, {"max_new_tokens": 9}, seed)


async def test_a_question_has_all_that_the_engine_needs() -> None:
    llm = Tiny()
    output = await llm.agenerate(HELLO, 2, seed=7)
    assert llm._asked_of_it == [
        (
            "generate",
            {
                "input": HELLO,
                "suffix": "",
                "count": 2,
                "arguments": {"max_new_tokens": 9},
                "seed": 7,
                "structure": None,
            },
        )
    ]
    assert output["generations"] == ["text", "text"]
    assert output["statistics"]["input_tokens"] == [3, 3]
    assert output["statistics"]["output_tokens"] == [5, 5]
    assert output["statistics"]["finish_reason"] == ["stop", "length"]


@pytest.mark.parametrize(
    ("own", "of_question", "structure"),
    [
        (None, None, None),
        ({"format": "regex", "schema": "a+"}, None, ("regex", "a+")),
        # That of the question wins.
        ({"format": "regex", "schema": "a+"}, {"schema": "b+"}, ("regex", "b+")),
        (None, {"format": "choice", "schema": ["a", "b"]}, ("choice", ["a", "b"])),
        (None, {"schema": Name}, ("json", Name.model_json_schema())),
    ],
)
async def test_the_structure_of_the_model_or_of_the_question_is_asked_for(
    own: Any, of_question: Any, structure: Any
) -> None:
    llm = Tiny(structured_output=own)
    await llm.agenerate((HELLO, of_question))
    ((_, payload),) = llm._asked_of_it
    assert payload["structure"] == structure


async def test_json_that_was_cut_off_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    llm = Tiny(structured_output={"schema": Name})
    llm._texts = ['{"name": ']
    for _ in range(2):
        await llm.agenerate(HELLO)
    assert caplog.text.count("does not follow structured_output") == 1


def test_an_invalid_structure_is_an_error_before_the_weights_are_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[Any] = []
    monkeypatch.setattr(LocalModel, "_start_engine", lambda *arguments: started.append(arguments))
    with pytest.raises(DistilabelUserError, match="structured_output"):
        Tiny(structured_output={"format": "json"}).load()
    assert not started
    Tiny().load()
    assert [arguments[1:] for arguments in started] == [("m", None)]


def test_magpie_adds_the_beginning_of_the_users_message() -> None:
    magpie: Any = {"use_magpie_template": True, "magpie_pre_query_template": "[user]"}
    llm = Tiny(**magpie)
    assert llm._asked([])["suffix"] == "[user]"
    assert llm._asked(HELLO)["suffix"] == ""
    assert llm._asked("a text")["suffix"] == ""
    assert "[user]" in llm.prepare_input([])


def test_stored_answers_do_not_depend_on_the_token() -> None:
    assert Tiny(token="a")._identity() == Tiny(token="b")._identity()
    assert Tiny(model="a")._identity() != Tiny(model="b")._identity()
    assert Tiny(identity="mine")._identity() == "mine"
    assert Tiny(token="a")._endpoint_id() == Tiny(token="b")._endpoint_id()
