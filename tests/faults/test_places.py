"""Faults of disks and files, on real ones: full, read-only, shared, damaged, of another time."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from aiohttp import web

from distilabel._engine.storage import sqlite_file
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromFileSystem
from faults.job import Job, asked, questions, until_the_log_has
from faults.places import seen_on
from faults.table import Seen, fault
from rooms import rows_of, script
from serving import reply, said, served

Start = Callable[[str, int], "subprocess.Popen[str]"]

FINE = said("fine")
LONG = said("a long answer. " * 2000)


@fault(
    "the disk is full while answers are stored",
    error="write: Answers cannot be stored in …answers.sqlite: database or disk is full. Free disk "
    "space or make the folder writable, then run again: stored answers are not lost.",
    done="the run stops before it pays for more; run again when there is space",
)
def test_a_full_disk(tmp_path: Path) -> Seen:
    with served(LONG) as server:
        seen = seen_on(
            "mount -t tmpfs -o size=3m none disk",
            """
            job = Job(DISK / "cache", sys.argv[1], questions(300), {"max_concurrency": 4})
            seen = job.run()
            disk("mount -o remount,size=64m disk")
            job.go_on(seen)
            assert 0 < job.reused < 300
            show(seen)
            """,
            tmp_path,
            server.url,
        )
        # Those that were in flight when there was no more space.
        assert 300 <= asked(server) <= 310
    return seen


@fault(
    "the disk is full while rows are written",
    error="The rows of write cannot be written to …: … No space left on device. Free disk "
    "space or make the folder writable, then run again: stored answers are not lost.",
    done="the run ends; run again when there is space: nothing is asked again",
)
def test_a_full_disk_for_rows(tmp_path: Path) -> Seen:
    with served(FINE) as server:
        seen = seen_on(
            "mount -t tmpfs -o size=3m none disk",
            """
            import random
            # Nothing makes these smaller.
            text = "".join(map(chr, random.Random(1).choices(range(33, 0x3000), k=300_000)))
            job = Job(DISK / "cache", sys.argv[1], questions(5))
            for row in job.rows:
                row["extra"] = text[::-1] + row["instruction"]
                text = text[1000:]
            job.rows[4]["extra"] *= 20
            for i, row in enumerate(job.rows):
                row["extra"] = "".join(chr(33 + (ord(c) * (i + 7)) % 0x3000) for c in row["extra"])
            seen = job.run()
            disk("mount -o remount,size=256m disk")
            job.go_on(seen)
            assert job.reused == 5
            show(seen)
            """,
            tmp_path,
            server.url,
        )
        assert asked(server) == 5
    return seen


@fault(
    "a cache directory that cannot be written",
    error="The cache directory … cannot be used: this user may not write to …. Choose another one: "
    "Pipeline(cache_dir=...) or the environment variable DISTILABEL_CACHE_DIR.",
    done="the run stops before the first question",
)
def test_a_read_only_directory(tmp_path: Path) -> Seen:
    with served(FINE) as server:
        seen = seen_on(
            "mount --bind disk disk && mount -o remount,bind,ro disk",
            """
            job = Job(DISK / "cache", sys.argv[1], questions(3))
            seen = job.run()
            disk("mount -o remount,bind,rw disk")
            show(job.go_on(seen))
            """,
            tmp_path,
            server.url,
        )
        assert asked(server) == 3
    return seen


@fault(
    "a file where the cache directory should be",
    error="The cache directory … cannot be used: … is a file, not a folder. Choose another one: "
    "Pipeline(cache_dir=...) or the environment variable DISTILABEL_CACHE_DIR.",
    done="the run stops before the first question",
)
def test_a_file_in_the_way(tmp_path: Path) -> Seen:
    (tmp_path / "cache").write_text("in the way")
    with served(FINE) as server:
        job = Job(tmp_path / "cache", server.url)
        seen = job.run()
        assert asked(server) == 0
        (tmp_path / "cache").unlink()
        return job.go_on(seen)


@fault(
    "an answer store that is not a database",
    log="WARNING  the answer store …answers.sqlite is damaged (file is not a database). It was "
    "renamed to answers.broken-….sqlite and replaced by a new one",
    done="it is renamed; the run continues with a new one",
)
def test_a_store_that_is_none(tmp_path: Path) -> Seen:
    (tmp_path / "answers.sqlite").write_bytes(b"this is no database at all, " * 1000)
    with served(FINE) as server:
        seen = Job(tmp_path, server.url).run()
    (aside,) = tmp_path.glob("answers.broken-*.sqlite")
    assert aside.read_bytes().startswith(b"this is no database")
    return seen


@fault(
    "an answer store with damaged pages",
    error="write: Stored answers cannot be read from …answers.sqlite: database disk image is "
    "malformed. Run again: the file will be set aside, and the answers that can be read reused.",
    done="the run stops; the next run reuses the answers that can be read and asks for the rest",
)
def test_a_damaged_store(tmp_path: Path) -> Seen:
    store = tmp_path / "answers.sqlite"
    with served(said("x" * 3000)) as server:
        job = Job(tmp_path, server.url, questions(200))
        assert job.run().error == ""
        size = store.stat().st_size
        with store.open("r+b") as file:
            file.seek(size // 2)
            file.write(b"\xa5" * 16 * 4096)
        damaged = store.read_bytes()
        # Enough is left to begin with: it is a question that finds the damage.
        seen = job.run()
        before = asked(server)
        seen = job.go_on(seen)
        assert job.reused > 100
        assert job.reused + asked(server) - before == 200
    (aside,) = tmp_path.glob("answers.broken-*.sqlite")
    assert aside.read_bytes()[size // 4 :] == damaged[size // 4 :]
    assert "answers that could be read" in job.log
    return seen


@fault(
    "an answer store of a later version",
    error="The answers in …answers.sqlite were written by a later version of distilabel (format …; "
    "this one reads …). Upgrade distilabel, or choose another folder",
    done="the run stops before the first question; the store is not touched",
)
def test_a_store_of_a_later_version(tmp_path: Path) -> Seen:
    store = tmp_path / "answers.sqlite"
    with sqlite3.connect(store) as later:
        later.execute("CREATE TABLE kept_otherwise (a)")
        later.execute(f"PRAGMA user_version={sqlite_file.VERSION + 1}")
    later.close()
    before = store.read_bytes()
    with served(FINE) as server:
        job = Job(tmp_path, server.url)
        seen = job.run()
        assert store.read_bytes() == before
        assert asked(server) == 0
        store.unlink()
        return job.go_on(seen)


@fault(
    "the Parquet files of the last run are cut off",
    done="made anew from what is kept; nothing is asked again",
)
def test_a_cut_off_part(tmp_path: Path) -> Seen:
    with served(FINE) as server:
        job = Job(tmp_path, server.url)
        job.run()
        for part in tmp_path.glob("**/*.parquet"):
            part.write_bytes(part.read_bytes()[:-100])
        seen = job.run()
        assert asked(server) == job.reused == 3
    return seen


@fault(
    "a Parquet file to load that is cut off",
    error="load_data_from_file_system_0: cannot read …rows.parquet as parquet: … Either the "
    "file is corrupted or this is not a parquet file.",
    done="the run stops before the first question",
)
def test_a_cut_off_source(tmp_path: Path) -> Seen:
    source = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(questions(3)), source)
    whole = source.read_bytes()
    source.write_bytes(whole[:-100])
    seen = Seen(given=3)

    def run() -> Any:
        with Pipeline(cache_dir=tmp_path / "cache") as pipeline:
            LoadDataFromFileSystem(data_files=str(source))
        return pipeline.run()

    try:
        run()
    except Exception as error:
        seen.error = str(error)
    source.write_bytes(whole)
    seen.kept = len(rows_of(run()))
    return seen


@fault(
    "two runs at the same time in one cache directory",
    done="each question is asked by one of them, the other waits for its answer",
)
def test_two_runs_at_once(tmp_path: Path, program: Start) -> Seen:
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(0.05)
        return reply(FINE)

    with served(slow) as server:
        runs = [program(server.url, 100) for _ in range(2)]
        seen = [seen_by(run) for run in runs]
        assert asked(server) == 100
    seen[0].log += seen[1].log
    seen[0].given += seen[1].given
    seen[0].kept += seen[1].kept
    return seen[0]


@fault(
    "a run is killed while another one waits for its answers",
    done="the other one asks what was in flight, and goes on",
)
def test_the_other_one_is_killed(tmp_path: Path, program: Start) -> Seen:
    hangs = threading.Event()

    async def hangs_at_first(request: web.Request) -> web.Response:
        if not hangs.is_set():
            await asyncio.sleep(60)
        return reply(FINE)

    with served(hangs_at_first) as server:
        first = program(server.url, 5)
        wait_for(lambda: asked(server) == 5)
        second = program(server.url, 5)
        until_the_log_has(tmp_path, "another run asks some of the same questions")
        hangs.set()
        first.kill()
        first.communicate()
        seen = seen_by(second)
        assert asked(server) == 5 + 5
    return seen


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Start]:
    """Starts processes that run a job; none is left."""
    started: list[subprocess.Popen[str]] = []

    def start(url: str, rows: int) -> subprocess.Popen[str]:
        text = f"""
            import dataclasses, json, pathlib
            from faults.job import Job, questions

            seen = Job(pathlib.Path({str(tmp_path)!r}), {url!r}, questions({rows})).run()
            print(json.dumps(dataclasses.asdict(seen)))
        """
        started.append(script(text, tmp_path))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


def seen_by(process: subprocess.Popen[str]) -> Seen:
    """What it saw."""
    out, wrong = process.communicate(timeout=60)
    assert process.returncode == 0, wrong
    return Seen(**json.loads(out.splitlines()[-1]))


def wait_for(what: Callable[[], bool]) -> None:
    for _ in range(6000):
        if what():
            return
        threading.Event().wait(0.01)
    pytest.fail("it never came to that")
