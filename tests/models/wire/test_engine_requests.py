"""Structures in the requests to vLLM and SGLang."""

from __future__ import annotations

import re

import pytest

from distilabel.models.wire.engine_requests import sglang_structure, vllm_structure
from distilabel.models.wire.structure import Structure

REGEX = Structure("regex", "[0-9]")


@pytest.mark.parametrize("version", ["0.11.0", "0.32.0+cpu", "1.0", "", "dev"])
def test_vllm_has_one_field_for_all_kinds(version: str) -> None:
    assert vllm_structure(REGEX, {}, version) == {"structured_outputs": {"regex": "[0-9]"}}


def test_older_vllm_has_a_field_per_kind() -> None:
    structure = Structure("json", {"type": "object"})
    assert vllm_structure(structure, {"whitespace_pattern": " "}, "0.10.2") == {
        "guided_json": {"type": "object"},
        "guided_whitespace_pattern": " ",
    }


def test_white_space_is_part_of_json() -> None:
    structure = Structure("json", {"type": "object"})
    sent = vllm_structure(structure, {"whitespace_pattern": " "}, "0.32")
    assert sent == {"structured_outputs": {"json": {"type": "object"}, "whitespace_pattern": " "}}


def test_no_structure_sends_nothing() -> None:
    assert vllm_structure(None, None, "0.32") == sglang_structure(None) == {}


def test_sglang_chooses_by_a_regular_expression() -> None:
    pattern = sglang_structure(Structure("choice", ["a.b", "c"]))["regex"]
    assert re.fullmatch(pattern, "a.b")
    assert not re.fullmatch(pattern, "axb")
