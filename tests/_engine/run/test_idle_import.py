"""Protects the import for the end of a run: it waits for an idle process, and ends with the run."""

from __future__ import annotations

import threading

import pytest

from distilabel._engine.run import idle_import
from distilabel._engine.run_state import RunState
from virtual import in_virtual_time
