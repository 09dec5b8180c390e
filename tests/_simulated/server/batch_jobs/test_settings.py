"""Protects how settings of batch jobs are written and checked."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel._simulated.server.batch_jobs.settings import BatchSettings


def test_settings_are_parsed_from_text() -> None:
    settings = BatchSettings.parse("seconds=5, end=expired,done=0.5,failing=0.1")
    assert settings == BatchSettings(seconds=5, end="expired", done=0.5, failing=0.1)
    assert BatchSettings.parse("") == BatchSettings()


@pytest.mark.parametrize(
    ("text", "message"),
    [("end=soon", "completed, expired"), ("done=half", "done=0.5"), ("speed=1", "seconds, end")],
)
def test_invalid_text_is_an_error(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BatchSettings.parse(text)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"end": "soon"}, "'end'"),
        ({"done": 2}, "'done' must be from 0 to 1"),
        ({"failing": "x"}, "'failing' must be from 0 to 1"),
        ({"seconds": -1}, "'seconds' must be 0 or more"),
        ({"seconds": float("nan")}, "'seconds' must be 0 or more"),
        ([], "must be an object"),
    ],
)
def test_invalid_data_is_an_error(data: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BatchSettings.from_dict(data)


def test_failing_requests_are_spread_evenly() -> None:
    settings = BatchSettings(failing=0.25)
    assert [index for index in range(12) if settings.fails(index)] == [3, 7, 11]
