"""`TruncateTextColumn`: no text exceeds the limit, and short ones are unchanged."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.truncate import TruncateTextColumn


class Words:
    """A tokenizer: a token is a word, written with capitals when decoded."""

    def encode(self, text: str, add_special_tokens: bool = True) -> list[str]:
        return text.split() + ["</s>"] * add_special_tokens

    def decode(self, tokens: list[str]) -> str:
        return " ".join(token.upper() for token in tokens)


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = ModuleType("transformers")
    module.AutoTokenizer = type("A", (), {"from_pretrained": staticmethod(lambda name: Words())})
    monkeypatch.setitem(sys.modules, "transformers", module)


def test_characters_are_cut() -> None:
    truncate = TruncateTextColumn(max_length=3)
    assert next(truncate.process([{"text": "abcdef"}, {"text": "ab"}, {"text": None}])) == [
        {"text": "abc"},
        {"text": "ab"},
        {"text": None},
    ]


def test_the_column_may_be_renamed_by_mappings() -> None:
    truncate = TruncateTextColumn(max_length=3, input_mappings={"text": "t"})
    assert list(truncate.process_applying_mappings([{"t": "abcdef", "text": "zz"}])) == [
        [{"t": "abc", "text": "zz"}]
    ]


@pytest.mark.usefixtures("words")
def test_tokens_are_cut_and_short_text_is_not_decoded() -> None:
    truncate = TruncateTextColumn(max_length=2, tokenizer="words")
    truncate.load()
    assert next(truncate.process([{"text": "a barn owl"}, {"text": "barn  owl"}])) == [
        {"text": "A BARN"},
        {"text": "barn  owl"},
    ]


def test_without_transformers_the_error_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ImportError, match="hf-transformers"):
        TruncateTextColumn(tokenizer="words").load()


def test_a_list_is_not_cut_like_a_text() -> None:
    with pytest.raises(DistilabelUserError, match="'text' contains a list"):
        list(TruncateTextColumn(max_length=1).process([{"text": ["a", "b"]}]))
    with pytest.raises(ValueError, match="max_length"):
        TruncateTextColumn(max_length=0)
