"""Protects whom a question of a step's synchronous code is booked on."""

from __future__ import annotations

import threading
from typing import Any

from distilabel.models.client.client import ModelClient
from distilabel.models.client.current_client import current_client, use_clients
from model_doubles import Counting, made


def found_in_thread(llm: Any) -> ModelClient | None:
    """The client that code finds in a thread that a step has started."""
    found: list[ModelClient | None] = []
    thread = threading.Thread(target=lambda: found.append(current_client(llm)))
    thread.start()
    thread.join()
    return found[0]


def test_code_of_a_step_finds_the_client_of_its_own_model_and_nothing_after_it() -> None:
    llm, other = made(Counting), made(Counting)
    client = ModelClient(llm, step="a")
    assert current_client(llm) is None
    with use_clients({id(llm): client}):
        assert current_client(llm) is client
        assert current_client(other) is None
    assert current_client(llm) is None


def test_threads_of_a_step_ask_through_its_client_unless_two_steps_use_the_model() -> None:
    llm = made(Counting)
    one, other = (ModelClient(llm, step=name) for name in "ab")
    with use_clients({id(llm): one}):
        assert found_in_thread(llm) is one
        with use_clients({id(llm): other}):
            # It cannot be told whose thread it is: a question is not booked on the wrong step.
            assert found_in_thread(llm) is None
            assert current_client(llm) is other
        assert found_in_thread(llm) is one
    assert found_in_thread(llm) is None
