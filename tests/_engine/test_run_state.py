"""Protects the state of a run: phases only move forward, and the first failure counts."""

from __future__ import annotations

import threading

from distilabel._engine.run_state import Phase, RunState


def test_a_new_run_is_running() -> None:
    state = RunState()
    assert (state.phase, state.is_running, state.is_interrupted) == (Phase.RUNNING, True, False)
    assert not state.wait_until_stopped(0)


def test_only_the_first_drain_changes_anything() -> None:
    state, first = RunState(), ValueError("first")
    assert state.drain(first)
    assert not state.drain(ValueError("second"))
    assert (state.phase, state.failure) == (Phase.DRAINING, first)


def test_a_failure_while_draining_is_not_raised() -> None:
    state = RunState()
    state.drain()
    assert not state.drain(ValueError("late"))
    assert state.failure is None


def test_an_interrupt_does_not_drain_by_itself() -> None:
    state = RunState()
    state.interrupt("Ctrl-C")
    assert (state.is_running, state.is_interrupted, state.reason) == (True, True, "Ctrl-C")


def test_a_stopped_run_does_not_drain_again() -> None:
    state = RunState()
    state.stop()
    assert not state.drain()
    assert (state.phase, state.failure) == (Phase.STOPPED, None)


def test_stopping_keeps_the_failure_that_the_run_drained_for() -> None:
    state, failure = RunState(), ValueError("why")
    state.drain(failure)
    state.stop()
    assert state.failure is failure


def test_a_thread_that_waits_is_woken_when_the_run_stops() -> None:
    state = RunState()
    thread = threading.Thread(target=state.stop)
    thread.start()
    assert state.wait_until_stopped(60)
    thread.join()
