"""Texts as every wire and every file can hold them: without halves of surrogate pairs."""

from __future__ import annotations

import logging
from typing import Any, TypeVar

import orjson

from distilabel._core.surrogates import replace_surrogates

_T = TypeVar("_T")

_log = logging.getLogger("distilabel.llm")


class CleanTexts:
    """Makes texts whole, and says so once.

    Args:
        step: whose texts they are.
    """

    def __init__(self, step: str) -> None:
        self._step = step
        self._told = False

    def of(self, data: _T) -> _T:
        """The data as they are, or with U+FFFD where there is half a surrogate pair."""
        try:
            # It does not take halves, and says so quicker than anything could look for them.
            orjson.dumps(data, default=_nothing, option=orjson.OPT_SERIALIZE_NUMPY)
        except TypeError:
            return self._made_whole(data)
        return data

    def as_json(self, data: Any) -> bytes:
        """The data as JSON.

        Raises:
            TypeError: JSON has no form for something in them.
        """
        try:
            return orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY)
        except TypeError:
            return orjson.dumps(self._made_whole(data), option=orjson.OPT_SERIALIZE_NUMPY)

    def _made_whole(self, data: _T) -> _T:
        whole: _T = replace_surrogates(data)
        if whole != data and not self._told:
            self._told = True
            _log.warning(
                "%s: there are halves of surrogate pairs in its texts, which cannot be sent or "
                "kept: U+FFFD stands in their place.",
                self._step,
            )
        return whole


def _nothing(value: Any) -> None:
    """Whatever JSON has no form for holds no text."""
