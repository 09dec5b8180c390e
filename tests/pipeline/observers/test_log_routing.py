"""Protects the routing of log records: each run has its own, and leaves the logger as it was."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from distilabel.pipeline.observers.log_routing import logger_for_run, route_logs

ROOT = logging.getLogger("distilabel")
LOG = logging.getLogger("distilabel.tested")


class Remember(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


@pytest.fixture(autouse=True)
def _level() -> Iterator[None]:
    before = ROOT.level
    ROOT.setLevel(logging.ERROR)
    yield
    ROOT.setLevel(before)


def test_each_run_gets_its_own_records_and_those_of_no_run() -> None:
    one, two = Remember(), Remember()
    with route_logs([one], logging.INFO, "1"), route_logs([two], logging.INFO, "2"):
        logger_for_run(LOG, "1").info("of one")
        logger_for_run(LOG, "2").info("of two")
        LOG.info("of no run")
    assert one.heard == ["of one", "of no run"]
    assert two.heard == ["of two", "of no run"]


def test_the_lowest_level_of_the_running_ones_applies_and_the_first_comes_back() -> None:
    levels = [ROOT.level]
    with route_logs([], logging.INFO, "1"):
        levels.append(ROOT.level)
        with route_logs([], logging.DEBUG, "2"):
            levels.append(ROOT.level)
        levels.append(ROOT.level)
    assert [*levels, ROOT.level] == [
        *(logging.ERROR, logging.INFO, logging.DEBUG, logging.INFO, logging.ERROR)
    ]


def test_handlers_of_the_user_are_given_back_after_an_error() -> None:
    handler = Remember()
    with pytest.raises(KeyError), route_logs([handler], logging.INFO, "1"):
        raise KeyError
    assert handler not in ROOT.handlers
    assert handler.filters == []
