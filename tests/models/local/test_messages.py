"""Protects the stream of messages between a model and its worker process."""

from __future__ import annotations

import io
import os
import threading
from typing import Any

import pytest

from distilabel.models.local import messages
from distilabel.models.local.messages import MessageWriter, read_message


def test_messages_are_read_as_they_were_written() -> None:
    stream = io.BytesIO()
    writer = MessageWriter(stream)
    sent: list[tuple[Any, ...]] = [
        (messages.ASK, 1, "generate", {"input": "é" * 100_000}),
        (messages.CANCEL, 1),
        (messages.NOTE, "bytes", 2**40),
    ]
    for message in sent:
        writer.write(*message)
    stream.seek(0)
    assert [read_message(stream) for _ in sent] == sent
    assert read_message(stream) is None


@pytest.mark.parametrize("kept", [0, 3, 8, 12])
def test_a_message_that_was_cut_off_is_the_end(kept: int) -> None:
    stream = io.BytesIO()
    MessageWriter(stream).write(messages.ANSWER, 1, "text")
    assert read_message(io.BytesIO(stream.getvalue()[:kept])) is None


def test_threads_do_not_mix_their_messages() -> None:
    source, sink = os.pipe()
    with os.fdopen(source, "rb") as reader, os.fdopen(sink, "wb") as stream:
        writer = MessageWriter(stream)

        def write(number: int) -> None:
            for _ in range(20):
                writer.write(messages.ANSWER, number, "x" * 9000)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        found = [read_message(reader) for _ in range(80)]
        for thread in threads:
            thread.join()
    assert sorted(message[1] for message in found if message) == sorted([*range(4)] * 20)
