"""Protects that a question can be sent whatever is in its text."""

from __future__ import annotations

import orjson
import pytest

from distilabel.models.wire.bodies import as_json


def test_half_a_surrogate_pair_costs_one_character() -> None:
    data = {"messages": [{"content": "é \ud83d \U0001f600"}], "n": 1}
    assert orjson.loads(as_json(data)) == {"messages": [{"content": "é ? \U0001f600"}], "n": 1}


def test_what_json_has_no_form_for_is_told() -> None:
    with pytest.raises(TypeError):
        as_json({"a": {1, 2}})
