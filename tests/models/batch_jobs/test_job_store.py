"""Protects the records of jobs: read back as written, apart from answers, limits for a day."""

from __future__ import annotations

import pytest

from distilabel.models.batch_jobs import job_store
from distilabel.models.batch_jobs.job_store import JobRecord, JobReference, JobStore
from distilabel.models.client.standalone_jobs import StandaloneStore

KEY = b"0123456789abcdef"


async def test_records_and_references_are_read_back() -> None:
    memory = StandaloneStore()
    store = JobStore(memory)
    assert store.record("a") is None
    assert store.reference(KEY) is None
    record = JobRecord("a", "http://x/v1", "m", "chat/completions", 2, job="batch_1", ended=True)
    await store.save_record(record)
    await store.save_references("a", {KEY: 3})
    again = JobStore(memory)
    assert again.record("a") == record
    assert again.reference(KEY) == JobReference("a", 3)
    # A record is never taken for an answer.
    assert again.answer(KEY) is None


async def test_many_answers_are_all_stored() -> None:
    store = JobStore(StandaloneStore())
    keys = [number.to_bytes(16, "big") for number in range(job_store._WRITE_BATCH * 2 + 1)]
    await store.save_answers({key: {"generations": [key.hex()], "statistics": {}} for key in keys})
    outputs = [store.answer(key) for key in keys]
    assert [output["generations"][0] for output in outputs if output] == [k.hex() for k in keys]


async def test_a_size_limit_holds_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    store = JobStore(StandaloneStore())
    await store.save_size_limit("http://x/v1", "m", 7)
    assert store.size_limit("http://x/v1", "m") == 7
    assert store.size_limit("http://x/v1", "other") is None
    monkeypatch.setattr(job_store, "_LIMIT_SECONDS", 0.0)
    assert store.size_limit("http://x/v1", "m") is None
