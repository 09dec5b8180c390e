"""What was kept is there for the next run, whatever ends this one."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from distilabel._engine.storage.answer_store import Store
from distilabel.errors import StoreError
from rooms import script


async def test_what_is_put_is_read_back_and_replaced(tmp_path: Path) -> None:
    store = Store(tmp_path / "deep" / "s.sqlite")
    await store.put(b"k", b"v")
    assert store.get(b"k") == b"v"
    await store.put(b"k", b"w")
    store.put_later(b"later", b"x")
    store.close()
    again = Store(tmp_path / "deep" / "s.sqlite")
    assert (again.get(b"k"), again.get(b"later"), again.get(b"none")) == (b"w", b"x", None)
    again.close()


def test_kill_9_loses_nothing_that_put_returned_for(tmp_path: Path) -> None:
    program = """
        import asyncio, sys
        from pathlib import Path
        from distilabel._engine.storage.answer_store import Store

        async def one(store, i):
            await store.put(b"%d" % i, b"value" * 100)
            print(i, flush=True)

        async def main():
            store = Store(Path("s.sqlite"))
            for start in range(0, 10**9, 50):
                await asyncio.gather(*(one(store, i) for i in range(start, start + 50)))

        asyncio.run(main())
    """
    writer = script(program, tmp_path)
    assert writer.stdout is not None
    told = [int(writer.stdout.readline()) for _ in range(1000)]
    os.kill(writer.pid, signal.SIGKILL)
    rest = writer.communicate()[0].splitlines(keepends=True)
    told += [int(line) for line in rest if line.endswith("\n")]
    store = Store(tmp_path / "s.sqlite")
    assert [i for i in told if store.get(b"%d" % i) is None] == []
    store.close()


def test_two_processes_share_a_file(tmp_path: Path) -> None:
    program = """
        import asyncio, sys
        from pathlib import Path
        from distilabel._engine.storage.answer_store import Store

        async def main(name):
            store = Store(Path("s.sqlite"))
            for i in range(20):
                await asyncio.gather(
                    *(store.put(f"{name}-{i}-{j}".encode(), name.encode()) for j in range(20)),
                    store.put(b"both", name.encode()),
                )
            store.close()

        asyncio.run(main(sys.argv[1]))
    """
    writers = [script(program, tmp_path, name) for name in "ab"]
    for writer in writers:
        assert writer.communicate()[1] == ""
    store = Store(tmp_path / "s.sqlite")
    for name in "ab":
        for i in range(20):
            for j in range(20):
                assert store.get(f"{name}-{i}-{j}".encode()) == name.encode()
    assert store.get(b"both") in (b"a", b"b")
    store.close()


async def test_a_file_that_is_no_store_is_set_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "s.sqlite"
    path.write_bytes(b"this is no database at all, " * 100)
    with caplog.at_level(logging.WARNING):
        store = Store(path)
    await store.put(b"k", b"v")
    assert store.get(b"k") == b"v"
    store.close()
    (aside,) = tmp_path.glob("*broken*.sqlite")  # noqa: ASYNC240
    assert aside.read_bytes().startswith(b"this is no database")
    assert aside.name in caplog.text


def test_a_place_that_cannot_be_written_is_said_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"cannot be stored.*cache_dir"):
        Store(tmp_path / "file" / "s.sqlite")


async def test_a_full_disk_is_told_to_whoever_waits(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(tmp_path / "s.sqlite")
    await store.put(b"k", b"v")
    other = sqlite3.connect(tmp_path / "s.sqlite")
    other.execute(
        "CREATE TRIGGER full BEFORE INSERT ON kept "
        "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    )
    other.commit()
    with pytest.raises(StoreError, match=r"disk is full.*Free disk space"):
        await store.put(b"l", b"w")
    assert store.get(b"k") == b"v"
    other.execute("DROP TRIGGER full")
    other.commit()
    other.close()
    await store.put(b"l", b"w")
    assert store.get(b"l") == b"w"
    store.close()


async def test_nobody_waits_for_a_closed_store(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    store.close()
    store.close()
    assert store.get(b"k") is None
    store.put_later(b"k", b"v")
    with pytest.raises(StoreError, match="closed"):
        await store.put(b"k", b"v")


async def test_it_may_be_closed_while_threads_read(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    await asyncio.gather(*(store.put(b"%d" % i, b"v") for i in range(100)))
    wrong: list[BaseException] = []
    begun = threading.Barrier(5)

    def read() -> None:
        try:
            begun.wait()
            for i in range(3000):
                assert store.get(b"%d" % (i % 100)) in (b"v", None)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    begun.wait()
    store.close()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_an_event_loop_does_not_wait_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distilabel._engine.storage.answer_store._MOST_UNWRITTEN", 1)
    store = Store(tmp_path / "s.sqlite")
    other = sqlite3.connect(tmp_path / "s.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    keys = [b"%d" % i for i in range(10)]

    def put() -> None:
        for key in keys:
            store.put_later(key, b"v", wait=False)

    thread = threading.Thread(target=put, daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive()
    other.execute("COMMIT")
    other.close()
    store.put_later(b"waits", b"v")
    store.put_later(b"waits too", b"v")
    store.close()
    again = Store(tmp_path / "s.sqlite")
    assert [again.get(key) for key in keys] == [b"v"] * 10
    again.close()


def test_a_new_file_may_be_opened_by_several_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        for number in range(25):
            path = tmp_path / f"{number}.sqlite"
            for store in threads.map(Store, [path] * 4):
                store.close()


async def test_what_another_process_writes_to_a_new_file_is_found(tmp_path: Path) -> None:
    """A store that began empty looks at its own keys only, until it sees that it is not alone."""
    one, other = (Store(tmp_path / "s.sqlite") for _ in range(2))
    await one.put(b"one.....", b"1")
    assert other.get(b"one.....") is None
    await other.put(b"other...", b"2")
    assert other.get(b"one.....") == b"1"
    await one.put(b"more....", b"3")
    assert one.get(b"other...") == b"2"
    for store in (one, other):
        store.close()


async def test_a_large_new_file_is_read_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distilabel._engine.storage.answer_store._MOST_REMEMBERED", 10)
    store = Store(tmp_path / "s.sqlite")
    keys = [b"%08d" % number for number in range(30)]
    await asyncio.gather(*(store.put(key, key) for key in keys))
    assert [store.get(key) for key in keys] == keys
    assert store.get(b"none....") is None
    assert not store._own_keys
    store.close()
