"""What was kept is there for the next run, whatever ends this one."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
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


async def test_closing_stores_what_is_not_yet_queued(tmp_path: Path) -> None:
    """Values wait a moment for others to be written with; closing does not wait for that."""
    store = Store(tmp_path / "s.sqlite")
    putting = asyncio.create_task(store.put(b"k", b"v"))
    await asyncio.sleep(0)
    # In this thread: the loop cannot queue the value meanwhile.
    store.close()
    await asyncio.wait_for(putting, 60)
    again = Store(tmp_path / "s.sqlite")
    assert again.get(b"k") == b"v"
    again.close()


async def test_what_is_put_later_into_a_new_file_is_found(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    store.put_later(b"later...", b"1")
    # Values are written in order.
    await store.put(b"now.....", b"2")
    assert store.get(b"later...") == b"1"
    store.close()


# -- damage and removal during a run --------------------------------------------------------------


async def test_a_damaged_value_is_missing_until_it_is_stored_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "s.sqlite"
    store = Store(path)
    await store.put(b"k", b"value")
    await store.put(b"l", b"other")
    store.close()
    assert "damaged" not in caplog.text
    with sqlite3.connect(path) as other:
        other.execute(
            "UPDATE kept SET value = CAST('valve' AS BLOB) || substr(value, 6) WHERE key = ?",
            (b"k",),
        )
    other.close()
    store = Store(path)
    assert (store.get(b"k"), store.get(b"k"), store.get(b"l")) == (None, None, b"other")
    await store.put(b"k", b"again")
    assert store.get(b"k") == b"again"
    store.close()
    assert "1 stored values in" in caplog.text


@pytest.mark.parametrize("value", ["text", 7, 1.5, b"\xff\x00c1"])
async def test_a_value_of_another_type_is_damaged(value: object, tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    Store(path).close()
    with sqlite3.connect(path) as other:
        other.execute("INSERT INTO kept (key, value) VALUES (?, ?)", (b"k", value))
        other.execute("UPDATE kept SET value = CAST(X'ff' AS TEXT) WHERE value = 'text'")
    other.close()
    store = Store(path)
    assert store.get(b"k") in (None, b"\xff")
    store.close()


async def test_a_value_without_a_checksum_is_used(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    Store(path).close()
    with sqlite3.connect(path) as old:
        old.execute("INSERT INTO kept (key, value) VALUES (?, ?)", (b"k", b"{}"))
    old.close()
    store = Store(path)
    assert store.get(b"k") == b"{}"
    store.close()


@pytest.mark.parametrize("later", [True, False])
async def test_a_store_that_is_removed_during_a_run_is_written_again(
    later: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "cache" / "s.sqlite"
    store = Store(path)
    await store.put(b"before", b"v")
    shutil.rmtree(path.parent)
    if later:
        await store.put(b"after", b"w")
        assert (store.get(b"before"), store.get(b"after")) == (b"v", b"w")
    store.close()
    assert "was removed during the run; it was written again" in caplog.text
    again = Store(path)
    assert again.get(b"before") == b"v"
    assert again.get(b"after") == (b"w" if later else None)
    again.close()


async def test_a_store_that_cannot_be_written_again_fails_all_that_wait_and_come(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "cache" / "s.sqlite"
    store = Store(path)
    await store.put(b"before", b"v")
    shutil.rmtree(path.parent)
    path.parent.write_text("in the way")
    both = await asyncio.gather(
        store.put(b"a", b"w"), store.put(b"b", b"w"), return_exceptions=True
    )
    assert [str(each) for each in both if "was removed during the run" in str(each)] == [
        str(each) for each in both
    ]
    with pytest.raises(StoreError, match="was removed during the run"):
        await store.put(b"c", b"w")
    for _ in range(3):
        store.put_later(b"d", b"w")
    store.close()
    assert caplog.text.count("cannot write to the answer store") == 1
    assert "2 answers could not be stored" in caplog.text


async def test_a_store_that_is_replaced_by_another_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    store = Store(path)
    await store.put(b"before", b"v")
    for file in list(tmp_path.iterdir()):  # noqa: ASYNC240
        file.unlink()
    path.write_bytes(b"another file")
    with pytest.raises(StoreError, match="was replaced by another file"):
        await store.put(b"after", b"w")
    store.close()
    assert path.read_bytes() == b"another file"


def test_a_disk_that_is_really_full_is_told_and_loses_nothing(tmp_path: Path) -> None:
    program = """
        import asyncio, logging, resource, signal
        from pathlib import Path
        from distilabel._engine.storage.answer_store import Store
        from distilabel.errors import StoreError

        logging.basicConfig(format="%(message)s")
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        async def main():
            store = Store(Path("s.sqlite"))
            resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
            stored = 0
            try:
                for number in range(1000):
                    await store.put(b"%d" % number, b"x" * 4000)
                    stored += 1
            except StoreError as error:
                print("failed", stored, "Free disk space" in str(error))
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            store.close()

        asyncio.run(main())
    """
    full = script(program, tmp_path)
    out, err = full.communicate()
    word, stored, names_cure = out.split()
    assert (word, names_cure) == ("failed", "True")
    assert int(stored) > 10
    assert "1 answers could not be stored" in err
    store = Store(tmp_path / "s.sqlite")
    assert all(store.get(b"%d" % number) == b"x" * 4000 for number in range(int(stored)))
    store.close()


async def test_a_locked_file_is_told_with_its_own_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distilabel._engine.storage.sqlite_file._TIMEOUT", 0.05)
    store = Store(tmp_path / "s.sqlite")
    other = sqlite3.connect(tmp_path / "s.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"locked.*Close the other program"):
        await store.put(b"k", b"v")
    other.execute("ROLLBACK")
    other.close()
    await store.put(b"k", b"v")
    assert store.get(b"k") == b"v"
    store.close()
